//! The chip + face route (SERVICE.md section 3).

use wire::recovery::{RecoveryStart, RecoveryStep, RecoveryView};

use crate::action::Typed;
use crate::app::{ActError, App};
use crate::place::{FromChip, Place, Route};
use crate::session::{CallError, Command};
use crate::view::Notice;

const PATH: &str = "/v1/app/recoveries";
/// Which text of the consent the app shows.
const CONSENT_VERSION: u32 = 1;
const P_CODE_DIGITS: usize = 8;

impl App {
    /// "Use passport or ID card": goes on with an open case, or begins with the consent.
    pub(crate) fn use_document(&mut self) -> Result<(), ActError> {
        let on_the_card =
            matches!(self.place, Place::Home) && (!self.is_ready() || self.has_open_case());
        let elsewhere = matches!(
            self.place,
            Place::ForgotPin
                | Place::OtherWays
                | Place::Refused { .. }
                | Place::CheckingPhone { .. }
        );
        if !self.can_recover() || !(on_the_card || elsewhere) {
            return Err(ActError::OutOfPlace);
        }
        if !self.phone_check().phone_can() {
            self.show_phone_check();
            return Ok(());
        }
        if !self.refresh() {
            return Ok(());
        }
        // The answer may have told that this app is too old.
        if !self.phone_check().phone_can() {
            self.show_phone_check();
            return Ok(());
        }
        let open = self
            .people
            .current()
            .and_then(|person| person.known.as_ref())
            .and_then(|known| known.state.recovery.clone());
        match open {
            Some(case) if is_open(&case.step) => self.follow(case, None),
            Some(_) | None => self.place = Place::Consent,
        }
        Ok(())
    }

    fn has_open_case(&self) -> bool {
        let known = self.people.current().and_then(|person| person.known.as_ref());
        known.is_some_and(|known| known.state.recovery.is_some())
    }

    pub(crate) fn consent(&mut self) -> Result<(), ActError> {
        if !matches!(self.place, Place::Consent) {
            return Err(ActError::OutOfPlace);
        }
        self.place = Place::DocumentKind;
        Ok(())
    }

    pub(crate) fn begin_recovery(&mut self, p_code_given: bool) -> Result<(), ActError> {
        if !matches!(self.place, Place::DocumentKind) {
            return Err(ActError::OutOfPlace);
        }
        self.p_code = None;
        let body = RecoveryStart { consent_version: CONSENT_VERSION, p_code_given };
        let signer = self.signer()?;
        let idempotency_key = self.line.fresh_id();
        let sent = Command::new("POST", PATH, &body, &idempotency_key)
            .and_then(|command| self.line.command::<RecoveryView>(&signer, &command));
        match sent {
            Ok(case) => self.follow(case, None),
            Err(error) => self.say_call_error(error),
        }
        Ok(())
    }

    pub(crate) fn give_p_code(&mut self, code: &Typed) -> Result<(), ActError> {
        if !matches!(self.place, Place::PCode { .. }) {
            return Err(ActError::OutOfPlace);
        }
        let code = code.packed();
        if code.len() != P_CODE_DIGITS || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            self.say("notice-p-code-form");
            return Ok(());
        }
        self.p_code = Some(code);
        if let Place::PCode { case, document } = std::mem::replace(&mut self.place, Place::Home) {
            self.place = match document {
                Some(document) => Place::Reading { case, document },
                None => Place::TypingDocument { case },
            };
        }
        Ok(())
    }

    pub(crate) fn cancel_recovery(&mut self) -> Result<(), ActError> {
        let (Place::PCode { case, .. }
        | Place::TypingDocument { case }
        | Place::Reading { case, .. }
        | Place::ReadingHelp { case, .. }
        | Place::Face { case, .. }) = &self.place
        else {
            return Err(ActError::OutOfPlace);
        };
        let case_id = case.case_id.clone();
        let path = format!("{PATH}/{case_id}");
        let signer = self.signer()?;
        let idempotency_key = self.line.fresh_id();
        let command = Command {
            method: "DELETE",
            path: &path,
            body: Vec::new(),
            idempotency_key: &idempotency_key,
        };
        let sent = self.line.command_without_answer(&signer, &command);
        self.go_home()?;
        if let Err(error) = sent {
            self.say_call_error(error);
        }
        Ok(())
    }

    /// Goes where the case says, with what this phone still holds of the chip.
    pub(crate) fn follow(&mut self, case: RecoveryView, from_chip: Option<FromChip>) {
        self.place = match case.step {
            RecoveryStep::Chip { p_code_given: true, .. } if self.p_code.is_none() => {
                Place::PCode { case, document: None }
            }
            RecoveryStep::Chip { .. } => Place::TypingDocument { case },
            RecoveryStep::Face { .. } => match from_chip {
                Some(from_chip) => Place::Face { case, from_chip, capture: None },
                // The app was closed in between: the picture is read once more.
                None => Place::TypingDocument { case },
            },
            RecoveryStep::NewPin { grant } => {
                self.p_code = None;
                let birth_date = from_chip.and_then(|from_chip| from_chip.birth_date);
                self.choose(grant, birth_date, Route::ChipFace);
                return;
            }
            RecoveryStep::Refused { code, title, detail, next } => {
                Place::Refused { code, title, detail, next }
            }
            RecoveryStep::Completed => Place::Home,
        };
    }

    /// The server said no to a step of the case. Where the case is over, or is further than this
    /// phone thought because an answer was lost, the state says where it stands.
    pub(crate) fn say_case_error(&mut self, error: CallError, from_chip: Option<FromChip>) {
        let problem = match error {
            CallError::Problem(problem) if matches!(problem.status, 404 | 409 | 410) => problem,
            CallError::Problem(_) | CallError::Offline | CallError::NotKnown | CallError::Fault => {
                self.say_call_error(error);
                return;
            }
        };
        self.place = Place::Home;
        if self.refresh() {
            let known = self.people.current().and_then(|person| person.known.as_ref());
            if let Some(case) = known.and_then(|known| known.state.recovery.clone()) {
                self.follow(case, from_chip);
            }
        }
        if matches!(self.place, Place::Home) || problem.status != 409 {
            self.notice = Some(Notice::problem(*problem));
        }
    }
}

fn is_open(step: &RecoveryStep) -> bool {
    match step {
        RecoveryStep::Chip { .. } | RecoveryStep::Face { .. } | RecoveryStep::NewPin { .. } => true,
        RecoveryStep::Refused { .. } | RecoveryStep::Completed => false,
    }
}
