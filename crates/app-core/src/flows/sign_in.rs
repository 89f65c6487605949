//! A service asks the person to sign in.
//!
//! The page of the service shows a number. The person types it, and the app fetches that one request; other requests are not shown, so
//! that nobody can bury it under others or have a stranger's request approved by habit.

use wire::sign_in::{SignInNumber, SignInView};

use crate::action::{ActError, TypedText};
use crate::place::{PinPurpose, Place};
use crate::session::{CallError, Session};
use crate::text::Text;
use crate::view::SignInCard;

const FIND: &str = "/v1/app/sign-ins/find";
const NUMBER_DIGITS: usize = 4;

/// Fetches the one sign-in that has the number on the page of the service.
pub(crate) fn find(session: &mut Session, digits: &TypedText) -> Result<(), ActError> {
    if !matches!(session.place, Place::SignInNumber) {
        return Err(ActError::OutOfPlace);
    }
    let Some(number) = digits.digits(NUMBER_DIGITS) else {
        session.say("notice-sign-in-number-form");
        return Ok(());
    };
    let body = SignInNumber { number: number.to_string() };
    match session.post::<SignInView>(FIND, &body) {
        Ok(found) => {
            session.place = Place::SignIn(SignInCard {
                sign_in_id: found.sign_in_id,
                service: found.service_name,
                seconds_left: found.seconds_left,
            });
        }
        // A wrong number can be typed again; after anything else nothing waits for one.
        Err(CallError::Problem(problem)) if problem.status == 410 => {
            session.go_home();
            session.say_call_error(CallError::Problem(problem));
        }
        Err(error) => session.say_call_error(error),
    }
    Ok(())
}

/// Opens the PIN pad to approve the sign-in that is shown.
pub(crate) fn approve(session: &mut Session, sign_in_id: &str) -> Result<(), ActError> {
    let Place::SignIn(card) = &session.place else { return Err(ActError::OutOfPlace) };
    if card.sign_in_id != sign_in_id {
        return Err(ActError::OutOfPlace);
    }
    let purpose = PinPurpose::SignIn(card.clone());
    session.show_pin_pad(purpose)
}

/// Refuses the sign-in that is shown, also from the PIN pad.
pub(crate) fn refuse(session: &mut Session, sign_in_id: &str) -> Result<(), ActError> {
    let (Place::SignIn(card) | Place::Trying(PinPurpose::SignIn(card))) = &session.place else {
        return Err(ActError::OutOfPlace);
    };
    if card.sign_in_id != sign_in_id {
        return Err(ActError::OutOfPlace);
    }
    match session.send_bare("POST", &format!("/v1/app/sign-ins/{sign_in_id}/refuse")) {
        Ok(()) => session.place = Place::Done(Text::new("done-refused")),
        Err(error) => {
            session.place = Place::Home;
            session.say_call_error(error);
        }
    }
    Ok(())
}
