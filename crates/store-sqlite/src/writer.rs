//! The one writer: it takes what waits, up to 256 requests, runs each in a savepoint of its own, and
//! commits them together, so that one flush to the disk serves all of them.

use crate::batch::Batch;
use crate::failure::{Failure, Lost, closed, lost};
use rusqlite::Connection;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use store::StoreError;
use tokio::sync::oneshot;

/// The most requests of one commit.
pub const GROUP_REQUESTS_MAX: usize = 256;
/// The most requests that wait; one more is answered "unavailable" at once (back-pressure).
const QUEUE_REQUESTS_MAX: usize = 4_096;

/// The result of running one write request.
enum Went {
    /// The write request succeeded; it counts if its group is committed.
    Well,
    /// The write request failed; its changes are rolled back.
    Wrong,
    /// SQLite itself failed: the whole group is rolled back.
    Broken(String),
}

/// Tells the caller of a write request that has run how its group ended: `None` where it was committed, else the reason.
type Reply = Box<dyn FnOnce(Option<&str>) + Send>;
type WriteRequest = Box<dyn FnOnce(&mut Batch<'_>) -> (Went, Reply) + Send>;

enum Request {
    Write(WriteRequest),
    EmptyLog(oneshot::Sender<Result<(), Failure>>),
}

#[derive(Debug)]
pub(crate) struct Writer {
    queue: Mutex<Option<SyncSender<Request>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Write(_) => "Write",
            Self::EmptyLog(_) => "EmptyLog",
        })
    }
}

impl Writer {
    pub(crate) fn start(db: Connection) -> io::Result<Self> {
        let (queue, requests) = sync_channel(QUEUE_REQUESTS_MAX);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(&db, &requests))?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    fn send(&self, doing: &'static str, request: Request) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.as_ref().ok_or_else(closed)?;
        queue.try_send(request).map_err(|refused| {
            lost(
                doing,
                match refused {
                    TrySendError::Full(_) => Lost::Full,
                    TrySendError::Disconnected(_) => Lost::Stopped,
                },
            )
        })
    }

    /// Runs a write request in the next group; returns when the group is on the disk.
    pub(crate) async fn write<T, F>(&self, doing: &'static str, request: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Batch<'_>) -> Result<T, Failure> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let request: WriteRequest = Box::new(move |batch| {
            let result = request(batch);
            let went = match &result {
                Ok(_) => Went::Well,
                Err(failure @ Failure::Sqlite(source)) if failure.ends_the_group() => {
                    Went::Broken(source.to_string())
                }
                Err(_) => Went::Wrong,
            };
            let reply: Reply = Box::new(move |undone| {
                let result = match (result, undone) {
                    (Ok(_), Some(why)) => Err(lost(doing, Lost::Group(why.to_owned()))),
                    (result, _) => result.map_err(|failure| failure.during(doing)),
                };
                // The caller may have been cancelled; the write request still counts.
                drop(answer.send(result));
            });
            (went, reply)
        });
        self.send(doing, Request::Write(request))?;
        answered.await.unwrap_or_else(|_| Err(lost(doing, Lost::Stopped)))
    }

    pub(crate) async fn empty_log(&self) -> Result<(), StoreError> {
        let doing = "empty the write-ahead log";
        let (answer, answered) = oneshot::channel();
        self.send(doing, Request::EmptyLog(answer))?;
        match answered.await {
            Ok(result) => result.map_err(|failure| failure.during(doing)),
            Err(_) => Err(lost(doing, Lost::Stopped)),
        }
    }

    /// Lets the thread finish what was accepted, and waits for it.
    pub(crate) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's writer had panicked");
        }
    }
}

fn run(db: &Connection, requests: &Receiver<Request>) {
    while let Ok(first) = requests.recv() {
        let mut group = Vec::new();
        let mut next = Some(first);
        let mut emptied = None;
        while let Some(request) = next {
            match request {
                Request::Write(request) => group.push(request),
                Request::EmptyLog(answer) => {
                    emptied = Some(answer);
                    break;
                }
            }
            next = if group.len() < GROUP_REQUESTS_MAX { requests.try_recv().ok() } else { None };
        }
        if !group.is_empty() {
            run_group(db, group);
        }
        if let Some(answer) = emptied {
            drop(answer.send(empty_log(db)));
        }
    }
}

fn empty_log(db: &Connection) -> Result<(), Failure> {
    let busy: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
    Err(rusqlite::Error::SqliteFailure(code, None).into())
}

/// Runs the write requests of one group, and answers each once the group is committed or rolled back.
fn run_group(db: &Connection, group: Vec<WriteRequest>) {
    let mut replies = Vec::with_capacity(group.len());
    let outcome = commit_group(db, group, &mut replies);
    if let Err(why) = &outcome {
        tracing::error!(error = %why, "a group of the store was not committed");
        if !db.is_autocommit() && db.execute_batch("ROLLBACK").is_err() {
            tracing::error!("a failed group could not be rolled back");
        }
    }
    let undone = outcome.err();
    for reply in replies {
        reply(undone.as_deref());
    }
}

/// Write requests that never ran are dropped, and their callers get [`Lost::Stopped`].
fn commit_group(
    db: &Connection,
    group: Vec<WriteRequest>,
    replies: &mut Vec<Reply>,
) -> Result<(), String> {
    let text = |error: rusqlite::Error| error.to_string();
    db.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute([])).map_err(text)?;
    // Read anew each time: another process (an import, an erasure) may have written since.
    let before = crate::rows::last_committed(db).map_err(|failure| format!("{failure:?}"))?;
    let mut batch = Batch { db, last_committed: before };
    for request in group {
        run_cached(db, "SAVEPOINT request").map_err(text)?;
        let time_before = batch.last_committed;
        let (went, reply) = request(&mut batch);
        replies.push(reply);
        match went {
            Went::Well => run_cached(db, "RELEASE request").map_err(text)?,
            Went::Wrong => {
                batch.last_committed = time_before;
                run_cached(db, "ROLLBACK TO request").map_err(text)?;
                run_cached(db, "RELEASE request").map_err(text)?;
            }
            Went::Broken(why) => return Err(why),
        }
    }
    if let Some(last) = batch.last_committed.filter(|last| Some(*last) != before) {
        let mut statement = db
            .prepare_cached("UPDATE itself SET last_committed = ?1 WHERE one = 1")
            .map_err(text)?;
        statement.execute([last.0]).map_err(text)?;
    }
    run_cached(db, "COMMIT").map_err(text)
}

fn run_cached(db: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    db.prepare_cached(sql)?.execute([]).map(|_| ())
}
