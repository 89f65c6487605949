//! The reading of a document's chip over a card that is handed in (SERVICE.md R1, R4).

mod local;
mod relay;
mod typed_date;

use chip::mrz::Mrz;
use chip::password::{Password, PasswordError};
use pin::weak::BirthDate;
use wire::chip::ChipReading;
use wire::recovery::{RecoveryStep, RecoveryView};
use zeroize::Zeroizing;

use super::chip_face;
use crate::action::{ActError, TypedText};
use crate::handed_in::{NoCard, Progress, ReadPart};
use crate::place::{ChipExtract, Document, Place};
use crate::session::{CallError, Session};
use crate::view::{Notice, TypedDocument};

/// The reason why a contact brought no whole reading.
#[derive(Debug)]
enum ContactFailure {
    NoCard(NoCard),
    /// The contact broke, or the chip ended the session: hold it again.
    Lost,
    /// The typed fields do not open this chip.
    WrongPassword,
    /// The chip opens with the card access number alone.
    NeedsCardAccessNumber,
    /// The chip is no travel document, or one that cannot be read.
    Unreadable,
    /// The server did not answer what the reading needs.
    Call(CallError),
}

/// Takes the fields of the document that open its chip.
pub(crate) fn document_fields(
    session: &mut Session,
    number: TypedText,
    birth: TypedText,
    expiry: TypedText,
) -> Result<(), ActError> {
    if !matches!(session.place, Place::TypingDocument { .. }) {
        return Err(ActError::OutOfPlace);
    }
    let dates = (typed_date::mrz_date(birth.text()), typed_date::mrz_date(expiry.text()));
    let password = match dates {
        (None, _) => Err("notice-birth-form"),
        (_, None) => Err("notice-expiry-form"),
        (Some(birth), Some(expiry)) => {
            Password::mrz(number.text(), &birth, &expiry).map_err(|error| match error {
                PasswordError::BirthDate => "notice-birth-form",
                PasswordError::ExpiryDate => "notice-expiry-form",
                PasswordError::DocumentNumber
                | PasswordError::MrzInformation
                | PasswordError::Digits => "notice-number-form",
            })
        }
    };
    session.typed = TypedDocument { number, birth, expiry };
    hold(session, password)
}

/// Takes the machine-readable lines of the document.
pub(crate) fn document_lines(session: &mut Session, lines: &TypedText) -> Result<(), ActError> {
    let password = Mrz::parse(lines.text())
        .map_err(|_| "notice-lines-form")
        .and_then(|mrz| mrz.password().map_err(|_| "notice-lines-form"));
    hold(session, password)
}

/// Takes the card access number of an ID card.
pub(crate) fn card_access_number(
    session: &mut Session,
    digits: &TypedText,
) -> Result<(), ActError> {
    let password = Password::card_access_number(digits.text()).map_err(|_| "notice-can-form");
    hold(session, password)
}

/// Goes on to "Hold the phone on the chip", or says which field is wrong.
fn hold(session: &mut Session, password: Result<Password, &'static str>) -> Result<(), ActError> {
    let Place::TypingDocument { case } = &session.place else {
        return Err(ActError::OutOfPlace);
    };
    match password {
        Ok(password) => {
            let (case, document) = (case.clone(), Box::new(Document::new(password)));
            session.place = Place::Reading { case, document };
        }
        Err(key) => session.say(key),
    }
    Ok(())
}

/// Opens the help for a reading that does not work.
pub(crate) fn help(session: &mut Session) -> Result<(), ActError> {
    let (case, document) = take_reading(session)?;
    session.place = Place::ReadingHelp { case, document };
    Ok(())
}

/// Goes back to the fields, for another document or after a slip.
pub(crate) fn type_again(session: &mut Session) -> Result<(), ActError> {
    let (case, _) = take_reading(session)?;
    session.place = Place::TypingDocument { case };
    Ok(())
}

fn take_reading(session: &mut Session) -> Result<(RecoveryView, Box<Document>), ActError> {
    let taken = std::mem::take(&mut session.place);
    if let Place::Reading { case, document } | Place::ReadingHelp { case, document } = taken {
        Ok((case, document))
    } else {
        session.place = taken;
        Err(ActError::OutOfPlace)
    }
}

/// Reads as long as the contact holds. What was read stays: the next contact goes on there.
pub(crate) fn read(session: &mut Session) -> Result<(), ActError> {
    let (case, mut document) = take_reading(session)?;
    let by_server = matches!(case.step, RecoveryStep::Chip { read_by_server: true, .. });
    let read = if by_server {
        relay::read(session, &case, &mut document)
            .map(|(case, extract)| chip_face::follow(session, case, extract))
    } else {
        match local::read(session, &case, &mut document) {
            Ok(reading) => {
                send(session, case, document, reading);
                return Ok(());
            }
            Err(failure) => Err(failure),
        }
    };
    if let Err(failure) = read {
        say_failure(session, failure, case, document);
    }
    Ok(())
}

/// Says why a contact brought no reading, and goes where the person can do something about it.
fn say_failure(
    session: &mut Session,
    failure: ContactFailure,
    case: RecoveryView,
    document: Box<Document>,
) {
    let (key, type_again) = match failure {
        ContactFailure::Call(error) => {
            return say_reading_error(session, error, case, document, None);
        }
        ContactFailure::WrongPassword => ("notice-chip-refused", true),
        ContactFailure::NeedsCardAccessNumber => ("notice-needs-card-access-number", true),
        ContactFailure::NoCard(NoCard::Nothing) => ("notice-no-document", false),
        ContactFailure::NoCard(NoCard::NoReader) => ("notice-no-reader", false),
        ContactFailure::Unreadable => ("notice-chip-unreadable", false),
        ContactFailure::Lost => ("notice-chip-lost", false),
    };
    session.say(key);
    session.place =
        if type_again { Place::TypingDocument { case } } else { Place::Reading { case, document } };
}

/// Sends a reading of this phone to the server, which judges it.
fn send(
    session: &mut Session,
    case: RecoveryView,
    document: Box<Document>,
    mut reading: ChipReading,
) {
    let Some(dg2) = reading.files.get("dg2").cloned() else {
        return say_failure(session, ContactFailure::Unreadable, case, document);
    };
    let extract = ChipExtract { birth_date: birth_date(&reading), dg2 };
    if matches!(case.step, RecoveryStep::Face { .. }) {
        // Read again for the picture alone: the server has accepted the document already.
        session.place = Place::Face { case, extract, capture: None };
        return;
    }
    reading.p_code = session.p_code.as_ref().map(|code| code.to_string());
    session.report(Progress { part: ReadPart::Sending, percent: 100 });
    match session.post(&format!("/v1/app/recoveries/{}/chip", case.case_id), &reading) {
        Ok(case) => chip_face::follow(session, case, Some(extract)),
        Err(error) => say_reading_error(session, error, case, document, Some(extract)),
    }
}

/// Says why the server refused a reading; another P code may do.
fn say_reading_error(
    session: &mut Session,
    error: CallError,
    case: RecoveryView,
    document: Box<Document>,
    extract: Option<ChipExtract>,
) {
    match error {
        CallError::Problem(problem) if problem.code == "p-code-invalid" => {
            session.p_code = None;
            session.place = Place::PCode { case, document: Some(document) };
            session.notice = Some(Notice::problem(*problem));
        }
        error @ (CallError::Problem(_)
        | CallError::Offline
        | CallError::NotKnown
        | CallError::Fault) => {
            session.place = Place::Reading { case, document };
            chip_face::say_case_error(session, error, extract);
        }
    }
}

/// The birth date of the holder from DG1, for the rule against birth-date PINs alone.
fn birth_date(reading: &ChipReading) -> Option<BirthDate> {
    let dg1 = reading.files.get("dg1")?;
    let birth = Mrz::read(&mrz_of(dg1.as_ref())?).ok()?.birth;
    BirthDate::mrz(birth.year?, birth.month.unwrap_or(0), birth.day.unwrap_or(0)).ok()
}

/// The machine-readable zone inside DG1: `61 … 5F1F … text` (Doc 9303-10 §4.7.1).
fn mrz_of(dg1: &[u8]) -> Option<Zeroizing<String>> {
    let at = dg1.windows(2).position(|tag| tag == [0x5F, 0x1F])?;
    let (length, rest) = dg1.get(at.checked_add(2)?..)?.split_first()?;
    let text = rest.get(..usize::from(*length))?;
    std::str::from_utf8(text).ok().map(|text| Zeroizing::new(text.to_owned()))
}
