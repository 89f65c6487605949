//! Why a reading ended, where, and whether trying again can help.

use crate::apdu::{ApduError, StatusWord};
use crate::bac::BacError;
use crate::lds::file::FileId;
use crate::pace::PaceError;
use crate::password::PasswordKind;
use crate::secure_messaging::{OpenError, ProtectError};
use crate::tlv::TlvError;

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Looking at EF.CardAccess.
    CardAccess,
    /// PACE.
    Pace,
    /// Selecting the application.
    Application,
    /// Basic access control.
    Bac,
    /// Waiting for the caller's challenge.
    Challenge,
    /// Reading files.
    Reading,
    /// Active authentication.
    ActiveAuthentication,
    /// Relaying commands of a server.
    Relay,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CardAccess => "looking for PACE",
            Self::Pace => "opening the chip by PACE",
            Self::Application => "selecting the application",
            Self::Bac => "opening the chip by BAC",
            Self::Challenge => "waiting for a challenge",
            Self::Reading => "reading",
            Self::ActiveAuthentication => "asking the chip to sign",
            Self::Relay => "relaying the server's commands",
        })
    }
}

/// A reading failed.
#[derive(Debug, thiserror::Error)]
#[error("{stage}{}", place(*file, *offset))]
pub struct ReadError {
    /// What was being done.
    pub stage: Stage,
    /// The file in question.
    pub file: Option<FileId>,
    /// How far into it.
    pub offset: usize,
    /// What the layer below says.
    #[source]
    pub cause: Cause,
}

fn place(file: Option<FileId>, offset: usize) -> String {
    file.map_or_else(String::new, |file| format!(" {file} at offset {offset}"))
}

/// What can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Hold the document to the reader again; the reading goes on where it was.
    HoldAgain,
    /// Check what was typed or scanned.
    OtherPassword,
    /// Type the card access number: the chip does not open by the MRZ alone.
    CardAccessNumber,
    /// Nothing: the document cannot be read, or should not be believed.
    Never,
}

/// Why a reading ended.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The tag left the field.
    #[error("the chip left the field")]
    TagLost,
    /// What opened a chip before does not open the one that lies there now.
    #[error("another chip lies there than the one that was opened before")]
    OtherChip,
    /// The chip ended the session and would not begin another.
    #[error("the chip ended the session ({0})")]
    SessionLost(StatusWord),
    /// The chip has no travel document application.
    #[error("the chip has no travel document application ({0})")]
    NoApplication(StatusWord),
    /// The chip offers PACE, though in no way that is known here; BAC is no way round it.
    #[error("the chip offers PACE only in ways that are not known")]
    NoKnownPace,
    /// The chip offers no PACE, and does not open by basic access control either: somebody hides the offer. A card
    /// access number is of no use where nothing says how the chip takes one.
    #[error("the chip opens neither by PACE nor by basic access control")]
    PaceNeeded(#[source] BacError),
    /// The chip offers PACE and does not know this kind of password.
    #[error("the chip does not open by the {0}")]
    PasswordNotKnown(PasswordKind),
    /// BAC failed.
    #[error("basic access control failed")]
    Bac(#[source] BacError),
    /// PACE failed.
    #[error("PACE failed")]
    Pace(#[source] PaceError),
    /// An answer inside the session was not accepted.
    #[error("secure messaging broke")]
    SecureMessaging(#[source] OpenError),
    /// A command could not be protected.
    #[error("a command could not be protected")]
    Protect(#[source] ProtectError),
    /// An answer is no answer.
    #[error("the chip's answer is malformed")]
    Answer(#[source] ApduError),
    /// A file that every travel document has cannot be read.
    #[error("the chip refused the file ({0})")]
    Refused(StatusWord),
    /// A file does not begin as one.
    #[error("the file does not begin with a length")]
    Header(#[source] TlvError),
    /// A file, or all together, are longer than any real document's.
    #[error("the chip claims {claimed} octets; {limit} are the limit")]
    TooLong {
        /// What it claims.
        claimed: u64,
        /// What is taken.
        limit: usize,
    },
    /// More data than was asked for.
    #[error("the chip gave more than was asked for")]
    TooMuch,
    /// Answers without end: 61xx for ever, or a byte at a time.
    #[error("the chip answers without end")]
    Endless,
    /// The caller polled a session that asks for nothing: our bug.
    #[error("the session stalled")]
    Stalled,
}

impl Cause {
    /// Whether the chip refused what was typed.
    pub(super) const fn is_wrong_password(&self) -> bool {
        matches!(
            self,
            Self::Bac(BacError::WrongKey { .. }) | Self::Pace(PaceError::WrongPassword { .. })
        )
    }

    /// Whether this can come of an earlier session that the chip ended, and not of the document or of what was typed.
    pub(super) const fn may_be_of_the_session(&self) -> bool {
        match self {
            Self::PaceNeeded(_)
            | Self::Bac(_)
            | Self::Pace(_)
            | Self::PasswordNotKnown(_)
            | Self::NoApplication(_)
            | Self::NoKnownPace
            | Self::Answer(_)
            | Self::SecureMessaging(_)
            | Self::Refused(_)
            | Self::SessionLost(_) => true,
            Self::TagLost
            | Self::OtherChip
            | Self::Protect(_)
            | Self::Header(_)
            | Self::TooLong { .. }
            | Self::TooMuch
            | Self::Endless
            | Self::Stalled => false,
        }
    }
}

impl ReadError {
    /// What can help.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match &self.cause {
            Cause::TagLost | Cause::OtherChip | Cause::SessionLost(_) | Cause::Answer(_) => {
                Retry::HoldAgain
            }
            Cause::Bac(BacError::WrongKey { .. }) | Cause::Pace(PaceError::WrongPassword { .. }) => {
                Retry::OtherPassword
            }
            Cause::PasswordNotKnown(PasswordKind::Mrz) => Retry::CardAccessNumber,
            // A chip without PACE knows the zone alone, whatever number was typed.
            Cause::PasswordNotKnown(
                PasswordKind::CardAccessNumber | PasswordKind::Pin | PasswordKind::Puk,
            )
            | Cause::Bac(BacError::Password) => Retry::OtherPassword,
            Cause::Bac(BacError::Refused { .. })
            | Cause::Pace(PaceError::Refused { .. } | PaceError::NotBegun { .. })
            // A relay may have spoiled it; a chip that did will do so again.
            | Cause::SecureMessaging(_) => Retry::HoldAgain,
            Cause::Bac(_)
            | Cause::Pace(_)
            | Cause::PaceNeeded(_)
            | Cause::NoApplication(_)
            | Cause::NoKnownPace
            | Cause::Protect(_)
            | Cause::Refused(_)
            | Cause::Header(_)
            | Cause::TooLong { .. }
            | Cause::TooMuch
            | Cause::Endless
            | Cause::Stalled => Retry::Never,
        }
    }

    /// How many tries the chip says are left, where it said.
    #[must_use]
    pub fn tries_left(&self) -> Option<u8> {
        let status = match &self.cause {
            Cause::Bac(BacError::WrongKey { status })
            | Cause::Pace(PaceError::WrongPassword { status } | PaceError::Blocked { status }) => {
                Some(*status)
            }
            Cause::Bac(_)
            | Cause::Pace(_)
            | Cause::TagLost
            | Cause::OtherChip
            | Cause::SessionLost(_)
            | Cause::NoApplication(_)
            | Cause::NoKnownPace
            | Cause::PaceNeeded(_)
            | Cause::PasswordNotKnown(_)
            | Cause::SecureMessaging(_)
            | Cause::Protect(_)
            | Cause::Answer(_)
            | Cause::Refused(_)
            | Cause::Header(_)
            | Cause::TooLong { .. }
            | Cause::TooMuch
            | Cause::Endless
            | Cause::Stalled => None,
        };
        status.and_then(StatusWord::tries_left)
    }
}
