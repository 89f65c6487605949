//! From place to place, and from place to screen.

use wire::instance::LockState;
use wire::pin::TryPurpose;
use wire::recovery::RecoveryStep;

use crate::app::{ActError, App};
use crate::people::Person;
use crate::place::{ChoosingStage, Place, Route};
use crate::text::Text;
use crate::view::{
    CodeEntry, Help, Home, LockCard, Notice, PersonView, Screen, Steps, TypedDocument, View,
};

/// The chip + face route: consent, document, face, new PIN.
const CHIP_FACE_STEPS: u8 = 4;
/// The temporary PIN's route: the code, the new PIN.
const TEMPORARY_PIN_STEPS: u8 = 2;

/// Screens that a person opens without asking the server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    Settings,
    PinSettings,
    ForgotPin,
    Other,
    TemporaryPin,
}

impl App {
    /// What the person sees now.
    #[must_use]
    pub fn view(&self) -> View {
        let people = self.people.people.iter().enumerate();
        View {
            screen: self.screen(),
            notice: self.notice.clone(),
            people: people
                .map(|(index, person)| PersonView {
                    label: person.label.clone(),
                    selected: index == self.people.selected,
                })
                .collect(),
            language: self.line.language.clone(),
        }
    }

    fn screen(&self) -> Screen {
        match &self.place {
            Place::Activating => Screen::Activate { first: self.people.people.is_empty() },
            Place::Home => self
                .people
                .current()
                .map_or(Screen::Activate { first: self.people.people.is_empty() }, |person| {
                    Screen::Home(self.home(person))
                }),
            Place::SignInNumber => Screen::SignInNumber,
            Place::SignIn(card) => {
                Screen::SignIn { sign_in: card.clone(), approves: self.is_ready() }
            }
            Place::Trying { purpose } => {
                Screen::PinPad { entry: self.code_entry(purpose), steps: None }
            }
            Place::Interrupted(_) => Screen::Interrupted { counts_as_try: true },
            Place::Settings => Screen::Settings,
            Place::PinSettings => Screen::PinSettings,
            Place::ForgotPin => Screen::ForgotPin(self.help()),
            Place::OtherWays => Screen::OtherWays(self.help()),
            Place::CheckingPhone { .. } => {
                let check = self.phone_check();
                let goes_on = check.can_now() && self.can_recover();
                Screen::PhoneCheck { check, goes_on, help: self.help() }
            }
            Place::TemporaryPin { tries_left } => Screen::TemporaryPin { tries_left: *tries_left },
            Place::Consent => Screen::Consent { steps: chip_face(1) },
            Place::PCode { .. } => Screen::PCode { steps: chip_face(2) },
            Place::DocumentKind => Screen::DocumentKind { steps: chip_face(1) },
            Place::TypingDocument { case } => Screen::Document {
                typed: self.typed.clone(),
                steps: chip_face(2),
                again: matches!(case.step, RecoveryStep::Face { .. }),
            },
            Place::Reading { .. } => Screen::Hold { steps: chip_face(2) },
            Place::ReadingHelp { .. } => Screen::ReadingHelp(self.help()),
            Place::Face { case, capture, .. } => match &case.step {
                RecoveryStep::Face { coming_nearer, coloured_light, tries_left, last_reason } => {
                    Screen::Face {
                        coming_nearer: *coming_nearer,
                        coloured_light: *coloured_light,
                        steps: chip_face(3),
                        tries_left: *tries_left,
                        last_reason: last_reason.clone(),
                        capture: capture.as_ref().map(|capture| capture.shown()),
                    }
                }
                RecoveryStep::Chip { .. }
                | RecoveryStep::NewPin { .. }
                | RecoveryStep::Refused { .. }
                | RecoveryStep::Completed => Screen::Consent { steps: chip_face(1) },
            },
            Place::ChoosingPin(choosing) => {
                let steps = match choosing.route {
                    Route::FirstPin => None,
                    Route::TemporaryPin => Some(Steps { at: 2, of: TEMPORARY_PIN_STEPS }),
                    Route::ChipFace => Some(chip_face(4)),
                };
                let entry = match &choosing.stage {
                    ChoosingStage::First => CodeEntry::NewPin {
                        seconds_left: choosing.grant.seconds_left,
                        first_ever: choosing.route == Route::FirstPin,
                    },
                    ChoosingStage::Repeat { .. } => CodeEntry::NewPinAgain,
                    ChoosingStage::Sending(_) => {
                        return Screen::Interrupted { counts_as_try: false };
                    }
                };
                Screen::PinPad { entry, steps }
            }
            Place::Refused { code, title, detail, next } => Screen::Refused {
                code: code.clone(),
                title: title.clone(),
                detail: detail.clone(),
                next: next.clone(),
                help: self.help(),
            },
            Place::Done(text) => Screen::Done { text: text.clone() },
        }
    }

    fn home(&self, person: &Person) -> Home {
        let Some(known) = &person.known else {
            return Home {
                lock: LockCard::Unknown,
                opened: false,
                as_of: None,
                sign_in_waits: false,
                new_pin_seconds_left: None,
                recovery_open: false,
                help: self.help(),
            };
        };
        let state = &known.state;
        Home {
            lock: LockCard::from(state.lock),
            opened: self.opened,
            as_of: (!known.fresh).then(|| state.as_of.clone()),
            sign_in_waits: known.fresh && state.sign_in_waits,
            new_pin_seconds_left: state.grant.as_ref().map(|grant| grant.seconds_left),
            recovery_open: state.recovery.is_some(),
            help: self.help(),
        }
    }

    pub(crate) fn help(&self) -> Help {
        let known = self.people.current().and_then(|person| person.known.as_ref());
        let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
        Help {
            phone_can_scan: self.phone_check().phone_can(),
            support_phone: known.and_then(|known| filled(&known.state.support_phone)),
            booking_url: known.and_then(|known| filled(&known.state.booking_url)),
            scanning_url: known.and_then(|known| filled(&known.state.scanning_url)),
        }
    }

    fn code_entry(&self, purpose: &TryPurpose) -> CodeEntry {
        let known = self.people.current().and_then(|person| person.known.as_ref());
        let tries_left = match known.map(|known| known.state.lock) {
            Some(LockState::Ready { tries_left }) => Some(tries_left),
            Some(
                LockState::AwaitingFirstPin
                | LockState::Locked { .. }
                | LockState::Blocked
                | LockState::Frozen
                | LockState::Unbound,
            )
            | None => None,
        };
        match purpose {
            TryPurpose::Unlock => CodeEntry::Open { tries_left },
            TryPurpose::ApproveSignIn { sign_in_id } => CodeEntry::Approve {
                service: self
                    .approving
                    .as_ref()
                    .filter(|card| card.sign_in_id == *sign_in_id)
                    .map(|card| card.service.clone())
                    .unwrap_or_default(),
                tries_left,
            },
        }
    }

    /// Asks how things stand and, on the state card, shows it; elsewhere the screen stays.
    pub(crate) fn refresh_in_place(&mut self) -> Result<(), ActError> {
        match self.place {
            Place::Home
            | Place::Settings
            | Place::PinSettings
            | Place::ForgotPin
            | Place::OtherWays
            | Place::CheckingPhone { .. } => {
                self.refresh();
                Ok(())
            }
            Place::ChoosingPin(_) => {
                self.ask_time_to_choose();
                Ok(())
            }
            // Nothing on these screens depends on the answer, and some hold a nonce's worth of work.
            Place::Activating
            | Place::SignInNumber
            | Place::SignIn(_)
            | Place::Trying { .. }
            | Place::Interrupted(_)
            | Place::TemporaryPin { .. }
            | Place::Consent
            | Place::DocumentKind
            | Place::PCode { .. }
            | Place::TypingDocument { .. }
            | Place::Reading { .. }
            | Place::ReadingHelp { .. }
            | Place::Face { .. }
            | Place::Refused { .. }
            | Place::Done(_) => Ok(()),
        }
    }

    pub(crate) fn go_home(&mut self) -> Result<(), ActError> {
        self.typed = TypedDocument::default();
        self.approving = None;
        if self.people.people.is_empty() {
            self.place = Place::Activating;
            return Ok(());
        }
        self.place = Place::Home;
        self.refresh();
        Ok(())
    }

    pub(crate) fn back(&mut self) -> Result<(), ActError> {
        match std::mem::replace(&mut self.place, Place::Home) {
            Place::PinSettings => self.place = Place::Settings,
            Place::ForgotPin => self.place = Place::PinSettings,
            Place::OtherWays if self.is_ready() => self.place = Place::ForgotPin,
            Place::TemporaryPin { .. } | Place::Consent if self.is_ready() => {
                self.place = Place::ForgotPin;
            }
            Place::CheckingPhone { from } => self.place = *from,
            Place::DocumentKind => self.place = Place::Consent,
            Place::Reading { case, .. } => self.place = Place::TypingDocument { case },
            Place::ReadingHelp { case, document } => {
                self.place = Place::Reading { case, document };
            }
            // The first of two new PINs is dropped; the grant stays.
            Place::ChoosingPin(mut choosing)
                if matches!(choosing.stage, ChoosingStage::Repeat { .. }) =>
            {
                choosing.stage = ChoosingStage::First;
                self.place = Place::ChoosingPin(choosing);
            }
            Place::SignIn(_) => self.place = Place::SignInNumber,
            Place::Activating
            | Place::Home
            | Place::SignInNumber
            | Place::Trying { .. }
            | Place::Interrupted(_)
            | Place::Settings
            | Place::OtherWays
            | Place::TemporaryPin { .. }
            | Place::Consent
            | Place::PCode { .. }
            | Place::TypingDocument { .. }
            | Place::Face { .. }
            | Place::ChoosingPin(_)
            | Place::Refused { .. }
            | Place::Done(_) => return self.go_home(),
        }
        Ok(())
    }

    /// The menu's screens and the ways out. R12: a locked or blocked app offers the ways on the
    /// state card itself, a ready one under settings → PIN code → "Forgot your PIN?".
    pub(crate) fn go_to(&mut self, way: Way) -> Result<(), ActError> {
        if self.people.current().is_none() {
            return Err(ActError::OutOfPlace);
        }
        let on_card = matches!(self.place, Place::Home);
        let on_ways = matches!(
            self.place,
            Place::ForgotPin | Place::Refused { .. } | Place::CheckingPhone { .. }
        );
        let on_route = matches!(
            self.place,
            Place::Consent
                | Place::DocumentKind
                | Place::PCode { .. }
                | Place::TypingDocument { .. }
                | Place::ReadingHelp { .. }
                | Place::Face { .. }
        );
        let (offered, place) = match way {
            Way::Settings => (on_card, Place::Settings),
            Way::PinSettings => (matches!(self.place, Place::Settings), Place::PinSettings),
            Way::ForgotPin => {
                (matches!(self.place, Place::PinSettings) && self.can_recover(), Place::ForgotPin)
            }
            Way::Other => (on_card || on_ways || on_route, Place::OtherWays),
            Way::TemporaryPin => (
                self.can_recover()
                    && (on_ways
                        || matches!(self.place, Place::OtherWays)
                        || on_card && !self.is_ready()),
                Place::TemporaryPin { tries_left: None },
            ),
        };
        if !offered {
            return Err(ActError::OutOfPlace);
        }
        self.place = place;
        Ok(())
    }

    fn lock(&self) -> Option<LockState> {
        self.people.current().and_then(Person::lock)
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.lock(), Some(LockState::Ready { .. }))
    }

    /// Whether the ways back in make sense: not for an app that is unbound or waits for its first
    /// PIN. A frozen one may try; the policy decides (PROTOCOLS.md section 12).
    pub(crate) fn can_recover(&self) -> bool {
        match self.lock() {
            Some(
                LockState::Ready { .. }
                | LockState::Locked { .. }
                | LockState::Blocked
                | LockState::Frozen,
            ) => true,
            Some(LockState::AwaitingFirstPin | LockState::Unbound) | None => false,
        }
    }

    /// Shows the PIN pad only over a fresh answer: offline nothing is tried and no rung is spent.
    pub(crate) fn show_pin_pad(&mut self, purpose: TryPurpose) -> Result<(), ActError> {
        if !matches!(self.place, Place::Home | Place::SignIn(_) | Place::Done(_)) {
            return Err(ActError::OutOfPlace);
        }
        self.place = Place::Home;
        if self.refresh() && self.is_ready() {
            self.place = Place::Trying { purpose };
        }
        Ok(())
    }

    pub(crate) fn say(&mut self, key: &'static str) {
        self.notice = Some(Notice::error(Text::new(key)));
    }
}

const fn chip_face(at: u8) -> Steps {
    Steps { at, of: CHIP_FACE_STEPS }
}

impl From<LockState> for LockCard {
    fn from(lock: LockState) -> Self {
        match lock {
            LockState::AwaitingFirstPin => Self::AwaitingFirstPin,
            LockState::Ready { tries_left } => Self::Ready { tries_left },
            LockState::Locked { seconds_left, wrong_tries } => {
                Self::Locked { seconds_left, wrong_tries }
            }
            LockState::Blocked => Self::Blocked,
            LockState::Frozen => Self::Frozen,
            LockState::Unbound => Self::Unbound,
        }
    }
}
