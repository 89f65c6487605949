//! The choice of a PIN that a grant allows (PROTOCOLS.md section 4).

use pin::weak::{self, BirthDate, WeakPin};
use pin::{Holder, Pin, REGISTRATION_RESPONSE_BYTES, Registration};
use wire::Bytes;
use wire::grant::GrantView;
use wire::instance::LockState;
use wire::pin::{PinSet, RegistrationFinish, RegistrationReply, RegistrationStart};

use crate::action::ActError;
use crate::place::{PendingRegistration, PinChoice, PinChoiceStage, Place, Route, Way};
use crate::session::{CallError, Session};
use crate::text::Text;

const PATH: &str = "/v1/app/pin/registrations";

/// Goes on with a grant that waits, for example after a restart.
pub(crate) fn go_on(session: &mut Session) -> Result<(), ActError> {
    session.require(Way::NewPin)?;
    session.refresh();
    let state = session.people.known().map(|known| &known.state);
    let Some((state, grant)) = state.and_then(|s| s.grant.clone().map(|grant| (s, grant))) else {
        if session.notice.is_none() {
            session.say("notice-grant-lapsed");
        }
        return Ok(());
    };
    let route = if state.lock == LockState::AwaitingFirstPin {
        Route::FirstPin
    } else if state.recovery.is_some() {
        Route::ChipFace
    } else {
        Route::TemporaryPin
    };
    choose(session, grant, None, route);
    Ok(())
}

/// Opens the pad for the new PIN.
pub(crate) fn choose(
    session: &mut Session,
    grant: GrantView,
    birth_date: Option<BirthDate>,
    route: Route,
) {
    let birth_date = birth_date.or_else(|| grant.birth_date.as_deref().and_then(released));
    let stage = PinChoiceStage::First;
    session.place = Place::ChoosingPin(PinChoice { grant, birth_date, route, stage });
}

/// Takes the new PIN, and takes it again to be sure.
pub(crate) fn pin_typed(session: &mut Session, pin: Pin) -> Result<(), ActError> {
    let Place::ChoosingPin(mut choice) = std::mem::take(&mut session.place) else {
        return Err(ActError::OutOfPlace);
    };
    match std::mem::replace(&mut choice.stage, PinChoiceStage::First) {
        PinChoiceStage::First => match weak::check(&pin, choice.birth_date) {
            Ok(()) => {
                choice.stage = PinChoiceStage::Repeat { first: pin };
                session.place = Place::ChoosingPin(choice);
            }
            Err(weak) => choose_again(session, choice, weak_key(weak)),
        },
        PinChoiceStage::Repeat { first } if first == pin => {
            let Ok(registration) = Registration::start(pin, &mut session.line.draws()) else {
                session.say("notice-fault");
                session.place = Place::ChoosingPin(choice);
                return Ok(());
            };
            choice.stage = PinChoiceStage::Sending(Box::new(PendingRegistration {
                registration,
                start_key: session.line.fresh_id(),
                finish_key: session.line.fresh_id(),
                record: None,
            }));
            return send(session, choice);
        }
        PinChoiceStage::Repeat { .. } => choose_again(session, choice, "notice-pins-differ"),
        sending @ PinChoiceStage::Sending(_) => {
            choice.stage = sending;
            session.place = Place::ChoosingPin(choice);
            return Err(ActError::OutOfPlace);
        }
    }
    Ok(())
}

fn choose_again(session: &mut Session, choice: PinChoice, why: &'static str) {
    session.say(why);
    session.place = Place::ChoosingPin(choice);
    ask_time_to_choose(session);
}

/// Asks the server how long the grant still lasts, which the pad shows: this app has no clock.
pub(crate) fn ask_time_to_choose(session: &mut Session) {
    let answered = session.refresh_under_notice();
    let grant = session.people.known().and_then(|known| known.state.grant.as_ref());
    let Place::ChoosingPin(choice) = &mut session.place else { return };
    if !matches!(choice.stage, PinChoiceStage::First) {
        return;
    }
    match grant {
        Some(grant) if grant.grant_id == choice.grant.grant_id => {
            choice.grant.seconds_left = grant.seconds_left;
        }
        Some(_) | None if answered => {
            session.place = Place::Home;
            session.say("notice-grant-lapsed");
        }
        Some(_) | None => {}
    }
}

/// Sends the new PIN, or sends it again.
pub(crate) fn send(session: &mut Session, mut choice: PinChoice) -> Result<(), ActError> {
    let PinChoiceStage::Sending(pending) = &mut choice.stage else {
        session.place = Place::ChoosingPin(choice);
        return Err(ActError::OutOfPlace);
    };
    match register(session, &choice.grant.grant_id, pending) {
        Ok(set) => {
            session.learn_lock(set.lock);
            if let Some(person) = session.people.current_mut() {
                person.before_interruption = None;
                if let Some(known) = &mut person.known {
                    known.state.grant = None;
                    known.state.recovery = None;
                }
            }
            session.keep();
            session.place = Place::Done(Text::new(match choice.route {
                Route::FirstPin => "done-first-pin",
                Route::TemporaryPin | Route::ChipFace => "done-new-pin",
            }));
        }
        Err(CallError::Offline) => session.place = Place::ChoosingPin(choice),
        Err(error) => {
            session.place = Place::Home;
            session.say_call_error(error);
            session.refresh_under_notice();
        }
    }
    Ok(())
}

fn register(
    session: &mut Session,
    grant_id: &str,
    pending: &mut PendingRegistration,
) -> Result<PinSet, CallError> {
    let record = match &pending.record {
        Some(record) => record.clone(),
        None => {
            let start = RegistrationStart {
                grant_id: grant_id.to_owned(),
                request: Bytes::from(pending.registration.request().as_slice()),
            };
            let reply: RegistrationReply =
                session.send("POST", PATH, &start, &pending.start_key)?;
            let response = <&[u8; REGISTRATION_RESPONSE_BYTES]>::try_from(reply.response.as_ref())
                .map_err(|_| CallError::Fault)?;
            let signer = session.signer().map_err(|_| CallError::Fault)?;
            let holder = Holder(signer.keyid.as_bytes());
            let record = pending
                .registration
                .finish(response, holder, &session.stretch, &mut session.line.draws())
                .map_err(|_| CallError::Fault)?;
            pending.record.insert(record).clone()
        }
    };
    let finish = RegistrationFinish {
        grant_id: grant_id.to_owned(),
        record: Bytes::from(record.as_slice()),
    };
    session.send("PUT", PATH, &finish, &pending.finish_key)
}

/// Parses a birth date that the server released: `YYYY-MM-DD`, where parts may be `00`.
pub(crate) fn released(text: &str) -> Option<BirthDate> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    BirthDate::full(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

const fn weak_key(weak: WeakPin) -> &'static str {
    match weak {
        WeakPin::FewDigits => "notice-weak-few-digits",
        WeakPin::StraightRun => "notice-weak-run",
        WeakPin::BirthDate => "notice-weak-birth-date",
        WeakPin::Common => "notice-weak-common",
    }
}
