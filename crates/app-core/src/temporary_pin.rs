//! "I have a temporary PIN" (PROTOCOLS.md section 5).

use wire::pin::{Redeemed, TemporaryPin};

use crate::action::Typed;
use crate::app::{ActError, App, Unanswered};
use crate::place::{Place, Route};
use crate::session::{CallError, Command};
use crate::view::Notice;

const PATH: &str = "/v1/app/temporary-pin";
const DIGITS: usize = 8;

impl App {
    pub(crate) fn redeem_temporary_pin(&mut self, code: &Typed) -> Result<(), ActError> {
        if !matches!(self.place, Place::TemporaryPin { .. }) {
            return Err(ActError::OutOfPlace);
        }
        let code = code.packed();
        if code.len() != DIGITS || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            self.say("notice-temporary-pin-form");
            return Ok(());
        }
        let signer = self.signer()?;
        let idempotency_key = self.key_for(PATH, &code);
        let body = TemporaryPin { code: code.to_string() };
        let sent = Command::new("POST", PATH, &body, &idempotency_key)
            .and_then(|command| self.line.command::<Redeemed>(&signer, &command));
        match sent {
            Ok(redeemed) => self.choose(redeemed.grant, None, Route::TemporaryPin),
            Err(CallError::Offline) => {
                self.unanswered = Some(Unanswered { path: PATH.to_owned(), code, idempotency_key });
                self.say("notice-offline-code");
            }
            Err(CallError::Problem(problem)) => {
                self.place = Place::TemporaryPin { tries_left: problem.tries_left };
                self.notice = Some(Notice::problem(*problem));
            }
            Err(error) => self.say_call_error(error),
        }
        Ok(())
    }

    /// A code that was sent without an answer and is typed again is the same command: it must not
    /// cost a second try.
    pub(crate) fn key_for(&mut self, path: &str, code: &str) -> String {
        self.unanswered
            .take()
            .filter(|unanswered| unanswered.path == path && *unanswered.code == *code)
            .map_or_else(|| self.line.fresh_id(), |unanswered| unanswered.idempotency_key)
    }
}
