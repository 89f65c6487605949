//! Keeps evidence about every row, so that writes to the database by anybody else are detected.
//!
//! An attacker who can write to the database and has no key cannot make a row that opens, but can put back an old row,
//! and so undo sixty wrong PINs, a spent grant or a freeze. [`KeptStore`] is placed before a backend and accepts a row
//! only if it is what was saved last (PROTOCOLS.md section 14a, docs/adr/evidence-about-rows.md):
//!
//! * Each commit carries a sealed row of evidence that states kind, id, version and hash of each row that it changes.
//! * One process at a time folds these rows into a tree of sealed nodes. The root of the tree is kept in the checkpoint
//!   outside the database, and in the memory of each process.
//! * Evidence that a process has committed or has seen, and that is not in the tree yet, is kept in its memory and in a
//!   file of receipts outside the database.
//!
//! There are no locks: evidence is inserted, and the tree is saved by compare-and-swap.

mod book;
mod entry;
mod fold;
mod judge;
mod rebase;
mod tree;
mod walk;

pub use entry::{Mark, RandomBytes, RowKey};
pub use fold::Folded;
pub use rebase::{Rebased, is_of_epoch, rebase};
pub use walk::{Suspect, Walked};

use crate::codec::{CodecError, Reader, Writer};
use crate::error::Finding;
use crate::keys::Keys;
use crate::kinds::{self, Care, care};
use crate::seal::DataKey;
use crate::{
    Chain, Claimed, Committed, EffectKey, Expired, Id, Journalled, Kind, Lookup, Record, Row,
    Sequenced, Store, StoreError, SubjectId, Timestamp, Transaction, Version, Write,
};
use async_trait::async_trait;
use book::{Announced, Book};
use entry::{ENTRIES_MAX, Entry, Fact, Sealer, write_entries};
use judge::Query;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tree::Tree;

/// The most rows of evidence that may wait to be folded into the tree; beyond that nothing more is saved.
const PENDING_MAX: usize = 200_000;

/// What a checkpoint holds about the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The epoch of the evidence: one more after each restore that was accepted.
    pub epoch: u32,
    /// How many times the tree was changed.
    pub generation: u64,
    /// The id of the root of the tree; `None` for an empty tree.
    pub root: Option<u128>,
}

/// A file outside the database that holds the evidence which was committed and is in no checkpoint yet.
pub trait Receipts: Send + Sync + fmt::Debug {
    /// Adds a row of evidence that was committed; it is durable when this returns.
    ///
    /// # Errors
    ///
    /// The error of the system where the file cannot be written.
    fn add(&self, id: u128, sealed: &[u8]) -> io::Result<()>;
}

/// What is known from outside the database when a process starts.
#[derive(Debug)]
pub struct Known {
    /// The epoch in the file beside the keys.
    pub epoch: u32,
    /// What the checkpoint holds about the evidence; `None` where it holds nothing about it.
    pub anchor: Option<Anchor>,
    /// Rows of evidence from the files of receipts.
    pub receipts: Vec<(u128, Vec<u8>)>,
}

impl Known {
    /// Nothing is known: the store was never written to.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { epoch: 1, anchor: None, receipts: Vec::new() }
    }
}

/// The root of the tree, as a process knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Root {
    /// The version of the row that names the root; absent before the first fold.
    row: Version,
    generation: u64,
    node: Option<u128>,
    /// The largest tick in the tree; whatever is saved after it has a larger one.
    tick: u64,
    /// The largest tick of a statement about a removed row that the tree has forgotten. A statement that has no larger
    /// tick and is not in the tree was folded and forgotten, so somebody has put its row of evidence back.
    forgotten: u64,
}

impl Root {
    fn write(self, epoch: u32) -> Writer {
        let mut w = Writer::new();
        w.u32(epoch);
        w.u64(self.row.0);
        w.u64(self.generation);
        w.option(self.node.as_ref(), |w, node| w.u128(*node));
        w.u64(self.tick);
        w.u64(self.forgotten);
        w
    }

    /// Reads the root. The row states its own version, so that an old one cannot be presented with the version of a
    /// newer one.
    fn read(sealer: &Sealer, row: &Row) -> Result<Self, CodecError> {
        let clear = sealer.open(kinds::EVIDENCE_ROOT, row.record.id.0, &row.record.state)?;
        let mut r = Reader::new(&clear);
        let epoch = r.u32("epoch")?;
        let version = Version(r.u64("version")?);
        let generation = r.u64("generation")?;
        let node = r.option("root", |r| r.u128("root"))?;
        let tick = r.u64("tick")?;
        let forgotten = r.u64("forgotten tick")?;
        r.finish()?;
        if epoch != sealer.epoch || version != row.version {
            return Err(CodecError::Invalid { what: "root of the evidence" });
        }
        Ok(Self { row: version, generation, node, tick, forgotten })
    }
}

const ROOT_ID: Id = Id(0);

fn key_of(keys: &Keys) -> DataKey {
    DataKey::new(keys.secret_for("evidence about rows"))
}

/// A store that accepts rows of the backend only if they are what was saved last.
#[derive(Debug)]
pub struct KeptStore {
    inner: Arc<dyn Store>,
    sealer: Sealer,
    tree: Tree,
    book: Mutex<Book>,
    known: Known,
    receipts: Option<Arc<dyn Receipts>>,
}

impl KeptStore {
    /// Places the store before `inner`. What is known from outside is compared with it at the first request.
    #[must_use]
    pub fn new(
        inner: Arc<dyn Store>,
        keys: &Keys,
        random: RandomBytes,
        known: Known,
        receipts: Option<Arc<dyn Receipts>>,
    ) -> Self {
        let sealer = Sealer::new(key_of(keys), known.epoch, random);
        let tree = Tree::new(Arc::clone(&inner), sealer.clone());
        let holder = u64::from_be_bytes(sealer.draw());
        let book = Mutex::new(Book::new(holder));
        Self { inner, sealer, tree, book, known, receipts }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The backend itself, for the entries that must be written once the database is no longer trusted.
    #[must_use]
    pub fn inner(&self) -> &Arc<dyn Store> {
        &self.inner
    }

    /// What the next checkpoint is to hold about the evidence.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        let root = self.book().root();
        Anchor { epoch: self.sealer.epoch, generation: root.generation, root: root.node }
    }

    /// The first finding against the database; after it nothing is read or saved.
    #[must_use]
    pub fn finding(&self) -> Option<(Kind, Id, Finding)> {
        self.book().finding
    }

    /// Records a finding against a row: from now on nothing is read or saved.
    pub fn distrust(&self, kind: Kind, id: Id, finding: Finding) -> StoreError {
        self.book().finding.get_or_insert((kind, id, finding));
        StoreError::Untrusted { kind, id, finding }
    }

    fn evidence_broken(&self) -> StoreError {
        self.distrust(kinds::EVIDENCE_ROOT, ROOT_ID, Finding::Evidence)
    }

    /// Called before every request: refuses once there is a finding, and compares the evidence with what is known from
    /// outside at the first request.
    async fn trusted(&self) -> Result<(), StoreError> {
        if let Some((kind, id, finding)) = self.finding() {
            return Err(StoreError::Untrusted { kind, id, finding });
        }
        if self.book().begun {
            return Ok(());
        }
        self.begin().await
    }

    /// Compares the evidence with what is known from outside. Two first requests may both do this; the second changes
    /// nothing.
    async fn begin(&self) -> Result<(), StoreError> {
        self.compare(&self.known).await?;
        self.book().begun = true;
        Ok(())
    }

    async fn compare(&self, known: &Known) -> Result<(), StoreError> {
        self.refresh().await?;
        let root = self.book().root();
        let fits = match known.anchor {
            None => true,
            Some(Anchor { epoch, generation, root: node }) => {
                epoch == self.sealer.epoch
                    && (root.generation > generation
                        || (root.generation == generation && root.node == node))
            }
        };
        if !fits {
            return Err(self.evidence_broken());
        }
        for (id, sealed) in &known.receipts {
            let Ok(entries) = self.opened_evidence(*id, sealed) else {
                return Err(self.evidence_broken());
            };
            let since = known.anchor.map_or(0, |anchor| anchor.generation);
            self.book().add(*id, entries, since);
        }
        self.settle().await
    }

    /// Adds to a transaction the evidence about its rows, and announces the rows within this process.
    fn announce<'b>(&'b self, transaction: &mut Transaction) -> Announced<'b> {
        let facts: Vec<(RowKey, Fact)> = transaction
            .writes
            .iter()
            .filter_map(|write| {
                let (kind, id) = write.target();
                if care(kind) == Care::Unwatched {
                    return None;
                }
                let fact = match write {
                    Write::Insert(record) => {
                        Fact { version: Version::FIRST, mark: entry::mark(record) }
                    }
                    Write::Put { seen, record } => {
                        Fact { version: seen.next(), mark: entry::mark(record) }
                    }
                    Write::Delete { .. } => Fact::ABSENT,
                };
                Some((RowKey::of(kind, id), fact))
            })
            .collect();
        let (first, entries) = self.book().announce(transaction.at, &facts);
        let mut rows = Vec::with_capacity(entries.len().div_ceil(ENTRIES_MAX));
        for (n, part) in (0_u128..).zip(entries.chunks(ENTRIES_MAX)) {
            let id = first.saturating_add(n);
            let record = self.sealer.record(kinds::EVIDENCE, id, &write_entries(part));
            transaction.writes.push(Write::Insert(record.clone()));
            rows.push((id, record, part.to_vec()));
        }
        Announced { book: &self.book, entries, rows }
    }

    fn opened_evidence(&self, id: u128, sealed: &[u8]) -> Result<Vec<Entry>, CodecError> {
        entry::read_entries(&self.sealer.open(kinds::EVIDENCE, id, sealed)?)
    }

    /// Checks that the evidence knows no row with the id of one to insert: otherwise somebody has removed it.
    async fn check_inserts(&self, transaction: &Transaction) -> Result<(), StoreError> {
        for write in &transaction.writes {
            let Write::Insert(Record { kind, id, .. }) = write else { continue };
            if care(*kind) != Care::Unwatched && self.is_known(*kind, *id).await? {
                // Reads the row: one that is there makes the insert fail as it should.
                self.believed(*kind, Query::Load(*id)).await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Store for KeptStore {
    async fn load(&self, kind: Kind, id: Id) -> Result<Option<Row>, StoreError> {
        Ok(self.believed(kind, Query::Load(id)).await?.pop())
    }

    async fn find(&self, kind: Kind, lookup: Lookup, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.believed(kind, Query::Find(lookup, limit)).await
    }

    async fn due(&self, kind: Kind, now: Timestamp, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.believed(kind, Query::Due(now, limit)).await
    }

    async fn scan(
        &self,
        kind: Kind,
        after: Option<Id>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.believed(kind, Query::Scan(after, limit)).await
    }

    async fn commit(&self, mut transaction: Transaction) -> Result<Committed, StoreError> {
        self.trusted().await?;
        self.check_inserts(&transaction).await?;
        if self.book().pending() >= PENDING_MAX {
            return Err(StoreError::Unavailable {
                doing: "commit",
                source: "too much evidence waits to be folded".into(),
            });
        }
        let announced = self.announce(&mut transaction);
        let committed = self.inner.commit(transaction).await?;
        announced.committed();
        if let Some(receipts) = &self.receipts {
            for (id, record, _) in &announced.rows {
                receipts.add(*id, &record.state).map_err(|source| StoreError::Unavailable {
                    doing: "write a receipt",
                    source: Box::new(source),
                })?;
            }
        }
        Ok(committed)
    }

    fn untrusted(&self, kind: Kind, id: Id, finding: Finding) {
        self.distrust(kind, id, finding);
    }

    async fn last_committed(&self) -> Result<Option<Timestamp>, StoreError> {
        self.trusted().await?;
        self.inner.last_committed().await
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
        self.trusted().await?;
        self.inner.claim_effects(now, lease_ms, limit).await
    }

    async fn finish_effect(&self, key: EffectKey) -> Result<bool, StoreError> {
        self.trusted().await?;
        self.inner.finish_effect(key).await
    }

    async fn postpone_effect(
        &self,
        key: EffectKey,
        attempt: u32,
        retry_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.trusted().await?;
        self.inner.postpone_effect(key, attempt, retry_at).await
    }

    async fn expire_effects(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        self.trusted().await?;
        self.inner.expire_effects(now, limit).await
    }

    async fn waiting_effects(&self) -> Result<u64, StoreError> {
        self.trusted().await?;
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
        self.trusted().await?;
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

#[cfg(test)]
mod tests;
