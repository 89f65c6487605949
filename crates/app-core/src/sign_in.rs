//! The normal job: a service asks the person to sign in.

use wire::pin::TryPurpose;

use crate::app::{ActError, App};
use crate::place::Place;
use crate::session::Command;
use crate::text::Text;

impl App {
    pub(crate) fn approve(&mut self, sign_in_id: String) -> Result<(), ActError> {
        if !self.offers(&sign_in_id) {
            return Err(ActError::OutOfPlace);
        }
        self.show_pin_pad(TryPurpose::ApproveSignIn { sign_in_id: sign_in_id.clone() })?;
        if matches!(self.place, Place::Trying { .. }) && !self.offers(&sign_in_id) {
            self.place = Place::Home;
            self.say("notice-sign-in-gone");
        }
        Ok(())
    }

    pub(crate) fn refuse(&mut self, sign_in_id: &str) -> Result<(), ActError> {
        let at_home = matches!(self.place, Place::Home | Place::Trying { .. });
        if !at_home || !self.offers(sign_in_id) {
            return Err(ActError::OutOfPlace);
        }
        let signer = self.signer()?;
        let path = format!("/v1/app/sign-ins/{sign_in_id}/refuse");
        let idempotency_key = self.line.fresh_id();
        let command = Command {
            method: "POST",
            path: &path,
            body: Vec::new(),
            idempotency_key: &idempotency_key,
        };
        match self.line.command_without_answer(&signer, &command) {
            Ok(()) => self.place = Place::Done(Text::new("done-refused")),
            Err(error) => {
                self.place = Place::Home;
                self.say_call_error(error);
            }
        }
        Ok(())
    }

    fn offers(&self, sign_in_id: &str) -> bool {
        let known = self.people.current().and_then(|person| person.known.as_ref());
        known.is_some_and(|known| {
            known.state.sign_ins.iter().any(|sign_in| sign_in.sign_in_id == sign_in_id)
        })
    }
}
