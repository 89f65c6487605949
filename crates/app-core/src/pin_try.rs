//! One try of the PIN over OPAQUE (PROTOCOLS.md section 3).

use pin::{Holder, KE2_BYTES, Login, LoginError, Pin};
use wire::Bytes;
use wire::pin::{TryFinish, TryOutcome, TryPurpose, TryStart, TryTicket};

use crate::action::Typed;
use crate::app::{ActError, App};
use crate::place::{ChoosingStage, Interrupted, Place, TryStage};
use crate::session::{CallError, Command};
use crate::text::Text;
use crate::view::Notice;

const PATH: &str = "/v1/app/pin/tries";

impl App {
    pub(crate) fn open(&mut self) -> Result<(), ActError> {
        self.show_pin_pad(TryPurpose::Unlock)
    }

    /// Six digits, for whatever the screen asks.
    pub(crate) fn pin_typed(&mut self, digits: &Typed) -> Result<(), ActError> {
        if !matches!(self.place, Place::Trying { .. } | Place::ChoosingPin(_)) {
            return Err(ActError::OutOfPlace);
        }
        let Ok(pin) = Pin::parse(digits.text()) else {
            self.say("notice-six-digits");
            return Ok(());
        };
        if let Place::Trying { purpose } = &self.place {
            let purpose = purpose.clone();
            self.begin_try(purpose, pin)
        } else {
            self.new_pin_typed(pin)
        }
    }

    /// Sends what was interrupted once more: the same bytes under the same key.
    pub(crate) fn try_again(&mut self) -> Result<(), ActError> {
        let sending = matches!(&self.place, Place::ChoosingPin(choosing)
            if matches!(choosing.stage, ChoosingStage::Sending(_)));
        if !sending && !matches!(self.place, Place::Interrupted(_)) {
            return Err(ActError::OutOfPlace);
        }
        let taken = std::mem::replace(&mut self.place, Place::Home);
        if let Place::ChoosingPin(choosing) = taken {
            return self.send_new_pin(choosing);
        }
        let Place::Interrupted(interrupted) = taken else { return Err(ActError::OutOfPlace) };
        let Interrupted { purpose, login, stage } = *interrupted;
        match stage {
            TryStage::First { idempotency_key } => {
                self.first_message(purpose, login, idempotency_key)
            }
            TryStage::Third { idempotency_key, ticket_id, finish } => {
                self.third_message(purpose, login, &ticket_id, finish, idempotency_key)
            }
        }
    }

    fn begin_try(&mut self, purpose: TryPurpose, pin: Pin) -> Result<(), ActError> {
        let Ok(login) = Login::start(pin, &mut self.line.draws()) else {
            self.say("notice-fault");
            return Ok(());
        };
        // Written before anything leaves: should the app be stopped now, its next start can say
        // whether that cost a try.
        if let Some(person) = self.people.current_mut() {
            person.before_interruption = person.lock();
        }
        self.keep_surely()?;
        let idempotency_key = self.line.fresh_id();
        self.first_message(purpose, login, idempotency_key)
    }

    fn first_message(
        &mut self,
        purpose: TryPurpose,
        login: Login,
        idempotency_key: String,
    ) -> Result<(), ActError> {
        let signer = self.signer()?;
        let start = TryStart { purpose: purpose.clone(), ke1: Bytes::from(login.ke1().as_slice()) };
        let sent = Command::new("POST", PATH, &start, &idempotency_key)
            .and_then(|command| self.line.command::<TryTicket>(&signer, &command));
        match sent {
            Ok(ticket) => self.answer_ticket(purpose, login, &ticket),
            Err(CallError::Offline) => {
                let stage = TryStage::First { idempotency_key };
                self.interrupted(Interrupted { purpose, login, stage });
                Ok(())
            }
            Err(error) => self.try_refused(error),
        }
    }

    fn answer_ticket(
        &mut self,
        purpose: TryPurpose,
        login: Login,
        ticket: &TryTicket,
    ) -> Result<(), ActError> {
        let signer = self.signer()?;
        let opened = <&[u8; KE2_BYTES]>::try_from(ticket.ke2.as_ref())
            .map_err(|_| LoginError::Malformed)
            .and_then(|ke2| {
                let holder = Holder(signer.keyid.as_bytes());
                login.finish(ke2, holder, &self.stretch, &mut self.line.draws())
            });
        // Without a third message the ticket is settled as wrong at once instead of in 30 seconds.
        let ke3 = opened.ok().map(|finished| Bytes::from(finished.ke3.as_slice()));
        let idempotency_key = self.line.fresh_id();
        self.third_message(purpose, login, &ticket.ticket_id, TryFinish { ke3 }, idempotency_key)
    }

    fn third_message(
        &mut self,
        purpose: TryPurpose,
        login: Login,
        ticket_id: &str,
        finish: TryFinish,
        idempotency_key: String,
    ) -> Result<(), ActError> {
        let signer = self.signer()?;
        let path = format!("{PATH}/{ticket_id}");
        let sent = Command::new("POST", &path, &finish, &idempotency_key)
            .and_then(|command| self.line.command::<TryOutcome>(&signer, &command));
        match sent {
            Ok(outcome) => {
                self.settled(purpose, outcome);
                Ok(())
            }
            Err(CallError::Offline) => {
                let stage =
                    TryStage::Third { idempotency_key, ticket_id: ticket_id.to_owned(), finish };
                self.interrupted(Interrupted { purpose, login, stage });
                Ok(())
            }
            Err(error) => self.try_refused(error),
        }
    }

    fn settled(&mut self, purpose: TryPurpose, outcome: TryOutcome) {
        if let Some(person) = self.people.current_mut() {
            person.before_interruption = None;
        }
        self.learn_lock(outcome.lock);
        if !outcome.right {
            self.notice = Some(Notice::error(Text::new("notice-wrong-pin")));
            self.place = if self.is_ready() { Place::Trying { purpose } } else { Place::Home };
            return;
        }
        match purpose {
            TryPurpose::Unlock => {
                self.opened = true;
                self.place = Place::Home;
                self.notice = Some(Notice::good(Text::new("notice-opened")));
            }
            TryPurpose::ApproveSignIn { .. } => {
                let service = outcome.sign_in.map(|s| s.service_name).unwrap_or_default();
                self.place = Place::Done(Text::new("done-approved").words("service", service));
            }
        }
    }

    fn interrupted(&mut self, interrupted: Interrupted) {
        self.place = Place::Interrupted(Box::new(interrupted));
        if let Some(known) = self.people.current_mut().and_then(|person| person.known.as_mut()) {
            known.fresh = false;
        }
    }

    /// The server said no to one of the messages: the state says what it cost.
    fn try_refused(&mut self, error: CallError) -> Result<(), ActError> {
        self.place = Place::Home;
        self.say_call_error(error);
        let said = self.notice.take();
        self.refresh();
        // What it cost outweighs why.
        self.notice = self.notice.take().or(said);
        Ok(())
    }
}
