//! Actions: everything that a person does in the app, as data.

use std::fmt;

use serde::Deserialize;
use wire::Bytes;
use zeroize::{Zeroize, Zeroizing};

use crate::handed_in::VaultError;

/// Text from an input field that nobody else may see; it is wiped on drop and never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TypedText(Zeroizing<String>);

impl TypedText {
    /// Takes over the content of an input field.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text without spaces around it.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.trim()
    }

    /// The text without the spaces and hyphens that people put into long codes.
    pub(crate) fn packed(&self) -> Zeroizing<String> {
        Zeroizing::new(
            self.0.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>(),
        )
    }

    /// A code of exactly `length` digits, or nothing where the text is no such code.
    pub(crate) fn digits(&self, length: usize) -> Option<Zeroizing<String>> {
        Some(self.packed())
            .filter(|code| code.len() == length && code.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

impl fmt::Debug for TypedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl serde::Serialize for TypedText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TypedText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// One picture from the camera.
#[derive(Debug, Clone, Deserialize)]
pub struct CapturedFrame {
    /// The picture as JPEG, not mirrored.
    pub jpeg: Bytes,
    /// The time since the capture began, in milliseconds.
    pub at_ms: u32,
    /// The same picture, small and grey, from a camera that provides one.
    #[serde(default)]
    pub grey: Option<GreyPicture>,
}

/// A grey picture of at most 320 by 320 pixels; it is wiped on drop.
#[derive(Clone, Deserialize)]
pub struct GreyPicture {
    /// The number of pixels in a row.
    pub width: u16,
    /// The number of rows.
    pub height: u16,
    /// The brightness of each pixel, one byte each, row by row.
    pub grey: Bytes,
}

impl Drop for GreyPicture {
    fn drop(&mut self) {
        self.grey.0.zeroize();
    }
}

impl fmt::Debug for GreyPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GreyPicture({}×{}, [hidden])", self.width, self.height)
    }
}

/// The movement that the person can make during a live capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadMovement {
    /// The person turns the head.
    Turns,
    /// The head stays still and the phone is moved around it.
    PhoneMoves,
    /// The head stays still: the person comes nearer where that is offered, and has the phone moved otherwise.
    StaysStill,
}

/// An action of the person. An action that the present screen does not offer is refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Action {
    /// Asks the server for the present state.
    Refresh,
    /// Goes to the state card.
    Home,
    /// Goes one screen back.
    Back,
    /// Binds this phone to a person. The link of an activation, or both numbers together, may stand in either field.
    Activate {
        /// The number of the offer.
        #[serde(default)]
        offer: TypedText,
        /// The activation code.
        code: TypedText,
        /// The name of the phone that Support and the person see.
        device_name: String,
        /// The name of the person on this phone; it never leaves the phone.
        label: String,
    },
    /// Opens the form that binds one more person.
    AddPerson,
    /// Shows another person of this phone.
    SelectPerson {
        /// The place of the person in [`crate::View::people`].
        index: usize,
    },
    /// Forgets a person whose binding the server has ended.
    RemovePerson,
    /// Opens the PIN pad to open the app.
    Open,
    /// Closes the app, so that the next opening asks for the PIN.
    Close,
    /// Opens the field for the number that the page of a service shows.
    AnswerSignIn,
    /// Finds the sign-in by the number that the page of the service shows.
    SignInNumber {
        /// The four digits.
        digits: TypedText,
    },
    /// Opens the PIN pad to approve a sign-in.
    Approve {
        /// The sign-in that is shown.
        sign_in_id: String,
    },
    /// Refuses a sign-in.
    Refuse {
        /// The sign-in that is shown.
        sign_in_id: String,
    },
    /// Enters six digits on the PIN pad, for whatever the pad asks.
    Pin {
        /// The six digits.
        digits: TypedText,
    },
    /// Sends an interrupted request again: the same PIN try, not a new one.
    TryAgain,
    /// Opens the settings.
    Settings,
    /// Checks whether this phone can scan a document and a face, or checks it again.
    CheckPhone,
    /// Opens the PIN settings.
    PinSettings,
    /// Opens the ways for a person who forgot the PIN.
    ForgotPin,
    /// Opens the ways outside the app: calling Support, and booking a time.
    OtherWays,
    /// Opens the field for a temporary PIN.
    HaveTemporaryPin,
    /// Redeems a temporary PIN.
    TemporaryPin {
        /// The eight digits.
        code: TypedText,
    },
    /// Begins the recovery with a passport or an ID card, or goes on with it.
    UseDocument,
    /// Agrees to the face comparison.
    Consent,
    /// Says that the document carries a Danish national number.
    HaveNationalNumber,
    /// Says that the document carries none and that a P code stands in for it.
    HavePCode,
    /// Enters the P code.
    PCode {
        /// The eight digits.
        code: TypedText,
    },
    /// Enters the fields of the document that open its chip.
    DocumentFields {
        /// The document number.
        number: TypedText,
        /// The birth date.
        birth: TypedText,
        /// The expiry date.
        expiry: TypedText,
    },
    /// Enters the machine-readable lines at the foot of the document.
    DocumentLines {
        /// The lines, with or without line breaks.
        lines: TypedText,
    },
    /// Enters the card access number from the front of an ID card.
    CardAccessNumber {
        /// The six digits.
        digits: TypedText,
    },
    /// Reads the chip that the phone lies on.
    Read,
    /// Opens the help for a reading that does not work.
    ReadingHelp,
    /// Goes back to the fields of the document.
    TypeAgain,
    /// Begins the live capture.
    FaceStart {
        /// The movement that the person can make.
        head: HeadMovement,
        /// The screen may light the face with colours, where that is offered.
        #[serde(default)]
        light: bool,
    },
    /// Hands over a picture from the camera while the capture runs.
    FaceFrame(CapturedFrame),
    /// Sends a complete capture again that the service had no time for.
    FaceSend,
    /// Stops the capture that runs; the recovery case stays open.
    FaceStop,
    /// Opens the PIN pad for the new PIN that a grant allows.
    ChoosePin,
    /// Cancels the recovery with a document.
    CancelRecovery,
}

/// The reason why an action was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// The present screen does not offer the action: the page was old, or the person clicked twice.
    #[error("the present screen does not offer this action")]
    OutOfPlace,
    /// The app could not write what it must keep before it sends; nothing was sent.
    #[error("the app cannot write what it must keep")]
    Vault(#[source] VaultError),
}
