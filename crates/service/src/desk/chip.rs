//! The chip of a document on the desk, read by the server through the clerk's reader (PROTOCOLS.md section 7): the server holds
//! every key, so neither the clerk's machine nor the document can say what the chip did not prove.

use crate::caller::Clerk;
use crate::chip_relay::{RelayAnswers, RelaySend, RelayStart, RelayTurn, Whole, Whose};
use crate::desk::DeskCase;
use crate::work::Work;
use crate::{Failure, Service};
use chip::verdict::{Presence, VerifiedChip};
use recovery::case::{DeskEvent, DeskStage};
use recovery::event::JournalEvent;
use recovery::evidence::{JudgedChip, RegisterAnswer};
use recovery::id::{CaseId, PersonId};
use recovery::rejection::Rejection;
use recovery::route::RefusalReason;
use recovery::time::Timestamp;

/// What the clerk's reader has to do next.
#[derive(Debug)]
pub enum DeskChip {
    /// Send these commands to the chip.
    Send(RelaySend),
    /// The chip was read and the document judged.
    Ended(Box<DeskChipSeen>),
}

/// The result of reading a chip at the desk.
#[derive(Debug)]
pub struct DeskChipSeen {
    /// What the clerk is told of the chip.
    pub finding: ChipFinding,
    /// Where the case stands now.
    pub case: DeskCase,
}

/// What the clerk is told of a chip. It holds none of the document's data, since the document lies on the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipFinding {
    /// The chip was issued by the state that it names, is unchanged, and is this person's by national number or register.
    Theirs {
        /// Whether the chip proved that it is no copy.
        proven: bool,
    },
    /// The chip is genuine, and neither it nor a register says who its holder is, as with many foreign documents. It is no
    /// proof.
    NamesNobody {
        /// Whether the chip proved that it is no copy.
        proven: bool,
    },
    /// The chip was not shown to be genuine: its state is unknown, its data changed, or the key of the original missing.
    NotGenuine {
        /// The stable code of the reason, one of `chip::verdict::VerifyError`.
        code: &'static str,
    },
    /// The chip is genuine and ended the case: the document is another person's, lost, stolen or expired.
    Refused,
}

impl ChipFinding {
    /// The stable code, which chooses the words of the page.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Theirs { proven: true } => "theirs",
            Self::Theirs { proven: false } => "theirs-not-proven",
            Self::NamesNobody { proven: true } => "names-nobody",
            Self::NamesNobody { proven: false } => "names-nobody-not-proven",
            Self::NotGenuine { .. } => "not-genuine",
            Self::Refused => "refused",
        }
    }
}

impl Service {
    /// Begins to read the chip of the document on the desk, once the person's documents are accepted.
    ///
    /// # Errors
    ///
    /// `out-of-order` where the case waits for no second proof, `not-your-case`, `relays-full`.
    pub async fn begin_chip_at_desk(
        &self,
        clerk: &Clerk,
        case: CaseId,
        start: RelayStart,
    ) -> Result<DeskChip, Failure> {
        let (_, now) = self.waits_for_proof(clerk, case).await?;
        let turn = self.begin_relay(Whose::Clerk(case, clerk.member().id), start, now)?;
        self.carried_at_desk(clerk, case, turn, now).await
    }

    /// Takes the answers of the chip; the last message judges the document.
    ///
    /// # Errors
    ///
    /// `relay-over`, `relay-out-of-turn`, `chip-password-wrong`, `chip-needs-card-access-number`, `chip-unreadable`,
    /// `chip-contact-lost`: the case stays as it is.
    pub async fn go_on_with_chip_at_desk(
        &self,
        clerk: &Clerk,
        case: CaseId,
        relay: u128,
        answers: RelayAnswers,
    ) -> Result<DeskChip, Failure> {
        let now = self.now().await?;
        let whose = Whose::Clerk(case, clerk.member().id);
        let turn = self.go_on_with_relay(whose, relay, answers, now)?;
        self.carried_at_desk(clerk, case, turn, now).await
    }

    /// The person whose documents were accepted, where the case waits for a second proof.
    async fn waits_for_proof(
        &self,
        clerk: &Clerk,
        case: CaseId,
    ) -> Result<(PersonId, Timestamp), Failure> {
        let mut work = Work::begin(self).await?;
        let at_desk = work.at_desk(clerk, case).await?;
        if clerk.member().id != at_desk.notes.clerk {
            return Err(Rejection::NotYourCase.into());
        }
        let Some(DeskStage::DocumentsAccepted { person, .. }) = at_desk.stage() else {
            return Err(Rejection::OutOfOrder.into());
        };
        work.beside(clerk.member(), *person).await?.keep_away_from(*person)?;
        Ok((*person, work.now()))
    }

    async fn carried_at_desk(
        &self,
        clerk: &Clerk,
        case: CaseId,
        turn: RelayTurn,
        now: Timestamp,
    ) -> Result<DeskChip, Failure> {
        let Whole { proven, .. } = match turn {
            RelayTurn::Send(send) => return Ok(DeskChip::Send(send)),
            RelayTurn::Read(whole) => whole,
        };
        let finding = match self.verify_proven(&proven, now) {
            Ok(chip) => self.chip_read_at_desk(clerk, case, &chip, now).await?,
            Err(error) => {
                tracing::info!(case = %case, code = error.code(), "a chip at a desk was not genuine");
                let said = JournalEvent::ChipNotGenuine { case, code: error.code() };
                attempt!(self, |work| {
                    let at_desk = work.at_desk(clerk, case).await?;
                    work.say(at_desk.case.case.person(), said.clone());
                    Ok(())
                })?;
                ChipFinding::NotGenuine { code: error.code() }
            }
        };
        let case = self.desk_case(clerk, case).await?;
        Ok(DeskChip::Ended(Box::new(DeskChipSeen { finding, case })))
    }

    /// Whether the operator recorded this very document as the person's, and long enough ago.
    async fn is_recorded_as_of(
        &self,
        person: PersonId,
        chip: &VerifiedChip,
    ) -> Result<bool, Failure> {
        let mut work = Work::begin(self).await?;
        let person = work.load_person(person).await?;
        let document = chip.document();
        let Ok((state, number)) =
            crate::p_code::plain_document(&document.issuing_state, document.number.expose())
        else {
            return Ok(false);
        };
        let (document, now) = (work.document_hash(state, &number), work.now());
        let policy = &self.parts().policy;
        let mut known = person.documents.iter();
        Ok(known.any(|known| known.document == document && now >= known.counts_from(policy)))
    }

    async fn chip_read_at_desk(
        &self,
        clerk: &Clerk,
        case: CaseId,
        chip: &VerifiedChip,
        now: Timestamp,
    ) -> Result<ChipFinding, Failure> {
        let (person, _) = self.waits_for_proof(clerk, case).await?;
        let proven = matches!(chip.presence(), Presence::Proven(_));
        let answers = self.ask_registers(chip, now).await?;
        // Held against nobody: to refuse for it would turn away most foreign documents.
        if answers.holder == RegisterAnswer::Unknown
            && chip.personal_numbers().is_empty()
            && !self.is_recorded_as_of(person, chip).await?
        {
            return Ok(ChipFinding::NamesNobody { proven });
        }
        attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            let judged = work.judge(person, chip, &answers, None).await?;
            let finding = match judged.outcome() {
                JudgedChip::Theirs(_) => ChipFinding::Theirs { proven },
                // What a chip without proof buys in the app is not asked here: the desk takes documents that have no chip at
                // all, and nobody may be worse off because theirs was read.
                JudgedChip::Refused(
                    RefusalReason::PresenceNotProven
                    | RefusalReason::DocumentStatusMissing
                    | RefusalReason::DocumentUsedRecently,
                ) => return Ok(ChipFinding::Theirs { proven: false }),
                JudgedChip::WrongPCode | JudgedChip::Refused(_) => ChipFinding::Refused,
            };
            work.apply_desk(&at_desk, DeskEvent::ChipRead { by: clerk.member(), judged })?;
            Ok(finding)
        })
    }
}
