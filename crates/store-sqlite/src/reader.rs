//! A few readers beside the writer: WAL lets them see the last commit without waiting for the next.

use crate::failure::{Failure, Lost, closed, lost};
use rusqlite::Connection;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use store::StoreError;
use tokio::sync::oneshot;

/// How many connections read.
pub(crate) const READERS: usize = 4;
/// The most reads that wait; one more is answered "unavailable" at once (back-pressure).
const QUEUE_READS_MAX: usize = 4_096;

type Read = Box<dyn FnOnce(&Connection) + Send>;

pub(crate) struct Readers {
    queue: Mutex<Option<SyncSender<Read>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Readers")
    }
}

impl Readers {
    pub(crate) fn start(connections: Vec<Connection>) -> io::Result<Self> {
        let (queue, reads) = sync_channel::<Read>(QUEUE_READS_MAX);
        let reads = Arc::new(Mutex::new(reads));
        let threads = connections
            .into_iter()
            .map(|db| {
                let reads = Arc::clone(&reads);
                std::thread::Builder::new()
                    .name("store-reader".to_owned())
                    .spawn(move || run(&db, &reads))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { queue: Mutex::new(Some(queue)), threads: Mutex::new(threads) })
    }

    pub(crate) async fn read<T, F>(&self, doing: &'static str, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let read: Read = Box::new(move |db| drop(answer.send(read(db))));
        self.send(doing, read)?;
        match answered.await {
            Ok(result) => result.map_err(|failure| failure.during(doing)),
            Err(_) => Err(lost(doing, Lost::Stopped)),
        }
    }

    fn send(&self, doing: &'static str, read: Read) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.as_ref().ok_or_else(closed)?;
        queue.try_send(read).map_err(|refused| {
            lost(
                doing,
                match refused {
                    TrySendError::Full(_) => Lost::Full,
                    TrySendError::Disconnected(_) => Lost::Stopped,
                },
            )
        })
    }

    pub(crate) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a reader of the store had panicked");
            }
        }
    }
}

fn run(db: &Connection, reads: &Mutex<Receiver<Read>>) {
    loop {
        // The lock is held only while one read is taken from the queue.
        let next = reads.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(read) => read(db),
            Err(_) => return,
        }
    }
}
