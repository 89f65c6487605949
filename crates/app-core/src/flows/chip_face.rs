//! The recovery with a document: its chip and the face of the person (SERVICE.md section 3).

use wire::recovery::{RecoveryStart, RecoveryStep, RecoveryView};

use super::{new_pin, phone_check};
use crate::action::{ActError, TypedText};
use crate::place::{ChipExtract, Place, Route, Way};
use crate::session::{CallError, Session};
use crate::view::Notice;

const PATH: &str = "/v1/app/recoveries";
/// The version of the consent text that the app shows.
const CONSENT_VERSION: u32 = 1;
const P_CODE_DIGITS: usize = 8;

/// Goes on with an open case, or begins with the consent.
pub(crate) fn use_document(session: &mut Session) -> Result<(), ActError> {
    session.require(Way::Document)?;
    if !session.phone_check().phone_can() {
        phone_check::show(session);
        return Ok(());
    }
    if !session.refresh() {
        return Ok(());
    }
    // The answer may have told that this app is too old.
    if !session.phone_check().phone_can() {
        phone_check::show(session);
        return Ok(());
    }
    match open_case(session) {
        Some(case) if is_open(&case.step) => follow(session, case, None),
        Some(_) | None => session.place = Place::Consent,
    }
    Ok(())
}

/// Agrees to the face comparison.
pub(crate) fn consent(session: &mut Session) -> Result<(), ActError> {
    if !matches!(session.place, Place::Consent) {
        return Err(ActError::OutOfPlace);
    }
    session.place = Place::DocumentKind;
    Ok(())
}

/// Opens a case at the server.
pub(crate) fn begin(session: &mut Session, p_code_given: bool) -> Result<(), ActError> {
    if !matches!(session.place, Place::DocumentKind) {
        return Err(ActError::OutOfPlace);
    }
    session.p_code = None;
    let body = RecoveryStart { consent_version: CONSENT_VERSION, p_code_given };
    match session.post(PATH, &body) {
        Ok(case) => follow(session, case, None),
        Err(error) => session.say_call_error(error),
    }
    Ok(())
}

/// Takes the P code, which is sent with the reading.
pub(crate) fn give_p_code(session: &mut Session, code: &TypedText) -> Result<(), ActError> {
    let Place::PCode { case, document } = &mut session.place else {
        return Err(ActError::OutOfPlace);
    };
    let Some(code) = code.digits(P_CODE_DIGITS) else {
        session.say("notice-p-code-form");
        return Ok(());
    };
    session.p_code = Some(code);
    let case = case.clone();
    session.place = match document.take() {
        Some(document) => Place::Reading { case, document },
        None => Place::TypingDocument { case },
    };
    Ok(())
}

/// Cancels the case.
pub(crate) fn cancel(session: &mut Session) -> Result<(), ActError> {
    let (Place::PCode { case, .. }
    | Place::TypingDocument { case }
    | Place::Reading { case, .. }
    | Place::ReadingHelp { case, .. }
    | Place::Face { case, .. }) = &session.place
    else {
        return Err(ActError::OutOfPlace);
    };
    let path = format!("{PATH}/{}", case.case_id);
    let sent = session.send_bare("DELETE", &path);
    session.go_home();
    if let Err(error) = sent {
        session.say_call_error(error);
    }
    Ok(())
}

/// Goes where the case says, with what this phone still holds of the chip.
pub(crate) fn follow(session: &mut Session, case: RecoveryView, extract: Option<ChipExtract>) {
    session.place = match case.step {
        RecoveryStep::Chip { p_code_given: true, .. } if session.p_code.is_none() => {
            Place::PCode { case, document: None }
        }
        RecoveryStep::Chip { .. } => Place::TypingDocument { case },
        RecoveryStep::Face { .. } => match extract {
            Some(extract) => Place::Face { case, extract, capture: None },
            // The app was closed in between: the picture is read once more.
            None => Place::TypingDocument { case },
        },
        RecoveryStep::NewPin { grant } => {
            session.p_code = None;
            let birth_date = extract.and_then(|extract| extract.birth_date);
            new_pin::choose(session, grant, birth_date, Route::ChipFace);
            return;
        }
        RecoveryStep::Refused { code, title, detail, next } => {
            Place::Refused { code, title, detail, next }
        }
        RecoveryStep::Completed => Place::Home,
    };
}

/// Says why the server refused a step of the case. Where the case is over, or is further than this
/// phone thought because an answer was lost, the state says where it stands.
pub(crate) fn say_case_error(
    session: &mut Session,
    error: CallError,
    extract: Option<ChipExtract>,
) {
    let problem = match error {
        CallError::Problem(problem) if matches!(problem.status, 404 | 409 | 410) => problem,
        CallError::Problem(_) | CallError::Offline | CallError::NotKnown | CallError::Fault => {
            session.say_call_error(error);
            return;
        }
    };
    session.place = Place::Home;
    if session.refresh()
        && let Some(case) = open_case(session)
    {
        follow(session, case, extract);
    }
    if matches!(session.place, Place::Home) || problem.status != 409 {
        session.notice = Some(Notice::problem(*problem));
    }
}

fn open_case(session: &Session) -> Option<RecoveryView> {
    session.people.known().and_then(|known| known.state.recovery.clone())
}

fn is_open(step: &RecoveryStep) -> bool {
    match step {
        RecoveryStep::Chip { .. } | RecoveryStep::Face { .. } | RecoveryStep::NewPin { .. } => true,
        RecoveryStep::Refused { .. } | RecoveryStep::Completed => false,
    }
}
