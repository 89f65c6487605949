//! The embedded backend: one SQLite file, one writer that commits many waiting requests at once.
//!
//! WAL with `synchronous=FULL`: what was acknowledged is on the disk. Everything personal arrives
//! sealed and leaves sealed; this crate holds no key.

mod batch;
mod failure;
mod file;
mod journal;
mod migration;
mod outbox;
mod reader;
mod rows;
mod value;
mod writer;

pub use file::OpenError;
pub use migration::{MIGRATIONS, Migrated, Migration};
pub use writer::GROUP_REQUESTS_MAX;

use async_trait::async_trait;
use reader::Readers;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{
    Chain, Claimed, Committed, EffectKey, Expired, Id, Journalled, Kind, Lookup, Row, Sequenced,
    Store, StoreError, SubjectId, Timestamp, Transaction,
};
use writer::Writer;

/// A store in one file.
///
/// Dropping it, or [`Sqlite::close`], lets the writer finish every request that was accepted.
#[derive(Debug)]
pub struct Sqlite {
    // Dropped first: the last connection to close is the writer's, which empties the WAL.
    readers: Readers,
    /// For the time of the last commit alone, which is asked for again and again: one row of a page that is always in memory,
    /// so that a turn of another thread would cost more than the read. `None` once the store is closed.
    moment: Mutex<Option<Connection>>,
    writer: Writer,
}

impl Sqlite {
    /// Opens a file that [`Sqlite::migrate`] has brought to this program's layout.
    ///
    /// # Errors
    ///
    /// No file, another program's file, a damaged one, or one of an older or newer layout.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let writer = file::open(path)?;
        let readers = (0..reader::READERS)
            .map(|_| file::open_for_reading(path))
            .collect::<Result<Vec<_>, _>>()?;
        let near = (0..reader::near())
            .map(|_| file::open_for_reading(path))
            .collect::<Result<Vec<_>, _>>()?;
        let moment = Mutex::new(Some(file::open_for_reading(path)?));
        let broken = |source| OpenError::Thread { path: path.to_owned(), source };
        let writer = Writer::start(writer).map_err(broken)?;
        let readers = Readers::start(readers, near).map_err(broken)?;
        Ok(Self { readers, moment, writer })
    }

    /// The layout of a file; 0 where there is none, or an empty one.
    ///
    /// # Errors
    ///
    /// As [`Sqlite::open`].
    pub fn layout(path: &Path) -> Result<u32, OpenError> {
        file::layout(path)
    }

    /// Creates the file where there is none, and runs the migrations that it lacks.
    ///
    /// # Errors
    ///
    /// As [`Sqlite::open`], except that an older layout is what this mends.
    pub fn migrate(path: &Path) -> Result<Migrated, OpenError> {
        file::migrate(path)
    }

    /// Reads the whole file and checks its structure. Slow on a large file.
    ///
    /// # Errors
    ///
    /// [`OpenError::Damaged`] with what SQLite found first.
    pub fn check(path: &Path) -> Result<(), OpenError> {
        file::check(path)
    }

    /// Moves everything from the write-ahead log into the file and empties the log, so that what was
    /// deleted (a wrapped key, at erasure) is in neither.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] where a long read keeps the log in use; try again later.
    pub async fn empty_log(&self) -> Result<(), StoreError> {
        self.writer.empty_log().await
    }

    fn moment(&self) -> MutexGuard<'_, Option<Connection>> {
        self.moment.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finishes every accepted request, then closes the file. Later calls are [`StoreError::Closed`].
    pub fn close(&self) {
        self.readers.close();
        drop(self.moment().take());
        self.writer.close();
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn load(&self, kind: Kind, id: Id) -> Result<Option<Row>, StoreError> {
        self.readers.read_near("load a row", move |db| rows::load(db, kind, id)).await
    }

    async fn find(&self, kind: Kind, lookup: Lookup, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.readers.read_near("find rows", move |db| rows::find(db, kind, lookup, limit)).await
    }

    async fn due(&self, kind: Kind, now: Timestamp, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.readers.read("list due rows", move |db| rows::due(db, kind, now, limit)).await
    }

    async fn scan(
        &self,
        kind: Kind,
        after: Option<Id>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.readers.read("scan rows", move |db| rows::scan(db, kind, after, limit)).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed, StoreError> {
        transaction.check()?;
        self.writer.write("commit", move |batch| rows::commit(batch, &transaction)).await
    }

    async fn last_committed(&self) -> Result<Option<Timestamp>, StoreError> {
        let doing = "read the last committed time";
        let read = self.moment().as_ref().map(rows::last_committed).ok_or_else(failure::closed)?;
        read.map_err(|failure| failure.during(doing))
    }

    async fn claim_effects(
        &self,
        now: Timestamp,
        lease_ms: u32,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        // Most polls find nothing: those cost a read, and no turn of the writer.
        let any =
            self.readers.read("look for effects", move |db| outbox::any_free(db, now)).await?;
        if !any {
            return Ok(Vec::new());
        }
        let request =
            move |batch: &mut batch::Batch<'_>| outbox::claim(batch.db, now, lease_ms, limit);
        self.writer.write("claim effects", request).await
    }

    async fn finish_effect(&self, key: EffectKey) -> Result<bool, StoreError> {
        self.writer.write("finish an effect", move |batch| outbox::finish(batch.db, key)).await
    }

    async fn postpone_effect(
        &self,
        key: EffectKey,
        attempt: u32,
        retry_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let request =
            move |batch: &mut batch::Batch<'_>| outbox::postpone(batch.db, key, attempt, retry_at);
        self.writer.write("postpone an effect", request).await
    }

    async fn expire_effects(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        let any =
            self.readers.read("look for expired effects", move |db| outbox::any_expired(db, now));
        if !any.await? {
            return Ok(Vec::new());
        }
        self.writer.write("expire effects", move |batch| outbox::expire(batch.db, now, limit)).await
    }

    async fn waiting_effects(&self) -> Result<u64, StoreError> {
        self.readers.read("count effects", outbox::count).await
    }

    async fn journal_waiting(&self, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.readers.read("list waiting journal rows", move |db| journal::waiting(db, limit)).await
    }

    async fn journal_chain(&self) -> Result<Chain, StoreError> {
        self.readers.read("read the end of the chain", journal::chain).await
    }

    async fn journal_sequence(
        &self,
        seen: Chain,
        steps: Vec<Sequenced>,
    ) -> Result<Chain, StoreError> {
        let request = move |batch: &mut batch::Batch<'_>| journal::sequence(batch.db, seen, &steps);
        self.writer.write("sequence the journal", request).await
    }

    async fn journal_read(&self, from: u64, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.readers.read("read the journal", move |db| journal::read(db, from, limit)).await
    }

    async fn journal_about(
        &self,
        subject: SubjectId,
        limit: usize,
    ) -> Result<Vec<Journalled>, StoreError> {
        self.readers
            .read("read the journal of a subject", move |db| journal::about(db, subject, limit))
            .await
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.close();
    }
}
