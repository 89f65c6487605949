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
                let queue = Arc::clone(&queue);
                std::thread::Builder::new()
                    .name("store-reader".to_owned())
                    .spawn(move || run(&db, &queue))
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

fn run(db: &Connection, queue: &Queue) {
    while let Some(read) = queue.next() {
        read(db);
    }
}
