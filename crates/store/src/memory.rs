//! The backend in memory: the contract in its plainest form, for tests and short-lived demonstrations.

use crate::{
    Chain, Claimed, Committed, EffectKey, Expired, Id, JournalId, Journalled, Kind, Layout, Lookup,
    LookupKey, OutboxRow, Place, Record, Row, Sequenced, Store, StoreError, SubjectId, Timestamp,
    Transaction, Version, Withdrawal, Write, time,
};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A store that keeps everything in memory and loses it with the process.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    // By the codes of kinds: a walk over all rows knows no names.
    rows: BTreeMap<(u16, Id), Row>,
    lookups: BTreeSet<(u16, u8, LookupKey, Id)>,
    deadlines: BTreeSet<(u16, Timestamp, Id)>,
    outbox: BTreeMap<EffectKey, Open>,
    /// The journal rows in the order of their commits.
    journal: Vec<Journalled>,
    journal_ids: HashMap<JournalId, usize>,
    /// The index in `journal` of the row at each position.
    placed: Vec<usize>,
    head: [u8; 32],
    last_committed: Option<Timestamp>,
}

#[derive(Debug)]
struct Open {
    row: OutboxRow,
    attempts: u32,
    leased_until: Option<Timestamp>,
}

impl Open {
    fn is_expired(&self, now: Timestamp) -> bool {
        self.row.expires_at.is_some_and(|at| at <= now)
    }

    fn is_free(&self, now: Timestamp) -> bool {
        self.row.not_before <= now && self.leased_until.is_none_or(|until| until <= now)
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Plays somebody who writes to the database without being this program: puts a row there, or takes it away.
    #[cfg(any(test, feature = "contract"))]
    pub fn tamper(&self, kind: Kind, id: Id, row: Option<Row>) {
        let mut state = self.state();
        state.remove(kind, id);
        if let Some(row) = row {
            state.add(row.version, row.record);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic under the lock cannot leave half a transaction: all checks come before all changes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn version(&self, kind: Kind, id: Id) -> Version {
        self.rows.get(&(kind.code(), id)).map_or(Version::ABSENT, |row| row.version)
    }

    fn check(&self, transaction: &Transaction) -> Result<(), StoreError> {
        if let Some(last) = self.last_committed.filter(|_| !transaction.takes_time_back) {
            time::now(transaction.at, Some(last))
                .map_err(|back| StoreError::SteppedBack { at: back.at, last: back.last })?;
        }
        transaction.check_versions(|kind, id| self.version(kind, id))?;
        self.check_unique(transaction)?;
        self.check_appends(transaction)
    }

    /// Checks unique look-up keys. A key may pass from one row to another within one transaction.
    fn check_unique(&self, transaction: &Transaction) -> Result<(), StoreError> {
        let written: BTreeSet<_> = transaction.writes.iter().map(Write::target).collect();
        let mut taken = BTreeSet::new();
        for record in records(transaction) {
            let (kind, id) = (record.kind, record.id);
            for lookup in record.lookups.iter().filter(|lookup| lookup.index.is_unique()) {
                let index = lookup.index.code();
                let rival = self
                    .holders(kind, *lookup)
                    .any(|holder| holder != id && !written.contains(&(kind, holder)));
                if rival || !taken.insert((kind, index, lookup.key)) {
                    return Err(StoreError::LookupTaken { kind, id, index });
                }
            }
        }
        Ok(())
    }

    fn check_appends(&self, transaction: &Transaction) -> Result<(), StoreError> {
        let mut ids = BTreeSet::new();
        for row in &transaction.journal {
            if self.journal_ids.contains_key(&row.id) || !ids.insert(row.id) {
                return Err(StoreError::JournalExists { id: row.id });
            }
        }
        let mut keys = BTreeSet::new();
        for row in &transaction.outbox {
            let open = self
                .outbox
                .get(&row.key)
                .is_some_and(|open| !transaction.withdrawals.iter().any(|w| covers(*w, &open.row)));
            if open || !keys.insert(row.key) {
                return Err(StoreError::EffectExists { key: row.key });
            }
        }
        Ok(())
    }

    fn holders(&self, kind: Kind, lookup: Lookup) -> impl Iterator<Item = Id> {
        let (index, key) = (lookup.index.code(), lookup.key);
        let range = (kind.code(), index, key, Id(0))..=(kind.code(), index, key, Id(u128::MAX));
        self.lookups.range(range).map(|&(_, _, _, id)| id)
    }

    fn apply(&mut self, transaction: Transaction) -> Committed {
        let last = self.last_committed.filter(|_| !transaction.takes_time_back);
        let at = last.map_or(transaction.at, |last| last.max(transaction.at));
        if transaction.takes_time_back {
            for open in self.outbox.values_mut() {
                open.leased_until = open.leased_until.filter(|until| *until <= at);
            }
        }
        self.last_committed = Some(at);
        for write in transaction.writes {
            let (kind, id) = write.target();
            self.remove(kind, id);
            match write {
                Write::Insert(record) => self.add(Version::FIRST, record),
                Write::Put { seen, record } => self.add(seen.next(), record),
                Write::Delete { .. } => {}
            }
        }
        for row in transaction.journal {
            self.journal_ids.insert(row.id, self.journal.len());
            let (layout, place) = (Layout::CURRENT, Place::Waiting);
            self.journal.push(Journalled { row, committed_at: at, layout, place });
        }
        for withdrawal in transaction.withdrawals {
            self.outbox.retain(|_, open| !covers(withdrawal, &open.row));
        }
        for row in transaction.outbox {
            self.outbox.insert(row.key, Open { row, attempts: 0, leased_until: None });
        }
        Committed { at }
    }

    fn remove(&mut self, kind: Kind, id: Id) {
        if let Some(Row { record, .. }) = self.rows.remove(&(kind.code(), id)) {
            for lookup in &record.lookups {
                self.lookups.remove(&(kind.code(), lookup.index.code(), lookup.key, id));
            }
            if let Some(at) = record.deadline {
                self.deadlines.remove(&(kind.code(), at, id));
            }
        }
    }

    fn add(&mut self, version: Version, record: Record) {
        let (kind, id) = (record.kind, record.id);
        for lookup in &record.lookups {
            self.lookups.insert((kind.code(), lookup.index.code(), lookup.key, id));
        }
        if let Some(at) = record.deadline {
            self.deadlines.insert((kind.code(), at, id));
        }
        self.rows.insert((kind.code(), id), Row { version, record });
    }

    fn rows_of(&self, kind: Kind, ids: impl Iterator<Item = Id>, limit: usize) -> Vec<Row> {
        ids.filter_map(|id| self.rows.get(&(kind.code(), id)).cloned()).take(limit).collect()
    }

    fn chain(&self) -> Chain {
        Chain { size: u64::try_from(self.placed.len()).unwrap_or(u64::MAX), head: self.head }
    }
}

fn records(transaction: &Transaction) -> impl Iterator<Item = &Record> {
    transaction.writes.iter().filter_map(|write| match write {
        Write::Insert(record) | Write::Put { record, .. } => Some(record),
        Write::Delete { .. } => None,
    })
}

fn covers(withdrawal: Withdrawal, row: &OutboxRow) -> bool {
    match withdrawal {
        Withdrawal::One(key) => row.key == key,
        Withdrawal::OfOwner { owner, effect } => row.key.owner == owner && row.effect == effect,
        Withdrawal::OfPerson(person) => row.person == person,
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self, kind: Kind, id: Id) -> Result<Option<Row>, StoreError> {
        Ok(self.state().rows.get(&(kind.code(), id)).cloned())
    }

    async fn find(&self, kind: Kind, lookup: Lookup, limit: usize) -> Result<Vec<Row>, StoreError> {
        let state = self.state();
        Ok(state.rows_of(kind, state.holders(kind, lookup), limit))
    }

    async fn due(&self, kind: Kind, now: Timestamp, limit: usize) -> Result<Vec<Row>, StoreError> {
        let state = self.state();
        let range = (kind.code(), Timestamp(i64::MIN), Id(0))..=(kind.code(), now, Id(u128::MAX));
        Ok(state.rows_of(kind, state.deadlines.range(range).map(|&(_, _, id)| id), limit))
    }

    async fn scan(
        &self,
        kind: Kind,
        after: Option<Id>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let state = self.state();
        let rows = state.rows.range((kind.code(), Id(0))..=(kind.code(), Id(u128::MAX)));
        let rows = rows.filter(|((_, id), _)| after.is_none_or(|after| *id > after));
        Ok(rows.map(|(_, row)| row.clone()).take(limit).collect())
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed, StoreError> {
        transaction.check()?;
        let mut state = self.state();
        state.check(&transaction)?;
        Ok(state.apply(transaction))
    }

    async fn last_committed(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state().last_committed)
    }

    async fn claim_effects(
        &self,
        now: Timestamp,
        lease_ms: u32,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        let leased_until = Timestamp(now.0.saturating_add(i64::from(lease_ms)));
        let mut state = self.state();
        let mut free: Vec<_> =
            state.outbox.values_mut().filter(|o| o.is_free(now) && !o.is_expired(now)).collect();
        free.sort_by_key(|open| (open.row.not_before, open.row.key));
        Ok(free
            .into_iter()
            .take(limit)
            .map(|open| {
                open.attempts = open.attempts.saturating_add(1);
                open.leased_until = Some(leased_until);
                Claimed { row: open.row.clone(), attempt: open.attempts, leased_until }
            })
            .collect())
    }

    async fn finish_effect(&self, key: EffectKey) -> Result<bool, StoreError> {
        Ok(self.state().outbox.remove(&key).is_some())
    }

    async fn postpone_effect(
        &self,
        key: EffectKey,
        attempt: u32,
        retry_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(open) = state.outbox.get_mut(&key) else { return Ok(false) };
        if open.attempts != attempt || open.leased_until.is_none() {
            return Ok(false);
        }
        open.row.not_before = retry_at;
        open.leased_until = None;
        Ok(true)
    }

    async fn expire_effects(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        let mut state = self.state();
        let expired: Vec<_> = state
            .outbox
            .values()
            .filter(|open| open.is_expired(now))
            .take(limit)
            .map(|open| Expired {
                key: open.row.key,
                effect: open.row.effect,
                person: open.row.person,
                attempts: open.attempts,
            })
            .collect();
        for gone in &expired {
            state.outbox.remove(&gone.key);
        }
        Ok(expired)
    }

    async fn waiting_effects(&self) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.state().outbox.len()).unwrap_or(u64::MAX))
    }

    async fn journal_waiting(&self, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        let state = self.state();
        let waiting = state.journal.iter().filter(|row| row.place == Place::Waiting);
        Ok(waiting.take(limit).cloned().collect())
    }

    async fn journal_chain(&self) -> Result<Chain, StoreError> {
        Ok(self.state().chain())
    }

    async fn journal_sequence(
        &self,
        seen: Chain,
        steps: Vec<Sequenced>,
    ) -> Result<Chain, StoreError> {
        let mut state = self.state();
        if state.chain() != seen {
            return Err(StoreError::ChainMoved);
        }
        let mut found = BTreeSet::new();
        let mut indices = Vec::with_capacity(steps.len());
        for step in &steps {
            let index = state.journal_ids.get(&step.id).copied().ok_or(StoreError::ChainMoved)?;
            let waits = state.journal.get(index).is_some_and(|row| row.place == Place::Waiting);
            if !waits || !found.insert(index) {
                return Err(StoreError::ChainMoved);
            }
            indices.push((index, step.head));
        }
        for (index, head) in indices {
            let position = state.chain().size;
            if let Some(row) = state.journal.get_mut(index) {
                row.place = Place::At { position, head };
            }
            state.placed.push(index);
            state.head = head;
        }
        Ok(state.chain())
    }

    async fn journal_read(&self, from: u64, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        let state = self.state();
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let placed = state.placed.iter().skip(from).take(limit);
        Ok(placed.filter_map(|&index| state.journal.get(index).cloned()).collect())
    }

    async fn journal_about(
        &self,
        subject: SubjectId,
        limit: usize,
    ) -> Result<Vec<Journalled>, StoreError> {
        let state = self.state();
        let about = state.journal.iter().rev().filter(|row| row.row.subject == subject);
        Ok(about.take(limit).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequencer::{self, VerifyError};
    use crate::{CoarseType, JournalRow, Layout, SubjectId};
    use audit::Unfit;

    fn entry(id: u128) -> Transaction {
        Transaction::new(Timestamp(0)).journal(JournalRow {
            id: JournalId(id),
            subject: SubjectId(1),
            coarse: CoarseType(1),
            salt: [3; 32],
            ciphertext: vec![4; 40],
        })
    }

    #[tokio::test]
    async fn a_journal_changes_its_layout_where_an_entry_says_so_and_nowhere_else() {
        let store = MemoryStore::new();
        store.commit(entry(1)).await.unwrap();
        store.state().journal[0].layout = Layout::FIRST;
        store.commit(entry(2)).await.unwrap();
        sequencer::extend(&store, 9).await.unwrap();

        let unannounced = sequencer::verify_announced(&store, None, |_| false, |_| {}).await;

        let unfit = Unfit::Unannounced { id: 2, position: 1 };
        assert!(matches!(unannounced, Err(VerifyError::Unfit(found)) if found == unfit));
        let by_the_second = |row: &JournalRow| row.id == JournalId(2);
        sequencer::verify_announced(&store, None, by_the_second, |_| {}).await.unwrap();
    }
}
