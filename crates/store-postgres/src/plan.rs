//! What a group of transactions comes to: each is decided in its turn on what the one before it leaves, in memory, so that one
//! that is refused takes nobody with it. Pure: it asks nothing of the server.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{
    Chain, Committed, EffectKey, EffectKind, Id, JournalId, JournalRow, Kind, LookupKey, OutboxRow,
    Record, Sequenced, StoreError, Timestamp, Transaction, Version, Withdrawal, Write, time,
};

/// A row by the code of its kind, and its id.
pub(crate) type Target = (u16, Id);
/// A unique look-up: the code of the kind, the code of the index, the key.
pub(crate) type Name = (u16, u8, LookupKey);

/// What a group has to know before it can be decided.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) rows: BTreeSet<Target>,
    pub(crate) names: BTreeSet<Name>,
    pub(crate) journal: BTreeSet<JournalId>,
    pub(crate) effects: BTreeSet<EffectKey>,
}

impl Wanted {
    pub(crate) fn of_commit(&mut self, transaction: &Transaction) {
        let expected = transaction.expected.iter().map(|(kind, id, _)| (*kind, *id));
        let written = transaction.writes.iter().map(Write::target);
        self.rows.extend(expected.chain(written).map(target));
        self.names.extend(records(transaction).flat_map(names));
        self.journal.extend(transaction.journal.iter().map(|row| row.id));
        self.effects.extend(transaction.outbox.iter().map(|row| row.key));
    }

    pub(crate) fn of_sequence(&mut self, steps: &[Sequenced]) {
        self.journal.extend(steps.iter().map(|step| step.id));
    }
}

/// What the server holds of that, under the lock.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) last_committed: Option<Timestamp>,
    pub(crate) chain: Chain,
    pub(crate) journal_rows: u64,
    pub(crate) versions: HashMap<Target, Version>,
    pub(crate) holders: HashMap<Name, Id>,
    /// Journal rows that are there, and whether they wait for a place.
    pub(crate) journal: HashMap<JournalId, bool>,
    pub(crate) open: HashMap<EffectKey, (EffectKind, Id)>,
}

/// A row that the group changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    /// The version that the server holds.
    pub(crate) before: Version,
    /// The version and the record after the group; `None` where it is gone.
    pub(crate) after: Option<(Version, &'a Record)>,
}

/// A journal row that gets its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) id: JournalId,
    pub(crate) position: u64,
    pub(crate) head: [u8; 32],
}

/// What is written for the whole group.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    found: Found,
    names_of: HashMap<Target, Vec<Name>>,
    pub(crate) rows: BTreeMap<Target, Change<'a>>,
    pub(crate) journal: Vec<(&'a JournalRow, Timestamp)>,
    pub(crate) withdrawals: Vec<Withdrawal>,
    pub(crate) outbox: BTreeMap<EffectKey, &'a OutboxRow>,
    pub(crate) leases_end_beyond: Option<Timestamp>,
    pub(crate) placed: Vec<Placed>,
    commits: usize,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(found: Found) -> Self {
        let mut names_of: HashMap<Target, Vec<Name>> = HashMap::new();
        for (name, holder) in &found.holders {
            names_of.entry((name.0, *holder)).or_default().push(*name);
        }
        Self {
            found,
            names_of,
            rows: BTreeMap::new(),
            journal: Vec::new(),
            withdrawals: Vec::new(),
            outbox: BTreeMap::new(),
            leases_end_beyond: None,
            placed: Vec::new(),
            commits: 0,
        }
    }

    pub(crate) fn last_committed(&self) -> Option<Timestamp> {
        self.found.last_committed
    }

    pub(crate) fn chain(&self) -> Chain {
        self.found.chain
    }

    /// How many journal rows the server holds before the group.
    pub(crate) fn journal_rows(&self) -> u64 {
        self.found.journal_rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.commits == 0 && self.placed.is_empty()
    }

    /// Gives places to waiting rows, or to none of them.
    pub(crate) fn sequence(
        &mut self,
        seen: Chain,
        steps: &[Sequenced],
    ) -> Result<Chain, StoreError> {
        let mut distinct = HashSet::new();
        let fits = steps.iter().all(|step| {
            self.found.journal.get(&step.id) == Some(&true) && distinct.insert(step.id)
        });
        if self.found.chain != seen || !fits {
            return Err(StoreError::ChainMoved);
        }
        for step in steps {
            let position = self.found.chain.size;
            self.placed.push(Placed { id: step.id, position, head: step.head });
            self.found.journal.insert(step.id, false);
            self.found.chain = Chain { size: position.saturating_add(1), head: step.head };
        }
        Ok(self.found.chain)
    }

    /// Takes a transaction into the group, or refuses it and leaves the group as it was.
    pub(crate) fn commit(&mut self, transaction: &'a Transaction) -> Result<Committed, StoreError> {
        let at = self.time(transaction)?;
        transaction.check_versions(|kind, id| self.version(kind, id))?;
        self.check_names(transaction)?;
        self.check_appends(transaction)?;
        self.apply(transaction, at);
        Ok(Committed { at })
    }

    fn time(&self, transaction: &Transaction) -> Result<Timestamp, StoreError> {
        if transaction.takes_time_back {
            return Ok(transaction.at);
        }
        time::now(transaction.at, self.found.last_committed)
            .map_err(|back| StoreError::SteppedBack { at: back.at, last: back.last })
    }

    fn version(&self, kind: Kind, id: Id) -> Version {
        self.found.versions.get(&(kind.code(), id)).copied().unwrap_or(Version::ABSENT)
    }

    /// A unique key may pass from one row to another within one transaction.
    fn check_names(&self, transaction: &Transaction) -> Result<(), StoreError> {
        let written: HashSet<_> =
            transaction.writes.iter().map(|write| target(write.target())).collect();
        let mut taken = HashSet::new();
        for record in records(transaction) {
            let (kind, id) = (record.kind, record.id);
            for name in names(record) {
                let rival = self.found.holders.get(&name).is_some_and(|holder| {
                    *holder != id && !written.contains(&(kind.code(), *holder))
                });
                if rival || !taken.insert(name) {
                    return Err(StoreError::LookupTaken { kind, id, index: name.1 });
                }
            }
        }
        Ok(())
    }

    fn check_appends(&self, transaction: &Transaction) -> Result<(), StoreError> {
        let mut ids = HashSet::new();
        for row in &transaction.journal {
            if self.found.journal.contains_key(&row.id) || !ids.insert(row.id) {
                return Err(StoreError::JournalExists { id: row.id });
            }
        }
        let mut keys = HashSet::new();
        for row in &transaction.outbox {
            let open = self.found.open.get(&row.key).is_some_and(|(effect, person)| {
                !transaction.withdrawals.iter().any(|it| covers(*it, row.key, *effect, *person))
            });
            if open || !keys.insert(row.key) {
                return Err(StoreError::EffectExists { key: row.key });
            }
        }
        Ok(())
    }

    fn apply(&mut self, transaction: &'a Transaction, at: Timestamp) {
        self.commits = self.commits.saturating_add(1);
        self.found.last_committed = Some(at);
        if transaction.takes_time_back {
            let before = self.leases_end_beyond.unwrap_or(at);
            self.leases_end_beyond = Some(before.min(at));
        }
        for write in &transaction.writes {
            self.change(write);
        }
        // After all rows: a unique key may pass from one row to another.
        for record in records(transaction) {
            for name in names(record) {
                self.found.holders.insert(name, record.id);
                self.names_of.entry((name.0, record.id)).or_default().push(name);
            }
        }
        for row in &transaction.journal {
            self.found.journal.insert(row.id, false);
            self.journal.push((row, at));
        }
        for withdrawal in &transaction.withdrawals {
            let left = |key: &EffectKey, effect, person| !covers(*withdrawal, *key, effect, person);
            self.found.open.retain(|key, (effect, person)| left(key, *effect, *person));
            self.outbox.retain(|key, row| left(key, row.effect, row.person));
            self.withdrawals.push(*withdrawal);
        }
        for row in &transaction.outbox {
            self.found.open.insert(row.key, (row.effect, row.person));
            self.outbox.insert(row.key, row);
        }
    }

    fn change(&mut self, write: &'a Write) {
        let (kind, id) = write.target();
        let target = (kind.code(), id);
        for name in self.names_of.remove(&target).unwrap_or_default() {
            if self.found.holders.get(&name) == Some(&id) {
                self.found.holders.remove(&name);
            }
        }
        let before = self.version(kind, id);
        let after = match write {
            Write::Insert(record) => Some((Version::FIRST, record)),
            Write::Put { seen, record } => Some((seen.next(), record)),
            Write::Delete { .. } => None,
        };
        let change = self.rows.entry(target).or_insert(Change { before, after });
        change.after = after;
        let version = after.map_or(Version::ABSENT, |(version, _)| version);
        self.found.versions.insert(target, version);
    }
}

fn target((kind, id): (Kind, Id)) -> Target {
    (kind.code(), id)
}

fn records(transaction: &Transaction) -> impl Iterator<Item = &Record> {
    transaction.writes.iter().filter_map(|write| match write {
        Write::Insert(record) | Write::Put { record, .. } => Some(record),
        Write::Delete { .. } => None,
    })
}

fn names(record: &Record) -> impl Iterator<Item = Name> {
    let unique = record.lookups.iter().filter(|lookup| lookup.index.is_unique());
    unique.map(|lookup| (record.kind.code(), lookup.index.code(), lookup.key))
}

fn covers(withdrawal: Withdrawal, key: EffectKey, effect: EffectKind, person: Id) -> bool {
    match withdrawal {
        Withdrawal::One(named) => named == key,
        Withdrawal::OfOwner { owner, effect: sort } => key.owner == owner && effect == sort,
        Withdrawal::OfPerson(of) => person == of,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{Index, Kind, Lookup, LookupKey};

    const KIND: Kind = Kind::new(900, "of a test");

    fn named(id: u128) -> Record {
        let lookup = Lookup { index: Index::unique(1), key: LookupKey([7; 32]) };
        Record::new(KIND, Id(id), 1, Vec::new()).lookup(lookup.index, lookup.key)
    }

    /// A database in which row 1 holds the key.
    fn found() -> Found {
        Found {
            last_committed: None,
            chain: Chain::EMPTY,
            journal_rows: 0,
            versions: HashMap::from([((KIND.code(), Id(1)), Version::FIRST)]),
            holders: names(&named(1)).map(|name| (name, Id(1))).collect(),
            journal: HashMap::new(),
            open: HashMap::new(),
        }
    }

    #[test]
    fn a_unique_key_that_one_request_gives_up_is_free_for_the_next_of_its_group() {
        let at = Timestamp(1_000);
        let takes = Transaction::new(at).insert(named(2));
        let gives_up = Transaction::new(at).delete(KIND, Id(1), Version::FIRST);

        let mut plan = Plan::new(found());
        let early = plan.commit(&takes);
        let given_up = plan.commit(&gives_up);
        let late = plan.commit(&takes);

        assert!(matches!(early, Err(StoreError::LookupTaken { .. })), "{early:?}");
        assert!(given_up.is_ok() && late.is_ok(), "{given_up:?} {late:?}");
    }
}
