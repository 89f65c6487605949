//! The app: one value that takes actions and shows views.

use crate::action::{ActError, Action};
use crate::flows::{
    activation, chip_face, face_capture, new_pin, phone_check, pin_try, reading, sign_in,
    temporary_pin,
};
use crate::handed_in::{AppParts, Settings, VaultError};
use crate::place::{PinPurpose, Place, Refresh, Way};
use crate::session::Session;
use crate::view::{PersonView, View};

/// The app of one phone.
pub struct App(Session);

/// The reason why the app cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The kept state cannot be read. Starting afresh would drop the binding.
    #[error("what the app kept from its last start cannot be read")]
    Vault(#[source] VaultError),
}

impl App {
    /// Starts the app where it was left, and asks the server for the present state.
    ///
    /// # Errors
    ///
    /// [`StartError`] where the kept state cannot be read.
    pub fn start(parts: AppParts, settings: Settings) -> Result<Self, StartError> {
        let mut session = Session::load(parts, settings).map_err(StartError::Vault)?;
        // A phone that is bound to nobody has nothing to ask.
        session.refresh();
        Ok(Self(session))
    }

    /// Carries out one action. [`Self::view`] then shows everything that the person should know about it.
    ///
    /// # Errors
    ///
    /// An [`ActError`] where the action was not carried out.
    pub fn act(&mut self, action: Action) -> Result<(), ActError> {
        let session = &mut self.0;
        // A notice is said once; asking for the present state does not take it away.
        if !matches!(action, Action::Refresh) {
            session.notice = None;
        }
        match action {
            Action::Refresh => refresh(session),
            Action::Home => session.go_home(),
            Action::Back => back(session),
            Action::Activate { offer, code, device_name, label } => {
                activation::activate(session, &offer, &code, &device_name, &label)?;
            }
            Action::AddPerson => activation::add_person(session)?,
            Action::SelectPerson { index } => activation::select_person(session, index)?,
            Action::RemovePerson => activation::remove_person(session)?,
            Action::Open => session.show_pin_pad(PinPurpose::Unlock)?,
            Action::Close => {
                session.opened = false;
                session.go_home();
            }
            Action::AnswerSignIn => session.go(Way::SignInNumber, Place::SignInNumber)?,
            Action::SignInNumber { digits } => sign_in::find(session, &digits)?,
            Action::Approve { sign_in_id } => sign_in::approve(session, &sign_in_id)?,
            Action::Refuse { sign_in_id } => sign_in::refuse(session, &sign_in_id)?,
            Action::Pin { digits } => pin_try::pin_typed(session, &digits)?,
            Action::TryAgain => pin_try::try_again(session)?,
            Action::Settings => session.go(Way::Settings, Place::Settings)?,
            Action::CheckPhone => phone_check::check(session)?,
            Action::PinSettings => session.go(Way::PinSettings, Place::PinSettings)?,
            Action::ForgotPin => session.go(Way::ForgotPin, Place::ForgotPin)?,
            Action::OtherWays => session.go(Way::OtherWays, Place::OtherWays)?,
            Action::HaveTemporaryPin => {
                session.go(Way::TemporaryPin, Place::TemporaryPin { tries_left: None })?;
            }
            Action::TemporaryPin { code } => temporary_pin::redeem(session, &code)?,
            Action::UseDocument => chip_face::use_document(session)?,
            Action::Consent => chip_face::consent(session)?,
            Action::HaveNationalNumber => chip_face::begin(session, false)?,
            Action::HavePCode => chip_face::begin(session, true)?,
            Action::PCode { code } => chip_face::give_p_code(session, &code)?,
            Action::DocumentFields { number, birth, expiry } => {
                reading::document_fields(session, number, birth, expiry)?;
            }
            Action::DocumentLines { lines } => reading::document_lines(session, &lines)?,
            Action::CardAccessNumber { digits } => reading::card_access_number(session, &digits)?,
            Action::Read => reading::read(session)?,
            Action::ReadingHelp => reading::help(session)?,
            Action::TypeAgain => reading::type_again(session)?,
            Action::FaceStart { head, light } => face_capture::start(session, head, light)?,
            Action::FaceFrame(frame) => face_capture::frame(session, frame)?,
            Action::FaceSend => face_capture::send(session)?,
            Action::FaceStop => face_capture::stop(session)?,
            Action::ChoosePin => new_pin::go_on(session)?,
            Action::CancelRecovery => chip_face::cancel(session)?,
        }
        Ok(())
    }

    /// The picture that the app shows now.
    #[must_use]
    pub fn view(&self) -> View {
        let people = &self.0.people;
        let people = people.people.iter().enumerate().map(|(index, person)| PersonView {
            label: person.label.clone(),
            selected: index == people.selected,
        });
        View {
            screen: self.0.screen(),
            notice: self.0.notice.clone(),
            people: people.collect(),
            language: self.0.line.language.clone(),
        }
    }

    /// Changes the language, for texts and for the server's problems.
    pub fn set_language(&mut self, language: &str) {
        language.clone_into(&mut self.0.line.language);
    }
}

/// Asks the server for what the present screen shows; the place stays.
fn refresh(session: &mut Session) {
    match session.place.refresh() {
        Refresh::State => {
            session.refresh();
        }
        Refresh::TimeToChoose => new_pin::ask_time_to_choose(session),
        Refresh::Nothing => {}
    }
}

fn back(session: &mut Session) {
    let ready = session.people.is_ready();
    match std::mem::take(&mut session.place).back(ready) {
        Some(place) => session.place = place,
        None => session.go_home(),
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("people", &self.0.people.people.len()).finish_non_exhaustive()
    }
}
