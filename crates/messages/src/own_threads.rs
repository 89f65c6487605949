//! Separate thread pools for blocking calls, each with a fixed number of threads and a bounded queue.
//!
//! The runtime's pool of blocking threads is shared by everything: an attacker who can fill it with slow requests would
//! hold up all messages. Therefore each connection to another system has threads of its own.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// A thread pool for one kind of call.
pub struct OwnThreads {
    jobs: SyncSender<Job>,
}

/// Why a call was not completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRun {
    /// All threads are busy and the queue is full, so the call was not started.
    #[error("all threads are busy and the queue is full")]
    Full,
    /// The call panicked.
    #[error("the call came to no end")]
    Lost,
}

impl fmt::Debug for OwnThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnThreads")
    }
}

impl OwnThreads {
    /// Starts a pool of `threads` threads, for which up to `queue_max` calls may wait.
    ///
    /// # Errors
    ///
    /// The error of the system where it provides no thread.
    pub fn start(name: &str, threads: usize, queue_max: usize) -> io::Result<Self> {
        let (jobs, waiting) = sync_channel::<Job>(queue_max);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 1..=threads {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || work(&waiting))?;
        }
        Ok(Self { jobs })
    }

    /// Runs a call on one of the threads and waits for its result without blocking. A call that has not started when
    /// its caller is cancelled is skipped.
    ///
    /// # Errors
    ///
    /// [`NotRun`] where the call was not completed.
    pub async fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotRun> {
        let (done, end) = oneshot::channel();
        let job = Box::new(move || {
            if !done.is_closed() {
                let _ = done.send(call());
            }
        });
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => NotRun::Full,
            TrySendError::Disconnected(_) => NotRun::Lost,
        })?;
        end.await.map_err(|_| NotRun::Lost)
    }
}

/// Runs one call after another until the pool is dropped.
fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A call that panics has no result, and the thread continues.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[tokio::test]
    async fn a_call_that_panics_takes_no_thread_with_it() {
        let threads = OwnThreads::start("test", 1, 4).unwrap();

        let lost = threads.run(|| assert_eq!(1, 2, "a panic on purpose")).await;
        let next = threads.run(|| 7).await;

        assert_eq!((lost, next), (Err(NotRun::Lost), Ok(7)));
    }

    #[tokio::test]
    async fn what_does_not_fit_is_refused_at_once() {
        let threads = Arc::new(OwnThreads::start("test", 1, 1).unwrap());
        let (go_on, held) = channel::<()>();
        let (began, begun) = channel::<()>();
        let first = tokio::spawn({
            let threads = Arc::clone(&threads);
            async move {
                threads
                    .run(move || {
                        began.send(()).unwrap();
                        held.recv().unwrap();
                    })
                    .await
            }
        });
        while begun.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        let second = tokio::spawn({
            let threads = Arc::clone(&threads);
            async move { threads.run(|| 2).await }
        });
        tokio::task::yield_now().await;

        assert_eq!(threads.run(|| 3).await, Err(NotRun::Full));

        go_on.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(()));
        assert_eq!(second.await.unwrap(), Ok(2));
    }
}
