//! The app: one value that takes actions and shows views.

use pin::Stretch;
use wire::instance::{InstanceState, LockState};
use zeroize::Zeroizing;

use crate::action::Action;
use crate::handed_in::{CardSlot, Device, DeviceKeys, Random, Server, Vault, VaultError};
use crate::navigation::Way;
use crate::people::{Known, People};
use crate::place::Place;
use crate::reading::Progress;
use crate::session::{CallError, Line, Signer};
use crate::text::Text;
use crate::view::{Notice, SignInCard, TypedDocument};

/// What the phone provides.
pub struct AppParts {
    pub server: Box<dyn Server>,
    pub keys: Box<dyn DeviceKeys>,
    pub vault: Box<dyn Vault>,
    pub card_slot: Box<dyn CardSlot>,
    pub device: Box<dyn Device>,
    pub random: Random,
    /// Told how far a chip reading is, while [`App::act`] is busy with it.
    pub progress: Box<dyn Fn(Progress) + Send>,
}

impl std::fmt::Debug for AppParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppParts").finish_non_exhaustive()
    }
}

/// How this app is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `da` or `en`.
    pub language: String,
    /// The version of the app, `major.minor.patch`.
    pub version: String,
    /// What Argon2id costs on this phone.
    pub stretch: Stretch,
}

/// The app of one phone.
pub struct App {
    pub(crate) line: Line,
    pub(crate) vault: Box<dyn Vault>,
    pub(crate) slot: Box<dyn CardSlot>,
    pub(crate) device: Box<dyn Device>,
    pub(crate) version: String,
    pub(crate) progress: Box<dyn Fn(Progress) + Send>,
    pub(crate) stretch: Stretch,
    pub(crate) people: People,
    pub(crate) place: Place,
    pub(crate) notice: Option<Notice>,
    pub(crate) opened: bool,
    /// Typed for the present case; goes with the reading.
    pub(crate) p_code: Option<Zeroizing<String>>,
    /// What was typed of the document, until the person is back on the state card.
    pub(crate) typed: TypedDocument,
    /// The sign-in that the PIN pad is open for.
    pub(crate) approving: Option<SignInCard>,
    /// Codes whose answer is missing: typed again, they are sent as the same command.
    pub(crate) unanswered: Option<Unanswered>,
}

/// A typed code that was sent without an answer.
pub(crate) struct Unanswered {
    pub(crate) path: String,
    pub(crate) code: Zeroizing<String>,
    pub(crate) idempotency_key: String,
}

/// The app cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    #[error("what the app kept from its last start cannot be read")]
    Vault(#[source] VaultError),
}

/// An action that was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// The present screen does not offer this: an old page, or a double click.
    #[error("the present screen does not offer this action")]
    OutOfPlace,
    /// What the app keeps cannot be written; nothing was sent.
    #[error("the app cannot write what it must keep")]
    Vault(#[source] VaultError),
}

impl App {
    /// Starts the app where it was left, and asks the server how things stand.
    ///
    /// # Errors
    ///
    /// [`StartError`] where the kept state cannot be read: starting afresh would drop the binding.
    pub fn start(parts: AppParts, settings: Settings) -> Result<Self, StartError> {
        let people = People::load(parts.vault.as_ref()).map_err(StartError::Vault)?;
        let bound = !people.people.is_empty();
        let mut app = Self {
            line: Line::new(parts.server, parts.keys, parts.random, settings.language),
            vault: parts.vault,
            slot: parts.card_slot,
            device: parts.device,
            version: settings.version,
            progress: parts.progress,
            stretch: settings.stretch,
            people,
            place: if bound { Place::Home } else { Place::Activating },
            notice: None,
            opened: false,
            p_code: None,
            typed: TypedDocument::default(),
            approving: None,
            unanswered: None,
        };
        if bound {
            app.refresh();
        }
        Ok(app)
    }

    /// Carries out one action.
    ///
    /// # Errors
    ///
    /// An [`ActError`] where it was not carried out; everything a person should know about one
    /// that was is in the next [`Self::view`].
    pub fn act(&mut self, action: Action) -> Result<(), ActError> {
        // A notice is said once; asking how things stand does not take it away.
        if !matches!(action, Action::Refresh) {
            self.notice = None;
        }
        match action {
            Action::Refresh => self.refresh_in_place(),
            Action::Home => self.go_home(),
            Action::Back => self.back(),
            Action::Activate { offer, code, device_name, label } => {
                self.activate(&offer, &code, &device_name, &label)
            }
            Action::AddPerson => self.add_person(),
            Action::SelectPerson { index } => self.select_person(index),
            Action::RemovePerson => self.remove_person(),
            Action::Open => self.open(),
            Action::Close => {
                self.opened = false;
                self.go_home()
            }
            Action::AnswerSignIn => self.answer_sign_in(),
            Action::SignInNumber { digits } => self.sign_in_number(&digits),
            Action::Approve { sign_in_id } => self.approve(sign_in_id),
            Action::Refuse { sign_in_id } => self.refuse(&sign_in_id),
            Action::Pin { digits } => self.pin_typed(&digits),
            Action::TryAgain => self.try_again(),
            Action::Settings => self.go_to(Way::Settings),
            Action::CheckPhone => self.check_phone(),
            Action::PinSettings => self.go_to(Way::PinSettings),
            Action::ForgotPin => self.go_to(Way::ForgotPin),
            Action::OtherWays => self.go_to(Way::Other),
            Action::HaveTemporaryPin => self.go_to(Way::TemporaryPin),
            Action::TemporaryPin { code } => self.redeem_temporary_pin(&code),
            Action::UseDocument => self.use_document(),
            Action::Consent => self.consent(),
            Action::HaveNationalNumber => self.begin_recovery(false),
            Action::HavePCode => self.begin_recovery(true),
            Action::PCode { code } => self.give_p_code(&code),
            Action::DocumentFields { number, birth, expiry } => {
                self.document_fields(&number, &birth, &expiry)
            }
            Action::DocumentLines { lines } => self.document_lines(&lines),
            Action::CardAccessNumber { digits } => self.card_access_number(&digits),
            Action::Read => self.read(),
            Action::ReadingHelp => self.reading_help(),
            Action::TypeAgain => self.type_again(),
            Action::FaceStart { head, light } => self.start_face(head, light),
            Action::FaceFrame(frame) => self.face_frame(frame),
            Action::FaceSend => self.send_face(),
            Action::FaceStop => self.stop_face(),
            Action::ChoosePin => self.choose_pin(),
            Action::CancelRecovery => self.cancel_recovery(),
        }
    }

    /// Words from now on in another language.
    pub fn set_language(&mut self, language: &str) {
        language.clone_into(&mut self.line.language);
    }

    /// Who signs for the person shown.
    pub(crate) fn signer(&self) -> Result<Signer, ActError> {
        let person = self.people.current().ok_or(ActError::OutOfPlace)?;
        Ok(Signer { keyid: person.instance_id.clone(), key: person.key.clone() })
    }

    /// Asks the server how things stand. Afterwards the state is fresh, or marked "as of".
    pub(crate) fn refresh(&mut self) -> bool {
        let Ok(signer) = self.signer() else { return false };
        match self.line.get::<InstanceState>(&signer, "/v1/app/state") {
            Ok(state) => {
                self.learn(state);
                true
            }
            Err(CallError::NotKnown) => {
                self.unbound();
                true
            }
            Err(error) => {
                if let Some(known) = self.people.current_mut().and_then(|p| p.known.as_mut()) {
                    known.fresh = false;
                }
                self.opened = false;
                self.say_call_error(error);
                false
            }
        }
    }

    fn learn(&mut self, state: InstanceState) {
        let after = state.lock;
        let between_tries = !matches!(self.place, Place::Interrupted(_));
        let Some(person) = self.people.current_mut() else { return };
        person.known = Some(Known { state, fresh: true });
        if between_tries
            && person.before_interruption.is_some_and(|before| cost_a_try(before, after))
        {
            person.before_interruption = None;
            self.notice = Some(Notice::warning(Text::new("notice-lost-connection-cost-a-try")));
        }
        if !matches!(after, LockState::Ready { .. }) {
            self.opened = false;
        }
        self.keep();
    }

    /// Takes in the lock that another answer told.
    pub(crate) fn learn_lock(&mut self, lock: LockState) {
        if let Some(known) = self.people.current_mut().and_then(|person| person.known.as_mut()) {
            known.state.lock = lock;
            known.fresh = true;
        }
        if !matches!(lock, LockState::Ready { .. }) {
            self.opened = false;
        }
        self.keep();
    }

    /// The server knows this instance no longer: unbound, or never bound.
    pub(crate) fn unbound(&mut self) {
        self.opened = false;
        self.place = Place::Home;
        if let Some(person) = self.people.current_mut() {
            let state = person.known.take().map(|known| known.state);
            person.known = Some(Known {
                state: InstanceState {
                    lock: LockState::Unbound,
                    grant: None,
                    recovery: None,
                    sign_in_waits: false,
                    as_of: String::new(),
                    support_phone: state
                        .as_ref()
                        .map(|state| state.support_phone.clone())
                        .unwrap_or_default(),
                    booking_url: state
                        .as_ref()
                        .map(|state| state.booking_url.clone())
                        .unwrap_or_default(),
                    scanning_url: state
                        .as_ref()
                        .map(|state| state.scanning_url.clone())
                        .unwrap_or_default(),
                    app_version_min: state.and_then(|state| state.app_version_min),
                },
                fresh: true,
            });
        }
        self.keep();
    }

    /// Says why a call brought no result; the place stays.
    pub(crate) fn say_call_error(&mut self, error: CallError) {
        self.notice = Some(match error {
            CallError::Offline => Notice::error(Text::new("notice-offline")),
            CallError::NotKnown => {
                self.unbound();
                return;
            }
            CallError::Problem(problem) => Notice::problem(*problem),
            CallError::Fault => Notice::error(Text::new("notice-fault")),
        });
    }

    /// Saves what may be lost without harm: the last known state.
    pub(crate) fn keep(&mut self) {
        // A phone that cannot write loses "as of" after its next start, nothing more.
        let _ = self.people.save(self.vault.as_mut());
    }

    /// Saves what must not be lost before anything is sent.
    pub(crate) fn keep_surely(&mut self) -> Result<(), ActError> {
        self.people.save(self.vault.as_mut()).map_err(ActError::Vault)
    }
}

/// Whether the lock after a lost connection shows one more wrong try than before. A right PIN
/// gives all tries back, so only fewer tries, or a lock, are a cost.
fn cost_a_try(before: LockState, after: LockState) -> bool {
    let LockState::Ready { tries_left: before } = before else { return false };
    match after {
        LockState::Ready { tries_left } => tries_left < before,
        LockState::Locked { .. } | LockState::Blocked => true,
        LockState::AwaitingFirstPin | LockState::Frozen | LockState::Unbound => false,
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("people", &self.people.people.len()).finish_non_exhaustive()
    }
}
