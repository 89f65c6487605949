//! Begins a new epoch: the rows as they are count as what was saved last.

use super::entry::{Entry, Fact, RandomBytes, RowKey, Sealer};
use super::fold::{changed, rooted};
use super::tree::{Change, FANOUT, Tree};
use super::{Anchor, ROOT_ID, Root, key_of};
use crate::keys::Keys;
use crate::kinds;
use crate::kinds::CODES;
use crate::kinds::{Care, care};
use crate::{Id, JournalRow, Kind, Store, StoreError, Timestamp, Transaction, Version};
use std::collections::HashSet;
use std::sync::Arc;

const PAGE: usize = 1_000;
/// The number of statements in a leaf of a new tree; a leaf has room for more.
const FILLED: usize = FANOUT * 3 / 4;
/// The number of nodes that are saved at a time.
const NODES: usize = 1_000;

/// The outcome of a new epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebased {
    /// The number of rows that the new evidence covers.
    pub rows: u64,
    /// What the next checkpoint is to hold about the evidence.
    pub anchor: Anchor,
}

/// Builds the evidence anew from the rows as they are, and saves it together with `journal`.
///
/// Only for `genvej migrate` and `genvej audit accept-restore`, while nothing else writes. The old evidence stays in
/// force until the last transaction, so a run that was interrupted can be repeated.
///
/// # Errors
///
/// A store error.
pub async fn rebase(
    store: &Arc<dyn Store>,
    (keys, random): (&Keys, RandomBytes),
    epoch: u32,
    at: Timestamp,
    journal: JournalRow,
) -> Result<Rebased, StoreError> {
    let sealer = Sealer::new(key_of(keys), epoch, random);
    let tree = Tree::new(Arc::clone(store), sealer.clone());
    let mut building = Building { store, tree: &tree, at, kept: HashSet::new() };
    let (rows, root) = building.build().await?;
    let before = match store.load(kinds::EVIDENCE_ROOT, ROOT_ID).await? {
        Some(row) => row.version,
        None => Version::ABSENT,
    };
    // The version of the row rises through all epochs, and the generation with it.
    let (generation, tick) = (before.0.saturating_add(1), super::book::first_tick(at));
    let next = Root { row: before.next(), generation, node: root, tick, forgotten: 0 };
    let before = Root { row: before, generation: 0, node: None, tick: 0, forgotten: 0 };
    let transaction = rooted(&sealer, Transaction::new(at).journal(journal), before, next);
    store.commit(transaction).await?;
    let kept = building.kept;
    clear(&**store, kinds::EVIDENCE_NODE, at, &kept).await?;
    clear(&**store, kinds::EVIDENCE, at, &HashSet::new()).await?;
    Ok(Rebased { rows, anchor: Anchor { epoch, generation: next.generation, root } })
}

/// Whether the evidence in a database is that of this epoch.
///
/// # Errors
///
/// A store error.
pub async fn is_of_epoch(store: &dyn Store, keys: &Keys, epoch: u32) -> Result<bool, StoreError> {
    let sealer = Sealer::new(key_of(keys), epoch, std::sync::Arc::new(|_: &mut [u8]| {}));
    let row = store.load(kinds::EVIDENCE_ROOT, ROOT_ID).await?;
    Ok(row.is_some_and(|row| Root::read(&sealer, &row).is_ok()))
}

struct Building<'a> {
    store: &'a Arc<dyn Store>,
    tree: &'a Tree,
    at: Timestamp,
    /// The ids of the nodes of the new tree.
    kept: HashSet<u128>,
}

impl Building<'_> {
    async fn build(&mut self) -> Result<(u64, Option<u128>), StoreError> {
        let tick = super::book::first_tick(self.at);
        let (mut rows, mut level) = (0_u64, Vec::new());
        let mut entries: Vec<Entry> = Vec::new();
        let mut change = Change::default();
        for code in CODES {
            let kind = Kind::new(code, "row");
            if care(kind) == Care::Unwatched {
                continue;
            }
            let mut after = None;
            loop {
                let page = self.store.scan(kind, after, PAGE).await?;
                for row in &page {
                    rows = rows.saturating_add(1);
                    let key = RowKey::of(kind, row.record.id);
                    entries.push(Entry { key, tick, fact: Fact::of(row) });
                    if entries.len() >= FILLED {
                        level.extend(self.tree.leaves(std::mem::take(&mut entries), &mut change));
                    }
                }
                self.save(&mut change, NODES).await?;
                match page.last() {
                    Some(last) if page.len() == PAGE => after = Some(last.record.id),
                    Some(_) | None => break,
                }
            }
        }
        level.extend(self.tree.leaves(entries, &mut change));
        let root = self.tree.rooted(level, &mut change);
        self.save(&mut change, 0).await?;
        Ok((rows, root))
    }

    /// Saves the new nodes once there are more than `waiting` of them.
    async fn save(&mut self, change: &mut Change, waiting: usize) -> Result<(), StoreError> {
        if change.fresh.len() <= waiting {
            return Ok(());
        }
        let fresh = std::mem::take(&mut change.fresh);
        for part in fresh.chunks(NODES) {
            let part = Change { fresh: part.to_vec(), ..Change::default() };
            self.store.commit(changed(self.tree, &part, Transaction::new(self.at))).await?;
            self.kept.extend(part.fresh.iter().map(|(id, _)| *id));
        }
        Ok(())
    }
}

/// Deletes the evidence of earlier epochs.
async fn clear(
    store: &dyn Store,
    kind: Kind,
    at: Timestamp,
    kept: &HashSet<u128>,
) -> Result<(), StoreError> {
    let mut after: Option<Id> = None;
    loop {
        let page = store.scan(kind, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.record.id);
        let mut transaction = Transaction::new(at);
        for row in page.iter().filter(|row| !kept.contains(&row.record.id.0)) {
            transaction = transaction.delete(kind, row.record.id, row.version);
        }
        if !transaction.writes.is_empty() {
            store.commit(transaction).await?;
        }
    }
}
