//! The evidence that a process keeps in memory: statements that are not in the tree yet, and the rows that it is about
//! to save.

use super::entry::{Entry, Fact, RowKey};
use super::{Root, entry::ENTRIES_MAX};
use crate::error::Finding;
use crate::{Id, Kind, Record, Timestamp, Version};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// The statements of one row of evidence that was committed and is not known to be in the tree.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) entries: Vec<Entry>,
    /// The generation of the tree when the row of evidence was noted.
    pub(super) since: u64,
}

#[derive(Debug)]
pub(super) struct Book {
    root: Root,
    /// The last tick that was given to a statement.
    tick: u64,
    /// The id of the next row of evidence: the number of this process, and a count.
    next: u128,
    pending: BTreeMap<u128, Pending>,
    /// The latest pending statement about each row, with the id of the row of evidence that holds it.
    latest: HashMap<RowKey, (Entry, u128)>,
    /// The rows that this process is saving at this moment.
    announced: HashMap<RowKey, Vec<Fact>>,
    pub(super) finding: Option<(Kind, Id, Finding)>,
    pub(super) begun: bool,
}

/// The number of low bits of a tick below its millisecond.
const TICK_BITS: u32 = 20;

pub(super) fn first_tick(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or(0) << TICK_BITS
}

impl Book {
    pub(super) fn new(holder: u64) -> Self {
        Self {
            root: Root { row: Version::ABSENT, generation: 0, node: None, tick: 0, forgotten: 0 },
            tick: 0,
            next: u128::from(holder) << 64,
            pending: BTreeMap::new(),
            latest: HashMap::new(),
            announced: HashMap::new(),
            finding: None,
            begun: false,
        }
    }

    pub(super) const fn root(&self) -> Root {
        self.root
    }

    /// Takes over the root of a tree that another process has changed.
    pub(super) fn adopt(&mut self, root: Root) {
        self.tick = self.tick.max(root.tick);
        if root.row > self.root.row {
            self.root = root;
        }
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn all_pending(&self) -> Vec<(u128, Pending)> {
        self.pending.iter().map(|(id, pending)| (*id, pending.clone())).collect()
    }

    pub(super) fn is_pending(&self, id: u128) -> bool {
        self.pending.contains_key(&id)
    }

    /// The latest pending statement about a row, with the generation of the tree when it was noted.
    pub(super) fn latest(&self, key: RowKey) -> Option<(Entry, u64)> {
        let (entry, id) = self.latest.get(&key)?;
        Some((*entry, self.pending.get(id).map_or(0, |pending| pending.since)))
    }

    /// The pending statements about rows after `after` and up to `until`.
    pub(super) fn latest_between(&self, after: Option<RowKey>, until: RowKey) -> Vec<Entry> {
        let within = |key: &RowKey| after.is_none_or(|after| *key > after) && *key <= until;
        self.latest.iter().filter(|(key, _)| within(key)).map(|(_, (entry, _))| *entry).collect()
    }

    pub(super) fn is_announced(&self, key: RowKey, fact: Fact) -> bool {
        self.announced.get(&key).is_some_and(|facts| facts.contains(&fact))
    }

    /// Gives ticks to the statements about rows that are about to be saved, and ids to the rows of evidence that hold
    /// them.
    pub(super) fn announce(
        &mut self,
        at: Timestamp,
        facts: &[(RowKey, Fact)],
    ) -> (u128, Vec<Entry>) {
        let mut entries = Vec::with_capacity(facts.len());
        for (key, fact) in facts {
            self.tick = self.tick.saturating_add(1).max(first_tick(at));
            entries.push(Entry { key: *key, tick: self.tick, fact: *fact });
            self.announced.entry(*key).or_default().push(*fact);
        }
        let first = self.next;
        let rows = u128::try_from(facts.len().div_ceil(ENTRIES_MAX)).unwrap_or(0);
        self.next = self.next.saturating_add(rows);
        (first, entries)
    }

    fn withdraw(&mut self, entries: &[Entry]) {
        for entry in entries {
            let Some(facts) = self.announced.get_mut(&entry.key) else { continue };
            if let Some(at) = facts.iter().position(|fact| *fact == entry.fact) {
                facts.swap_remove(at);
            }
            if facts.is_empty() {
                self.announced.remove(&entry.key);
            }
        }
    }

    /// Notes a row of evidence that was committed.
    pub(super) fn add(&mut self, id: u128, entries: Vec<Entry>, since: u64) {
        for entry in &entries {
            self.tick = self.tick.max(entry.tick);
            let later = self.latest.get(&entry.key).is_none_or(|(it, _)| it.tick < entry.tick);
            if later {
                self.latest.insert(entry.key, (*entry, id));
            }
        }
        self.pending.insert(id, Pending { entries, since });
    }

    /// Removes a row of evidence that is in the tree.
    pub(super) fn remove(&mut self, id: u128) {
        let Some(pending) = self.pending.remove(&id) else { return };
        for entry in pending.entries {
            if self.latest.get(&entry.key).is_some_and(|(_, of)| *of == id) {
                self.latest.remove(&entry.key);
            }
        }
    }
}

/// The rows that were announced. The announcement is withdrawn on drop, also where the request was cancelled.
pub(super) struct Announced<'b> {
    pub(super) book: &'b Mutex<Book>,
    pub(super) entries: Vec<Entry>,
    pub(super) rows: Vec<(u128, Record, Vec<Entry>)>,
}

impl Announced<'_> {
    pub(super) fn committed(&self) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let since = book.root().generation;
        for (id, _, entries) in &self.rows {
            book.add(*id, entries.clone(), since);
        }
    }
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).withdraw(&self.entries);
    }
}
