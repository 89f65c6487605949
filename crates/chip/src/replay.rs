//! Replaying the recording of a session with another card: every command must come out byte for byte, every answer
//! must open.
//!
//! The recorded randomness is fed to access control, whose commands then have no freedom left. Every protected command is
//! taken apart with the derived keys and protected again; the files that were read are put together.

use std::collections::BTreeMap;

use crate::apdu::ApduError;
use crate::bac::BacError;
use crate::lds::file::FileId;
use crate::pace::PaceError;
use crate::password::{Password, PasswordError};
use crate::secure_messaging::{OpenError, ProtectError};

mod card_access;
mod plain;
mod session;

/// A command as recorded, and the answer with its status word.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Command.
    pub command: Vec<u8>,
    /// Answer.
    pub answer: Vec<u8>,
}

/// The terminal's secrets in a recording.
#[derive(Clone, Debug)]
pub enum Secrets {
    /// Basic access control.
    Bac {
        /// The MRZ information string.
        mrz_information: String,
        /// RND.IFD.
        rnd_ifd: [u8; 8],
        /// K.IFD.
        k_ifd: [u8; 16],
        /// RND.IC, where it was noted; checked against the card's answer.
        rnd_ic: Option<[u8; 8]>,
    },
    /// PACE.
    Pace {
        /// What opened the chip.
        password: Password,
        /// The private mapping key; for integrated mapping the terminal's nonce.
        mapping: Vec<u8>,
        /// The private ephemeral key.
        agreement: Vec<u8>,
    },
}

/// A recorded session.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The terminal's secrets.
    pub secrets: Secrets,
    /// Commands and answers in turn.
    pub exchanges: Vec<Recorded>,
    /// Session keys, where they were noted: compared with the derived ones.
    pub session_keys: Option<(Vec<u8>, Vec<u8>)>,
    /// The challenge of active authentication, where there was one.
    pub aa_challenge: Option<[u8; 8]>,
}

/// What a replay put together.
#[derive(Clone, Default)]
pub struct Replayed {
    /// Files, as far as they were read.
    pub files: BTreeMap<FileId, Vec<u8>>,
    /// Files whose end was not read, with the octets that are missing by what their headers say.
    pub unread: BTreeMap<FileId, usize>,
    /// The challenge and the answer of active authentication.
    pub active_authentication: Option<([u8; 8], Vec<u8>)>,
    /// Commands that came out byte for byte.
    pub commands: usize,
    /// Commands among them that were protected.
    pub protected: usize,
}

impl std::fmt::Debug for Replayed {
    /// Files are personal: only names and sizes are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: BTreeMap<FileId, usize> =
            self.files.iter().map(|(file, bytes)| (*file, bytes.len())).collect();
        f.debug_struct("Replayed")
            .field("files", &sizes)
            .field("commands", &self.commands)
            .field("protected", &self.protected)
            .finish_non_exhaustive()
    }
}

/// A replay failed at one exchange.
#[derive(Debug, thiserror::Error)]
#[error("exchange {index} of the recording")]
pub struct ReplayError {
    /// From 0.
    pub index: usize,
    /// What the layer below says.
    #[source]
    pub cause: ReplayCause,
}

/// Why a replay failed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayCause {
    /// The recorded MRZ information or number is no password.
    #[error("the recorded password is none")]
    Password(#[source] PasswordError),
    /// Bytes are no command, or no answer.
    #[error("the bytes are no command or no answer")]
    Apdu(#[source] ApduError),
    /// Our command differs from the recorded one.
    #[error("the command differs from the recorded one")]
    Command,
    /// The card's challenge differs from the one that was noted.
    #[error("the card's challenge differs from the one that was noted")]
    Challenge,
    /// The derived session keys differ from those that were noted.
    #[error("the session keys differ from those that were noted")]
    SessionKeys,
    /// The challenge of active authentication differs from the one that was noted.
    #[error("the challenge of active authentication differs from the one that was noted")]
    ActiveAuthentication,
    /// The recording ends in the middle of access control, or has none.
    #[error("the recording has no complete access control")]
    NoAccess,
    /// MSE:Set AT names a protocol that EF.CardAccess, or the table, does not have.
    #[error("the protocol of PACE is not known")]
    Protocol,
    /// Basic access control failed.
    #[error("basic access control failed")]
    Bac(#[source] BacError),
    /// PACE failed.
    #[error("PACE failed")]
    Pace(#[source] PaceError),
    /// A protected command could not be taken apart, or an answer not be opened.
    #[error("secure messaging failed")]
    SecureMessaging(#[source] OpenError),
    /// A command could not be protected again.
    #[error("the command could not be protected again")]
    Protect(#[source] ProtectError),
    /// A file longer than any real document's.
    #[error("a file is longer than any real document's")]
    TooLong,
    /// A plain command that no reader sends inside a session.
    #[error("a command in the open session is not protected")]
    Unprotected,
    /// No status that a card gives, or a longer answer than was asked for.
    #[error("the answer is none that a card gives to this command")]
    Status,
    /// What was read of a file has gaps, or is another file's.
    #[error("{0} is not whole, or not that file")]
    File(FileId),
    /// More exchanges than [`EXCHANGES_MAX`].
    #[error("the recording has more than {EXCHANGES_MAX} exchanges")]
    TooMany,
}

/// Exchanges of one recording at most.
pub const EXCHANGES_MAX: usize = 20_000;

/// Replays a recording to its end.
///
/// # Errors
///
/// [`ReplayError`] at the first exchange that does not agree in every byte.
pub fn replay(recording: &Recording) -> Result<Replayed, ReplayError> {
    session::Session::new(recording).run()
}
