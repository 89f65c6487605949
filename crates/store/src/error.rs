//! What can go wrong in a store, and what a caller does about it.

use crate::{EffectKey, Id, Kind, Timestamp};

/// What a caller does about a [`StoreError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The decision stood on something that has moved: load, decide and save again.
    Rival,
    /// The store is away; the save may or may not have happened: load before trying again.
    Retry,
    /// Not to be repeated: fail closed and log the chain once.
    Fault,
}

/// In what way the database contradicts what is known of it apart from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// The row has an older version than the last that was saved.
    #[error("set back: it has version {found} and was saved as version {known}")]
    SetBack {
        /// The last version that was saved.
        known: u64,
        /// The version of the row.
        found: u64,
    },
    /// The row has the version that was saved last, and is another.
    #[error("changed: it is not what was saved as version {version}")]
    Changed {
        /// The version of both.
        version: u64,
    },
    /// The row is gone, and nobody has removed it.
    #[error("missing: it was saved as version {known} and nobody has removed it")]
    Missing {
        /// The last version that was saved.
        known: u64,
    },
    /// The row is there, and nothing says that it was saved.
    #[error("unknown: nothing says that its version {found} was saved")]
    Unknown {
        /// The version of the row.
        found: u64,
    },
    /// A look-up leads to a row that does not carry it.
    #[error("misfiled: a look-up of index {index} leads to it that it does not carry")]
    Misfiled {
        /// The family of the look-up.
        index: u8,
    },
    /// The seal of the row does not open under its kind, id, version, deadline and look-ups.
    #[error("its seal does not open: it was moved or changed")]
    Seal,
    /// The evidence about rows was removed, set back or changed.
    #[error("the evidence about rows is not what was saved last")]
    Evidence,
}

impl Finding {
    /// A stable code, for the journal and for alarms.
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

/// A failed operation of a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row that was written or expected is not at the version that the decision saw.
    #[error("{kind} {id} was changed meanwhile")]
    Conflict {
        /// What sort of row.
        kind: Kind,
        /// Which one.
        id: Id,
    },
    /// A row to insert is there already: a nonce was used, a request was answered before.
    #[error("{kind} {id} exists already")]
    Exists {
        /// What sort of row.
        kind: Kind,
        /// Which one.
        id: Id,
    },
    /// Another row of the kind holds a unique look-up key of this one.
    #[error("a unique look-up (index {index}) of {kind} {id} belongs to another row")]
    LookupTaken {
        /// What sort of row.
        kind: Kind,
        /// The row that wanted the key.
        id: Id,
        /// The family of the key.
        index: u8,
    },
    /// An effect or journal row with this key was saved before.
    #[error("the effect {key} was saved before")]
    EffectExists {
        /// Its key.
        key: EffectKey,
    },
    /// A journal row with this random id was saved before.
    #[error("the journal row {id} was saved before")]
    JournalExists {
        /// Its id.
        id: crate::JournalId,
    },
    /// The transaction was decided more than 5 s before the last committed time: read the clock
    /// again, and fail closed where it is still behind (PROTOCOLS.md section 14).
    #[error("decided at {} ms, more than 5 s before the last commit at {} ms", at.0, last.0)]
    SteppedBack {
        /// When it was decided.
        at: Timestamp,
        /// The last committed time.
        last: Timestamp,
    },
    /// Another sequencer was faster, or a row to place is unknown or placed already.
    #[error("the journal chain has moved")]
    ChainMoved,
    /// The transaction breaks a limit or contradicts itself: our bug, nothing was saved.
    #[error("the transaction is malformed: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A stored state does not decode.
    #[error("{kind} {id} (schema {schema}) does not decode")]
    Corrupt {
        /// What sort of row.
        kind: Kind,
        /// Which one.
        id: Id,
        /// The schema version it was saved with.
        schema: u16,
        /// What the decoder met.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database is not to be believed: somebody who is not this program has written to it.
    #[error("{kind} {id} is not believed: {finding}")]
    Untrusted {
        /// What sort of row.
        kind: Kind,
        /// Which one.
        id: Id,
        /// In what way.
        finding: Finding,
    },
    /// The store cannot be reached or is too busy; the deed may or may not have been done.
    #[error("the store is unavailable while it was to {doing}")]
    Unavailable {
        /// What it was doing.
        doing: &'static str,
        /// What the layer below says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store failed in a way that a second try will not mend.
    #[error("the store failed to {doing}")]
    Broken {
        /// What it was doing.
        doing: &'static str,
        /// What the layer below says.
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
