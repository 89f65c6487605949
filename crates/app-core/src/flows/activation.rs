//! The binding of this phone to a person (PROTOCOLS.md section 1), and the people of this phone.

use request_signature::thumbprint;
use wire::Bytes;
use wire::instance::{Activated, Activation};
use zeroize::Zeroizing;

use super::new_pin;
use crate::action::{ActError, TypedText};
use crate::handed_in::KeyHandle;
use crate::people::{PEOPLE_MAX, Person};
use crate::place::{Place, Route, Way};
use crate::session::{CallError, Command, Session, Signer, UnansweredCode};

const PATH: &str = "/v1/app/activations";
const OFFER_CHARS: usize = 10;
const CODE_CHARS: usize = 8;
/// The beginning of the link in a message or a QR code; the offer's number and the code follow, with a slash between them.
const LINK: &str = "genvej://activate/";
const NAME_CHARS_MAX: usize = 40;

/// The offer's number and its code in capitals: from two fields, or from one into which the link, or both together, was
/// put. The error is the text that the form shows.
fn offer_and_code(
    offer: &TypedText,
    code: &TypedText,
) -> Result<(Zeroizing<String>, Zeroizing<String>), &'static str> {
    let mut both = Zeroizing::new(String::new());
    for typed in [offer.text(), code.text()] {
        let link = typed.get(..LINK.len()).is_some_and(|head| head.eq_ignore_ascii_case(LINK));
        let typed = if link { typed.get(LINK.len()..).unwrap_or_default() } else { typed };
        both.extend(
            typed
                .chars()
                .filter(|c| !c.is_whitespace() && *c != '-' && !(link && *c == '/'))
                .map(|c| c.to_ascii_uppercase()),
        );
    }
    if !both.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("notice-activation-code-form");
    }
    if both.len() != OFFER_CHARS + CODE_CHARS {
        let whole_code = code.packed().chars().count() == CODE_CHARS;
        return Err(if whole_code { "notice-offer-form" } else { "notice-activation-code-form" });
    }
    let (offer, code) = both.split_at(OFFER_CHARS);
    Ok((Zeroizing::new(offer.to_owned()), Zeroizing::new(code.to_owned())))
}

/// Binds this phone to one more person.
pub(crate) fn activate(
    session: &mut Session,
    offer: &TypedText,
    code: &TypedText,
    device_name: &str,
    label: &str,
) -> Result<(), ActError> {
    if !matches!(session.place, Place::Activating) {
        return Err(ActError::OutOfPlace);
    }
    let (device_name, label) = (device_name.trim(), label.trim());
    let (offer, code) = match offer_and_code(offer, code).and_then(|both| {
        names_fit(device_name, label)?;
        Ok(both)
    }) {
        Ok(both) => both,
        Err(notice) => {
            session.say(notice);
            return Ok(());
        }
    };
    // One text for both, so that a changed one is another command.
    let both = Zeroizing::new(format!("{} {}", *offer, *code));
    // A code that was sent without an answer is sent again with the same key, as the same
    // command: the first may have arrived and have spent the code.
    let (key, idempotency_key) = match session.key_for(PATH, &both) {
        Some(keys) => {
            let (key, id) = keys.split_once(' ').ok_or(ActError::OutOfPlace)?;
            (KeyHandle(key.to_owned()), id.to_owned())
        }
        None => {
            let Ok(key) = session.line.keys.generate() else {
                session.say("notice-key-store");
                return Ok(());
            };
            (key, session.line.fresh_id())
        }
    };
    match send(session, &key, &idempotency_key, (&offer, &code), device_name) {
        Ok(activated) => return bind(session, activated, key, label),
        Err(CallError::Offline) => {
            session.unanswered = Some(UnansweredCode {
                path: PATH,
                code: both,
                idempotency_key: format!("{} {idempotency_key}", key.0),
            });
            session.say_call_error(CallError::Offline);
        }
        Err(error) => {
            let _ = session.line.keys.delete(&key);
            // Here "not known" is about the code, not about an instance.
            if matches!(error, CallError::NotKnown) {
                session.say("notice-activation-refused");
            } else {
                session.say_call_error(error);
            }
        }
    }
    Ok(())
}

fn names_fit(device_name: &str, label: &str) -> Result<(), &'static str> {
    if device_name.is_empty() || device_name.chars().count() > NAME_CHARS_MAX {
        return Err("notice-device-name-form");
    }
    if label.chars().count() > NAME_CHARS_MAX {
        return Err("notice-label-form");
    }
    Ok(())
}

fn send(
    session: &mut Session,
    key: &KeyHandle,
    idempotency_key: &str,
    (offer, code): (&str, &str),
    device_name: &str,
) -> Result<Activated, CallError> {
    let line = &mut session.line;
    let public_key = line.keys.public_key(key).map_err(|_| CallError::Fault)?;
    let body = Activation {
        offer_id: offer.to_owned(),
        activation_code: code.to_owned(),
        device_public_key: Bytes::from(public_key.as_slice()),
        device_name: device_name.to_owned(),
        language: line.language.clone(),
    };
    let signer = Signer { keyid: thumbprint(&public_key), key: key.clone() };
    line.command(&signer, &Command::new("POST", PATH, &body, idempotency_key)?)
}

fn bind(
    session: &mut Session,
    activated: Activated,
    key: KeyHandle,
    label: &str,
) -> Result<(), ActError> {
    session.people.people.push(Person {
        instance_id: activated.instance_id,
        key,
        label: label.to_owned(),
        known: None,
        before_interruption: None,
    });
    session.people.selected = session.people.people.len().saturating_sub(1);
    session.opened = false;
    new_pin::choose(session, activated.grant, None, Route::FirstPin);
    session.keep_surely()
}

/// Opens the form for one more person.
pub(crate) fn add_person(session: &mut Session) -> Result<(), ActError> {
    if session.people.people.len() >= PEOPLE_MAX {
        return Err(ActError::OutOfPlace);
    }
    session.go(Way::AddPerson, Place::Activating)
}

/// Shows another person of this phone.
pub(crate) fn select_person(session: &mut Session, index: usize) -> Result<(), ActError> {
    session.require(Way::SelectPerson)?;
    if index >= session.people.people.len() {
        return Err(ActError::OutOfPlace);
    }
    session.people.selected = index;
    session.opened = false;
    session.unanswered = None;
    session.keep_surely()?;
    session.go_home();
    Ok(())
}

/// Forgets a person whose binding the server has ended.
pub(crate) fn remove_person(session: &mut Session) -> Result<(), ActError> {
    session.require(Way::RemovePerson)?;
    let removed = session.people.people.remove(session.people.selected);
    session.people.selected = 0;
    session.keep_surely()?;
    let _ = session.line.keys.delete(&removed.key);
    session.go_home();
    Ok(())
}
