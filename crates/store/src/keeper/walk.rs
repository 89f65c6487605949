//! Compares all rows of all kinds with the evidence, every night and for `genvej audit verify`.

use super::KeptStore;
use super::entry::{Entry, Fact, RowKey};
use super::judge::Query;
use super::tree::TreeError;
use crate::error::Finding;
use crate::kinds::CODES;
use crate::kinds::{Care, care};
use crate::{Id, Kind, Row, StoreError};
use std::collections::BTreeMap;

const PAGE: usize = 500;
/// The most suspect rows that are listed.
const SUSPECTS_MAX: usize = 64;

/// A row that is not what was saved last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The kind of the row.
    pub kind: Kind,
    /// The id of the row.
    pub id: Id,
    /// How the row differs from what was saved.
    pub finding: Finding,
}

/// The outcome of a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// The number of rows that were compared.
    pub rows: u64,
    /// The first 64 rows that are not what was saved last.
    pub suspects: Vec<Suspect>,
}

impl KeptStore {
    /// Compares every row of every kind with the evidence, and looks for every row that was saved. Rows may change
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// A store error. Rows that differ are no error; they are listed in the outcome.
    pub async fn walk(&self) -> Result<Walked, StoreError> {
        self.trusted().await?;
        self.refresh().await?;
        let mut walked = Walked::default();
        for code in CODES {
            let kind = Kind::new(code, "row");
            if care(kind) != Care::Unwatched {
                self.walk_kind(kind, &mut walked).await?;
            }
        }
        Ok(walked)
    }

    async fn walk_kind(&self, kind: Kind, walked: &mut Walked) -> Result<(), StoreError> {
        let mut after: Option<Id> = None;
        loop {
            let rows = self.inner.scan(kind, after, PAGE).await?;
            let last = rows.last().filter(|_| rows.len() == PAGE).map(|row| row.record.id);
            let until = RowKey { kind: kind.code(), id: last.map_or(u128::MAX, |id| id.0) };
            let from = after.map_or_else(
                || kind.code().checked_sub(1).map(|kind| RowKey { kind, id: u128::MAX }),
                |id| Some(RowKey::of(kind, id)),
            );
            let known = self.known_between(from, until).await?;
            self.compare_page(kind, &rows, known, walked).await?;
            match last {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    async fn known_between(
        &self,
        after: Option<RowKey>,
        until: RowKey,
    ) -> Result<BTreeMap<RowKey, Fact>, StoreError> {
        let mut entries: Vec<Entry> = loop {
            let root = self.book().root();
            match self.tree.range(root.node, after, until).await {
                Ok(entries) => break entries,
                Err(TreeError::Store(error)) => return Err(error),
                Err(TreeError::Broken) => return Err(self.evidence_broken()),
                Err(TreeError::Moved) => {
                    self.refresh_root().await?;
                    if self.book().root() == root {
                        return Err(self.evidence_broken());
                    }
                }
            }
        };
        entries.extend(self.book().latest_between(after, until));
        entries.sort_by_key(|entry| (entry.key, entry.tick));
        let mut known: BTreeMap<RowKey, Fact> =
            entries.into_iter().map(|entry| (entry.key, entry.fact)).collect();
        known.retain(|_, fact| !fact.is_absent());
        Ok(known)
    }

    /// Compares one page of rows. A row that differs may have changed between two reads, so it is judged once more by
    /// itself.
    async fn compare_page(
        &self,
        kind: Kind,
        rows: &[Row],
        mut known: BTreeMap<RowKey, Fact>,
        walked: &mut Walked,
    ) -> Result<(), StoreError> {
        let mut differing = Vec::new();
        for row in rows {
            walked.rows = walked.rows.saturating_add(1);
            let fact = known.remove(&RowKey::of(kind, row.record.id));
            if fact != Some(Fact::of(row)) {
                differing.push(row.record.id);
            }
        }
        differing.extend(known.into_keys().map(|key| Id(key.id)));
        for id in differing {
            // More are not named, and each costs some reads: after a restore every row may differ.
            if walked.suspects.len() >= SUSPECTS_MAX {
                break;
            }
            if let Err((id, finding)) = self.judged(kind, Query::Load(id)).await? {
                walked.suspects.push(Suspect { kind, id, finding });
            }
        }
        Ok(())
    }
}
