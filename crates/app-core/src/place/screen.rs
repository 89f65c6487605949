//! From a place to the screen that shows it.

use wire::instance::LockState;
use wire::recovery::{RecoveryStep, RecoveryView};

use super::{Capture, PinChoice, PinChoiceStage, PinPurpose, Place, Route};
use crate::people::People;
use crate::phone_check::PhoneCheck;
use crate::view::{CodeEntry, Help, Home, LockCard, Screen, Steps, TypedDocument};

/// The recovery with a document: consent, document, face, new PIN.
const CHIP_FACE_STEPS: u8 = 4;
/// The recovery with a temporary PIN: the code, the new PIN.
const TEMPORARY_PIN_STEPS: u8 = 2;

/// Everything that screens show beside the place.
pub(crate) struct Surroundings<'a> {
    pub(crate) people: &'a People,
    /// Whether the right PIN was given since the app started.
    pub(crate) opened: bool,
    pub(crate) typed: &'a TypedDocument,
    /// Called only for a screen that shows the answer: asking a chip reader may take long.
    pub(crate) check_phone: &'a dyn Fn() -> PhoneCheck,
}

impl Place {
    /// The screen of this place.
    pub(crate) fn screen(&self, around: &Surroundings<'_>) -> Screen {
        match self {
            Self::Activating => around.activate(),
            Self::Home => around.home().map_or_else(|| around.activate(), Screen::Home),
            Self::SignInNumber => Screen::SignInNumber,
            Self::SignIn(card) => {
                Screen::SignIn { sign_in: card.clone(), approves: around.people.is_ready() }
            }
            Self::Trying(purpose) => {
                Screen::PinPad { entry: around.code_entry(purpose), steps: None }
            }
            Self::Interrupted(_) => Screen::Interrupted { counts_as_try: true },
            Self::Settings => Screen::Settings,
            Self::PinSettings => Screen::PinSettings,
            Self::ForgotPin => Screen::ForgotPin(around.help()),
            Self::OtherWays => Screen::OtherWays(around.help()),
            Self::CheckingPhone { .. } => around.phone_check(),
            Self::TemporaryPin { tries_left } => Screen::TemporaryPin { tries_left: *tries_left },
            Self::Consent => Screen::Consent { steps: chip_face(1) },
            Self::DocumentKind => Screen::DocumentKind { steps: chip_face(1) },
            Self::PCode { .. } => Screen::PCode { steps: chip_face(2) },
            Self::TypingDocument { case } => Screen::Document {
                steps: chip_face(2),
                again: matches!(case.step, RecoveryStep::Face { .. }),
                typed: around.typed.clone(),
            },
            Self::Reading { .. } => Screen::Hold { steps: chip_face(2) },
            Self::ReadingHelp { .. } => Screen::ReadingHelp(around.help()),
            Self::Face { case, capture, .. } => face(case, capture.as_deref()),
            Self::ChoosingPin(choice) => new_pin(choice),
            Self::Refused { code, title, detail, next } => Screen::Refused {
                code: code.clone(),
                title: title.clone(),
                detail: detail.clone(),
                next: next.clone(),
                help: around.help(),
            },
            Self::Done(text) => Screen::Done { text: text.clone() },
        }
    }
}

impl Surroundings<'_> {
    fn activate(&self) -> Screen {
        Screen::Activate { first: self.people.people.is_empty() }
    }

    fn home(&self) -> Option<Home> {
        let known = self.people.current()?.known.as_ref();
        let state = known.map(|known| &known.state);
        let fresh = known.is_some_and(|known| known.fresh);
        Some(Home {
            lock: state.map_or(LockCard::Unknown, |state| state.lock.into()),
            opened: known.is_some() && self.opened,
            as_of: state.filter(|_| !fresh).map(|state| state.as_of.clone()),
            sign_in_waits: fresh && state.is_some_and(|state| state.sign_in_waits),
            new_pin_seconds_left: state
                .and_then(|state| state.grant.as_ref())
                .map(|grant| grant.seconds_left),
            recovery_open: state.is_some_and(|state| state.recovery.is_some()),
            help: self.help(),
        })
    }

    fn phone_check(&self) -> Screen {
        let check = (self.check_phone)();
        let can_recover = self.people.current().is_some_and(|person| person.can_recover());
        let goes_on = check.can_now() && can_recover;
        Screen::PhoneCheck { check, goes_on, help: self.help_after(check) }
    }

    fn help(&self) -> Help {
        self.help_after((self.check_phone)())
    }

    fn help_after(&self, check: PhoneCheck) -> Help {
        let state = self.people.known().map(|known| &known.state);
        let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
        Help {
            phone_can_scan: check.phone_can(),
            support_phone: state.and_then(|state| filled(&state.support_phone)),
            booking_url: state.and_then(|state| filled(&state.booking_url)),
            scanning_url: state.and_then(|state| filled(&state.scanning_url)),
        }
    }

    fn code_entry(&self, purpose: &PinPurpose) -> CodeEntry {
        let tries_left = match self.people.known().map(|known| known.state.lock) {
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
            PinPurpose::Unlock => CodeEntry::Open { tries_left },
            PinPurpose::SignIn(card) => {
                CodeEntry::Approve { service: card.service.clone(), tries_left }
            }
        }
    }
}

fn face(case: &RecoveryView, capture: Option<&Capture>) -> Screen {
    match &case.step {
        RecoveryStep::Face { coming_nearer, coloured_light, tries_left, last_reason } => {
            Screen::Face {
                steps: chip_face(3),
                coming_nearer: *coming_nearer,
                coloured_light: *coloured_light,
                tries_left: *tries_left,
                last_reason: last_reason.clone(),
                capture: capture.map(Capture::shown),
            }
        }
        RecoveryStep::Chip { .. }
        | RecoveryStep::NewPin { .. }
        | RecoveryStep::Refused { .. }
        | RecoveryStep::Completed => Screen::Consent { steps: chip_face(1) },
    }
}

fn new_pin(choice: &PinChoice) -> Screen {
    let steps = match choice.route {
        Route::FirstPin => None,
        Route::TemporaryPin => Some(Steps { at: 2, of: TEMPORARY_PIN_STEPS }),
        Route::ChipFace => Some(chip_face(4)),
    };
    let entry = match &choice.stage {
        PinChoiceStage::First => CodeEntry::NewPin {
            seconds_left: choice.grant.seconds_left,
            first_ever: choice.route == Route::FirstPin,
        },
        PinChoiceStage::Repeat { .. } => CodeEntry::NewPinAgain,
        PinChoiceStage::Sending(_) => return Screen::Interrupted { counts_as_try: false },
    };
    Screen::PinPad { entry, steps }
}

const fn chip_face(at: u8) -> Steps {
    Steps { at, of: CHIP_FACE_STEPS }
}
