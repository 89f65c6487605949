//! A few readers beside the writer: WAL lets them see the last commit without waiting for the next.

use crate::failure::{Failure, Lost, closed, lost};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use store::StoreError;
use tokio::sync::oneshot;

/// How many connections read.
pub(crate) const READERS: usize = 4;
/// The most reads that wait; one more is answered "unavailable" at once (back-pressure).
const QUEUE_READS_MAX: usize = 4_096;

/// How many connections read on the thread of whoever asks: one less than the runtime has threads, at least one.
pub(crate) fn near() -> usize {
    std::thread::available_parallelism().map_or(1, |threads| threads.get().saturating_sub(1).max(1))
}

type Read = Box<dyn FnOnce(&Connection) + Send>;

/// Reads that wait for one of several threads. A thread that waits holds no lock, so that a read wakes one thread and no
/// thread waits for another.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Default)]
struct Waiting {
    reads: VecDeque<Read>,
    readers: usize,
    is_closed: bool,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, read: Read) -> Result<(), Lost> {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return Err(Lost::Stopped);
        }
        if waiting.reads.len() >= QUEUE_READS_MAX {
            return Err(Lost::Full);
        }
        waiting.reads.push_back(read);
        drop(waiting);
        self.came.notify_one();
        Ok(())
    }

    /// The next read; `None` once the queue is closed and empty.
    fn next(&self) -> Option<Read> {
        let mut waiting = self.waiting();
        loop {
            if let Some(read) = waiting.reads.pop_front() {
                return Some(read);
            }
            if waiting.is_closed {
                return None;
            }
            waiting = self.came.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        self.waiting().is_closed = true;
        self.came.notify_all();
    }
}

/// One reader. The last one that goes, at a stop or because its read panicked, closes the queue and gives up what waits: nobody
/// waits for an answer that cannot come.
struct Reader(Arc<Queue>);

impl Reader {
    fn of(queue: &Arc<Queue>) -> Self {
        queue.waiting().readers += 1;
        Self(Arc::clone(queue))
    }

    fn run(&self, db: &Connection) {
        while let Some(read) = self.0.next() {
            read(db);
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        waiting.readers = waiting.readers.saturating_sub(1);
        if waiting.readers == 0 {
            waiting.is_closed = true;
            waiting.reads.clear();
        }
    }
}

pub(crate) struct Readers {
    queue: Arc<Queue>,
    /// Connections for short reads on the thread of whoever asks. `None` once the store is closed.
    near: Vec<Mutex<Option<Connection>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Readers")
    }
}

impl Readers {
    /// Starts a thread for each of `connections`; `near` are for [`Self::read_near`].
    pub(crate) fn start(connections: Vec<Connection>, near: Vec<Connection>) -> io::Result<Self> {
        let queue = Arc::<Queue>::default();
        let threads = connections
            .into_iter()
            .map(|db| {
                let reader = Reader::of(&queue);
                std::thread::Builder::new()
                    .name("store-reader".to_owned())
                    .spawn(move || reader.run(&db))
            })
            .collect::<io::Result<_>>()?;
        let near = near.into_iter().map(|db| Mutex::new(Some(db))).collect();
        Ok(Self { queue, near, threads: Mutex::new(threads) })
    }

    /// A read of a few rows by an index, on the thread of whoever asks: such a read is over in less time than it takes to wake
    /// another thread and to be woken by it. Where no connection is free another thread reads. There is one connection less
    /// than the runtime has threads, so that a slow disk never holds up all of them.
    pub(crate) async fn read_near<T, F>(
        &self,
        doing: &'static str,
        read: F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let Some(free) = self.near.iter().find_map(free) else {
            return self.read(doing, read).await;
        };
        let db = free.as_ref().ok_or_else(closed)?;
        read(db).map_err(|failure| failure.during(doing))
    }

    pub(crate) async fn read<T, F>(&self, doing: &'static str, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let read: Read = Box::new(move |db| drop(answer.send(read(db))));
        self.queue.put(read).map_err(|why| match why {
            Lost::Stopped => closed(),
            why @ (Lost::Full | Lost::Group(_)) => lost(doing, why),
        })?;
        match answered.await {
            Ok(result) => result.map_err(|failure| failure.during(doing)),
            Err(_) => Err(lost(doing, Lost::Stopped)),
        }
    }

    pub(crate) fn close(&self) {
        self.queue.close();
        for near in &self.near {
            drop(near.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a reader of the store had panicked");
            }
        }
    }
}

/// The connection behind this lock, where nobody reads through it.
fn free(near: &Mutex<Option<Connection>>) -> Option<MutexGuard<'_, Option<Connection>>> {
    match near.try_lock() {
        Ok(free) => Some(free),
        // A read that panicked leaves a connection that reads on.
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_read_that_panics_ends_its_reader_and_after_the_last_one_nobody_waits() {
        let db = Connection::open_in_memory().unwrap();
        let readers = Readers::start(vec![db], Vec::new()).unwrap();

        let lost = readers.read("panic", |_| -> Result<(), Failure> { panic!("a read") }).await;
        let after = readers.read("read", |_| Ok(1)).await;

        assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
        assert!(after.is_err(), "{after:?}");
    }

    #[tokio::test]
    #[expect(clippy::await_holding_lock, reason = "the test holds the connection as a read does")]
    async fn a_short_read_takes_a_free_connection_and_else_another_thread_reads() {
        let db = |name: &str| {
            let db = Connection::open_in_memory().unwrap();
            db.execute_batch(&format!("CREATE TABLE it AS SELECT '{name}' AS name")).unwrap();
            db
        };
        let readers = Readers::start(vec![db("far")], vec![db("near")]).unwrap();
        let name = |db: &Connection| -> Result<String, Failure> {
            Ok(db.query_row("SELECT name FROM it", [], |row| row.get(0))?)
        };

        assert_eq!(readers.read_near("read", name).await.unwrap(), "near");
        let held = readers.near.first().unwrap().lock().unwrap();
        assert_eq!(readers.read_near("read", name).await.unwrap(), "far");
        drop(held);
        readers.close();
        assert!(matches!(readers.read_near("read", name).await, Err(StoreError::Closed)));
    }
}
