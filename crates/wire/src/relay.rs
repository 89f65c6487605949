//! Chips whose keys the server holds: the batched relay, and chip authentication behind a phone's own read
//! (PROTOCOLS.md section 7).

use crate::Bytes;
use crate::recovery::RecoveryView;
use serde::{Deserialize, Serialize};

/// Commands in one message at most.
pub const COMMANDS_MAX: usize = 256;

/// Octets of one answer at most: what an extended length can say, and a status word.
pub const ANSWER_BYTES_MAX: usize = 65_538;

/// `POST /v1/app/recoveries/{case_id}/chip-relays`: begins a read in which the server holds every key and the phone carries
/// bytes. One a time for an app: another ends the one before.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelayStart {
    /// Opens the chip.
    pub password: ChipPassword,
    /// The longest answer that the phone's reader carries, data and status word: 258 where it knows no extended lengths.
    pub answer_bytes_max: u32,
    /// The P code, 8 digits, where the document carries no national number.
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

/// What opens a chip.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ChipPassword {
    /// The machine-readable zone's key fields.
    Mrz {
        /// Document number, date of birth and date of expiry, each with its check digit (Doc 9303-11 section 9.7.2).
        information: String,
    },
    /// The card access number.
    CardAccessNumber {
        /// As printed on the document.
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

/// `POST /v1/app/recoveries/{case_id}/chip-relays/{relay_id}`: what the chip answered. Sent again with the same turn it gets
/// the same reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelayAnswers {
    /// The turn that these answer.
    pub turn: u32,
    /// In the order of the commands, each with its status word; fewer where one did not end in 9000, or the tag was lost.
    pub answers: Vec<Bytes>,
    /// The tag left the field, or the reader could not carry a command. What was read is kept: the next turn opens the chip
    /// anew and goes on there.
    #[serde(default)]
    pub lost: bool,
}

/// The reply to both.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "next", rename_all = "kebab-case")]
pub enum RelayView {
    /// Send these to the chip.
    Send {
        /// 32 lower-case hex digits.
        relay_id: String,
        /// Goes with the answers.
        turn: u32,
        /// Wake the chip up anew before these.
        new_contact: bool,
        /// In this order, one after the other, stopping after the first answer that does not end in 9000.
        commands: Vec<Bytes>,
        /// What is being done.
        part: RelayPart,
        /// Of what the chip says it has.
        percent: u8,
        /// The answers have to be there by then.
        expires_in_secs: u64,
    },
    /// The server has read and judged.
    Ended {
        /// Where the case stands.
        recovery: RecoveryView,
        /// EF.DG2, to be sent with the face: the server keeps its hash and no picture. Where the document was accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dg2: Option<Bytes>,
        /// YYMMDD as in DG1, for the rule against birth-date PINs. Where the document was accepted and the date is whole.
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

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RelayPart {
    /// Opening the chip.
    Opening,
    /// The page with the data.
    Data,
    /// The picture, by far the largest part.
    Picture,
    /// The chip proves that it is the genuine one.
    Proof,
}

/// `POST /v1/app/recoveries/{case_id}/chip-authentication`: after a whole read by the phone, over the same chip session. For
/// documents that offer no active authentication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgreementRequest {
    /// The session that asked for the challenge; good for one agreement.
    pub chip_session: Bytes,
    /// EF.DG14 as read, and as it will be in the reading.
    pub dg14: Bytes,
    /// Counted from 0: documents list several keys and ways, and a chip that refuses one wants to be opened anew for the
    /// next.
    pub way: u8,
}

/// The reply to [`AgreementRequest`]: what the phone relays. The server's ephemeral key stays on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Agreement {
    /// Plain commands, to be protected under the session of the read, in turn; each must be answered with 9000.
    pub protect: Vec<Bytes>,
    /// Then this, as it stands. The chip's whole answer goes into the reading as `chip_authentication`.
    pub forward: Bytes,
    /// How many ways there are.
    pub ways: u8,
    /// The reading has to be there by then.
    pub expires_in_secs: u64,
}
