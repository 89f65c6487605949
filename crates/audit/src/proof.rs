//! Proofs that stand by themselves: that an entry is in the log, and that the log goes on from what it was.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::head::Head;
use crate::leaf::Leaf;
use crate::note::{Note, NoteError, VerifierKey};
use crate::tree::{LEAVES_MAX, TreeHash};
use base64ct::{Base64, Encoding as _};
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;
use std::fmt;

/// The first line of a proof of inclusion (C2SP tlog-proof).
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// The most hashes of one proof (C2SP tlog-witness).
const HASHES_MAX: usize = 63;
const PROOF_BYTES_MAX: usize = 256 * 1_024;

/// A proof that cannot be read, or proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The text has not the form of a proof.
    #[error("the text has not the form of a proof")]
    Form,
    /// The checkpoint is not a note that the log signed.
    #[error("the checkpoint of the proof")]
    Note(#[source] NoteError),
    /// The signed text is no checkpoint.
    #[error("the checkpoint of the proof")]
    Checkpoint(#[source] CheckpointError),
    /// The checkpoint is of another log.
    #[error("the checkpoint is of another log")]
    Origin,
    /// The hashes do not lead to the root that the log signed.
    #[error("the proof does not lead to the root that the log signed")]
    Wrong,
}

/// A checkpoint that a log signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The note with all signatures.
    pub note: Note,
}

impl SignedCheckpoint {
    /// Checks that the note is a checkpoint of the log `key.name()`, signed by this key.
    ///
    /// # Errors
    ///
    /// [`ProofError::Note`], [`ProofError::Checkpoint`], [`ProofError::Origin`].
    pub fn check(note: Note, key: &VerifierKey) -> Result<Self, ProofError> {
        key.check(&note).map_err(ProofError::Note)?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(ProofError::Checkpoint)?;
        if checkpoint.origin() != key.name().as_str() {
            return Err(ProofError::Origin);
        }
        Ok(Self { checkpoint, note })
    }

    /// The size of the log and the root of its tree.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.checkpoint.head()
    }
}

fn root(head: Head) -> RootHash<Sha256> {
    RootHash::new(head.hash.into(), head.size)
}

fn bytes(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Checks `PATH(index, D[n])` (RFC 6962 section 2.1.1).
///
/// # Errors
///
/// [`ProofError::Wrong`].
pub fn check_inclusion(
    leaf: Leaf,
    index: u64,
    path: &[TreeHash],
    tree: Head,
) -> Result<(), ProofError> {
    if tree.size > LEAVES_MAX {
        return Err(ProofError::Wrong);
    }
    let proof = InclusionProof::try_from_bytes(bytes(path)).map_err(|_| ProofError::Wrong)?;
    root(tree).verify_inclusion(&leaf.0, index, &proof).map_err(|_| ProofError::Wrong)
}

/// Checks `PROOF(m, D[n])` (RFC 6962 section 2.1.2). The proof from an empty tree is empty.
///
/// # Errors
///
/// [`ProofError::Wrong`].
pub fn check_consistency(old: Head, path: &[TreeHash], tree: Head) -> Result<(), ProofError> {
    if tree.size > LEAVES_MAX {
        return Err(ProofError::Wrong);
    }
    if old.size == 0 {
        let fits = path.is_empty() && old.hash == TreeHash::of_nothing().0;
        return if fits { Ok(()) } else { Err(ProofError::Wrong) };
    }
    let proof = ConsistencyProof::try_from_bytes(bytes(path)).map_err(|_| ProofError::Wrong)?;
    root(tree).verify_consistency(&root(old), &proof).map_err(|_| ProofError::Wrong)
}

/// A proof that an entry is in the log, as a file (C2SP tlog-proof):
///
/// ```text
/// c2sp.org/tlog-proof@v1
/// extra <base64>                   may be missing
/// index <position>
/// <hash in base64>                 from the leaf up, one a line
/// (an empty line)
/// <signed checkpoint>
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionFile {
    /// Bytes of which the proof says nothing; here those that the leaf is hashed over.
    pub extra: Option<Vec<u8>>,
    /// The position of the entry.
    pub index: u64,
    /// The hashes from the leaf up.
    pub path: Vec<TreeHash>,
    /// The checkpoint of the log.
    pub note: Note,
}

impl InclusionFile {
    /// Reads the file; nothing is checked yet.
    ///
    /// # Errors
    ///
    /// [`ProofError::Form`], [`ProofError::Note`].
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let (head, note) = halves(text)?;
        let rest = head.strip_prefix(FIRST_LINE).and_then(|rest| rest.strip_prefix('\n'));
        let mut lines = rest.ok_or(ProofError::Form)?.split('\n').peekable();
        let mut extra = None;
        if let Some(line) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            extra = Some(Base64::decode_vec(line).map_err(|_| ProofError::Form)?);
            lines.next();
        }
        let index = numbered(lines.next(), "index ")?;
        Ok(Self { extra, index, path: hashes(lines)?, note })
    }

    /// The leaf that the file speaks of, where it carries what the leaf is hashed over.
    #[must_use]
    pub fn leaf(&self) -> Option<Leaf> {
        self.extra.as_deref().map(Leaf::of)
    }

    /// Checks the file: the log signed the checkpoint, and the leaf is in its tree.
    ///
    /// # Errors
    ///
    /// [`ProofError`].
    pub fn check(&self, leaf: Leaf, key: &VerifierKey) -> Result<SignedCheckpoint, ProofError> {
        let signed = SignedCheckpoint::check(self.note.clone(), key)?;
        check_inclusion(leaf, self.index, &self.path, signed.head())?;
        Ok(signed)
    }
}

impl fmt::Display for InclusionFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", Base64::encode_string(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        write_hashes(f, &self.path)?;
        write!(f, "\n{}", self.note)
    }
}

/// A proof that the log goes on from an older size of it, as a witness is asked (C2SP tlog-witness):
///
/// ```text
/// old <size>
/// <hash in base64>                 one a line
/// (an empty line)
/// <signed checkpoint>
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyFile {
    /// The older size.
    pub old: u64,
    /// The hashes of the proof.
    pub path: Vec<TreeHash>,
    /// The newer checkpoint.
    pub note: Note,
}

impl ConsistencyFile {
    /// Reads the file; nothing is checked yet.
    ///
    /// # Errors
    ///
    /// [`ProofError::Form`], [`ProofError::Note`].
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let (head, note) = halves(text)?;
        let mut lines = head.split('\n');
        let old = numbered(lines.next(), "old ")?;
        Ok(Self { old, path: hashes(lines)?, note })
    }

    /// Checks the file: the log signed the checkpoint, and it goes on from `old`.
    ///
    /// # Errors
    ///
    /// [`ProofError`].
    pub fn check(&self, old: Head, key: &VerifierKey) -> Result<SignedCheckpoint, ProofError> {
        let signed = SignedCheckpoint::check(self.note.clone(), key)?;
        if self.old != old.size {
            return Err(ProofError::Wrong);
        }
        check_consistency(old, &self.path, signed.head())?;
        Ok(signed)
    }
}

impl fmt::Display for ConsistencyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        write_hashes(f, &self.path)?;
        write!(f, "\n{}", self.note)
    }
}

/// What stands before the first empty line, without its line feed, and the note after it.
fn halves(text: &str) -> Result<(&str, Note), ProofError> {
    if text.len() > PROOF_BYTES_MAX {
        return Err(ProofError::Form);
    }
    let (head, note) = text.split_once("\n\n").ok_or(ProofError::Form)?;
    Ok((head, Note::parse(note).map_err(ProofError::Note)?))
}

/// A number in decimal behind a word; each number has one text.
fn numbered(line: Option<&str>, word: &str) -> Result<u64, ProofError> {
    let text = line.and_then(|line| line.strip_prefix(word)).ok_or(ProofError::Form)?;
    let number: u64 = text.parse().map_err(|_| ProofError::Form)?;
    if number.to_string() == text { Ok(number) } else { Err(ProofError::Form) }
}

fn hashes<'t>(lines: impl Iterator<Item = &'t str>) -> Result<Vec<TreeHash>, ProofError> {
    let mut found = Vec::new();
    for line in lines {
        let hash = Base64::decode_vec(line).ok().and_then(|bytes| bytes.try_into().ok());
        if found.len() >= HASHES_MAX {
            return Err(ProofError::Form);
        }
        found.push(TreeHash(hash.ok_or(ProofError::Form)?));
    }
    Ok(found)
}

fn write_hashes(f: &mut fmt::Formatter<'_>, hashes: &[TreeHash]) -> fmt::Result {
    hashes.iter().try_for_each(|hash| writeln!(f, "{}", Base64::encode_string(&hash.0)))
}

#[cfg(test)]
mod tests;
