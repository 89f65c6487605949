//! The session: everything that the app holds while it runs, and what every flow does with it.

mod line;

use pin::Stretch;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::instance::{InstanceState, LockState};
use zeroize::Zeroizing;

use crate::action::ActError;
use crate::handed_in::{AppParts, CardSlot, Device, Progress, Settings, Vault, VaultError};
use crate::people::{KnownState, People};
use crate::phone_check::PhoneCheck;
use crate::place::{PinPurpose, Place, Surroundings, Way};
use crate::text::Text;
use crate::view::{Notice, Screen, TypedDocument};

pub(crate) use line::{CallError, Command, Line, Signer};

/// Everything that the app holds while it runs.
pub(crate) struct Session {
    pub(crate) line: Line,
    pub(crate) slot: Box<dyn CardSlot>,
    pub(crate) stretch: Stretch,
    pub(crate) people: People,
    pub(crate) place: Place,
    pub(crate) notice: Option<Notice>,
    /// Whether the right PIN was given since the app started.
    pub(crate) opened: bool,
    /// The P code for the present case; it is dropped with the reading.
    pub(crate) p_code: Option<Zeroizing<String>>,
    /// The fields of the document as typed, until the person is back on the state card.
    pub(crate) typed: TypedDocument,
    /// A code whose answer is missing: typed again, it is sent as the same command.
    pub(crate) unanswered: Option<UnansweredCode>,
    vault: Box<dyn Vault>,
    device: Box<dyn Device>,
    version: String,
    progress: Box<dyn Fn(Progress) + Send>,
}

/// A typed code that was sent without an answer.
pub(crate) struct UnansweredCode {
    pub(crate) path: &'static str,
    pub(crate) code: Zeroizing<String>,
    pub(crate) idempotency_key: String,
}

impl Session {
    pub(crate) fn load(parts: AppParts, settings: Settings) -> Result<Self, VaultError> {
        let people = People::load(parts.vault.as_ref())?;
        Ok(Self {
            line: Line::new(parts.server, parts.keys, parts.random, settings.language),
            slot: parts.card_slot,
            stretch: settings.stretch,
            place: if people.people.is_empty() { Place::Activating } else { Place::Home },
            people,
            notice: None,
            opened: false,
            p_code: None,
            typed: TypedDocument::default(),
            unanswered: None,
            vault: parts.vault,
            device: parts.device,
            version: settings.version,
            progress: parts.progress,
        })
    }

    /// The screen of the present place.
    pub(crate) fn screen(&self) -> Screen {
        self.place.screen(&Surroundings {
            people: &self.people,
            opened: self.opened,
            typed: &self.typed,
            check_phone: &|| self.phone_check(),
        })
    }

    pub(crate) fn phone_check(&self) -> PhoneCheck {
        let (slot, device) = (self.slot.as_ref(), self.device.as_ref());
        PhoneCheck::of(slot, device, &self.version, self.people.known())
    }

    /// Refuses an action that the present place does not offer to the present person.
    pub(crate) fn require(&self, way: Way) -> Result<(), ActError> {
        let person = self.people.current();
        let offered = person.is_some_and(|person| self.place.offers(way, person));
        if offered { Ok(()) } else { Err(ActError::OutOfPlace) }
    }

    /// Goes to a place that the present one offers and that needs nothing else.
    pub(crate) fn go(&mut self, way: Way, place: Place) -> Result<(), ActError> {
        self.require(way)?;
        self.place = place;
        Ok(())
    }

    /// Goes to the state card, or to the activation where the phone is bound to nobody.
    pub(crate) fn go_home(&mut self) {
        self.typed = TypedDocument::default();
        if self.people.people.is_empty() {
            self.place = Place::Activating;
            return;
        }
        self.place = Place::Home;
        self.refresh();
    }

    /// Shows the PIN pad only over a fresh answer: offline nothing is tried and no rung is spent.
    pub(crate) fn show_pin_pad(&mut self, purpose: PinPurpose) -> Result<(), ActError> {
        self.require(Way::PinPad)?;
        self.place = Place::Home;
        if self.refresh() && self.people.is_ready() {
            self.place = Place::Trying(purpose);
        }
        Ok(())
    }

    /// The key that signs for the person shown.
    pub(crate) fn signer(&self) -> Result<Signer, ActError> {
        let person = self.people.current().ok_or(ActError::OutOfPlace)?;
        Ok(Signer { keyid: person.instance_id.clone(), key: person.key.clone() })
    }

    /// Sends one command for the person shown, under a fresh idempotency key.
    pub(crate) fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CallError> {
        let idempotency_key = self.line.fresh_id();
        self.send("POST", path, body, &idempotency_key)
    }

    /// Sends one command for the person shown, under a key that the caller keeps for sending it again.
    pub(crate) fn send<T: DeserializeOwned>(
        &mut self,
        method: &'static str,
        path: &str,
        body: &impl Serialize,
        idempotency_key: &str,
    ) -> Result<T, CallError> {
        let signer = self.signer().map_err(|_| CallError::Fault)?;
        let command = Command::new(method, path, body, idempotency_key)?;
        self.line.command(&signer, &command)
    }

    /// Sends one command without a body or an answer for the person shown.
    pub(crate) fn send_bare(&mut self, method: &'static str, path: &str) -> Result<(), CallError> {
        let signer = self.signer().map_err(|_| CallError::Fault)?;
        let idempotency_key = self.line.fresh_id();
        self.line.command_without_answer(&signer, &Command::bare(method, path, &idempotency_key))
    }

    /// The idempotency key for a typed code. A code that was sent without an answer and is typed again is
    /// the same command: it must not cost a second try.
    pub(crate) fn key_for(&mut self, path: &str, code: &str) -> Option<String> {
        self.unanswered
            .take()
            .filter(|unanswered| unanswered.path == path && *unanswered.code == *code)
            .map(|unanswered| unanswered.idempotency_key)
    }

    /// Asks the server for the state. Afterwards the state is fresh, or marked "as of".
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
                self.mark_stale();
                self.opened = false;
                self.say_call_error(error);
                false
            }
        }
    }

    /// Refreshes under a notice that stays; where there was none, the refresh may bring one.
    pub(crate) fn refresh_under_notice(&mut self) -> bool {
        let said = self.notice.take();
        let answered = self.refresh();
        self.notice = said.or_else(|| self.notice.take());
        answered
    }

    /// Marks the last known state as old.
    pub(crate) fn mark_stale(&mut self) {
        if let Some(known) = self.people.known_mut() {
            known.fresh = false;
        }
    }

    fn learn(&mut self, state: InstanceState) {
        let after = state.lock;
        let between_tries = !matches!(self.place, Place::Interrupted(_));
        let Some(person) = self.people.current_mut() else { return };
        person.known = Some(KnownState { state, fresh: true });
        if between_tries
            && person.before_interruption.is_some_and(|before| cost_a_try(before, after))
        {
            person.before_interruption = None;
            self.notice = Some(Notice::warning(Text::new("notice-lost-connection-cost-a-try")));
        }
        self.after_lock(after);
    }

    /// Takes in the lock from the answer to another request.
    pub(crate) fn learn_lock(&mut self, lock: LockState) {
        if let Some(known) = self.people.known_mut() {
            known.state.lock = lock;
            known.fresh = true;
        }
        self.after_lock(lock);
    }

    /// Closes the app where its lock no longer allows a PIN, and keeps what was learnt.
    fn after_lock(&mut self, lock: LockState) {
        if !matches!(lock, LockState::Ready { .. }) {
            self.opened = false;
        }
        self.keep();
    }

    /// Takes in that the server does not know this instance: unbound, or never bound.
    fn unbound(&mut self) {
        self.opened = false;
        self.place = Place::Home;
        if let Some(person) = self.people.current_mut() {
            let last = person.known.take().map(|known| known.state);
            person.known = Some(KnownState { state: unbound_state(last), fresh: true });
        }
        self.keep();
    }

    /// Shows a text of the app as an error.
    pub(crate) fn say(&mut self, key: &'static str) {
        self.notice = Some(Notice::error(Text::new(key)));
    }

    /// Says why a call brought no result; the place stays.
    pub(crate) fn say_call_error(&mut self, error: CallError) {
        match error {
            CallError::Offline => self.say("notice-offline"),
            CallError::NotKnown => self.unbound(),
            CallError::Problem(problem) => self.notice = Some(Notice::problem(*problem)),
            CallError::Fault => self.say("notice-fault"),
        }
    }

    /// Reports the progress of a reading.
    pub(crate) fn report(&self, progress: Progress) {
        (self.progress)(progress);
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

/// The state of an instance that the server does not know, with the ways out that it named last.
fn unbound_state(last: Option<InstanceState>) -> InstanceState {
    let state = InstanceState {
        lock: LockState::Unbound,
        grant: None,
        recovery: None,
        sign_in_waits: false,
        as_of: String::new(),
        support_phone: String::new(),
        booking_url: String::new(),
        scanning_url: String::new(),
        app_version_min: None,
    };
    let Some(InstanceState { support_phone, booking_url, scanning_url, app_version_min, .. }) =
        last
    else {
        return state;
    };
    InstanceState { support_phone, booking_url, scanning_url, app_version_min, ..state }
}
