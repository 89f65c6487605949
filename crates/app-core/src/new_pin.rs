//! Choosing a PIN that a grant pays for (PROTOCOLS.md section 4).

use pin::weak::{self, BirthDate, WeakPin};
use pin::{Holder, Pin, RECORD_BYTES, REGISTRATION_RESPONSE_BYTES, Registration};
use wire::Bytes;
use wire::grant::GrantView;
use wire::instance::LockState;
use wire::pin::{PinSet, RegistrationFinish, RegistrationReply, RegistrationStart};
use zeroize::Zeroizing;

use crate::app::{ActError, App};
use crate::place::{Choosing, ChoosingStage, Place, Route};
use crate::session::{CallError, Command};
use crate::text::Text;

const PATH: &str = "/v1/app/pin/registrations";

/// A registration on its way. Every retry sends the identical bytes: the server evaluates once for
/// a grant.
pub(crate) struct Sending {
    registration: Registration,
    start_key: String,
    finish_key: String,
    /// Once the server has answered the start.
    record: Option<Zeroizing<[u8; RECORD_BYTES]>>,
}

impl std::fmt::Debug for Sending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sending([hidden])")
    }
}

impl App {
    /// Goes on with a grant that waits, for example after a restart.
    pub(crate) fn choose_pin(&mut self) -> Result<(), ActError> {
        if !matches!(self.place, Place::Home) {
            return Err(ActError::OutOfPlace);
        }
        self.refresh();
        let state = self.people.current().and_then(|p| p.known.as_ref()).map(|k| &k.state);
        let Some((state, grant)) = state.and_then(|s| s.grant.clone().map(|grant| (s, grant)))
        else {
            if self.notice.is_none() {
                self.say("notice-grant-lapsed");
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
        self.choose(grant, None, route);
        Ok(())
    }

    pub(crate) fn choose(&mut self, grant: GrantView, birth_date: Option<BirthDate>, route: Route) {
        let birth_date = birth_date.or_else(|| grant.birth_date.as_deref().and_then(released));
        let stage = ChoosingStage::First;
        self.place = Place::ChoosingPin(Choosing { grant, birth_date, route, stage });
    }

    pub(crate) fn new_pin_typed(&mut self, pin: Pin) -> Result<(), ActError> {
        let Place::ChoosingPin(mut choosing) = std::mem::replace(&mut self.place, Place::Home)
        else {
            return Err(ActError::OutOfPlace);
        };
        match std::mem::replace(&mut choosing.stage, ChoosingStage::First) {
            ChoosingStage::First => {
                match weak::check(&pin, choosing.birth_date) {
                    Ok(()) => choosing.stage = ChoosingStage::Repeat { first: pin },
                    Err(weak) => self.say(weak_key(weak)),
                }
                let again = matches!(choosing.stage, ChoosingStage::First);
                self.place = Place::ChoosingPin(choosing);
                if again {
                    self.ask_time_to_choose();
                }
                Ok(())
            }
            ChoosingStage::Repeat { first } if first == pin => {
                let Ok(registration) = Registration::start(pin, &mut self.line.draws()) else {
                    self.say("notice-fault");
                    self.place = Place::ChoosingPin(choosing);
                    return Ok(());
                };
                choosing.stage = ChoosingStage::Sending(Box::new(Sending {
                    registration,
                    start_key: self.line.fresh_id(),
                    finish_key: self.line.fresh_id(),
                    record: None,
                }));
                self.send_new_pin(choosing)
            }
            ChoosingStage::Repeat { .. } => {
                self.say("notice-pins-differ");
                self.place = Place::ChoosingPin(choosing);
                self.ask_time_to_choose();
                Ok(())
            }
            sending @ ChoosingStage::Sending(_) => {
                choosing.stage = sending;
                self.place = Place::ChoosingPin(choosing);
                Err(ActError::OutOfPlace)
            }
        }
    }

    /// The pad says how long the grant still lasts: this app has no clock, so the server is asked. What
    /// was just said stays said.
    pub(crate) fn ask_time_to_choose(&mut self) {
        let said = self.notice.take();
        let asked = self.refresh();
        let waiting = self.people.current().and_then(|person| person.known.as_ref());
        let seconds = waiting.and_then(|known| known.state.grant.as_ref());
        let seconds = seconds.map(|grant| (grant.grant_id.clone(), grant.seconds_left));
        if let Place::ChoosingPin(choosing) = &mut self.place
            && matches!(choosing.stage, ChoosingStage::First)
        {
            match seconds {
                Some((id, left)) if id == choosing.grant.grant_id => {
                    choosing.grant.seconds_left = left;
                }
                Some(_) | None if asked => {
                    self.place = Place::Home;
                    self.say("notice-grant-lapsed");
                    return;
                }
                Some(_) | None => {}
            }
        }
        self.notice = said.or_else(|| self.notice.take());
    }

    pub(crate) fn send_new_pin(&mut self, mut choosing: Choosing) -> Result<(), ActError> {
        let signer = self.signer()?;
        let ChoosingStage::Sending(sending) = &mut choosing.stage else {
            return Err(ActError::OutOfPlace);
        };
        match self.register(&signer, &choosing.grant.grant_id, sending) {
            Ok(set) => {
                self.learn_lock(set.lock);
                if let Some(person) = self.people.current_mut() {
                    person.before_interruption = None;
                    if let Some(known) = &mut person.known {
                        known.state.grant = None;
                        known.state.recovery = None;
                    }
                }
                self.keep();
                self.place = Place::Done(Text::new(match choosing.route {
                    Route::FirstPin => "done-first-pin",
                    Route::TemporaryPin | Route::ChipFace => "done-new-pin",
                }));
                Ok(())
            }
            Err(CallError::Offline) => {
                self.place = Place::ChoosingPin(choosing);
                Ok(())
            }
            Err(error) => {
                self.place = Place::Home;
                self.say_call_error(error);
                let said = self.notice.take();
                self.refresh();
                self.notice = said.or_else(|| self.notice.take());
                Ok(())
            }
        }
    }

    fn register(
        &mut self,
        signer: &crate::session::Signer,
        grant_id: &str,
        sending: &mut Sending,
    ) -> Result<PinSet, CallError> {
        let record = match &sending.record {
            Some(record) => record.clone(),
            None => {
                let start = RegistrationStart {
                    grant_id: grant_id.to_owned(),
                    request: Bytes::from(sending.registration.request().as_slice()),
                };
                let command = Command::new("POST", PATH, &start, &sending.start_key)?;
                let reply: RegistrationReply = self.line.command(signer, &command)?;
                let response =
                    <&[u8; REGISTRATION_RESPONSE_BYTES]>::try_from(reply.response.as_ref())
                        .map_err(|_| CallError::Fault)?;
                let record = sending
                    .registration
                    .finish(
                        response,
                        Holder(signer.keyid.as_bytes()),
                        &self.stretch,
                        &mut self.line.draws(),
                    )
                    .map_err(|_| CallError::Fault)?;
                sending.record = Some(record.clone());
                record
            }
        };
        let finish = RegistrationFinish {
            grant_id: grant_id.to_owned(),
            record: Bytes::from(record.as_slice()),
        };
        let command = Command::new("PUT", PATH, &finish, &sending.finish_key)?;
        self.line.command(signer, &command)
    }
}

/// `YYYY-MM-DD`, parts may be `00`.
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
