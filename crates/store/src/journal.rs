//! Journal rows: what happened, sealed, in an order that one sequencer assigns afterwards.
//!
//! Rows commit without a position, so no transaction waits on a global lock; a leased sequencer
//! gives positions and computes the chain (PROTOCOLS.md section 13; the hashing is in `audit`).

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

/// Whom a row is about: a random id, so that the journal alone names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId(pub u128);

/// What a row is about, roughly enough to give nothing away. Codes are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoarseType(pub u16);

/// What the leaf of a row is hashed over; stands beside the row, and never falls along the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layout(pub u8);

impl Layout {
    /// Salt, ciphertext and coarse type.
    pub const FIRST: Self = Self(1);
    /// Id, subject and instant too: the layout of every row that is appended.
    pub const CURRENT: Self = Self(2);
}

/// A row to append.
#[derive(Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its random id.
    pub id: JournalId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// What it is about, roughly.
    pub coarse: CoarseType,
    /// The 32 random bytes that keep a public leaf hash from being guessed.
    pub salt: [u8; 32],
    /// The event, sealed under the key of the person it is about.
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

/// Where a journal row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Committed, not yet in the chain.
    Waiting,
    /// In the chain.
    At {
        /// Its position; the first is 0.
        position: u64,
        /// The head of the chain after this row.
        head: [u8; 32],
    },
}

/// A journal row as it was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journalled {
    /// What was appended.
    pub row: JournalRow,
    /// When its transaction was committed.
    pub committed_at: Timestamp,
    /// What its leaf is hashed over.
    pub layout: Layout,
    /// Whether and where it is in the chain.
    pub place: Place,
}

/// The end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// How many rows have a position.
    pub size: u64,
    /// The head after the last of them; all zero for an empty chain.
    pub head: [u8; 32],
}

impl Chain {
    /// The chain before its first row.
    pub const EMPTY: Self = Self { size: 0, head: [0; 32] };
}

/// One row that a sequencer gives the next position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequenced {
    /// Which row.
    pub id: JournalId,
    /// The head of the chain after it.
    pub head: [u8; 32],
}
