//! The receipts of a person's own journal.

use serde::{Deserialize, Serialize};

/// The answer to `GET /v1/app/receipts`: proofs that the newest entries about the person are in the published log of hashes.
///
/// What was journalled since the last checkpoint has its receipt after the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipts {
    /// The public key that signs the checkpoints of the log, in the text form of C2SP signed-note; absent where no log is
    /// published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_key: Option<String>,
    /// At most 100, newest first.
    pub receipts: Vec<Receipt>,
}

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// The position of the entry in the log; the first is 0.
    pub position: u64,
    /// When the event was committed, RFC 3339 UTC.
    pub at: String,
    /// A file that verifies by itself: C2SP tlog-proof, whose extra data are what the entry's hash is computed over, the event
    /// sealed.
    pub file: String,
}
