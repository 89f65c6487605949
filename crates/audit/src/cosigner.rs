//! What a witness does when a log asks it (C2SP tlog-witness, `add-checkpoint`).
//!
//! A witness remembers of each log the newest checkpoint that it cosigned, and cosigns only what goes on from it. So a log
//! cannot show one history to some people and another to others, or take one back, without a witness that helps it.

use crate::checkpoint::Checkpoint;
use crate::head::Head;
use crate::note::{Note, NoteError, SignerKey, VerifierKey};
use crate::proof::{ConsistencyFile, ProofError, check_consistency};
use crate::tree::TreeHash;

/// Why a witness does not cosign; each has a status of HTTP (C2SP tlog-witness).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CosignError {
    /// The body is no request.
    #[error("the body is no request of this protocol")]
    Form(#[source] ProofError),
    /// The older size is larger than that of the checkpoint.
    #[error("the older size is larger than that of the checkpoint")]
    Sizes,
    /// The witness does not know the log.
    #[error("the log is not known to this witness")]
    Unknown,
    /// No known key of the log signed the checkpoint.
    #[error("the checkpoint is not signed by the log")]
    NotSigned(#[source] NoteError),
    /// The witness has cosigned another size.
    #[error("the newest checkpoint that was cosigned has size {size}")]
    Moved {
        /// The size that the witness has cosigned last.
        size: u64,
    },
    /// The log shows another history than the witness has cosigned.
    #[error("the checkpoint does not go on from what was cosigned")]
    Inconsistent,
}

impl CosignError {
    /// The status of the answer.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Form(_) | Self::Sizes => 400,
            Self::NotSigned(_) => 403,
            Self::Unknown => 404,
            Self::Moved { .. } => 409,
            Self::Inconsistent => 422,
        }
    }
}

/// A log that a witness knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLog {
    /// The key that signs its checkpoints; its name is the origin of the log.
    pub key: VerifierKey,
    /// The newest head that was cosigned.
    pub head: Head,
}

impl KnownLog {
    /// A log of which nothing was cosigned yet.
    #[must_use]
    pub fn new(key: VerifierKey) -> Self {
        Self { key, head: Head { size: 0, hash: TreeHash::of_nothing().0 } }
    }
}

/// Answers one request: the head to remember and the lines to send. Whoever calls saves the head before the lines leave,
/// and lets no other request of the same log pass between.
///
/// # Errors
///
/// [`CosignError`]; then nothing is remembered.
pub fn cosign(
    logs: &[KnownLog],
    body: &str,
    key: &SignerKey,
    time: u64,
) -> Result<(KnownLog, String), CosignError> {
    let request = ConsistencyFile::parse(body).map_err(CosignError::Form)?;
    let text = request.note.text();
    let origin = text.lines().next().unwrap_or_default();
    let known = logs.iter().find(|log| log.key.name().as_str() == origin);
    let known = known.ok_or(CosignError::Unknown)?;
    known.key.check(&request.note).map_err(CosignError::NotSigned)?;
    let asked = Checkpoint::parse(text)
        .map_err(|source| CosignError::Form(ProofError::Checkpoint(source)))?
        .head();
    if request.old > asked.size {
        return Err(CosignError::Sizes);
    }
    if request.old != known.head.size {
        return Err(CosignError::Moved { size: known.head.size });
    }
    if asked.size == known.head.size && asked.hash != known.head.hash {
        return Err(CosignError::Moved { size: known.head.size });
    }
    check_consistency(known.head, &request.path, asked).map_err(|_| CosignError::Inconsistent)?;
    let lines = format!("{}\n", key.cosign(text, time));
    Ok((KnownLog { key: known.key.clone(), head: asked }, lines))
}

/// The body of the request for a cosignature.
#[must_use]
pub fn request(old: u64, path: Vec<TreeHash>, note: &Note) -> String {
    ConsistencyFile { old, path, note: note.clone() }.to_string()
}

#[cfg(test)]
mod tests;
