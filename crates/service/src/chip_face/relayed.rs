//! Chip + face with a chip that the server reads itself, through the phone.

use super::Progress;
use super::reading::Offered;
use crate::caller::App;
use crate::chip_relay::{RelayAnswers, RelaySend, RelayStart, RelayTurn, Whole, Whose};
use crate::work::Work;
use crate::{Failure, Service};
use chip::lds::file::FileId;
use chip::reader::Proven;
use chip::verdict::{VerifiedChip, VerifyError};
use recovery::Rejection;
use recovery::id::CaseId;
use recovery::sensitive::Sensitive;
use recovery::time::Timestamp;

/// What the phone has to do next.
#[derive(Debug)]
pub enum Relayed {
    /// Send these commands to the chip.
    Send(RelaySend),
    /// The chip was read and the document judged.
    Ended(Box<RelayEnd>),
}

/// The result of a read by the server.
#[derive(Debug)]
pub struct RelayEnd {
    /// The progress of the case.
    pub progress: Progress,
    /// What the app needs of a document that was accepted; absent for one that was not.
    pub accepted: Option<Accepted>,
}

/// What the app needs of an accepted document, since it did not read the chip itself.
#[derive(Debug)]
pub struct Accepted {
    /// EF.DG2, which the app sends back with the face.
    pub dg2: Sensitive<Vec<u8>>,
    /// The holder's birth date, `YYYY-MM-DD`; month and day may be `00`.
    pub birth_date: Sensitive<String>,
}

impl Service {
    /// Begins a read in which the server holds every key and the phone only carries bytes.
    ///
    /// # Errors
    ///
    /// `out-of-order` where the case waits for no chip, `relays-full`.
    pub async fn begin_chip_relay(
        &self,
        app: &App,
        case: CaseId,
        start: RelayStart,
    ) -> Result<Relayed, Failure> {
        let now = {
            let mut work = Work::begin(self).await?;
            let loaded = work.chip_case(app, case).await?;
            if !loaded.case.awaits_chip() {
                return Err(Rejection::OutOfOrder.into());
            }
            work.now()
        };
        match self.begin_relay(Whose::App(case, app.instance()), start, now)? {
            RelayTurn::Send(send) => Ok(Relayed::Send(send)),
            RelayTurn::Read(whole) => self.judged(app, case, whole, now).await,
        }
    }

    /// Takes the answers of the chip; the last message judges the document.
    ///
    /// # Errors
    ///
    /// `relay-over`, `relay-out-of-turn`, `chip-password-wrong`, `chip-needs-card-access-number`, `chip-unreadable`,
    /// `chip-contact-lost`, `p-code-invalid`.
    pub async fn go_on_with_chip_relay(
        &self,
        app: &App,
        case: CaseId,
        relay: u128,
        answers: RelayAnswers,
    ) -> Result<Relayed, Failure> {
        let now = self.now().await?;
        let whose = Whose::App(case, app.instance());
        let whole = match self.go_on_with_relay(whose, relay, answers, now)? {
            RelayTurn::Send(send) => return Ok(Relayed::Send(send)),
            RelayTurn::Read(whole) => whole,
        };
        let judged = self.judged(app, case, whole, now).await;
        // A wrong P code counts. The same message sent again, because its answer was lost, is the same code once.
        if let Err(Failure::Refused(refused)) = &judged {
            self.relays.refuse(relay, refused.code);
        }
        judged
    }

    async fn judged(
        &self,
        app: &App,
        case: CaseId,
        whole: Whole,
        now: Timestamp,
    ) -> Result<Relayed, Failure> {
        let Whole { proven, p_code } = whole;
        let verified = self.verify_proven(&proven, now);
        let offered = Offered { verified: &verified, p_code: p_code.as_ref() };
        let progress = self.decide_chip(app, case, offered, None).await?;
        let accepted = match (&progress.step, &verified) {
            (super::Next::Face { .. }, Ok(chip)) => accepted(&proven, chip),
            _ => None,
        };
        Ok(Relayed::Ended(Box::new(RelayEnd { progress, accepted })))
    }

    /// Verifies a reading whose keys and challenge were this server's own.
    pub(crate) fn verify_proven(
        &self,
        proven: &Proven,
        now: Timestamp,
    ) -> Result<VerifiedChip, VerifyError> {
        let reading = &proven.reading;
        let data_groups = reading.data_groups();
        let proofs = proven.proofs();
        let evidence = reading.evidence(&data_groups, &proofs);
        self.verify_chip(&evidence, now)
    }
}

fn accepted(proven: &Proven, chip: &VerifiedChip) -> Option<Accepted> {
    let dg2 = proven.reading.file(FileId::DG2)?.to_vec();
    let born = chip.document().birth_date.expose();
    let birth_date = format!(
        "{:04}-{:02}-{:02}",
        born.year.unwrap_or(0),
        born.month.unwrap_or(0),
        born.day.unwrap_or(0)
    );
    Some(Accepted { dg2: Sensitive::new(dg2), birth_date: Sensitive::new(birth_date) })
}
