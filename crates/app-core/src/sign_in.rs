//! The normal job: a service asks the person to sign in.
//!
//! The service's page shows a number. The person types it, and the app fetches that one request; what else waits is not shown, so
//! that nobody can bury it under others or have a stranger's request approved by habit.

use wire::pin::TryPurpose;
use wire::sign_in::{SignInNumber, SignInView};

use crate::action::Typed;
use crate::app::{ActError, App};
use crate::place::Place;
use crate::session::{CallError, Command};
use crate::text::Text;
use crate::view::SignInCard;

const FIND: &str = "/v1/app/sign-ins/find";
const NUMBER_DIGITS: usize = 4;

impl App {
    /// Asks for the number that the service's page shows.
    pub(crate) fn answer_sign_in(&mut self) -> Result<(), ActError> {
        if !matches!(self.place, Place::Home) || self.people.current().is_none() {
            return Err(ActError::OutOfPlace);
        }
        self.place = Place::SignInNumber;
        Ok(())
    }

    /// Four digits: fetches the one sign-in that has them.
    pub(crate) fn sign_in_number(&mut self, digits: &Typed) -> Result<(), ActError> {
        if !matches!(self.place, Place::SignInNumber) {
            return Err(ActError::OutOfPlace);
        }
        let number = digits.packed();
        if number.len() != NUMBER_DIGITS || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            self.say("notice-sign-in-number-form");
            return Ok(());
        }
        let signer = self.signer()?;
        let idempotency_key = self.line.fresh_id();
        let body = SignInNumber { number: number.to_string() };
        let found = Command::new("POST", FIND, &body, &idempotency_key)
            .and_then(|command| self.line.command::<SignInView>(&signer, &command));
        match found {
            Ok(found) => {
                self.place = Place::SignIn(SignInCard {
                    sign_in_id: found.sign_in_id,
                    service: found.service_name,
                    seconds_left: found.seconds_left,
                });
            }
            // A wrong number can be typed again; after anything else nothing waits for one.
            Err(CallError::Problem(problem)) if problem.status == 410 => {
                self.go_home()?;
                self.say_call_error(CallError::Problem(problem));
            }
            Err(error) => self.say_call_error(error),
        }
        Ok(())
    }

    pub(crate) fn approve(&mut self, sign_in_id: String) -> Result<(), ActError> {
        let Place::SignIn(card) = &self.place else { return Err(ActError::OutOfPlace) };
        if card.sign_in_id != sign_in_id {
            return Err(ActError::OutOfPlace);
        }
        self.approving = Some(card.clone());
        self.show_pin_pad(TryPurpose::ApproveSignIn { sign_in_id })
    }

    pub(crate) fn refuse(&mut self, sign_in_id: &str) -> Result<(), ActError> {
        let offered = if let Place::SignIn(card) = &self.place {
            Some(&card.sign_in_id)
        } else if let Place::Trying { purpose: TryPurpose::ApproveSignIn { sign_in_id } } =
            &self.place
        {
            Some(sign_in_id)
        } else {
            None
        };
        if offered.is_none_or(|offered| offered != sign_in_id) {
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
}
