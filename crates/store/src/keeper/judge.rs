//! Decides whether rows that were read are what was saved last.

use super::entry::{Entry, Fact, RowKey};
use super::tree::TreeError;
use super::{KeptStore, ROOT_ID, Root};
use crate::error::Finding;
use crate::kinds;
use crate::kinds::{Care, care};
use crate::{Id, Kind, Lookup, Row, StoreError, Timestamp, Version};

/// How often rows are read again before a difference that may be passing is reported.
const TRIES_MAX: usize = 40;
/// The number of rows of evidence that are read at a time.
const PAGE: usize = 500;

/// The ways in which a caller reads rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Query {
    Load(Id),
    Find(Lookup, usize),
    Due(Timestamp, usize),
    Scan(Option<Id>, usize),
}

/// A row that differs from what the evidence says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Doubt {
    key: RowKey,
    known: Fact,
    found: Fact,
}

impl Doubt {
    const fn finding(self) -> Finding {
        let (known, found) = (self.known.version.0, self.found.version.0);
        if found == Version::ABSENT.0 {
            Finding::Missing { known }
        } else if known == Version::ABSENT.0 || found > known {
            Finding::Unknown { found }
        } else if found == known {
            Finding::Changed { version: known }
        } else {
            Finding::SetBack { known, found }
        }
    }
}

impl KeptStore {
    async fn query(&self, kind: Kind, query: Query) -> Result<Vec<Row>, StoreError> {
        match query {
            Query::Load(id) => Ok(self.inner.load(kind, id).await?.into_iter().collect()),
            Query::Find(lookup, limit) => self.inner.find(kind, lookup, limit).await,
            Query::Due(now, limit) => self.inner.due(kind, now, limit).await,
            Query::Scan(after, limit) => self.inner.scan(kind, after, limit).await,
        }
    }

    /// Reads rows and checks them against the evidence; a finding closes the store.
    ///
    /// A difference may be passing, because another task or another server is committing at this moment. The evidence
    /// is therefore looked up anew, and the rows are read again after it. What then still differs in the same way was
    /// written by somebody who left no evidence.
    pub(super) async fn believed(&self, kind: Kind, query: Query) -> Result<Vec<Row>, StoreError> {
        self.trusted().await?;
        if care(kind) == Care::Unwatched {
            return self.query(kind, query).await;
        }
        match self.judged(kind, query).await? {
            Ok(rows) => Ok(rows),
            Err((id, finding)) => Err(self.distrust(kind, id, finding)),
        }
    }

    /// Does the same as [`KeptStore::believed`], but a finding does not close the store.
    pub(super) async fn judged(
        &self,
        kind: Kind,
        query: Query,
    ) -> Result<Result<Vec<Row>, (Id, Finding)>, StoreError> {
        let mut last = None;
        for attempt in 0..TRIES_MAX {
            let rows = self.query(kind, query).await?;
            let Some(doubt) = self.doubt(kind, query, &rows).await? else { return Ok(Ok(rows)) };
            if attempt > 1 && last == Some(doubt) {
                return Ok(Err((Id(doubt.key.id), doubt.finding())));
            }
            if attempt > 0 {
                self.refresh().await?;
                last = Some(doubt);
            }
        }
        Err(StoreError::Unavailable {
            doing: "read a row that changes all the time",
            source: "it was another each time".into(),
        })
    }

    async fn doubt(
        &self,
        kind: Kind,
        query: Query,
        rows: &[Row],
    ) -> Result<Option<Doubt>, StoreError> {
        for row in rows {
            let key = RowKey::of(kind, row.record.id);
            let doubt = self.differs(key, Fact::of(row)).await?;
            if doubt.is_some() {
                return Ok(doubt);
            }
        }
        match query {
            Query::Load(id) if rows.is_empty() => {
                self.differs(RowKey::of(kind, id), Fact::ABSENT).await
            }
            Query::Load(_) | Query::Find(..) | Query::Due(..) | Query::Scan(..) => Ok(None),
        }
    }

    async fn differs(&self, key: RowKey, found: Fact) -> Result<Option<Doubt>, StoreError> {
        if self.book().is_announced(key, found) {
            return Ok(None);
        }
        let known = self.fact(key).await?;
        if known.agrees_with(found) {
            return Ok(None);
        }
        Ok(Some(Doubt { key, known, found }))
    }

    /// What a row was saved as last, as far as this process knows.
    pub(super) async fn fact(&self, key: RowKey) -> Result<Fact, StoreError> {
        Ok(self.statement(key).await?.map_or(Fact::ABSENT, |entry| entry.fact))
    }

    /// Whether the evidence says that a row exists.
    pub(super) async fn is_known(&self, kind: Kind, id: Id) -> Result<bool, StoreError> {
        Ok(!self.fact(RowKey::of(kind, id)).await?.is_absent())
    }

    async fn statement(&self, key: RowKey) -> Result<Option<Entry>, StoreError> {
        let (pending, generation) = {
            let book = self.book();
            (book.latest(key), book.root().generation)
        };
        match pending {
            Some((entry, since)) if since == generation => Ok(Some(entry)),
            // The tree has changed since it was noted: another server may have folded it, and what was saved after it.
            Some((entry, _)) => {
                let folded = self.in_tree(key).await?;
                Ok([folded, Some(entry)].into_iter().flatten().max_by_key(|entry| entry.tick))
            }
            None => self.in_tree(key).await,
        }
    }

    /// Whether a statement may be about something that was saved and is not in the tree yet. A statement that is in the
    /// tree, or was folded and forgotten, is in a row of evidence that somebody has put back, or that is being folded
    /// at this moment.
    pub(super) async fn is_news(&self, root: Root, entry: &Entry) -> Result<bool, StoreError> {
        if entry.tick > root.tick {
            return Ok(true);
        }
        Ok(match self.in_tree(entry.key).await? {
            Some(found) => found.tick < entry.tick,
            None => entry.tick > root.forgotten,
        })
    }

    /// What the tree says about a row. A node that is missing means that another process has changed the tree.
    pub(super) async fn in_tree(&self, key: RowKey) -> Result<Option<Entry>, StoreError> {
        let mut before: Option<Root> = None;
        for _ in 0..TRIES_MAX {
            let root = self.book().root();
            if before == Some(root) {
                break;
            }
            match self.tree.get(root.node, key).await {
                Ok(found) => return Ok(found),
                Err(TreeError::Store(error)) => return Err(error),
                Err(TreeError::Broken) => break,
                Err(TreeError::Moved) => {
                    before = Some(root);
                    self.refresh_root().await?;
                }
            }
        }
        Err(self.evidence_broken())
    }

    /// Learns what other processes have committed and folded. The waiting evidence is read before the tree, so that
    /// evidence which is folded in between is found in the tree.
    pub(super) async fn refresh(&self) -> Result<(), StoreError> {
        let mut learnt = Vec::new();
        let mut after = None;
        loop {
            let rows = self.inner.scan(kinds::EVIDENCE, after, PAGE).await?;
            for row in &rows {
                let id = row.record.id.0;
                if self.book().is_pending(id) {
                    continue;
                }
                let Ok(entries) = self.opened_evidence(id, &row.record.state) else {
                    return Err(self.evidence_broken());
                };
                learnt.push((id, entries));
            }
            match rows.last() {
                Some(last) if rows.len() == PAGE => after = Some(last.record.id),
                Some(_) | None => break,
            }
        }
        self.refresh_root().await?;
        for (id, entries) in learnt {
            self.learn(id, &entries).await?;
        }
        Ok(())
    }

    /// Notes those statements of a row of evidence that are not in the tree. Where the tree changes meanwhile, they are
    /// looked up anew.
    async fn learn(&self, id: u128, entries: &[Entry]) -> Result<(), StoreError> {
        loop {
            let root = self.book().root();
            let mut news = Vec::with_capacity(entries.len());
            for entry in entries {
                if self.is_news(root, entry).await? {
                    news.push(*entry);
                }
            }
            let mut book = self.book();
            if book.root() != root {
                continue;
            }
            if !news.is_empty() && !book.is_pending(id) {
                book.add(id, news, root.generation);
            }
            return Ok(());
        }
    }

    pub(super) async fn refresh_root(&self) -> Result<(), StoreError> {
        // What is known before the read began: the row that is read is that or newer.
        let before = self.book().root();
        let Some(row) = self.inner.load(kinds::EVIDENCE_ROOT, ROOT_ID).await? else {
            return if before.row == Version::ABSENT {
                Ok(())
            } else {
                Err(self.evidence_broken())
            };
        };
        let Ok(root) = Root::read(&self.sealer, &row) else { return Err(self.evidence_broken()) };
        let older = root.row < before.row || root.generation < before.generation;
        let forked = root.row == before.row && root != before;
        if older || forked {
            return Err(self.evidence_broken());
        }
        self.book().adopt(root);
        Ok(())
    }
}
