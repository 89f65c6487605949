//! Moves bytes between the chip's session and the card.

use chip::chip_authentication::Dg14;
use chip::lds::file::FileId;
use chip::password::Password;
use chip::reader::{
    AccessControl, Done, Failure, Link, LinkStep, Plan, Progress as Bytes, Reader, Reading,
    Relayed, Resume, Retry, Stage, Step,
};
use wire::chip::{Challenge, ChallengeRequest, ChipReading};
use wire::recovery::{RecoveryStep, RecoveryView};
use wire::relay::{Agreement, AgreementRequest};
use zeroize::Zeroizing;

use super::relayed::Carried;
use super::{Progress, ReadPart};
use crate::app::App;
use crate::handed_in::{Card, CardLost, NoCard};
use crate::session::{CallError, Command};

/// The server's answer where DG14 lists no (other) way.
const NO_CHIP_AUTHENTICATION: &str = "no-chip-authentication";

/// An answer without data.
const STATUS_BYTES: usize = 2;

/// A document while it is read: what opens it, and what lost contacts have left.
#[derive(Debug)]
pub(crate) struct Document {
    password: Password,
    resume: Option<Resume>,
    /// Percent reached over all contacts: while a chip is opened again nothing is lost.
    reached: u8,
    /// Ways of agreeing keys that the chip has refused.
    ways_refused: u8,
    /// Where a reading by the server stopped when the contact broke.
    pub(super) relay: Option<Carried>,
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
        Self { password, resume: None, reached: 0, ways_refused: 0, relay: None }
    }

    pub(super) const fn password(&self) -> &Password {
        &self.password
    }

    /// Says how far the reading is; it never seems to go back.
    pub(super) fn reached(&mut self, mut progress: Progress) -> Progress {
        self.reached = self.reached.max(progress.percent);
        progress.percent = self.reached;
        progress
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
                (self.resume, self.reached, self.ways_refused) = (None, 0, 0);
                Broken::Unreadable
            }
        }
    }
}

/// A whole reading and the session behind it.
struct Contact {
    card: Box<dyn Card>,
    chip_session: Vec<u8>,
    reading: Reading,
    link: Link,
}

/// How a try at agreeing keys with the chip ended.
enum Agreed {
    /// What it answered under keys that only the server can check.
    Answered(Vec<u8>),
    /// It refused this way; another wants a new contact.
    Refused(Resume),
    /// The document lists no other way.
    NoneLeft,
}

impl App {
    /// Contacts until the document is read and has had every chance to prove itself.
    pub(super) fn read_once(
        &mut self,
        case: &RecoveryView,
        document: &mut Document,
    ) -> Result<ChipReading, Broken> {
        loop {
            let Contact { mut card, chip_session, reading, link } = self.contact(case, document)?;
            let picture_alone = matches!(case.step, RecoveryStep::Face { .. });
            if picture_alone || !owes_agreement(&reading) {
                return Ok(arrived(reading, chip_session, None));
            }
            let dg14 = reading.files.get(&FileId::DG14).cloned().unwrap_or_default();
            match self.agree(case, document, card.as_mut(), (&chip_session, dg14), link)? {
                Agreed::Answered(answer) => {
                    return Ok(arrived(reading, chip_session, Some(answer)));
                }
                Agreed::NoneLeft => return Ok(arrived(reading, chip_session, None)),
                Agreed::Refused(resume) => {
                    document.ways_refused = document.ways_refused.saturating_add(1);
                    document.resume = Some(resume);
                }
            }
        }
    }

    /// One contact, from opening the chip to the last file.
    fn contact(&mut self, case: &RecoveryView, document: &mut Document) -> Result<Contact, Broken> {
        let mut card = self.slot.connect().map_err(Broken::NoCard)?;
        // Names this contact: a challenge is good for one (PROTOCOLS.md section 7).
        let mut chip_session = vec![0; 16];
        (self.line.random)(&mut chip_session);
        let plan = Plan::new(document.password.clone());
        let mut step = Reader::begin(plan, Box::new(self.line.draws()), document.resume.take());
        loop {
            step = match step {
                Step::Send(awaiting) => {
                    (self.progress)(document.reached(shown(awaiting.progress())));
                    match card.transmit(awaiting.command()) {
                        Ok(answer) => awaiting.answer(answer.to_vec()),
                        Err(CardLost) => return Err(document.broken(awaiting.tag_lost())),
                    }
                }
                Step::AccessGranted(granted) => match self.challenge(case, &chip_session) {
                    Ok(challenge) => granted.go_on(challenge),
                    Err(error) => {
                        document.resume = Some(granted.tag_lost().resume);
                        return Err(Broken::Call(error));
                    }
                },
                Step::Done(Done { reading, link }) => {
                    return Ok(Contact { card, chip_session, reading, link });
                }
                Step::Failed(failure) => return Err(document.broken(failure)),
            };
        }
    }

    /// Lets the server agree keys with the chip: the phone carries commands and learns no key.
    fn agree(
        &mut self,
        case: &RecoveryView,
        document: &mut Document,
        card: &mut dyn Card,
        (chip_session, dg14): (&[u8], Vec<u8>),
        link: Link,
    ) -> Result<Agreed, Broken> {
        (self.progress)(document.reached(Progress { part: ReadPart::Proof, percent: 100 }));
        let request = AgreementRequest {
            chip_session: chip_session.into(),
            dg14: dg14.into(),
            way: document.ways_refused,
        };
        let agreement = match self.ask_to_agree(case, &request) {
            Ok(agreement) => agreement,
            Err(CallError::Problem(problem)) if problem.code == NO_CHIP_AUTHENTICATION => {
                return Ok(Agreed::NoneLeft);
            }
            Err(error) => {
                document.resume = Some(link.into_resume());
                return Err(Broken::Call(error));
            }
        };
        let before = agreement.protect.len();
        let mut commands = Vec::with_capacity(before.saturating_add(1));
        for command in agreement.protect {
            let Ok(command) = chip::apdu::Command::parse(&command.0) else {
                document.resume = Some(link.into_resume());
                return Err(Broken::Call(CallError::Fault));
            };
            commands.push(Relayed::Protect(command));
        }
        commands.push(Relayed::Forward(agreement.forward.0));
        let mut step = link.relay(commands);
        loop {
            step = match step {
                LinkStep::Send(awaiting) => match card.transmit(awaiting.command()) {
                    Ok(answer) => awaiting.answer(answer.to_vec()),
                    Err(CardLost) => return Err(document.broken(awaiting.tag_lost())),
                },
                // A bare status word is no answer under any keys.
                LinkStep::Done { mut answers, link } => {
                    return Ok(match answers.drain(..).nth(before) {
                        Some(answer) if answer.len() > STATUS_BYTES => Agreed::Answered(answer),
                        Some(_) | None => Agreed::Refused(link.into_resume()),
                    });
                }
                LinkStep::Failed(failure) => return Ok(Agreed::Refused(failure.resume)),
            };
        }
    }

    fn ask_to_agree(
        &mut self,
        case: &RecoveryView,
        request: &AgreementRequest,
    ) -> Result<Agreement, CallError> {
        let signer = self.signer().map_err(|_| CallError::Fault)?;
        let path = format!("/v1/app/recoveries/{}/chip-authentication", case.case_id);
        let idempotency_key = self.line.fresh_id();
        let command = Command::new("POST", &path, request, &idempotency_key)?;
        self.line.command(&signer, &command)
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

/// Whether the chip has to prove itself by agreeing keys: it signed no challenge, and lists keys to agree.
fn owes_agreement(reading: &Reading) -> bool {
    let signed = reading.active_authentication.as_ref().is_some_and(|given| given.outcome.is_ok());
    let dg14 = reading.files.get(&FileId::DG14).and_then(|file| Dg14::from_file(file).ok());
    !signed && dg14.is_some_and(|dg14| dg14.ways().next().is_some())
}

fn arrived(
    reading: Reading,
    chip_session: Vec<u8>,
    chip_authentication: Option<Vec<u8>>,
) -> ChipReading {
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
        chip_authentication: chip_authentication.map(Into::into),
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
    Progress { part, percent: bytes.percent() }
}

/// The machine-readable zone inside DG1: `61 … 5F1F … text` (Doc 9303-10 §4.7.1).
pub(super) fn mrz_of(dg1: &[u8]) -> Option<Zeroizing<String>> {
    let at = dg1.windows(2).position(|tag| tag == [0x5F, 0x1F])?;
    let (length, rest) = dg1.get(at.checked_add(2)?..)?.split_first()?;
    let text = rest.get(..usize::from(*length))?;
    std::str::from_utf8(text).ok().map(|text| Zeroizing::new(text.to_owned()))
}
