//! Journal rows: sealed events, in an order that one sequencer assigns after they were committed.
//!
//! Rows are committed without a position, so that no transaction waits for a global lock. A sequencer that holds a
//! lease assigns the positions and computes the chain (PROTOCOLS.md section 13; the hashing is in `audit`).

use crate::Timestamp;
use std::fmt;

/// The random id of one journal row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JournalId(pub u128);

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The subject of a journal row: a random id, so that the journal alone does not tell whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId(pub u128);

/// The coarse type of an event, which gives nothing away. Codes are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoarseType(pub u16);

/// The layout over which the leaf of a row is hashed. It is saved with the row, and never decreases along the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layout(pub u8);

impl Layout {
    /// The leaf covers salt, ciphertext and coarse type.
    pub const FIRST: Self = Self(1);
    /// The leaf also covers id, subject and instant; every row that is appended now has this layout.
    pub const CURRENT: Self = Self(2);
}

/// A journal row to append.
#[derive(Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// The random id of the row.
    pub id: JournalId,
    /// The subject of the event.
    pub subject: SubjectId,
    /// The coarse type of the event.
    pub coarse: CoarseType,
    /// 32 random bytes, which keep the public leaf hash from being guessed.
    pub salt: [u8; 32],
    /// The event, sealed under the data key of the person it is about.
    pub ciphertext: Vec<u8>,
}

impl fmt::Debug for JournalRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalRow")
            .field("id", &self.id)
            .field("coarse", &self.coarse)
            .field("ciphertext_bytes", &self.ciphertext.len())
            .finish_non_exhaustive()
    }
}

/// Whether a journal row has a position in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The row is committed, but not yet in the chain.
    Waiting,
    /// The row is in the chain.
    At {
        /// The position of the row; the first one is 0.
        position: u64,
        /// The head of the chain after this row.
        head: [u8; 32],
    },
}

/// A journal row as it was read from the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journalled {
    /// The row as it was appended.
    pub row: JournalRow,
    /// When the row's transaction was committed.
    pub committed_at: Timestamp,
    /// The layout over which the row's leaf is hashed.
    pub layout: Layout,
    /// Whether the row is in the chain, and where.
    pub place: Place,
}

/// The end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The number of rows that have a position.
    pub size: u64,
    /// The head of the chain after its last row; all zero for an empty chain.
    pub head: [u8; 32],
}

impl Chain {
    /// The chain before its first row.
    pub const EMPTY: Self = Self { size: 0, head: [0; 32] };
}

/// A row that a sequencer gives the next position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequenced {
    /// The id of the row.
    pub id: JournalId,
    /// The head of the chain after this row.
    pub head: [u8; 32],
}
