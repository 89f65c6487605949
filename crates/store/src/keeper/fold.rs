//! Folds waiting evidence into the tree, and checks that no evidence was dropped before that.

use super::entry::{Entry, RowKey, Sealer};
use super::tree::{Change, GONE_KEPT, Tree, TreeError, gone};
use super::{KeptStore, ROOT_ID, Root};
use crate::kinds;
use crate::{Id, Record, Row, StoreError, Timestamp, Transaction, Version};
use std::collections::{BTreeMap, BTreeSet};

/// The most rows of evidence that one fold takes.
const FOLD_ROWS: usize = 2_000;
/// The most statements that one fold takes; each may change a leaf and the nodes above it. The more are folded
/// together, the more of them share a leaf, but nothing else is saved meanwhile.
const FOLD_ENTRIES: usize = 2_000;
/// The number of rows of evidence that are read at a time.
const PAGE: usize = 500;

/// The outcome of a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// No evidence waits.
    Nothing,
    /// Some evidence was folded, and more may wait.
    Some,
    /// Another process was faster.
    Rival,
}

impl KeptStore {
    /// Folds some of the evidence that waits.
    ///
    /// # Errors
    ///
    /// A store error; [`StoreError::Untrusted`] where the evidence is not what was saved.
    pub async fn fold(&self) -> Result<Folded, StoreError> {
        self.trusted().await?;
        let rows = self.inner.scan(kinds::EVIDENCE, None, FOLD_ROWS).await?;
        if rows.is_empty() {
            return Ok(Folded::Nothing);
        }
        self.refresh_root().await?;
        let root = self.book().root();
        let generation = root.generation.saturating_add(1);
        let (ids, entries) = self.gathered(&rows, generation)?;
        let mut news = Vec::with_capacity(entries.len());
        for entry in entries {
            if self.is_news(root, &entry).await? {
                news.push(entry);
            }
        }
        let entries = news;
        let merged = if entries.is_empty() {
            Ok(Change { root: root.node, ..Change::default() })
        } else {
            self.tree.merge(root.node, &entries, generation).await
        };
        let change = match merged {
            Ok(change) => change,
            Err(TreeError::Store(error)) => return Err(error),
            Err(TreeError::Moved) => {
                self.refresh_root().await?;
                let moved = self.book().root() != root;
                return if moved { Ok(Folded::Rival) } else { Err(self.evidence_broken()) };
            }
            Err(TreeError::Broken) => return Err(self.evidence_broken()),
        };
        let tick = entries.iter().map(|entry| entry.tick).fold(root.tick, u64::max);
        let forgotten = root.forgotten.max(change.forgotten);
        let next = Root { row: root.row.next(), generation, node: change.root, tick, forgotten };
        let at = self.inner.last_committed().await?.unwrap_or(Timestamp(0));
        let mut transaction = changed(&self.tree, &change, Transaction::new(at));
        transaction = rooted(&self.sealer, transaction, root, next);
        for id in &ids {
            transaction = transaction.delete(kinds::EVIDENCE, Id(*id), Version::FIRST);
        }
        match self.inner.commit(transaction).await {
            Ok(_) => {}
            Err(StoreError::Conflict { .. } | StoreError::Exists { .. }) => {
                self.refresh_root().await?;
                return Ok(Folded::Rival);
            }
            Err(other) => return Err(other),
        }
        self.tree.saved(&change);
        let mut book = self.book();
        book.adopt(next);
        ids.iter().for_each(|id| book.remove(*id));
        Ok(Folded::Some)
    }

    /// The rows of evidence for one fold, and the last statement about each row in them.
    fn gathered(
        &self,
        rows: &[Row],
        generation: u64,
    ) -> Result<(Vec<u128>, Vec<Entry>), StoreError> {
        let mut ids = Vec::with_capacity(rows.len());
        let mut last: BTreeMap<RowKey, Entry> = BTreeMap::new();
        let mut count = 0_usize;
        for row in rows {
            let id = row.record.id.0;
            let Ok(entries) = self.opened_evidence(id, &row.record.state) else {
                return Err(self.evidence_broken());
            };
            count = count.saturating_add(entries.len());
            if !ids.is_empty() && count > FOLD_ENTRIES {
                break;
            }
            ids.push(id);
            for mut entry in entries {
                if entry.fact.is_absent() {
                    entry.fact = gone(generation);
                }
                let newest = last.entry(entry.key).or_insert(entry);
                if newest.tick < entry.tick {
                    *newest = entry;
                }
            }
        }
        Ok((ids, last.into_values().collect()))
    }

    /// Checks that all evidence that this process knows as committed is in the tree or still waits. Evidence that is in
    /// neither place was dropped.
    ///
    /// # Errors
    ///
    /// A store error; [`StoreError::Untrusted`] where evidence was dropped.
    pub async fn settle(&self) -> Result<(), StoreError> {
        let pending = self.book().all_pending();
        if pending.is_empty() {
            return Ok(());
        }
        let waiting = self.waiting_ids().await?;
        self.refresh_root().await?;
        for (id, noted) in pending {
            if waiting.contains(&id) {
                continue;
            }
            for entry in &noted.entries {
                let folded = match self.in_tree(entry.key).await? {
                    Some(found) => found.tick >= entry.tick,
                    None => {
                        let passed = self.book().root().generation.saturating_sub(noted.since);
                        entry.fact.is_absent() || passed > GONE_KEPT
                    }
                };
                if !folded {
                    return Err(self.evidence_broken());
                }
            }
            self.book().remove(id);
        }
        Ok(())
    }

    async fn waiting_ids(&self) -> Result<BTreeSet<u128>, StoreError> {
        let mut ids = BTreeSet::new();
        let mut after = None;
        loop {
            let rows = self.inner.scan(kinds::EVIDENCE, after, PAGE).await?;
            ids.extend(rows.iter().map(|row| row.record.id.0));
            match rows.last() {
                Some(last) if rows.len() == PAGE => after = Some(last.record.id),
                Some(_) | None => return Ok(ids),
            }
        }
    }

    /// Whether, as far as this process knows, any of these rows of evidence is not in the tree.
    #[must_use]
    pub fn holds_any(&self, ids: &[u128]) -> bool {
        let book = self.book();
        ids.iter().any(|id| book.is_pending(*id))
    }

    /// Whether any evidence waits to be folded.
    ///
    /// # Errors
    ///
    /// A store error.
    pub async fn evidence_waits(&self) -> Result<bool, StoreError> {
        self.trusted().await?;
        Ok(!self.inner.scan(kinds::EVIDENCE, None, 1).await?.is_empty())
    }

    /// The number of rows of evidence that this process knows and that are not in the tree.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.book().pending()
    }
}

/// Adds the changed nodes of the tree to a transaction.
pub(super) fn changed(tree: &Tree, change: &Change, mut transaction: Transaction) -> Transaction {
    for (id, node) in &change.fresh {
        transaction = transaction.insert(tree.record(*id, node));
    }
    for id in &change.gone {
        transaction = transaction.delete(kinds::EVIDENCE_NODE, Id(*id), Version::FIRST);
    }
    transaction
}

/// Adds the row that names the new root to a transaction.
pub(super) fn rooted(
    sealer: &Sealer,
    transaction: Transaction,
    before: Root,
    next: Root,
) -> Transaction {
    let clear = next.write(sealer.epoch).finish_hidden();
    let record: Record = sealer.record(kinds::EVIDENCE_ROOT, ROOT_ID.0, &clear);
    if before.row == Version::ABSENT {
        transaction.insert(record)
    } else {
        transaction.put(before.row, record)
    }
}
