//! Binding this phone to a person (PROTOCOLS.md section 1), and the people of this phone.

use request_signature::thumbprint;
use wire::Bytes;
use wire::instance::{Activated, Activation};

use crate::action::Typed;
use crate::app::{ActError, App, Unanswered};
use crate::handed_in::KeyHandle;
use crate::people::{PEOPLE_MAX, Person};
use crate::place::{Choosing, ChoosingStage, Place, Route};
use crate::session::{CallError, Command, Signer};
use zeroize::Zeroizing;

const PATH: &str = "/v1/app/activations";
const OFFER_CHARS: usize = 10;
const CODE_CHARS: usize = 8;
/// What a link or a QR code holds: the offer's number and the code after it, apart from each other by a slash.
const LINK: &str = "genvej://activate/";
const NAME_CHARS_MAX: usize = 40;

/// The offer's number and its code in capitals: from two fields, or both out of one into which the link, or both together, was
/// put. Otherwise what the form says.
fn offer_and_code(
    offer: &Typed,
    code: &Typed,
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

impl App {
    pub(crate) fn activate(
        &mut self,
        offer: &Typed,
        code: &Typed,
        device_name: &str,
        label: &str,
    ) -> Result<(), ActError> {
        if !matches!(self.place, Place::Activating) {
            return Err(ActError::OutOfPlace);
        }
        let (device_name, label) = (device_name.trim(), label.trim());
        let (offer, code) = match offer_and_code(offer, code) {
            Ok(both) => both,
            Err(notice) => {
                self.say(notice);
                return Ok(());
            }
        };
        // One text for both, so that a changed one is another command.
        let both = Zeroizing::new(format!("{} {}", *offer, *code));
        if device_name.is_empty() || device_name.chars().count() > NAME_CHARS_MAX {
            self.say("notice-device-name-form");
            return Ok(());
        }
        if label.chars().count() > NAME_CHARS_MAX {
            self.say("notice-label-form");
            return Ok(());
        }
        // A code that was sent without an answer is sent again with the same key, as the same
        // command: the first may have arrived and have spent the code.
        let remembered = self.unanswered.take().filter(|u| u.path == PATH && *u.code == *both);
        let (key, idempotency_key) = match remembered {
            Some(unanswered) => match unanswered.idempotency_key.split_once(' ') {
                Some((key, id)) => (KeyHandle(key.to_owned()), id.to_owned()),
                None => return Err(ActError::OutOfPlace),
            },
            None => {
                let Ok(key) = self.line.keys.generate() else {
                    self.say("notice-key-store");
                    return Ok(());
                };
                (key, self.line.fresh_id())
            }
        };
        match self.send_activation(&key, &idempotency_key, (&offer, &code), device_name) {
            Ok(activated) => return self.bound(activated, key, label),
            Err(CallError::Offline) => {
                self.unanswered = Some(Unanswered {
                    path: PATH.to_owned(),
                    code: both,
                    idempotency_key: format!("{} {idempotency_key}", key.0),
                });
                self.say_call_error(CallError::Offline);
            }
            Err(error) => {
                let _ = self.line.keys.delete(&key);
                // Here "not known" is about the code, not about an instance.
                if matches!(error, CallError::NotKnown) {
                    self.say("notice-activation-refused");
                } else {
                    self.say_call_error(error);
                }
            }
        }
        Ok(())
    }

    fn send_activation(
        &mut self,
        key: &KeyHandle,
        idempotency_key: &str,
        (offer, code): (&str, &str),
        device_name: &str,
    ) -> Result<Activated, CallError> {
        let public_key = self.line.keys.public_key(key).map_err(|_| CallError::Fault)?;
        let body = Activation {
            offer_id: offer.to_owned(),
            activation_code: code.to_owned(),
            device_public_key: Bytes::from(public_key.as_slice()),
            device_name: device_name.to_owned(),
            language: self.line.language.clone(),
        };
        let signer = Signer { keyid: thumbprint(&public_key), key: key.clone() };
        let command = Command::new("POST", PATH, &body, idempotency_key)?;
        self.line.command(&signer, &command)
    }

    fn bound(&mut self, activated: Activated, key: KeyHandle, label: &str) -> Result<(), ActError> {
        self.people.people.push(Person {
            instance_id: activated.instance_id,
            key,
            label: label.to_owned(),
            known: None,
            before_interruption: None,
        });
        self.people.selected = self.people.people.len().saturating_sub(1);
        self.opened = false;
        self.place = Place::ChoosingPin(Choosing {
            grant: activated.grant,
            birth_date: None,
            route: Route::FirstPin,
            stage: ChoosingStage::First,
        });
        self.keep_surely()
    }

    pub(crate) fn add_person(&mut self) -> Result<(), ActError> {
        let offered = matches!(self.place, Place::Home | Place::Settings);
        if !offered || self.people.people.len() >= PEOPLE_MAX {
            return Err(ActError::OutOfPlace);
        }
        self.place = Place::Activating;
        Ok(())
    }

    pub(crate) fn select_person(&mut self, index: usize) -> Result<(), ActError> {
        let idle = matches!(self.place, Place::Home | Place::Settings | Place::Done(_));
        if !idle || index >= self.people.people.len() {
            return Err(ActError::OutOfPlace);
        }
        self.people.selected = index;
        self.opened = false;
        self.unanswered = None;
        self.keep_surely()?;
        self.go_home()
    }

    /// Only a person whose binding has ended can be removed here: another would stay bound at the
    /// server without an app.
    pub(crate) fn remove_person(&mut self) -> Result<(), ActError> {
        let ended = self
            .people
            .current()
            .is_some_and(|person| person.lock() == Some(wire::instance::LockState::Unbound));
        if !ended || !matches!(self.place, Place::Home) {
            return Err(ActError::OutOfPlace);
        }
        let removed = self.people.people.remove(self.people.selected);
        self.people.selected = 0;
        self.keep_surely()?;
        let _ = self.line.keys.delete(&removed.key);
        self.go_home()
    }
}
