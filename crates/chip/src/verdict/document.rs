//! The plain values of a verdict.

use std::fmt;

use crate::date::{Date, PartialDate, UnixTime};
use crate::mrz::{HolderName, Sex};
use crate::sensitive::Sensitive;

/// What a document says of itself in DG1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The size of its machine-readable zone.
    pub kind: DocumentKind,
    /// The document code, `P`, `PD`, `I`, `AR` and so on, without fillers.
    pub code: String,
    /// Three letters; Germany's `D` is written `DEU`.
    pub issuing_state: String,
    /// Whole, including what overflows into a TD1's optional data; without fillers.
    pub number: Sensitive<String>,
    /// As the MRZ spells it.
    pub holder: HolderName,
    /// Parts may be unknown; from DG11 where that is fuller.
    pub birth_date: Sensitive<PartialDate>,
    /// The last day on which the document is valid; [`Date::ENDLESS`] for a document without an end.
    pub expires_on: Date,
    /// As the MRZ gives it.
    pub sex: Sex,
    /// Three letters; Germany's `D` is written `DEU`.
    pub nationality: String,
}

/// The three sizes of travel documents (Doc 9303-4, -5 and -6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// A card with three lines of 30 characters.
    Td1,
    /// A card with two lines of 36 characters.
    Td2,
    /// A passport book with two lines of 44 characters.
    Td3,
}

/// How a chip proved that it is in this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// The private key whose public half the issuing state signed was used in this session.
    Proven(PresenceProof),
    /// The signed SOD lists no key to prove it with; policy says what such a document buys.
    NotOffered,
}

/// The protocol that proved presence. None of them stops a live relay of a chip that is really
/// present somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PresenceProof {
    /// A signature over the server's challenge (Doc 9303-11 §6.1).
    ActiveAuthentication,
    /// A key agreement with the server's ephemeral key, shown by a MAC (Doc 9303-11 §6.2).
    ChipAuthentication,
    /// Chip authentication mapping, with all ephemeral keys on the server (Doc 9303-11 §4.4.3.5).
    PaceCam,
}

/// The access control that opened the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Basic access control; the document offers nothing better.
    Bac,
    /// Password authenticated connection establishment.
    Pace,
    /// The document offers PACE and yet BAC was used: a relay may have hidden the offer.
    DowngradedToBac,
    /// Nothing is known of it: the files came without their session.
    Unknown,
}

/// Who signed the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The document signer's subject, one line.
    pub subject: String,
    /// The document signer's issuer, one line.
    pub issuer: String,
    /// Two letters, upper case, from the document signer's issuer.
    pub country: String,
    /// Lower-case hexadecimal, no leading zeros.
    pub serial: String,
    /// SHA-256 of the document signer certificate.
    pub fingerprint: [u8; 32],
    /// SHA-256 of the issuing-state certificate that vouches for it, where one is known.
    pub csca_fingerprint: Option<[u8; 32]>,
    /// The algorithm that signed the SOD, in words.
    pub algorithm: String,
    /// When the SOD was signed, where it says so.
    pub signed_at: Option<UnixTime>,
}

/// The encoded portrait of DG2: JPEG or JPEG 2000, as the chip holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Portrait(Sensitive<Vec<u8>>);

impl Portrait {
    /// Takes an encoded image in.
    #[must_use]
    pub const fn new(image: Vec<u8>) -> Self {
        Self(Sensitive::new(image))
    }

    /// The encoded image.
    #[must_use]
    pub fn image(&self) -> &[u8] {
        self.0.expose()
    }
}

impl fmt::Debug for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Portrait([hidden])")
    }
}
