//! A reading by this phone: moves bytes between the chip's session and the card.

use chip::chip_authentication::Dg14;
use chip::lds::file::FileId;
use chip::reader::{
    AccessControl, Done, Failure, Link, LinkStep, Plan, Progress as BytesRead, Reader, Reading,
    Relayed, Resume, Retry, Stage, Step,
};
use wire::chip::{Challenge, ChallengeRequest, ChipReading};
use wire::recovery::{RecoveryStep, RecoveryView};
use wire::relay::{Agreement, AgreementRequest};

use super::ContactFailure;
use crate::handed_in::{Card, CardLost, Progress, ReadPart};
use crate::place::Document;
use crate::session::{CallError, Session};

/// The server's answer where DG14 lists no (other) way.
const NO_CHIP_AUTHENTICATION: &str = "no-chip-authentication";

/// The length of an answer without data.
const STATUS_BYTES: usize = 2;

/// Keeps what was read, for the next contact.
fn keep(document: &mut Document, failure: Failure) -> ContactFailure {
    let retry = failure.error.retry();
    document.resume = Some(failure.resume);
    match retry {
        Retry::HoldAgain => ContactFailure::Lost,
        Retry::OtherPassword => ContactFailure::WrongPassword,
        Retry::CardAccessNumber => ContactFailure::NeedsCardAccessNumber,
        Retry::Never => {
            document.forget_contacts();
            ContactFailure::Unreadable
        }
    }
}

/// A whole reading and the chip session behind it.
struct FinishedContact {
    card: Box<dyn Card>,
    chip_session: Vec<u8>,
    reading: Reading,
    link: Link,
}

/// The result of a try at agreeing keys with the chip.
enum AgreementResult {
    /// The chip answered under keys that only the server can check.
    Answered(Vec<u8>),
    /// The chip refused this way; another one needs a new contact.
    Refused(Resume),
    /// The document lists no other way.
    NoneLeft,
}

/// Contacts until the document is read and has had every chance to prove itself.
pub(super) fn read(
    session: &mut Session,
    case: &RecoveryView,
    document: &mut Document,
) -> Result<ChipReading, ContactFailure> {
    loop {
        let FinishedContact { mut card, chip_session, reading, link } =
            contact(session, case, document)?;
        let picture_alone = matches!(case.step, RecoveryStep::Face { .. });
        if picture_alone || !owes_agreement(&reading) {
            return Ok(arrived(reading, chip_session, None));
        }
        let dg14 = reading.files.get(&FileId::DG14).cloned().unwrap_or_default();
        match agree(session, case, document, card.as_mut(), (&chip_session, dg14), link)? {
            AgreementResult::Answered(answer) => {
                return Ok(arrived(reading, chip_session, Some(answer)));
            }
            AgreementResult::NoneLeft => return Ok(arrived(reading, chip_session, None)),
            AgreementResult::Refused(resume) => {
                document.ways_refused = document.ways_refused.saturating_add(1);
                document.resume = Some(resume);
            }
        }
    }
}

/// One contact, from opening the chip to the last file.
fn contact(
    session: &mut Session,
    case: &RecoveryView,
    document: &mut Document,
) -> Result<FinishedContact, ContactFailure> {
    let mut card = session.slot.connect().map_err(ContactFailure::NoCard)?;
    // Names this contact: a challenge is good for one (PROTOCOLS.md section 7).
    let mut chip_session = vec![0; 16];
    (session.line.random)(&mut chip_session);
    let plan = Plan::new(document.password.clone());
    let mut step = Reader::begin(plan, Box::new(session.line.draws()), document.resume.take());
    loop {
        step = match step {
            Step::Send(awaiting) => {
                session.report(document.reached(shown(awaiting.progress())));
                match card.transmit(awaiting.command()) {
                    Ok(answer) => awaiting.answer(answer.to_vec()),
                    Err(CardLost) => return Err(keep(document, awaiting.tag_lost())),
                }
            }
            Step::AccessGranted(granted) => match challenge(session, case, &chip_session) {
                Ok(challenge) => granted.go_on(challenge),
                Err(error) => {
                    document.resume = Some(granted.tag_lost().resume);
                    return Err(ContactFailure::Call(error));
                }
            },
            Step::Done(Done { reading, link }) => {
                return Ok(FinishedContact { card, chip_session, reading, link });
            }
            Step::Failed(failure) => return Err(keep(document, failure)),
        };
    }
}

/// Lets the server agree keys with the chip: the phone carries commands and learns no key.
fn agree(
    session: &mut Session,
    case: &RecoveryView,
    document: &mut Document,
    card: &mut dyn Card,
    (chip_session, dg14): (&[u8], Vec<u8>),
    link: Link,
) -> Result<AgreementResult, ContactFailure> {
    session.report(document.reached(Progress { part: ReadPart::Proof, percent: 100 }));
    let request = AgreementRequest {
        chip_session: chip_session.into(),
        dg14: dg14.into(),
        way: document.ways_refused,
    };
    let path = format!("/v1/app/recoveries/{}/chip-authentication", case.case_id);
    let agreement: Agreement = match session.post(&path, &request) {
        Ok(agreement) => agreement,
        Err(CallError::Problem(problem)) if problem.code == NO_CHIP_AUTHENTICATION => {
            return Ok(AgreementResult::NoneLeft);
        }
        Err(error) => {
            document.resume = Some(link.into_resume());
            return Err(ContactFailure::Call(error));
        }
    };
    let before = agreement.protect.len();
    let mut commands = Vec::with_capacity(before.saturating_add(1));
    for command in agreement.protect {
        let Ok(command) = chip::apdu::Command::parse(&command.0) else {
            document.resume = Some(link.into_resume());
            return Err(ContactFailure::Call(CallError::Fault));
        };
        commands.push(Relayed::Protect(command));
    }
    commands.push(Relayed::Forward(agreement.forward.0));
    let mut step = link.relay(commands);
    loop {
        step = match step {
            LinkStep::Send(awaiting) => match card.transmit(awaiting.command()) {
                Ok(answer) => awaiting.answer(answer.to_vec()),
                Err(CardLost) => return Err(keep(document, awaiting.tag_lost())),
            },
            // A bare status word is no answer under any keys.
            LinkStep::Done { mut answers, link } => {
                return Ok(match answers.drain(..).nth(before) {
                    Some(answer) if answer.len() > STATUS_BYTES => {
                        AgreementResult::Answered(answer)
                    }
                    Some(_) | None => AgreementResult::Refused(link.into_resume()),
                });
            }
            LinkStep::Failed(failure) => return Ok(AgreementResult::Refused(failure.resume)),
        };
    }
}

/// Fetched after access control. A reading for the picture alone needs none.
fn challenge(
    session: &mut Session,
    case: &RecoveryView,
    chip_session: &[u8],
) -> Result<Option<[u8; 8]>, CallError> {
    if matches!(case.step, RecoveryStep::Face { .. }) {
        return Ok(None);
    }
    let path = format!("/v1/app/recoveries/{}/active-authentication-challenge", case.case_id);
    let body = ChallengeRequest { chip_session: chip_session.into() };
    let reply: Challenge = session.post(&path, &body)?;
    reply.challenge.0.try_into().map(Some).map_err(|_| CallError::Fault)
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

fn shown(bytes: BytesRead) -> Progress {
    let part = match (bytes.stage, bytes.file) {
        (Stage::Reading, Some(FileId::DG2)) => ReadPart::Picture,
        (Stage::Reading, _) => ReadPart::Data,
        (Stage::ActiveAuthentication | Stage::Relay | Stage::Challenge, _) => ReadPart::Proof,
        (Stage::CardAccess | Stage::Pace | Stage::Application | Stage::Bac, _) => ReadPart::Opening,
    };
    Progress { part, percent: bytes.percent() }
}
