//! Views: everything that a person sees in the app, as data. Words and looks are made outside.

use serde::Serialize;
use wire::Problem;
use wire::face::{FaceLight, FacePrompt};
use wire::instance::LockState;

use crate::action::TypedText;
use crate::phone_check::PhoneCheck;
use crate::text::Text;

/// The picture that the app shows now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// The screen.
    pub screen: Screen,
    /// The result of the last action, shown above the screen.
    pub notice: Option<Notice>,
    /// The people of this phone, in the order they were bound.
    pub people: Vec<PersonView>,
    /// The language of the person: `da` or `en`.
    pub language: String,
}

/// One person of this phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonView {
    /// The name of the person on this phone.
    pub label: String,
    /// Whether the screen is about this person.
    pub selected: bool,
}

/// A message above the screen, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The importance of the message.
    pub kind: NoticeKind,
    /// The words of the message.
    pub text: NoticeText,
}

/// The importance of a notice, which decides its looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// The action succeeded.
    Good,
    /// The person should know something.
    Warning,
    /// The action failed.
    Error,
}

/// The words of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeText {
    /// A text of this app.
    App(Text),
    /// A problem of the server. The app around this core has words for each code; the server's own words are for developers of apps.
    Server {
        /// The stable code of the problem.
        code: String,
        /// What happened.
        title: String,
        /// Why it happened.
        detail: Option<String>,
        /// What the person can do now.
        next: Option<String>,
    },
}

/// The position of a screen in its route: "Step 2 of 4".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Steps {
    /// The present step, from 1.
    pub at: u8,
    /// The number of steps.
    pub of: u8,
}

/// A screen with everything that it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "screen", rename_all = "kebab-case")]
pub enum Screen {
    /// The form with the activation code and the names.
    Activate {
        /// Whether this phone is bound to nobody yet.
        first: bool,
    },
    /// The state card with the actions that are possible now.
    Home(Home),
    /// The field for the number that the page of a service shows.
    SignInNumber,
    /// The sign-in that was found by its number.
    SignIn {
        /// The sign-in.
        sign_in: SignInCard,
        /// Whether the app can approve the sign-in; a locked app can only refuse it.
        approves: bool,
    },
    /// The pad for six digits.
    PinPad {
        /// The purpose of the digits.
        entry: CodeEntry,
        /// The position in the route, for a new PIN.
        steps: Option<Steps>,
    },
    /// An answer of the server is missing, and the same request can be sent again.
    Interrupted {
        /// Whether the request may count as a PIN try.
        counts_as_try: bool,
    },
    /// The settings.
    Settings,
    /// The PIN settings.
    PinSettings,
    /// The ways for a person who forgot the PIN.
    ForgotPin(Help),
    /// The ways outside the app: calling Support, and booking a time.
    OtherWays(Help),
    /// The check whether this phone can scan a document and a face.
    PhoneCheck {
        /// The result of the check.
        check: PhoneCheck,
        /// Whether the recovery with a document can begin from here.
        goes_on: bool,
        /// The ways that are open to this person.
        help: Help,
    },
    /// The field for the temporary PIN.
    TemporaryPin {
        /// The tries left, after a wrong one.
        tries_left: Option<u8>,
    },
    /// The consent to the face comparison.
    Consent {
        /// The position in the route.
        steps: Steps,
    },
    /// The question whether the document carries a Danish national number.
    DocumentKind {
        /// The position in the route.
        steps: Steps,
    },
    /// The field for the P code.
    PCode {
        /// The position in the route.
        steps: Steps,
    },
    /// The fields of the document that open its chip.
    Document {
        /// The position in the route.
        steps: Steps,
        /// Whether only the picture is read again: the app was closed after the server accepted the document.
        again: bool,
        /// The fields as typed before in this case: nobody types them twice (WCAG 2.2, 3.3.7).
        typed: TypedDocument,
    },
    /// The request to hold the phone on the chip.
    Hold {
        /// The position in the route.
        steps: Steps,
    },
    /// The help for a reading that does not work.
    ReadingHelp(Help),
    /// The live capture of the face.
    Face {
        /// The position in the route.
        steps: Steps,
        /// Whether a person may come nearer instead of showing the face from the side.
        coming_nearer: bool,
        /// Whether the screen may light the face with colours.
        coloured_light: bool,
        /// The comparisons left.
        tries_left: u8,
        /// Why the last comparison failed: a stable code of the server.
        last_reason: Option<String>,
        /// The capture that runs.
        capture: Option<LiveCapture>,
    },
    /// The end of a recovery without a new PIN, in the words of the server.
    Refused {
        /// The stable code of the reason.
        code: String,
        /// What happened.
        title: String,
        /// Why it happened.
        detail: String,
        /// What the person can do now.
        next: String,
        /// The ways that are open to this person.
        help: Help,
    },
    /// The confirmation that something was done.
    Done {
        /// The words of the confirmation.
        text: Text,
    },
}

/// The fields of a document as a person typed them; they are wiped on drop and never printed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TypedDocument {
    /// The document number.
    pub number: TypedText,
    /// The birth date.
    pub birth: TypedText,
    /// The expiry date.
    pub expiry: TypedText,
}

/// A live capture that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveCapture {
    /// How the person shows the face from the side.
    pub way: FaceWay,
    /// The present prompt.
    pub prompt: FacePrompt,
    /// The angle by which the head is to be turned, in degrees, where the prompt is a turn.
    pub turn_degrees: Option<u8>,
    /// The colour of the screen, where the server drew one.
    pub light: Option<FaceLight>,
    /// The number of the prompt, from 0.
    pub prompt_number: u8,
    /// The frames that followed the prompts so far.
    pub frames_met: u8,
    /// The frames that the capture needs.
    pub frames_needed: u8,
    /// The advice for the person now: a stable code.
    pub hint: Option<String>,
    /// The result of the last frame, to be heard and felt.
    pub event: CaptureEvent,
    /// The time to wait before the next frame, in milliseconds.
    pub pause_ms: u32,
    /// Whether the capture is complete and can be sent again, because the service had no time for it.
    pub held_back: bool,
}

/// The result of one frame of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptureEvent {
    /// The prompt is met and the next one is shown.
    NewPrompt,
    /// The frame followed the prompt.
    Counted,
    /// The frame did not follow the prompt; the hint gives advice.
    Hint,
}

/// How a person shows the face from the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaceWay {
    /// The person turns the head.
    TurnHead,
    /// The head stays still and the phone moves around it.
    MovePhone,
    /// The person comes nearer instead.
    ComeNearer,
}

/// The purpose of the six digits on the PIN pad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum CodeEntry {
    /// The PIN opens the app.
    Open {
        /// The tries left, where the server said so.
        tries_left: Option<u8>,
    },
    /// The PIN approves a sign-in.
    Approve {
        /// The name of the service.
        service: String,
        /// The tries left, where the server said so.
        tries_left: Option<u8>,
    },
    /// The person chooses a new PIN.
    NewPin {
        /// The time until the right to choose lapses, in seconds.
        seconds_left: u64,
        /// Whether it is the first PIN of this app.
        first_ever: bool,
    },
    /// The person repeats the new PIN.
    NewPinAgain,
}

/// The state card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Home {
    /// The lock of the app.
    pub lock: LockCard,
    /// Whether the right PIN was given since the app started.
    pub opened: bool,
    /// The server's time of its last answer, where the present answer is missing: RFC 3339.
    pub as_of: Option<String>,
    /// Whether a service asks the person to sign in; the number on its page tells which.
    pub sign_in_waits: bool,
    /// The time until the right to choose a new PIN lapses, in seconds, where the person has that right.
    pub new_pin_seconds_left: Option<u64>,
    /// Whether a recovery with a document was begun.
    pub recovery_open: bool,
    /// The ways that are open to this person.
    pub help: Help,
}

/// A service that asks the person to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignInCard {
    /// The id of the sign-in.
    pub sign_in_id: String,
    /// The name of the service.
    pub service: String,
    /// The time until the sign-in lapses, in seconds.
    pub seconds_left: u64,
}

/// The lock as the state card shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum LockCard {
    /// The PIN can be tried.
    Ready {
        /// The wrong PINs that remain until the next lock.
        tries_left: u8,
    },
    /// The app is locked for a time.
    Locked {
        /// The time until the PIN can be tried again, in seconds.
        seconds_left: u64,
        /// The consecutive wrong PINs so far.
        wrong_tries: u8,
    },
    /// Only a recovery opens the app.
    Blocked,
    /// The app was stopped by a veto or by the person.
    Frozen,
    /// The app is bound and has no PIN yet.
    AwaitingFirstPin,
    /// The app is no longer bound to the person.
    Unbound,
    /// The server has not been reached yet.
    Unknown,
}

/// The ways that are open to this person on this phone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Help {
    /// Whether this phone can scan a passport or an ID card.
    pub phone_can_scan: bool,
    /// The telephone number of Support, once the server has said it.
    pub support_phone: Option<String>,
    /// The page where a time at a Citizen Service Centre is booked.
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
