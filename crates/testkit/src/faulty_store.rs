//! A store that keeps its promises until it is told to fail, before or after the write, or to let a rival go first.

use async_trait::async_trait;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use store::{
    Chain, Claimed, Committed, EffectKey, Expired, Id, Journalled, Kind, Lookup, Row, Sequenced,
    Store, StoreError, SubjectId, Timestamp, Transaction,
};

/// Which calls a fault waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Load, find, due, scan, last committed time, and reads of journal and outbox.
    Read,
    /// Saving a transaction.
    Commit,
    /// Claiming, finishing, postponing, expiring effects.
    Effects,
    /// Sequencing the journal.
    Sequence,
}

/// How a call fails. The caller sees [`StoreError::Unavailable`] either way and cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was done.
    Before,
    /// All was done, and the answer was lost.
    After,
}

/// The reason that the caller sees.
#[derive(Debug, thiserror::Error)]
#[error("a fault was asked for")]
struct AskedFor;

#[derive(Debug)]
struct Waiting {
    operation: Operation,
    /// How many calls of the operation still go well.
    well: usize,
    fault: Fault,
}

/// What somebody else does between a use case's reads and its commit.
struct Rival(Pin<Box<dyn Future<Output = ()> + Send>>);

impl fmt::Debug for Rival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rival")
    }
}

/// Another store, with faults on request.
#[derive(Debug)]
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    waiting: Mutex<VecDeque<Waiting>>,
    rival: Mutex<Option<Rival>>,
}

impl FaultyStore {
    /// A store that works like `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, waiting: Mutex::default(), rival: Mutex::default() }
    }

    /// Makes one call of `operation` fail, after `well` calls of it that go well.
    ///
    /// Faults of one operation wait for each other: the second begins to count after the first.
    pub fn fail(&self, operation: Operation, well: usize, fault: Fault) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back(Waiting { operation, well, fault });
    }

    /// Lets a rival finish first when the next transaction is to be saved, once.
    pub fn before_the_next_commit(&self, rival: impl Future<Output = ()> + Send + 'static) {
        let rival = Rival(Box::pin(rival));
        *self.rival.lock().unwrap_or_else(PoisonError::into_inner) = Some(rival);
    }

    /// Forgets the faults that have not struck.
    pub fn heal(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn strikes(&self, operation: Operation) -> Option<Fault> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().position(|fault| fault.operation == operation)?;
        let first = waiting.get_mut(at)?;
        match first.well.checked_sub(1) {
            Some(well) => {
                first.well = well;
                None
            }
            None => waiting.remove(at).map(|struck| struck.fault),
        }
    }

    async fn run<T>(
        &self,
        operation: Operation,
        write: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let lost = || StoreError::Unavailable { doing: "do as asked", source: Box::new(AskedFor) };
        match self.strikes(operation) {
            None => write.await,
            Some(Fault::Before) => Err(lost()),
            Some(Fault::After) => {
                write.await?;
                Err(lost())
            }
        }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn load(&self, kind: Kind, id: Id) -> Result<Option<Row>, StoreError> {
        self.run(Operation::Read, self.inner.load(kind, id)).await
    }

    async fn find(&self, kind: Kind, lookup: Lookup, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.run(Operation::Read, self.inner.find(kind, lookup, limit)).await
    }

    async fn due(&self, kind: Kind, now: Timestamp, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.run(Operation::Read, self.inner.due(kind, now, limit)).await
    }

    async fn scan(
        &self,
        kind: Kind,
        after: Option<Id>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.run(Operation::Read, self.inner.scan(kind, after, limit)).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed, StoreError> {
        let rival = self.rival.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Rival(rival)) = rival {
            rival.await;
        }
        self.run(Operation::Commit, self.inner.commit(transaction)).await
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        self.run(Operation::Read, self.inner.clock()).await
    }

    async fn last_committed(&self) -> Result<Option<Timestamp>, StoreError> {
        self.run(Operation::Read, self.inner.last_committed()).await
    }

    async fn claim_effects(
        &self,
        now: Timestamp,
        lease_ms: u32,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.run(Operation::Effects, self.inner.claim_effects(now, lease_ms, limit)).await
    }

    async fn finish_effect(&self, key: EffectKey) -> Result<bool, StoreError> {
        self.run(Operation::Effects, self.inner.finish_effect(key)).await
    }

    async fn postpone_effect(
        &self,
        key: EffectKey,
        attempt: u32,
        retry_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.run(Operation::Effects, self.inner.postpone_effect(key, attempt, retry_at)).await
    }

    async fn expire_effects(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        self.run(Operation::Effects, self.inner.expire_effects(now, limit)).await
    }

    async fn waiting_effects(&self) -> Result<u64, StoreError> {
        self.run(Operation::Read, self.inner.waiting_effects()).await
    }

    async fn journal_waiting(&self, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.run(Operation::Read, self.inner.journal_waiting(limit)).await
    }

    async fn journal_chain(&self) -> Result<Chain, StoreError> {
        self.run(Operation::Read, self.inner.journal_chain()).await
    }

    async fn journal_sequence(
        &self,
        seen: Chain,
        steps: Vec<Sequenced>,
    ) -> Result<Chain, StoreError> {
        self.run(Operation::Sequence, self.inner.journal_sequence(seen, steps)).await
    }

    async fn journal_read(&self, from: u64, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.run(Operation::Read, self.inner.journal_read(from, limit)).await
    }

    async fn journal_about(
        &self,
        subject: SubjectId,
        limit: usize,
    ) -> Result<Vec<Journalled>, StoreError> {
        self.run(Operation::Read, self.inner.journal_about(subject, limit)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{MemoryStore, Record};

    const KIND: Kind = Kind::new(900, "test case");

    fn insert(id: u128) -> Transaction {
        Transaction::new(Timestamp(1)).insert(Record::new(KIND, Id(id), 1, vec![]))
    }

    #[tokio::test]
    async fn a_fault_before_the_deed_saves_nothing_and_one_after_it_saves_all() {
        let store = FaultyStore::new(Arc::new(MemoryStore::new()));
        store.fail(Operation::Commit, 1, Fault::Before);
        store.fail(Operation::Commit, 0, Fault::After);

        let first = store.commit(insert(1)).await;
        let second = store.commit(insert(2)).await;
        let third = store.commit(insert(3)).await;
        let fourth = store.commit(insert(4)).await;

        assert!(first.is_ok() && fourth.is_ok());
        assert!(matches!(second, Err(StoreError::Unavailable { .. })));
        assert!(matches!(third, Err(StoreError::Unavailable { .. })));
        let ids: Vec<_> = store.scan(KIND, None, 9).await.unwrap();
        let ids: Vec<_> = ids.iter().map(|row| row.record.id.0).collect();
        assert_eq!(ids, [1, 3, 4]);
    }

    #[tokio::test]
    async fn a_rival_saves_before_the_next_commit_and_not_before_the_one_after_it() {
        let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let store = FaultyStore::new(Arc::clone(&inner));
        store.before_the_next_commit(async move {
            inner.commit(insert(1)).await.unwrap();
        });

        let first = store.commit(insert(1)).await;
        let second = store.commit(insert(2)).await;

        assert!(matches!(first, Err(StoreError::Exists { .. })));
        assert!(second.is_ok());
    }

    #[tokio::test]
    async fn a_healed_store_works_again() {
        let store = FaultyStore::new(Arc::new(MemoryStore::new()));
        store.fail(Operation::Read, 0, Fault::Before);
        store.heal();

        assert!(store.load(KIND, Id(1)).await.is_ok());
    }
}
