//! The errors of a store, and what a caller does about each.

use crate::{EffectKey, Id, Kind, Timestamp};

/// What a caller does about a [`StoreError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A row that the decision depended on has changed: load, decide and save again.
    Rival,
    /// The store is unavailable, and the save may or may not have happened: load before trying again.
    Retry,
    /// Trying again does not help: fail closed, and log the error chain once.
    Fault,
}

/// How a row contradicts the evidence that is kept about rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// The row was rolled back: it has an older version than the one that was saved last.
    #[error("set back: it has version {found} and was saved as version {known}")]
    SetBack {
        /// The version that was saved last.
        known: u64,
        /// The version of the row in the database.
        found: u64,
    },
    /// The row has the version that was saved last, but other contents.
    #[error("changed: it is not what was saved as version {version}")]
    Changed {
        /// The version of the row.
        version: u64,
    },
    /// The row is gone, although nothing removed it.
    #[error("missing: it was saved as version {known} and nobody has removed it")]
    Missing {
        /// The version that was saved last.
        known: u64,
    },
    /// The row exists, although nothing saved it.
    #[error("unknown: nothing says that its version {found} was saved")]
    Unknown {
        /// The version of the row in the database.
        found: u64,
    },
    /// A look-up leads to a row that does not carry that look-up.
    #[error("misfiled: a look-up of index {index} leads to it that it does not carry")]
    Misfiled {
        /// The number of the look-up's index.
        index: u8,
    },
    /// The sealed bytes do not open for the row's kind, id, version, deadline and look-ups.
    #[error("its seal does not open: it was moved or changed")]
    Seal,
    /// The evidence about rows itself was removed, rolled back or changed.
    #[error("the evidence about rows is not what was saved last")]
    Evidence,
}

impl Finding {
    /// The stable code of the finding, for the journal and for alarms.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SetBack { .. } => "set-back",
            Self::Changed { .. } => "changed",
            Self::Missing { .. } => "missing",
            Self::Unknown { .. } => "unknown",
            Self::Misfiled { .. } => "misfiled",
            Self::Seal => "seal",
            Self::Evidence => "evidence",
        }
    }
}

/// Why an operation of a store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row that the transaction writes or expects no longer has the version that the decision saw.
    #[error("{kind} {id} was changed meanwhile")]
    Conflict {
        /// The kind of the row.
        kind: Kind,
        /// The id of the row.
        id: Id,
    },
    /// A row to insert exists already: for example a nonce was used, or a request was answered before.
    #[error("{kind} {id} exists already")]
    Exists {
        /// The kind of the row.
        kind: Kind,
        /// The id of the row.
        id: Id,
    },
    /// Another row of the kind holds a unique look-up key of this row.
    #[error("a unique look-up (index {index}) of {kind} {id} belongs to another row")]
    LookupTaken {
        /// The kind of the row.
        kind: Kind,
        /// The row that was to get the key.
        id: Id,
        /// The number of the key's index.
        index: u8,
    },
    /// An effect with this key was saved before.
    #[error("the effect {key} was saved before")]
    EffectExists {
        /// The key of the effect.
        key: EffectKey,
    },
    /// A journal row with this random id was saved before.
    #[error("the journal row {id} was saved before")]
    JournalExists {
        /// The id of the journal row.
        id: crate::JournalId,
    },
    /// The transaction was decided more than 5 s before the last committed time: read the clock
    /// again, and fail closed where it is still behind (PROTOCOLS.md section 14).
    #[error("decided at {} ms, more than 5 s before the last commit at {} ms", at.0, last.0)]
    SteppedBack {
        /// The time of the decision.
        at: Timestamp,
        /// The last committed time.
        last: Timestamp,
    },
    /// Another sequencer was faster, or a row to place is unknown or placed already.
    #[error("the journal chain has moved")]
    ChainMoved,
    /// The transaction breaks a limit or contradicts itself. This is a bug of the program; nothing was saved.
    #[error("the transaction is malformed: {reason}")]
    Malformed {
        /// What is wrong with the transaction.
        reason: &'static str,
    },
    /// The saved state of a row does not decode.
    #[error("{kind} {id} (schema {schema}) does not decode")]
    Corrupt {
        /// The kind of the row.
        kind: Kind,
        /// The id of the row.
        id: Id,
        /// The schema version in which the row was saved.
        schema: u16,
        /// The error of the decoder.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The row is not what was saved last, so something other than this program has written to the database; the
    /// service refuses to serve.
    #[error("{kind} {id} is not believed: {finding}")]
    Untrusted {
        /// The kind of the row.
        kind: Kind,
        /// The id of the row.
        id: Id,
        /// How the row contradicts the evidence.
        finding: Finding,
    },
    /// The store cannot be reached or is too busy; the operation may or may not have happened.
    #[error("the store is unavailable while it was to {doing}")]
    Unavailable {
        /// The operation that failed.
        doing: &'static str,
        /// The error of the database or the system.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store failed in a way that another try will not mend.
    #[error("the store failed to {doing}")]
    Broken {
        /// The operation that failed.
        doing: &'static str,
        /// The error of the database or the system.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// What a caller does about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Conflict { .. }
            | Self::Exists { .. }
            | Self::LookupTaken { .. }
            | Self::EffectExists { .. }
            | Self::SteppedBack { .. }
            | Self::ChainMoved => Class::Rival,
            Self::Unavailable { .. } | Self::Closed => Class::Retry,
            Self::JournalExists { .. }
            | Self::Malformed { .. }
            | Self::Corrupt { .. }
            | Self::Untrusted { .. }
            | Self::Broken { .. } => Class::Fault,
        }
    }
}
