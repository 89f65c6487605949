//! Transactions: everything that one use case saves at once.

use crate::{Id, JournalRow, Kind, OutboxRow, Record, StoreError, Timestamp, Version, Withdrawal};
use std::collections::BTreeSet;

/// The largest state of one row, in bytes.
pub const STATE_BYTES_MAX: usize = 1_048_576;
/// The most look-up keys of one row.
pub const LOOKUPS_MAX: usize = 64;
/// The largest ciphertext of a journal row, and the largest payload of an outbox row, in bytes.
pub const SEALED_BYTES_MAX: usize = 262_144;
/// The most items of one transaction, in all its lists together.
pub const ITEMS_MAX: usize = 4_096;

/// A change of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The row must not exist; it becomes version 1.
    Insert(Record),
    /// The row must have the version `seen`; it becomes the version after it.
    Put {
        /// The version that the decision saw.
        seen: Version,
        /// The record to save.
        record: Record,
    },
    /// The row must have the version `seen`; it is deleted with its look-ups and its deadline.
    Delete {
        /// The kind of the row.
        kind: Kind,
        /// The id of the row.
        id: Id,
        /// The version that the decision saw.
        seen: Version,
    },
}

impl Write {
    /// The kind and id of the row that is changed.
    #[must_use]
    pub const fn target(&self) -> (Kind, Id) {
        match self {
            Self::Insert(record) | Self::Put { record, .. } => (record.kind, record.id),
            Self::Delete { kind, id, .. } => (*kind, *id),
        }
    }
}

/// Changes that are saved together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a transaction does nothing until it is committed"]
pub struct Transaction {
    /// When the decision was made.
    pub at: Timestamp,
    /// Rows that the decision read and that must not have changed; [`Version::ABSENT`] stands for a row that must not
    /// exist.
    pub expected: Vec<(Kind, Id, Version)>,
    /// The rows that change; each row at most once.
    pub writes: Vec<Write>,
    /// The journal rows that record what happened.
    pub journal: Vec<JournalRow>,
    /// Waiting effects that are withdrawn, before new ones are added.
    pub withdrawals: Vec<Withdrawal>,
    /// Effects that are owed from now on.
    pub outbox: Vec<OutboxRow>,
    /// Whether time continues from `at` even where that is before the last committed time, to correct commits that were
    /// dated in the future (PROTOCOLS.md section 14). Leases that reach beyond `at` end with it.
    pub takes_time_back: bool,
}

/// The result of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// `max(at, last committed time)`: the time of the transaction's journal rows.
    pub at: Timestamp,
}

impl Transaction {
    /// Holds what the transaction expects of rows against the versions that there are.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`] for a row that was to be new, [`StoreError::Conflict`] for one that has another version.
    pub fn check_versions(&self, version: impl Fn(Kind, Id) -> Version) -> Result<(), StoreError> {
        for &(kind, id, seen) in &self.expected {
            if version(kind, id) != seen {
                return Err(StoreError::Conflict { kind, id });
            }
        }
        for write in &self.writes {
            let (kind, id) = write.target();
            let found = version(kind, id);
            match write {
                Write::Insert(_) if found != Version::ABSENT => {
                    return Err(StoreError::Exists { kind, id });
                }
                Write::Put { seen, .. } | Write::Delete { seen, .. } if found != *seen => {
                    return Err(StoreError::Conflict { kind, id });
                }
                Write::Insert(_) | Write::Put { .. } | Write::Delete { .. } => {}
            }
        }
        Ok(())
    }

    /// An empty transaction that was decided at `at`.
    pub const fn new(at: Timestamp) -> Self {
        Self {
            at,
            expected: Vec::new(),
            writes: Vec::new(),
            journal: Vec::new(),
            withdrawals: Vec::new(),
            outbox: Vec::new(),
            takes_time_back: false,
        }
    }

    /// Lets time continue from the instant of this transaction, whatever the last committed time is.
    pub const fn taking_time_back(mut self) -> Self {
        self.takes_time_back = true;
        self
    }

    /// Adds a row that the decision read and does not change.
    pub fn expect(mut self, kind: Kind, id: Id, version: Version) -> Self {
        self.expected.push((kind, id, version));
        self
    }

    /// Inserts a row that must not exist.
    pub fn insert(mut self, record: Record) -> Self {
        self.writes.push(Write::Insert(record));
        self
    }

    /// Saves a row that must have the version `seen`.
    pub fn put(mut self, seen: Version, record: Record) -> Self {
        self.writes.push(Write::Put { seen, record });
        self
    }

    /// Deletes a row that must have the version `seen`.
    pub fn delete(mut self, kind: Kind, id: Id, seen: Version) -> Self {
        self.writes.push(Write::Delete { kind, id, seen });
        self
    }

    /// Adds a journal row.
    pub fn journal(mut self, row: JournalRow) -> Self {
        self.journal.push(row);
        self
    }

    /// Adds an effect.
    pub fn effect(mut self, row: OutboxRow) -> Self {
        self.outbox.push(row);
        self
    }

    /// Withdraws waiting effects.
    pub fn withdraw(mut self, withdrawal: Withdrawal) -> Self {
        self.withdrawals.push(withdrawal);
        self
    }

    /// Checks the limits that hold for every backend; every backend calls it first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`] where a limit is broken or a row is changed twice.
    pub fn check(&self) -> Result<(), StoreError> {
        let malformed = |reason| Err(StoreError::Malformed { reason });
        let items = self.expected.len()
            + self.writes.len()
            + self.journal.len()
            + self.withdrawals.len()
            + self.outbox.len();
        if items > ITEMS_MAX {
            return malformed("more than 4096 items");
        }
        let mut targets = BTreeSet::new();
        for write in &self.writes {
            if !targets.insert(write.target()) {
                return malformed("one row is changed twice");
            }
            match write {
                Write::Insert(record) => check_record(record)?,
                Write::Put { seen, record } => {
                    if *seen == Version::ABSENT {
                        return malformed("a put without a version; an insert was meant");
                    }
                    check_record(record)?;
                }
                Write::Delete { seen, .. } => {
                    if *seen == Version::ABSENT {
                        return malformed("a delete without a version");
                    }
                }
            }
        }
        if self.journal.iter().any(|row| row.ciphertext.len() > SEALED_BYTES_MAX) {
            return malformed("a journal row of more than 262144 bytes");
        }
        if self.outbox.iter().any(|row| row.payload.len() > SEALED_BYTES_MAX) {
            return malformed("an outbox row of more than 262144 bytes");
        }
        Ok(())
    }
}

fn check_record(record: &Record) -> Result<(), StoreError> {
    let malformed = |reason| Err(StoreError::Malformed { reason });
    if record.state.len() > STATE_BYTES_MAX {
        return malformed("a state of more than 1048576 bytes");
    }
    if record.lookups.len() > LOOKUPS_MAX {
        return malformed("more than 64 look-ups of one row");
    }
    let distinct: BTreeSet<_> = record.lookups.iter().map(|l| (l.index.code(), l.key)).collect();
    if distinct.len() != record.lookups.len() {
        return malformed("one look-up twice on one row");
    }
    Ok(())
}
