//! Places: where in the app the person is, with everything that is true there.
//!
//! A [`Place`] is plain data. [`table`] says where a person can go from it, [`screen`] what it shows; flows move from one to the next.

mod capture;
mod document;
mod screen;
mod table;

use pin::weak::BirthDate;
use pin::{Login, Pin, RECORD_BYTES, Registration};
use wire::grant::GrantView;
use wire::pin::{TryFinish, TryPurpose};
use wire::recovery::RecoveryView;
use zeroize::Zeroizing;

use crate::text::Text;
use crate::view::SignInCard;

pub(crate) use capture::Capture;
pub(crate) use document::{ChipExtract, Document, RelayTurn};
pub(crate) use screen::Surroundings;
pub(crate) use table::{Refresh, Way};

/// Where the person is.
#[derive(Debug, Default)]
pub(crate) enum Place {
    /// The form that binds this phone to a person.
    Activating,
    /// The state card.
    #[default]
    Home,
    /// The field for the number that the page of a service shows.
    SignInNumber,
    /// The sign-in that was found by its number.
    SignIn(SignInCard),
    /// The PIN pad, for a try.
    Trying(PinPurpose),
    /// A try whose answer is missing.
    Interrupted(Box<InterruptedTry>),
    Settings,
    PinSettings,
    ForgotPin,
    OtherWays,
    /// The check of the phone, over the place that it was opened from.
    CheckingPhone {
        from: Box<Place>,
    },
    TemporaryPin {
        tries_left: Option<u8>,
    },
    /// The beginning of the recovery with a document.
    Consent,
    /// The question whether the document carries a national number.
    DocumentKind,
    /// The P code is sent with the reading; a document that was opened before is kept meanwhile.
    PCode {
        case: RecoveryView,
        document: Option<Box<Document>>,
    },
    TypingDocument {
        case: RecoveryView,
    },
    Reading {
        case: RecoveryView,
        document: Box<Document>,
    },
    ReadingHelp {
        case: RecoveryView,
        document: Box<Document>,
    },
    Face {
        case: RecoveryView,
        extract: ChipExtract,
        /// The capture that runs.
        capture: Option<Box<Capture>>,
    },
    /// The choice of a PIN that a grant allows.
    ChoosingPin(PinChoice),
    /// The end of a recovery without a new PIN.
    Refused {
        code: String,
        title: String,
        detail: String,
        next: String,
    },
    /// The confirmation that something was done.
    Done(Text),
}

/// What the PIN is tried for.
#[derive(Debug, Clone)]
pub(crate) enum PinPurpose {
    Unlock,
    SignIn(SignInCard),
}

impl PinPurpose {
    /// The same purpose as the server names it.
    pub(crate) fn on_the_wire(&self) -> TryPurpose {
        match self {
            Self::Unlock => TryPurpose::Unlock,
            Self::SignIn(card) => TryPurpose::ApproveSignIn { sign_in_id: card.sign_in_id.clone() },
        }
    }
}

/// A try that waits for the answer to one message. The same message can be sent again under the
/// same idempotency key: that is the same try.
#[derive(Debug)]
pub(crate) struct InterruptedTry {
    pub(crate) purpose: PinPurpose,
    pub(crate) login: Login,
    pub(crate) stage: TryStage,
}

/// The message whose answer is missing.
#[derive(Debug, Clone)]
pub(crate) enum TryStage {
    /// KE1, which may have been sent or not.
    First { idempotency_key: String },
    /// The third message, which may have been sent or not.
    Third { idempotency_key: String, ticket_id: String, finish: TryFinish },
}

/// The choice of a new PIN.
#[derive(Debug)]
pub(crate) struct PinChoice {
    pub(crate) grant: GrantView,
    /// From the chip, where this phone has just read one; otherwise from the grant.
    pub(crate) birth_date: Option<BirthDate>,
    pub(crate) route: Route,
    pub(crate) stage: PinChoiceStage,
}

/// How far the choice is.
#[derive(Debug)]
pub(crate) enum PinChoiceStage {
    /// No PIN was typed yet.
    First,
    /// The PIN was typed once.
    Repeat { first: Pin },
    /// The PIN was typed twice and sent, and an answer is missing. Sending again repeats the identical bytes.
    Sending(Box<PendingRegistration>),
}

/// A registration on its way. Every retry sends the identical bytes: the server evaluates once for
/// a grant.
pub(crate) struct PendingRegistration {
    pub(crate) registration: Registration,
    pub(crate) start_key: String,
    pub(crate) finish_key: String,
    /// Present once the server has answered the start.
    pub(crate) record: Option<Zeroizing<[u8; RECORD_BYTES]>>,
}

impl std::fmt::Debug for PendingRegistration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PendingRegistration([hidden])")
    }
}

/// The route that led to a grant: it decides what "Step n of m" says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    FirstPin,
    TemporaryPin,
    ChipFace,
}
