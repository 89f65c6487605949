//! A store that counts what its reads and commits cost the threads that ask.

use super::timing::timed;
use async_trait::async_trait;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{
    Chain, Claimed, Committed, EffectKey, Expired, Finding, Id, Journalled, Kind, Lookup, Row,
    Sequenced, Store, StoreError, SubjectId, Timestamp, Transaction,
};

/// What the calls to a store have cost so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// The processor time of the threads that asked for rows.
    pub(super) reads: Duration,
    /// The processor time of the threads that asked for commits.
    pub(super) commits: Duration,
    /// Rows that were read.
    pub(super) rows_read: u32,
    /// Rows and journal rows that were written.
    pub(super) rows_written: u32,
}

impl Cost {
    /// What was added since `before`.
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            reads: self.reads.saturating_sub(before.reads),
            commits: self.commits.saturating_sub(before.commits),
            rows_read: self.rows_read.saturating_sub(before.rows_read),
            rows_written: self.rows_written.saturating_sub(before.rows_written),
        }
    }
}

/// Another store, with its cost.
#[derive(Debug)]
pub(super) struct MeteredStore {
    inner: Arc<dyn Store>,
    cost: Mutex<Cost>,
}

impl MeteredStore {
    pub(super) fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, cost: Mutex::default() }
    }

    pub(super) fn cost(&self) -> Cost {
        *self.cost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, add: impl FnOnce(&mut Cost)) {
        add(&mut self.cost.lock().unwrap_or_else(PoisonError::into_inner));
    }

    async fn reading(
        &self,
        rows: impl Future<Output = Result<Vec<Row>, StoreError>>,
    ) -> Result<Vec<Row>, StoreError> {
        let (read, took) = timed(rows).await;
        let rows = read.as_ref().map_or(0, Vec::len);
        self.add(|cost| {
            cost.reads += took;
            cost.rows_read = cost.rows_read.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX));
        });
        read
    }
}

#[async_trait]
impl Store for MeteredStore {
    async fn load(&self, kind: Kind, id: Id) -> Result<Option<Row>, StoreError> {
        let row = async { Ok(self.inner.load(kind, id).await?.into_iter().collect()) };
        Ok(self.reading(row).await?.pop())
    }

    async fn find(&self, kind: Kind, lookup: Lookup, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.reading(self.inner.find(kind, lookup, limit)).await
    }

    async fn due(&self, kind: Kind, now: Timestamp, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.inner.due(kind, now, limit).await
    }

    async fn scan(
        &self,
        kind: Kind,
        after: Option<Id>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.inner.scan(kind, after, limit).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed, StoreError> {
        let rows = transaction.writes.len().saturating_add(transaction.journal.len());
        let (committed, took) = timed(self.inner.commit(transaction)).await;
        self.add(|cost| {
            cost.commits += took;
            let rows = u32::try_from(rows).unwrap_or(u32::MAX);
            cost.rows_written = cost.rows_written.saturating_add(rows);
        });
        committed
    }

    fn untrusted(&self, kind: Kind, id: Id, finding: Finding) {
        self.inner.untrusted(kind, id, finding);
    }

    async fn last_committed(&self) -> Result<Option<Timestamp>, StoreError> {
        let (last, took) = timed(self.inner.last_committed()).await;
        self.add(|cost| cost.reads += took);
        last
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.clock().await
    }

    async fn claim_effects(
        &self,
        now: Timestamp,
        lease_ms: u32,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.inner.claim_effects(now, lease_ms, limit).await
    }

    async fn finish_effect(&self, key: EffectKey) -> Result<bool, StoreError> {
        self.inner.finish_effect(key).await
    }

    async fn postpone_effect(
        &self,
        key: EffectKey,
        attempt: u32,
        retry_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.inner.postpone_effect(key, attempt, retry_at).await
    }

    async fn expire_effects(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        self.inner.expire_effects(now, limit).await
    }

    async fn waiting_effects(&self) -> Result<u64, StoreError> {
        self.inner.waiting_effects().await
    }

    async fn journal_waiting(&self, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.inner.journal_waiting(limit).await
    }

    async fn journal_chain(&self) -> Result<Chain, StoreError> {
        self.inner.journal_chain().await
    }

    async fn journal_sequence(
        &self,
        seen: Chain,
        steps: Vec<Sequenced>,
    ) -> Result<Chain, StoreError> {
        self.inner.journal_sequence(seen, steps).await
    }

    async fn journal_read(&self, from: u64, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.inner.journal_read(from, limit).await
    }

    async fn journal_about(
        &self,
        subject: SubjectId,
        limit: usize,
    ) -> Result<Vec<Journalled>, StoreError> {
        self.inner.journal_about(subject, limit).await
    }
}
