//! Moves bytes between the chip's session and the card.

use chip::lds::file::FileId;
use chip::password::Password;
use chip::reader::{
    AccessControl, Failure, Plan, Progress as Bytes, Reader, Reading, Resume, Retry,
};
use chip::reader::{Stage, Step};
use wire::chip::{Challenge, ChallengeRequest, ChipReading};
use wire::recovery::{RecoveryStep, RecoveryView};
use zeroize::Zeroizing;

use super::{Progress, ReadPart};
use crate::app::App;
use crate::handed_in::NoCard;
use crate::session::{CallError, Command};

/// A document while it is read: what opens it, and what lost contacts have left.
#[derive(Debug)]
pub(crate) struct Document {
    password: Password,
    resume: Option<Resume>,
    /// Percent reached over all contacts: while a chip is opened again nothing is lost.
    reached: u8,
}

/// Why a contact brought no whole reading.
#[derive(Debug)]
pub(super) enum Broken {
    NoCard(NoCard),
    /// The contact broke, or the chip ended the session: hold it again.
    Lost,
    /// What was typed does not open this chip.
    WrongPassword,
    /// The chip opens by the number on its front alone.
    NeedsCardAccessNumber,
    /// No travel document, or one that cannot be read.
    Unreadable,
    /// The server gave no challenge.
    Call(CallError),
}

impl Document {
    pub(crate) fn new(password: Password) -> Self {
        Self { password, resume: None, reached: 0 }
    }

    /// Keeps what was read, for the next contact.
    fn broken(&mut self, failure: Failure) -> Broken {
        let retry = failure.error.retry();
        self.resume = Some(failure.resume);
        match retry {
            Retry::HoldAgain => Broken::Lost,
            Retry::OtherPassword => Broken::WrongPassword,
            Retry::CardAccessNumber => Broken::NeedsCardAccessNumber,
            Retry::Never => {
                // Another document may be tried: nothing of this one goes on.
                (self.resume, self.reached) = (None, 0);
                Broken::Unreadable
            }
        }
    }
}

impl App {
    /// One contact, from opening the chip to the last file.
    pub(super) fn read_once(
        &mut self,
        case: &RecoveryView,
        document: &mut Document,
    ) -> Result<ChipReading, Broken> {
        let mut card = self.slot.connect().map_err(Broken::NoCard)?;
        // Names this contact: a challenge is good for one (PROTOCOLS.md section 7).
        let mut chip_session = vec![0; 16];
        (self.line.random)(&mut chip_session);
        let plan = Plan::new(document.password.clone());
        let mut step = Reader::begin(plan, Box::new(self.line.draws()), document.resume.take());
        loop {
            step = match step {
                Step::Send(awaiting) => {
                    let mut progress = shown(awaiting.progress());
                    document.reached = document.reached.max(progress.percent);
                    progress.percent = document.reached;
                    (self.progress)(progress);
                    match card.transmit(awaiting.command()) {
                        Ok(answer) => awaiting.answer(answer.to_vec()),
                        Err(crate::CardLost) => {
                            return Err(document.broken(awaiting.tag_lost()));
                        }
                    }
                }
                Step::AccessGranted(granted) => match self.challenge(case, &chip_session) {
                    Ok(challenge) => granted.go_on(challenge),
                    Err(error) => {
                        document.resume = Some(granted.tag_lost().resume);
                        return Err(Broken::Call(error));
                    }
                },
                Step::Done(done) => return Ok(arrived(done.reading, chip_session)),
                Step::Failed(failure) => return Err(document.broken(failure)),
            };
        }
    }

    /// Fetched after access control. A reading for the picture alone needs none.
    fn challenge(
        &mut self,
        case: &RecoveryView,
        chip_session: &[u8],
    ) -> Result<Option<[u8; 8]>, CallError> {
        if matches!(case.step, RecoveryStep::Face { .. }) {
            return Ok(None);
        }
        let signer = self.signer().map_err(|_| CallError::Fault)?;
        let path = format!("/v1/app/recoveries/{}/active-authentication-challenge", case.case_id);
        let idempotency_key = self.line.fresh_id();
        let body = ChallengeRequest { chip_session: chip_session.into() };
        let command = Command::new("POST", &path, &body, &idempotency_key)?;
        let reply: Challenge = self.line.command(&signer, &command)?;
        reply.challenge.0.try_into().map(Some).map_err(|_| CallError::Fault)
    }
}

fn arrived(reading: Reading, chip_session: Vec<u8>) -> ChipReading {
    let access = match reading.access {
        AccessControl::Pace { .. } => wire::chip::AccessControl::Pace,
        AccessControl::Bac | AccessControl::Open => wire::chip::AccessControl::Bac,
    };
    ChipReading {
        chip_session: chip_session.into(),
        files: reading
            .files
            .into_iter()
            .map(|(file, bytes)| (file.name().to_owned(), bytes.into()))
            .collect(),
        access,
        active_authentication: reading
            .active_authentication
            .and_then(|answered| answered.outcome.ok())
            .map(Into::into),
        p_code: None,
        apdus: reading.apdus,
    }
}

fn shown(bytes: Bytes) -> Progress {
    let part = match (bytes.stage, bytes.file) {
        (Stage::Reading, Some(FileId::DG2)) => ReadPart::Picture,
        (Stage::Reading, _) => ReadPart::Data,
        (Stage::ActiveAuthentication | Stage::Relay | Stage::Challenge, _) => ReadPart::Proof,
        (Stage::CardAccess | Stage::Pace | Stage::Application | Stage::Bac, _) => ReadPart::Opening,
    };
    let percent = match bytes.bytes_total {
        0 => 0,
        total => bytes.bytes_done.saturating_mul(100) / total,
    };
    Progress { part, percent: u8::try_from(percent.min(100)).unwrap_or(100) }
}

/// The machine-readable zone inside DG1: `61 … 5F1F … text` (Doc 9303-10 §4.7.1).
pub(super) fn mrz_of(dg1: &[u8]) -> Option<Zeroizing<String>> {
    let at = dg1.windows(2).position(|tag| tag == [0x5F, 0x1F])?;
    let (length, rest) = dg1.get(at.checked_add(2)?..)?.split_first()?;
    let text = rest.get(..usize::from(*length))?;
    std::str::from_utf8(text).ok().map(|text| Zeroizing::new(text.to_owned()))
}
