//! The storage contract of Genvej, which is the same for every backend.
//!
//! An aggregate is a row (kind, id, version, state bytes). It is saved by compare-and-swap together with its journal
//! rows and its outbox rows in one [`Transaction`]: all of them or none. Reading and deciding happen outside a
//! transaction; after a [`StoreError::Conflict`] the caller loads again. A backend knows kind, id, version, bytes,
//! look-up keys and deadlines, and decides nothing.

pub mod error;
pub mod journal;
pub mod outbox;
pub mod record;
pub mod time;
pub mod transaction;

pub mod codec;
pub mod keys;
pub mod kinds;
pub mod rewrap;
pub mod seal;

pub mod facade;

pub mod rows;

pub mod lease;
pub mod log;
pub mod person_key;
pub mod sequencer;

#[cfg(feature = "contract")]
pub mod contract;
pub mod memory;
pub mod migration;
pub mod moving;

pub mod keeper;

pub use error::{Class, Finding, StoreError};
pub use journal::{
    Chain, CoarseType, JournalId, JournalRow, Journalled, Layout, Place, Sequenced, SubjectId,
};
pub use memory::MemoryStore;
pub use outbox::{Claimed, EffectKey, EffectKind, Expired, OutboxRow, Withdrawal};
pub use record::{Id, Index, Kind, Lookup, LookupKey, Record, Row, SmsBudgetId, Version};
pub use time::Timestamp;
pub use transaction::{Committed, Transaction, Write};

use async_trait::async_trait;

/// A store of rows, journal and outbox, as every backend offers it. It is used as `&dyn Store`.
///
/// Every promise here is tested on every backend by the suite in `store::contract`.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Returns the row, or `None` where there is no such row.
    async fn load(&self, kind: Kind, id: Id) -> Result<Option<Row>, StoreError>;

    /// Returns the rows of `kind` that carry this look-up, ordered by id, at most `limit`.
    async fn find(&self, kind: Kind, lookup: Lookup, limit: usize) -> Result<Vec<Row>, StoreError>;

    /// Returns the rows of `kind` whose deadline is at or before `now`, earliest first.
    async fn due(&self, kind: Kind, now: Timestamp, limit: usize) -> Result<Vec<Row>, StoreError>;

    /// Walks all rows of `kind` in the order of their ids: those after `after`, at most `limit`.
    async fn scan(
        &self,
        kind: Kind,
        after: Option<Id>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;

    /// Saves the whole transaction, or nothing of it; durable when this returns `Ok`.
    ///
    /// After [`StoreError::Unavailable`] it may or may not have been saved: load before trying again.
    async fn commit(&self, transaction: Transaction) -> Result<Committed, StoreError>;

    /// Tells the store that a row which it returned does not match the evidence. A store that keeps evidence stops
    /// serving; others do nothing.
    fn untrusted(&self, kind: Kind, id: Id, finding: Finding) {
        let _ = (kind, id, finding);
    }

    /// The latest time of any commit, or `None` for an empty store (PROTOCOLS.md section 14).
    async fn last_committed(&self) -> Result<Option<Timestamp>, StoreError>;

    /// The clock of the database, where it runs on a machine with a clock of its own: a second source beside the clock
    /// of this machine (PROTOCOLS.md section 14).
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    /// Takes up to `limit` outbox rows that may be tried now and hides them until `now + lease_ms`.
    ///
    /// A row whose runner died can be claimed again when its lease has lapsed, so effects run at least once. A row at
    /// or past its `expires_at` is never returned.
    async fn claim_effects(
        &self,
        now: Timestamp,
        lease_ms: u32,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError>;

    /// Deletes an outbox row whose effect was run, whoever holds its lease by now. Returns whether the row was still
    /// there.
    async fn finish_effect(&self, key: EffectKey) -> Result<bool, StoreError>;

    /// Releases a claimed outbox row until `retry_at`. A claim whose lease another runner has taken changes nothing.
    /// Returns whether the row was changed.
    async fn postpone_effect(
        &self,
        key: EffectKey,
        attempt: u32,
        retry_at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Deletes up to `limit` outbox rows that are at or past their `expires_at`, leased or not.
    async fn expire_effects(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError>;

    /// The number of effects that wait, for a metric.
    async fn waiting_effects(&self) -> Result<u64, StoreError>;

    /// Journal rows that have no position yet, in the order of their commits.
    async fn journal_waiting(&self, limit: usize) -> Result<Vec<Journalled>, StoreError>;

    /// The end of the chain: the number of rows with a position, and the head after the last of them.
    async fn journal_chain(&self) -> Result<Chain, StoreError>;

    /// Gives the next positions to `steps`, in their order, if the chain still ends at `seen`.
    ///
    /// # Errors
    ///
    /// [`StoreError::ChainMoved`] where another sequencer was faster, or a row is unknown or placed.
    async fn journal_sequence(
        &self,
        seen: Chain,
        steps: Vec<Sequenced>,
    ) -> Result<Chain, StoreError>;

    /// Journal rows with a position from `from` on (the first position is 0), at most `limit`.
    async fn journal_read(&self, from: u64, limit: usize) -> Result<Vec<Journalled>, StoreError>;

    /// Journal rows about one subject, newest first, with or without a position.
    async fn journal_about(
        &self,
        subject: SubjectId,
        limit: usize,
    ) -> Result<Vec<Journalled>, StoreError>;
}
