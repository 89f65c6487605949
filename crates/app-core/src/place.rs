//! Where in the app the person is: what the next screen is made of, with what is true there.

use pin::weak::BirthDate;
use pin::{Login, Pin};
use wire::Bytes;
use wire::face::CaptureView;
use wire::grant::GrantView;
use wire::pin::TryPurpose;
use wire::recovery::RecoveryView;

use crate::action::GreyPicture;
use crate::face_capture::Sent;
use crate::reading::Document;
use crate::text::Text;
use crate::view::{CaptureEvent, FaceWay, SignInCard};

/// Where the person is.
#[derive(Debug)]
pub(crate) enum Place {
    /// Binding this phone to a person.
    Activating,
    /// The state card.
    Home,
    /// The field for the number that a service's page shows.
    SignInNumber,
    /// The one sign-in that has the number.
    SignIn(SignInCard),
    /// The PIN pad, for a try.
    Trying {
        purpose: TryPurpose,
    },
    /// A try whose answer is missing.
    Interrupted(Box<Interrupted>),
    Settings,
    PinSettings,
    ForgotPin,
    OtherWays,
    /// "Can this phone do it?", and where that was asked.
    CheckingPhone {
        from: Box<Place>,
    },
    TemporaryPin {
        tries_left: Option<u8>,
    },
    /// The chip + face route.
    Consent,
    /// Whether the document carries a national number.
    DocumentKind,
    /// The P code comes with the reading; where one was read already it goes on from there.
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
        from_chip: FromChip,
        /// A live capture that runs.
        capture: Option<Box<Capturing>>,
    },
    /// Choosing a PIN that a grant pays for.
    ChoosingPin(Choosing),
    /// This route ended without a new PIN.
    Refused {
        code: String,
        title: String,
        detail: String,
        next: String,
    },
    /// Something was done.
    Done(Text),
}

/// A live capture that runs.
#[derive(Debug)]
pub(crate) struct Capturing {
    pub(crate) way: FaceWay,
    /// As the server last said.
    pub(crate) view: CaptureView,
    pub(crate) sent: Vec<Sent>,
    /// The frame before this one, for what movement says.
    pub(crate) before: Option<GreyPicture>,
    pub(crate) hint: Option<String>,
    pub(crate) event: CaptureEvent,
    pub(crate) pause_ms: u32,
    /// Complete, and the service had no time for it.
    pub(crate) held_back: bool,
}

/// What the phone keeps of a reading until the new PIN is set: in memory alone.
#[derive(Debug, Clone)]
pub(crate) struct FromChip {
    pub(crate) birth_date: Option<BirthDate>,
    /// EF.DG2, sent again with the face: the server keeps its hash and no picture.
    pub(crate) dg2: Bytes,
}

/// A try of which the answer to one message is missing. The same message can be sent again under
/// the same idempotency key: that is the same try.
#[derive(Debug)]
pub(crate) struct Interrupted {
    pub(crate) purpose: TryPurpose,
    pub(crate) login: Login,
    pub(crate) stage: TryStage,
}

/// Which answer is missing.
#[derive(Debug, Clone)]
pub(crate) enum TryStage {
    /// KE1 was sent, or could not be.
    First { idempotency_key: String },
    /// The third message was sent, or could not be.
    Third { idempotency_key: String, ticket_id: String, finish: wire::pin::TryFinish },
}

/// Choosing a new PIN.
#[derive(Debug)]
pub(crate) struct Choosing {
    pub(crate) grant: GrantView,
    /// From the chip, where this phone has just read one; else the grant may release it.
    pub(crate) birth_date: Option<BirthDate>,
    pub(crate) route: Route,
    pub(crate) stage: ChoosingStage,
}

/// How far the choice is.
#[derive(Debug)]
pub(crate) enum ChoosingStage {
    /// Nothing typed yet.
    First,
    /// Typed once.
    Repeat { first: Pin },
    /// Typed twice and sent; an answer is missing. Sending again resends the identical bytes.
    Sending(Box<crate::new_pin::Sending>),
}

/// Which way led to the grant: decides what "Step n of m" says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    FirstPin,
    TemporaryPin,
    ChipFace,
}
