//! What a person sees: data alone. Words and looks are made outside.

use serde::Serialize;
use wire::Problem;
use wire::face::{FaceLight, FacePrompt};

use crate::action::Typed;
use crate::phone_check::PhoneCheck;
use crate::text::Text;

/// One picture of the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    pub screen: Screen,
    /// What happened just now, said above the screen.
    pub notice: Option<Notice>,
    /// The people of this phone, in the order they were bound.
    pub people: Vec<PersonView>,
    /// `da` or `en`.
    pub language: String,
}

/// One person of this phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonView {
    pub label: String,
    pub selected: bool,
}

/// Said above the screen, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    pub kind: NoticeKind,
    /// Words of this app, or of the server.
    pub text: NoticeText,
}

/// How a notice looks, beside what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    Good,
    Warning,
    Error,
}

/// Whose words they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeText {
    App(Text),
    /// A code of the server. The app around this core has words for it; the server's own are for whoever writes an app.
    Server {
        code: String,
        title: String,
        detail: Option<String>,
        next: Option<String>,
    },
}

/// "Step 2 of 4".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Steps {
    pub at: u8,
    pub of: u8,
}

/// One screen with what is true on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "screen", rename_all = "kebab-case")]
pub enum Screen {
    /// Activation code and names.
    Activate {
        first: bool,
    },
    /// The state card and what can be done now.
    Home(Home),
    /// The number that a service's page shows.
    SignInNumber,
    /// The one sign-in that has the number.
    SignIn {
        sign_in: SignInCard,
        /// The app can approve it; a locked one can only refuse.
        approves: bool,
    },
    /// Six digits.
    PinPad {
        entry: CodeEntry,
        steps: Option<Steps>,
    },
    /// An answer is missing; the same thing can be sent again.
    Interrupted {
        counts_as_try: bool,
    },
    Settings,
    PinSettings,
    /// The three ways.
    ForgotPin(Help),
    OtherWays(Help),
    /// Whether this phone can scan a document and a face: yes, or no and why.
    PhoneCheck {
        check: PhoneCheck,
        /// "Use passport or ID card" is offered from here.
        goes_on: bool,
        help: Help,
    },
    TemporaryPin {
        tries_left: Option<u8>,
    },
    Consent {
        steps: Steps,
    },
    DocumentKind {
        steps: Steps,
    },
    PCode {
        steps: Steps,
    },
    /// `again`: the app was closed after the document was accepted, and needs its picture once more.
    Document {
        steps: Steps,
        again: bool,
        /// What was typed before in this case: nobody types it twice (WCAG 2.2, 3.3.7).
        typed: TypedDocument,
    },
    Hold {
        steps: Steps,
    },
    ReadingHelp(Help),
    Face {
        steps: Steps,
        /// Whether a person may come nearer instead of showing the face from the side.
        coming_nearer: bool,
        /// Whether the screen may light the face with colours.
        coloured_light: bool,
        tries_left: u8,
        /// Why the last try was not enough: a stable code of the server.
        last_reason: Option<String>,
        capture: Option<CaptureShown>,
    },
    /// This route ended without a new PIN: what happened, why, and what to do now in the server's words.
    Refused {
        code: String,
        title: String,
        detail: String,
        next: String,
        help: Help,
    },
    Done {
        text: Text,
    },
}

/// What stands on the document, as a person typed it; wiped on drop, never printed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TypedDocument {
    pub number: Typed,
    pub birth: Typed,
    pub expiry: Typed,
}

/// A live capture that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaptureShown {
    pub way: FaceWay,
    /// What is asked now.
    pub prompt: FacePrompt,
    /// By how many degrees the head is to be turned, where a turn is asked.
    pub turn_degrees: Option<u8>,
    /// What the screen shines with, where a light was drawn.
    pub light: Option<FaceLight>,
    /// Which of the prompts it is, from 0.
    pub prompt_number: u8,
    pub frames_met: u8,
    pub frames_needed: u8,
    /// What helps now: a stable code.
    pub hint: Option<String>,
    /// What happened with the last frame, to be heard and felt.
    pub event: CaptureEvent,
    /// How long to wait before the next frame.
    pub pause_ms: u32,
    /// Complete, and the service had no time for it: it can be sent again.
    pub held_back: bool,
}

/// What happened with the last frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptureEvent {
    /// Something new is asked.
    NewPrompt,
    /// The frame did what is asked.
    Counted,
    /// It did not; the hint says what helps.
    Hint,
}

/// How a person shows the face from the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaceWay {
    TurnHead,
    /// The head stays still and the phone moves around it.
    MovePhone,
    ComeNearer,
}

/// What the six digits are for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum CodeEntry {
    Open { tries_left: Option<u8> },
    Approve { service: String, tries_left: Option<u8> },
    NewPin { seconds_left: u64, first_ever: bool },
    NewPinAgain,
}

/// The state card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Home {
    pub lock: LockCard,
    /// The right PIN was given since the app started.
    pub opened: bool,
    /// The server's time of the last answer, where the present one is missing: RFC 3339.
    pub as_of: Option<String>,
    /// A service asks the person to sign in: which, the number on its page says.
    pub sign_in_waits: bool,
    /// A right to choose a new PIN waits: seconds until it lapses.
    pub new_pin_seconds_left: Option<u64>,
    /// The chip + face route was begun.
    pub recovery_open: bool,
    pub help: Help,
}

/// A service that asks the person to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignInCard {
    pub sign_in_id: String,
    pub service: String,
    pub seconds_left: u64,
}

/// What the state card says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum LockCard {
    Ready {
        tries_left: u8,
    },
    Locked {
        seconds_left: u64,
        wrong_tries: u8,
    },
    Blocked,
    Frozen,
    AwaitingFirstPin,
    Unbound,
    /// The server has not been reached yet.
    Unknown,
}

/// Ways that are open to this person on this phone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Help {
    /// Nothing of this phone stands in the way of passport or ID card.
    pub phone_can_scan: bool,
    /// Support's number, once the server has said it.
    pub support_phone: Option<String>,
    /// Where a time at a Citizen Service Centre is booked.
    pub booking_url: Option<String>,
    /// The page with the film that shows how to scan.
    pub scanning_url: Option<String>,
}

impl Notice {
    pub(crate) fn good(text: Text) -> Self {
        Self { kind: NoticeKind::Good, text: NoticeText::App(text) }
    }

    pub(crate) fn warning(text: Text) -> Self {
        Self { kind: NoticeKind::Warning, text: NoticeText::App(text) }
    }

    pub(crate) fn error(text: Text) -> Self {
        Self { kind: NoticeKind::Error, text: NoticeText::App(text) }
    }

    pub(crate) fn problem(problem: Problem) -> Self {
        let Problem { code, title, detail, next, .. } = problem;
        Self { kind: NoticeKind::Error, text: NoticeText::Server { code, title, detail, next } }
    }
}
