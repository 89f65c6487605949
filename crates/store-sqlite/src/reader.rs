//! A few readers beside the writer: WAL lets them see the last commit without waiting for the next.

use crate::failure::{Failure, Lost, closed, lost};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use store::StoreError;
use tokio::sync::oneshot;

/// How many connections read.
pub(crate) const READERS: usize = 4;
/// The most reads that wait; one more is answered "unavailable" at once (back-pressure).
const QUEUE_READS_MAX: usize = 4_096;

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
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Readers")
    }
}

impl Readers {
    pub(crate) fn start(connections: Vec<Connection>) -> io::Result<Self> {
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
        Ok(Self { queue, threads: Mutex::new(threads) })
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
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a reader of the store had panicked");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_read_that_panics_ends_its_reader_and_after_the_last_one_nobody_waits() {
        let db = Connection::open_in_memory().unwrap();
        let readers = Readers::start(vec![db]).unwrap();

        let lost = readers.read("panic", |_| -> Result<(), Failure> { panic!("a read") }).await;
        let after = readers.read("read", |_| Ok(1)).await;

        assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
        assert!(after.is_err(), "{after:?}");
    }
}
