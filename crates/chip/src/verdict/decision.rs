//! Why a document is not verified.

use super::contents::ContentError;
use super::deviation::Deviation;
use super::presence::PresenceError;
use crate::passive::{ChainError, SodSignatureError};
use crate::sod::SodError;

/// Why a document is not verified. No personal value is quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// EF.SOD cannot be read.
    #[error("EF.SOD cannot be read")]
    Sod(#[source] SodError),
    /// Nobody's key signed EF.SOD.
    #[error("EF.SOD is not signed")]
    Signature(#[source] SodSignatureError),
    /// No trusted state vouches for the signer.
    #[error("the document signer is not trusted")]
    Issuer(#[source] ChainError),
    /// A data group that every document has was not delivered, or is not signed.
    #[error("DG{0} is missing")]
    Missing(u8),
    /// A data group is not the one that was signed.
    #[error("DG{0} was changed after it was signed")]
    Changed(u8),
    /// A data group cannot be read.
    #[error("DG{number} cannot be used")]
    Content {
        /// Which one.
        number: u8,
        /// What the layer below says.
        #[source]
        source: ContentError,
    },
    /// The state that signed is not the one that the document says issued it.
    #[error("the document was signed by another state than the one that it names")]
    Country,
    /// The document has expired.
    #[error("the document has expired")]
    Expired,
    /// The zone that opened the chip is not the one in DG1: two chips took part.
    #[error("the zone that opened the chip is not the zone of the document")]
    Zone,
    /// The chip did not show that it is here.
    #[error("the chip did not prove its presence")]
    Presence(#[source] PresenceError),
    /// Policy refuses a deviation.
    #[error("policy refuses the deviation {}", .0.name())]
    Refused(Deviation),
}

impl VerifyError {
    /// A stable code for logs and interfaces.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Sod(_) => "sod-unreadable",
            Self::Signature(_) => "sod-not-signed",
            Self::Issuer(ChainError::UnknownIssuer { .. }) => "issuer-unknown",
            Self::Issuer(ChainError::Revoked { .. }) => "signer-revoked",
            Self::Issuer(ChainError::IssuerCountry) => "issuer-without-country",
            Self::Issuer(_) => "signer-not-trusted",
            Self::Missing(_) => "data-group-missing",
            Self::Changed(_) => "data-group-changed",
            Self::Content { .. } => "data-group-unreadable",
            Self::Country => "country-mismatch",
            Self::Expired => "document-expired",
            Self::Zone => "zone-mismatch",
            Self::Presence(PresenceError::NotDelivered(_)) => "key-not-delivered",
            Self::Presence(
                PresenceError::NotProven | PresenceError::KeyRefused | PresenceError::OtherSession,
            ) => "presence-not-proven",
            Self::Presence(_) => "presence-proof-invalid",
            Self::Refused(_) => "deviation-refused",
        }
    }
}
