//! What a person does.

use std::fmt;

use serde::Deserialize;
use wire::Bytes;
use zeroize::Zeroizing;

/// Something typed that nobody else may see; wiped on drop, never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Typed(Zeroizing<String>);

impl Typed {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// For the field that it was typed into, and for what it was typed for.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.trim()
    }

    /// Without the spaces and hyphens that people put into long codes.
    pub(crate) fn packed(&self) -> Zeroizing<String> {
        Zeroizing::new(
            self.0.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>(),
        )
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl serde::Serialize for Typed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// One picture of the camera.
#[derive(Debug, Clone, Deserialize)]
pub struct CapturedFrame {
    /// JPEG, not mirrored.
    pub jpeg: Bytes,
    /// Milliseconds since the capture began.
    pub at_ms: u32,
    /// The same picture, small and grey, where the camera gives one.
    #[serde(default)]
    pub grey: Option<GreyPicture>,
}

/// Brightness, one byte a pixel, row by row; at most 320 pixels wide and high. Wiped on drop.
#[derive(Clone, Deserialize)]
pub struct GreyPicture {
    pub width: u16,
    pub height: u16,
    pub grey: Bytes,
}

impl fmt::Debug for GreyPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GreyPicture({}×{}, [hidden])", self.width, self.height)
    }
}

/// What the person can do with the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    Turns,
    /// The phone is moved around a head that stays still.
    PhoneMoves,
    /// Neither turns nor moves around: comes nearer where that is offered, and has the phone moved otherwise.
    StaysStill,
}

/// Everything that a person can do. An action that the present screen does not offer is refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Action {
    /// Asks the server how things stand.
    Refresh,
    /// To the state card.
    Home,
    /// One screen back.
    Back,
    /// Binds this phone to a person. The link of an activation, or both numbers together, may stand in either field.
    Activate {
        #[serde(default)]
        offer: Typed,
        code: Typed,
        device_name: String,
        label: String,
    },
    /// Opens the form that binds one more person.
    AddPerson,
    /// Shows another person of this phone.
    SelectPerson { index: usize },
    /// Forgets a person whose binding the server has ended.
    RemovePerson,
    /// Opens the PIN pad to open the app.
    Open,
    /// Closes the app: the next opening asks for the PIN.
    Close,
    /// A service asks: opens the field for the number that its page shows.
    AnswerSignIn,
    /// The number that the service's page shows.
    SignInNumber { digits: Typed },
    /// Opens the PIN pad to approve a sign-in.
    Approve { sign_in_id: String },
    /// Refuses a sign-in.
    Refuse { sign_in_id: String },
    /// Six digits on the PIN pad, for whatever it asks.
    Pin { digits: Typed },
    /// Sends an interrupted try again: the same try, not a new one.
    TryAgain,
    /// Menu → settings.
    Settings,
    /// "Can this phone do it?"; again: after something was mended.
    CheckPhone,
    /// Settings → PIN code.
    PinSettings,
    /// PIN code → "Forgot your PIN?".
    ForgotPin,
    /// Call Support, or book a time.
    OtherWays,
    /// "I have a temporary PIN".
    HaveTemporaryPin,
    /// The temporary PIN.
    TemporaryPin { code: Typed },
    /// "Use passport or ID card".
    UseDocument,
    /// Agrees to the face comparison.
    Consent,
    /// The document carries a Danish national number.
    HaveNationalNumber,
    /// It does not; a P code stands in for it.
    HavePCode,
    /// The P code.
    PCode { code: Typed },
    /// Document number, birth date and expiry date from the document.
    DocumentFields { number: Typed, birth: Typed, expiry: Typed },
    /// The lines at the foot of the document.
    DocumentLines { lines: Typed },
    /// The six digits on the front of an ID card.
    CardAccessNumber { digits: Typed },
    /// The phone lies on the chip.
    Read,
    /// "It doesn't work".
    ReadingHelp,
    /// Back to typing what stands on the document.
    TypeAgain,
    /// Begins the live capture.
    FaceStart {
        head: Head,
        /// Whether the screen may light the face with colours, where that is offered.
        #[serde(default)]
        light: bool,
    },
    /// What the camera sees while the capture runs.
    FaceFrame(CapturedFrame),
    /// Sends a capture again that the service had no time for.
    FaceSend,
    /// Gives up the capture that runs; the case stays.
    FaceStop,
    /// Goes on to the new PIN that a grant pays for.
    ChoosePin,
    /// Gives up the chip + face route.
    CancelRecovery,
}
