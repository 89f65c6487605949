//! One try of the PIN over OPAQUE (PROTOCOLS.md section 3).

use pin::{Holder, KE2_BYTES, Login, LoginError, Pin};
use wire::Bytes;
use wire::pin::{TryFinish, TryOutcome, TryStart, TryTicket};

use super::new_pin;
use crate::action::{ActError, TypedText};
use crate::place::{InterruptedTry, PinPurpose, Place, TryStage};
use crate::session::{CallError, Session};
use crate::text::Text;
use crate::view::Notice;

const PATH: &str = "/v1/app/pin/tries";

/// Takes six digits, for whatever the screen asks.
pub(crate) fn pin_typed(session: &mut Session, digits: &TypedText) -> Result<(), ActError> {
    if !matches!(session.place, Place::Trying(_) | Place::ChoosingPin(_)) {
        return Err(ActError::OutOfPlace);
    }
    let Ok(pin) = Pin::parse(digits.text()) else {
        session.say("notice-six-digits");
        return Ok(());
    };
    if let Place::Trying(purpose) = &session.place {
        let purpose = purpose.clone();
        begin(session, purpose, pin)
    } else {
        new_pin::pin_typed(session, pin)
    }
}

/// Sends an interrupted request once more: the same bytes under the same key.
pub(crate) fn try_again(session: &mut Session) -> Result<(), ActError> {
    let taken = std::mem::take(&mut session.place);
    let interrupted = if let Place::ChoosingPin(choice) = taken {
        return new_pin::send(session, choice);
    } else if let Place::Interrupted(interrupted) = taken {
        interrupted
    } else {
        session.place = taken;
        return Err(ActError::OutOfPlace);
    };
    let InterruptedTry { purpose, login, stage } = *interrupted;
    match stage {
        TryStage::First { idempotency_key } => {
            first_message(session, purpose, login, idempotency_key)
        }
        TryStage::Third { idempotency_key, ticket_id, finish } => {
            third_message(session, purpose, login, (ticket_id, finish), idempotency_key);
            Ok(())
        }
    }
}

fn begin(session: &mut Session, purpose: PinPurpose, pin: Pin) -> Result<(), ActError> {
    let Ok(login) = Login::start(pin, &mut session.line.draws()) else {
        session.say("notice-fault");
        return Ok(());
    };
    // Written before anything leaves: should the app be stopped now, its next start can say
    // whether that cost a try.
    if let Some(person) = session.people.current_mut() {
        person.before_interruption = person.lock();
    }
    session.keep_surely()?;
    let idempotency_key = session.line.fresh_id();
    first_message(session, purpose, login, idempotency_key)
}

fn first_message(
    session: &mut Session,
    purpose: PinPurpose,
    login: Login,
    idempotency_key: String,
) -> Result<(), ActError> {
    let ke1 = Bytes::from(login.ke1().as_slice());
    let start = TryStart { purpose: purpose.on_the_wire(), ke1 };
    match session.send("POST", PATH, &start, &idempotency_key) {
        Ok(ticket) => answer_ticket(session, purpose, login, ticket),
        Err(CallError::Offline) => {
            interrupt(session, purpose, login, TryStage::First { idempotency_key });
            Ok(())
        }
        Err(error) => {
            say_refusal(session, error);
            Ok(())
        }
    }
}

fn answer_ticket(
    session: &mut Session,
    purpose: PinPurpose,
    login: Login,
    ticket: TryTicket,
) -> Result<(), ActError> {
    let signer = session.signer()?;
    let opened = <&[u8; KE2_BYTES]>::try_from(ticket.ke2.as_ref())
        .map_err(|_| LoginError::Malformed)
        .and_then(|ke2| {
            let holder = Holder(signer.keyid.as_bytes());
            login.finish(ke2, holder, &session.stretch, &mut session.line.draws())
        });
    // Without a third message the ticket is settled as wrong at once instead of in 30 seconds.
    let ke3 = opened.ok().map(|finished| Bytes::from(finished.ke3.as_slice()));
    let idempotency_key = session.line.fresh_id();
    let message = (ticket.ticket_id, TryFinish { ke3 });
    third_message(session, purpose, login, message, idempotency_key);
    Ok(())
}

fn third_message(
    session: &mut Session,
    purpose: PinPurpose,
    login: Login,
    (ticket_id, finish): (String, TryFinish),
    idempotency_key: String,
) {
    let path = format!("{PATH}/{ticket_id}");
    match session.send("POST", &path, &finish, &idempotency_key) {
        Ok(outcome) => settle(session, purpose, outcome),
        Err(CallError::Offline) => {
            let stage = TryStage::Third { idempotency_key, ticket_id, finish };
            interrupt(session, purpose, login, stage);
        }
        Err(error) => say_refusal(session, error),
    }
}

fn settle(session: &mut Session, purpose: PinPurpose, outcome: TryOutcome) {
    if let Some(person) = session.people.current_mut() {
        person.before_interruption = None;
    }
    session.learn_lock(outcome.lock);
    if !outcome.right {
        session.say("notice-wrong-pin");
        let again = session.people.is_ready();
        session.place = if again { Place::Trying(purpose) } else { Place::Home };
        return;
    }
    match purpose {
        PinPurpose::Unlock => {
            session.opened = true;
            session.place = Place::Home;
            session.notice = Some(Notice::good(Text::new("notice-opened")));
        }
        PinPurpose::SignIn(_) => {
            let service = outcome.sign_in.map(|s| s.service_name).unwrap_or_default();
            session.place = Place::Done(Text::new("done-approved").words("service", service));
        }
    }
}

fn interrupt(session: &mut Session, purpose: PinPurpose, login: Login, stage: TryStage) {
    session.place = Place::Interrupted(Box::new(InterruptedTry { purpose, login, stage }));
    session.mark_stale();
}

/// Says why the server refused a message; the state says what it cost, which outweighs why.
fn say_refusal(session: &mut Session, error: CallError) {
    session.place = Place::Home;
    session.say_call_error(error);
    let said = session.notice.take();
    session.refresh();
    session.notice = session.notice.take().or(said);
}
