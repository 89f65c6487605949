//! Sessions with a chip in which the server holds the keys: a read of the chip by the server through the phone, and
//! chip authentication after a read by the phone (PROTOCOLS.md section 7).

use crate::Bytes;
use crate::recovery::RecoveryView;
use serde::{Deserialize, Serialize};

/// The largest number of commands in one message.
pub const COMMANDS_MAX: usize = 256;

/// The longest answer of a chip, in bytes: the most that an extended length can express, and a status word.
pub const ANSWER_BYTES_MAX: usize = 65_538;

/// The request to begin a read by the server, `POST /v1/app/recoveries/{case_id}/chip-relays`.
///
/// The server holds every key, and the phone only carries bytes. An app has one relay at a time: beginning another ends
/// the one before.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelayStart {
    /// The password that opens the chip.
    pub password: ChipPassword,
    /// The longest answer that the phone's reader can carry, in bytes, with the status word: 258 where it does not
    /// support extended lengths.
    pub answer_bytes_max: u32,
    /// The P code, 8 digits, where the document has no national number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_code: Option<String>,
}

impl std::fmt::Debug for RelayStart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayStart")
            .field("answer_bytes_max", &self.answer_bytes_max)
            .finish_non_exhaustive()
    }
}

/// The password that opens a chip.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ChipPassword {
    /// The fields of the machine-readable zone that form the password.
    Mrz {
        /// The document number, date of birth and date of expiry, each with its check digit (Doc 9303-11 section
        /// 9.7.2).
        information: String,
    },
    /// The card access number.
    CardAccessNumber {
        /// The digits as printed on the document.
        digits: String,
    },
}

impl std::fmt::Debug for ChipPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mrz { .. } => "Mrz",
            Self::CardAccessNumber { .. } => "CardAccessNumber",
        })
    }
}

/// The chip's answers to a batch of commands, `POST /v1/app/recoveries/{case_id}/chip-relays/{relay_id}`.
///
/// Sending the answers of the same turn again returns the same reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelayAnswers {
    /// The number of the turn that is answered.
    pub turn: u32,
    /// The answers in the order of the commands, each with its status word. There are fewer answers than commands where
    /// one did not end in 9000, or the contact with the chip was lost.
    pub answers: Vec<Bytes>,
    /// Whether the contact with the chip was lost, or the reader could not carry a command. The server keeps what was
    /// read; the next turn opens the chip again and continues there.
    #[serde(default)]
    pub lost: bool,
}

/// The reply to [`RelayStart`] and to [`RelayAnswers`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "next", rename_all = "kebab-case")]
pub enum RelayView {
    /// The phone sends commands to the chip.
    Send {
        /// The id of the relay, 32 lower-case hex digits.
        relay_id: String,
        /// The number of the turn, to be sent with the answers.
        turn: u32,
        /// Whether the phone must make a new contact with the chip first.
        new_contact: bool,
        /// The commands in order. The phone stops after the first answer that does not end in 9000.
        commands: Vec<Bytes>,
        /// The part of the read that is in progress.
        part: RelayPart,
        /// The progress of the read in percent of what the chip holds.
        percent: u8,
        /// The seconds until the answers must have arrived.
        expires_in_secs: u64,
    },
    /// The read has ended, and the server has judged the document.
    Ended {
        /// The state of the case.
        recovery: RecoveryView,
        /// EF.DG2, which the app sends again with the frames of the face, because the server keeps only its hash and no
        /// picture; absent where the document was not accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dg2: Option<Bytes>,
        /// The birth date in DG1, `YYMMDD`, so that the app can refuse a PIN made of it; absent where the document was
        /// not accepted or the date is incomplete.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth_date: Option<String>,
    },
}

impl std::fmt::Debug for RelayView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Send { turn, commands, .. } => {
                write!(f, "Send(turn {turn}, {} commands)", commands.len())
            }
            Self::Ended { recovery, .. } => write!(f, "Ended({:?})", recovery.step),
        }
    }
}

/// A part of the read of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RelayPart {
    /// The chip is opened.
    Opening,
    /// The data page is read.
    Data,
    /// The portrait is read, which is by far the largest part.
    Picture,
    /// The chip proves that it is genuine.
    Proof,
}

/// The request for chip authentication, `POST /v1/app/recoveries/{case_id}/chip-authentication`.
///
/// The phone sends it after a complete read, within the same chip session, for a document that offers no active
/// authentication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgreementRequest {
    /// The chip session, which is the one of the challenge. It can be used for one key agreement.
    pub chip_session: Bytes,
    /// EF.DG14, with the same bytes as in the later submission of the read.
    pub dg14: Bytes,
    /// The number of the method to try, counted from 0. A document may list several keys and methods; after a refusal,
    /// the chip must be opened again for the next one.
    pub way: u8,
}

/// The reply to [`AgreementRequest`]: the commands that the phone relays. The server's ephemeral private key never
/// leaves the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Agreement {
    /// Plain commands that the phone protects by the secure messaging of its read and sends one after the other. Each
    /// must be answered with 9000.
    pub protect: Vec<Bytes>,
    /// The command that the phone then sends unchanged. The chip's complete answer is submitted with the read as
    /// `chip_authentication`.
    pub forward: Bytes,
    /// The number of methods that the document offers.
    pub ways: u8,
    /// The seconds until the read must have been submitted.
    pub expires_in_secs: u64,
}
