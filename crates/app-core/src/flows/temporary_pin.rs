//! The recovery with a temporary PIN (PROTOCOLS.md section 5).

use wire::pin::{Redeemed, TemporaryPin};

use super::new_pin;
use crate::action::{ActError, TypedText};
use crate::place::{Place, Route};
use crate::session::{CallError, Session, UnansweredCode};
use crate::view::Notice;

const PATH: &str = "/v1/app/temporary-pin";
const DIGITS: usize = 8;

/// Redeems a temporary PIN for the right to choose a new PIN.
pub(crate) fn redeem(session: &mut Session, code: &TypedText) -> Result<(), ActError> {
    if !matches!(session.place, Place::TemporaryPin { .. }) {
        return Err(ActError::OutOfPlace);
    }
    let Some(code) = code.digits(DIGITS) else {
        session.say("notice-temporary-pin-form");
        return Ok(());
    };
    let remembered = session.key_for(PATH, &code);
    let idempotency_key = remembered.unwrap_or_else(|| session.line.fresh_id());
    let body = TemporaryPin { code: code.to_string() };
    match session.send::<Redeemed>("POST", PATH, &body, &idempotency_key) {
        Ok(redeemed) => new_pin::choose(session, redeemed.grant, None, Route::TemporaryPin),
        Err(CallError::Offline) => {
            session.unanswered = Some(UnansweredCode { path: PATH, code, idempotency_key });
            session.say("notice-offline-code");
        }
        Err(CallError::Problem(problem)) => {
            session.place = Place::TemporaryPin { tries_left: problem.tries_left };
            session.notice = Some(Notice::problem(*problem));
        }
        Err(error) => session.say_call_error(error),
    }
    Ok(())
}
