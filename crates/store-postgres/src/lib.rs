//! The backend on a PostgreSQL server, for more than one machine: one writer that commits many waiting requests at once, beside
//! a few connections that read.
//!
//! What was acknowledged is on the server's disk: a server that would answer before that is refused. Everything personal arrives
//! sealed and leaves sealed; this crate holds no key. How commits are made stands in `docs/adr/postgres-commits.md`.

mod failure;
mod group;
mod journal;
mod migration;
mod moving;
mod outbox;
mod place;
mod plan;
mod rows;
mod server;
mod value;
mod writer;

pub use failure::{Said, Trouble};
pub use migration::{MIGRATIONS, Migrated, Migration};
pub use place::{OpenError, Place};
pub use writer::GROUP_REQUESTS_MAX;

use async_trait::async_trait;
use deadpool_postgres::ClientWrapper;
use group::{Done, WriteRequest};
use migration::Layout;
use server::Server;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use store::moving::{Movable, Piece, Waiting};
use store::{
    Chain, Claimed, Committed, EffectKey, Expired, Id, Journalled, Kind, Lookup, Row, Sequenced,
    Store, StoreError, SubjectId, Timestamp, Transaction,
};
use tokio::runtime::{Handle, Runtime};
use value::{Columns, Query};
use writer::Writer;

/// How many threads speak to the server.
const THREADS: usize = 2;

/// A store in a database of a server.
///
/// Dropping it, or [`Postgres::close`], lets the writer finish every request that was accepted.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    writer: Writer,
    threads: Threads,
}

/// Threads of its own: a store is opened and closed outside of any runtime, and outlives the one that it is used in.
#[derive(Debug)]
struct Threads(Mutex<Option<Runtime>>);

impl Threads {
    fn start(place: &Place) -> Result<Self, OpenError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("store-postgres")
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => Ok(Self(Mutex::new(Some(runtime)))),
            Err(source) => Err(OpenError::Threads { place: place.name.clone(), source }),
        }
    }

    fn handle(&self) -> Option<Handle> {
        let runtime = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runtime.as_ref().map(|runtime| runtime.handle().clone())
    }

    /// Waits for something, also where the calling thread is one of a runtime.
    fn wait_for<T: Send>(handle: &Handle, of: impl Future<Output = T> + Send) -> T {
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| handle.block_on(of)).join();
            waiting.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let runtime = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(runtime) = runtime {
            runtime.shutdown_background();
        }
    }
}

impl Postgres {
    /// Opens a database that [`Postgres::migrate`] has brought to this program's layout.
    ///
    /// # Errors
    ///
    /// No server, one that takes no writes or would lose acknowledged ones, an empty database, another program's, or one of an
    /// older or newer layout.
    pub fn open(place: &Place) -> Result<Self, OpenError> {
        let (threads, handle) = started(place)?;
        let opened = async {
            let (server, db) = connect(place).await?;
            check_layout(place, migration::found(&db).await.map_err(in_opening(place))?)?;
            let groups = groups(&db).await.map_err(in_opening(place))?;
            Ok((server, db, groups))
        };
        let (server, db, groups) = Threads::wait_for(&handle, opened)?;
        let writer = Writer::start(&handle, server.clone(), db, groups);
        Ok(Self { server, writer, threads })
    }

    /// The layout of a database; 0 where it is empty.
    ///
    /// # Errors
    ///
    /// As [`Postgres::open`].
    pub fn layout(place: &Place) -> Result<u32, OpenError> {
        let (_threads, handle) = started(place)?;
        let found = Threads::wait_for(&handle, async {
            let (_server, db) = connect(place).await?;
            migration::found(&db).await.map_err(in_opening(place))
        })?;
        match found {
            Layout::Empty => Ok(0),
            Layout::Ours(found) => Ok(found),
            Layout::Foreign => Err(OpenError::Foreign { place: place.name.clone() }),
        }
    }

    /// Fills an empty database, or runs the migrations that it lacks.
    ///
    /// # Errors
    ///
    /// As [`Postgres::open`], except that an older layout is what this mends.
    pub fn migrate(place: &Place) -> Result<Migrated, OpenError> {
        let (_threads, handle) = started(place)?;
        Threads::wait_for(&handle, async {
            let (_server, db) = connect(place).await?;
            let from = match migration::found(&db).await.map_err(in_opening(place))? {
                Layout::Empty => 0,
                Layout::Ours(found) => found,
                Layout::Foreign => return Err(OpenError::Foreign { place: place.name.clone() }),
            };
            let to = migration::known();
            if from > to {
                let place = place.name.clone();
                return Err(OpenError::Newer { place, found: from, known: to });
            }
            migration::run(&db).await.map_err(in_opening(place))?;
            Ok(Migrated { from, to })
        })
    }

    /// Finishes every accepted request, then leaves the server. Later calls are [`StoreError::Closed`].
    pub fn close(&self) {
        self.writer.close();
        self.server.close();
    }

    async fn read(&self, doing: &'static str, query: Query) -> Result<Answered, StoreError> {
        let handle = self.threads.handle().ok_or(StoreError::Closed)?;
        let server = self.server.clone();
        let read = handle.spawn(async move { server.read(&query).await });
        match read.await {
            Ok(Ok(rows)) => Ok(Answered { doing, rows }),
            Ok(Err(Trouble::Stopped)) => Err(StoreError::Closed),
            Ok(Err(trouble)) => Err(trouble.during(doing)),
            Err(_) => Err(Trouble::Stopped.during(doing)),
        }
    }

    /// Does something on a connection of its own, apart from the writer.
    async fn apart(
        &self,
        doing: &'static str,
        act: impl Future<Output = Result<(), Trouble>> + Send + 'static,
    ) -> Result<(), StoreError> {
        let handle = self.threads.handle().ok_or(StoreError::Closed)?;
        match handle.spawn(act).await {
            Ok(done) => done.map_err(|trouble| trouble.during(doing)),
            Err(_) => Err(Trouble::Stopped.during(doing)),
        }
    }

    async fn changed(
        &self,
        doing: &'static str,
        request: WriteRequest,
    ) -> Result<bool, StoreError> {
        let done = self.writer.write(doing, request).await?;
        if let Done::Changed(changed) = done { Ok(changed) } else { Err(writer::odd(doing, &done)) }
    }
}

/// What the server answered to a read.
struct Answered {
    doing: &'static str,
    rows: Vec<tokio_postgres::Row>,
}

impl Answered {
    fn read<T>(
        &self,
        read: impl FnOnce(&[tokio_postgres::Row]) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        read(&self.rows).map_err(|trouble| trouble.during(self.doing))
    }
}

fn started(place: &Place) -> Result<(Threads, Handle), OpenError> {
    let threads = Threads::start(place)?;
    let stopped = || in_opening(place)(Trouble::Stopped);
    let handle = threads.handle().ok_or_else(stopped)?;
    Ok((threads, handle))
}

fn in_opening(place: &Place) -> impl Fn(Trouble) -> OpenError {
    |source| OpenError::Server { place: place.name.clone(), source }
}

async fn connect(place: &Place) -> Result<(Server, ClientWrapper), OpenError> {
    let server = Server::new(place).map_err(in_opening(place))?;
    let db = server.own_connection().await.map_err(in_opening(place))?;
    Ok((server, db))
}

fn check_layout(place: &Place, found: Layout) -> Result<(), OpenError> {
    let (place, known) = (place.name.clone(), migration::known());
    match found {
        Layout::Empty | Layout::Ours(0) => Err(OpenError::Missing { place }),
        Layout::Foreign => Err(OpenError::Foreign { place }),
        Layout::Ours(found) => match found.cmp(&known) {
            std::cmp::Ordering::Less => Err(OpenError::Older { place, found, known }),
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(OpenError::Newer { place, found, known }),
        },
    }
}

async fn groups(db: &ClientWrapper) -> Result<u64, Trouble> {
    let row = db.query_one("SELECT groups FROM itself WHERE one = 1", &[]).await;
    let row = row.map_err(|error| Trouble::of(&error))?;
    Columns(&row).number::<i64, _>(0, "number of groups")
}

/// Numbers that the columns of the server cannot hold, found before they could spoil a group.
fn check_numbers(transaction: &Transaction) -> Result<(), Trouble> {
    for row in &transaction.outbox {
        value::signed(row.key.version)?;
    }
    for withdrawal in &transaction.withdrawals {
        if let store::Withdrawal::One(key) = withdrawal {
            value::signed(key.version)?;
        }
    }
    Ok(())
}

#[async_trait]
impl Store for Postgres {
    async fn load(&self, kind: Kind, id: Id) -> Result<Option<Row>, StoreError> {
        let answered = self.read("load a row", rows::load(kind, id)).await?;
        Ok(answered.read(|rows| rows::read(kind, rows))?.pop())
    }

    async fn find(&self, kind: Kind, lookup: Lookup, limit: usize) -> Result<Vec<Row>, StoreError> {
        let answered = self.read("find rows", rows::find(kind, lookup, limit)).await?;
        answered.read(|rows| rows::read(kind, rows))
    }

    async fn due(&self, kind: Kind, now: Timestamp, limit: usize) -> Result<Vec<Row>, StoreError> {
        let answered = self.read("list due rows", rows::due(kind, now, limit)).await?;
        answered.read(|rows| rows::read(kind, rows))
    }

    async fn scan(
        &self,
        kind: Kind,
        after: Option<Id>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let answered = self.read("scan rows", rows::scan(kind, after, limit)).await?;
        answered.read(|rows| rows::read(kind, rows))
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed, StoreError> {
        let doing = "commit";
        transaction.check()?;
        check_numbers(&transaction).map_err(|trouble| trouble.during(doing))?;
        let done = self.writer.write(doing, WriteRequest::Commit(Box::new(transaction))).await?;
        if let Done::Committed(committed) = done {
            Ok(committed)
        } else {
            Err(writer::odd(doing, &done))
        }
    }

    async fn last_committed(&self) -> Result<Option<Timestamp>, StoreError> {
        let query = Query::new("SELECT last_committed FROM itself WHERE one = 1", []);
        let answered = self.read("read the last committed time", query).await?;
        answered.read(|rows| {
            let row = rows.first().ok_or(Trouble::Column("row about itself"))?;
            Ok(Columns(row).get::<Option<i64>>(0, "last committed time")?.map(Timestamp))
        })
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        // A server that is reached from its own address shares this machine's clock, as one behind a local socket does.
        let query = Query::new(
            "SELECT CASE WHEN inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr()
                THEN NULL ELSE floor(extract(epoch FROM clock_timestamp()) * 1000)::int8 END",
            [],
        );
        let answered = self.read("read the server's clock", query).await?;
        answered.read(|rows| {
            let row = rows.first().ok_or(Trouble::Column("instant"))?;
            Ok(Columns(row).get::<Option<i64>>(0, "instant")?.map(Timestamp))
        })
    }

    async fn claim_effects(
        &self,
        now: Timestamp,
        lease_ms: u32,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        // Most polls find nothing: those cost a read, and no turn of the writer.
        let any = self.read("look for effects", outbox::any_free(now)).await?;
        if !any.read(outbox::read_any)? {
            return Ok(Vec::new());
        }
        let doing = "claim effects";
        let leased_until = Timestamp(now.0.saturating_add(i64::from(lease_ms)));
        let done =
            self.writer.write(doing, WriteRequest::Claim { now, leased_until, limit }).await?;
        if let Done::Claimed(claimed) = done { Ok(claimed) } else { Err(writer::odd(doing, &done)) }
    }

    async fn finish_effect(&self, key: EffectKey) -> Result<bool, StoreError> {
        let doing = "finish an effect";
        value::signed(key.version).map_err(|trouble| trouble.during(doing))?;
        self.changed(doing, WriteRequest::Finish(key)).await
    }

    async fn postpone_effect(
        &self,
        key: EffectKey,
        attempt: u32,
        retry_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "postpone an effect";
        value::signed(key.version).map_err(|trouble| trouble.during(doing))?;
        self.changed(doing, WriteRequest::Postpone { key, attempt, retry_at }).await
    }

    async fn expire_effects(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        let any = self.read("look for expired effects", outbox::any_expired(now)).await?;
        if !any.read(outbox::read_any)? {
            return Ok(Vec::new());
        }
        let doing = "expire effects";
        let done = self.writer.write(doing, WriteRequest::Expire { now, limit }).await?;
        if let Done::Expired(expired) = done { Ok(expired) } else { Err(writer::odd(doing, &done)) }
    }

    async fn waiting_effects(&self) -> Result<u64, StoreError> {
        self.read("count effects", outbox::count()).await?.read(outbox::read_count)
    }

    async fn journal_waiting(&self, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.read("list waiting journal rows", journal::waiting(limit)).await?.read(journal::read)
    }

    async fn journal_chain(&self) -> Result<Chain, StoreError> {
        self.read("read the end of the chain", journal::end()).await?.read(journal::read_end)
    }

    async fn journal_sequence(
        &self,
        seen: Chain,
        steps: Vec<Sequenced>,
    ) -> Result<Chain, StoreError> {
        let doing = "sequence the journal";
        let done = self.writer.write(doing, WriteRequest::Sequence { seen, steps }).await?;
        if let Done::Sequenced(chain) = done { Ok(chain) } else { Err(writer::odd(doing, &done)) }
    }

    async fn journal_read(&self, from: u64, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.read("read the journal", journal::placed(from, limit)).await?.read(journal::read)
    }

    async fn journal_about(
        &self,
        subject: SubjectId,
        limit: usize,
    ) -> Result<Vec<Journalled>, StoreError> {
        let query = journal::about(subject, limit);
        self.read("read the journal of a subject", query).await?.read(journal::read)
    }
}

#[async_trait]
impl Movable for Postgres {
    async fn effects_after(
        &self,
        after: Option<EffectKey>,
        limit: usize,
    ) -> Result<Vec<Waiting>, StoreError> {
        let doing = "list effects";
        let query = moving::effects_after(after, limit).map_err(|trouble| trouble.during(doing))?;
        self.read(doing, query).await?.read(moving::read)
    }

    async fn take_in(&self, piece: Piece) -> Result<(), StoreError> {
        let server = self.server.clone();
        let taken = async move { moving::take_in(&server, &piece).await };
        self.apart("take a part in", taken).await
    }

    async fn take_end(&self, chain: Chain, last: Option<Timestamp>) -> Result<(), StoreError> {
        let server = self.server.clone();
        let taken = async move { moving::take_end(&server, chain, last).await };
        self.apart("take the end in", taken).await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.close();
    }
}
