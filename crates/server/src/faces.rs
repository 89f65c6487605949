//! The face pool: a few threads, a short queue, and a plain no when both are full.

use async_trait::async_trait;
use face::engine::pool;
use face::{Comparison, Engine, EngineError, ModelSet, Score, Threshold};
use service::parts::{FaceMatcher, MatcherError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// About what the comparisons ahead take.
const RETRY_AFTER_SECS: u64 = 2;
const MANIFEST: &str = "manifest.toml";

/// The pool cannot start.
#[derive(Debug, thiserror::Error)]
pub enum FacesError {
    /// There is no manifest.
    #[error("the manifest of the face models in {folder} cannot be read")]
    Manifest {
        /// Where.
        folder: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A model is not what the manifest pins.
    #[error("the face models cannot be loaded")]
    Load(#[source] face::LoadError),
    /// The configuration confirms another threshold than the set's.
    #[error("the configuration's face.threshold does not fit the models")]
    Threshold(#[source] EngineError),
    /// No thread.
    #[error("a face worker could not be started")]
    Thread(#[source] std::io::Error),
}

struct Job {
    portrait: Zeroizing<Vec<u8>>,
    frames: Vec<Zeroizing<Vec<u8>>>,
    answer: oneshot::Sender<Result<Comparison, MatcherError>>,
}

/// Compares on threads of its own.
pub struct FacePool {
    queue: SyncSender<Job>,
    deadline: Duration,
}

impl std::fmt::Debug for FacePool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FacePool").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl FacePool {
    /// Loads the models of a folder and starts the workers.
    ///
    /// # Errors
    ///
    /// [`FacesError`].
    pub fn start(settings: &crate::config::Face) -> Result<Self, FacesError> {
        let folder = &settings.models;
        let manifest = std::fs::read_to_string(folder.join(MANIFEST)).map_err(|source| {
            FacesError::Manifest { folder: folder.display().to_string(), source }
        })?;
        let read = |name: &str| std::fs::read(Path::new(folder).join(name));
        let set = ModelSet::load(&manifest, read).map_err(FacesError::Load)?;
        let threshold = Threshold(Score::from_decimal(settings.threshold));
        let workers = match settings.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            given => usize::from(given),
        };
        let engines = pool(&set, threshold, workers).map_err(FacesError::Threshold)?;
        let (queue, jobs) = sync_channel(usize::from(settings.queue));
        let jobs = Arc::new(Mutex::new(jobs));
        for (number, engine) in engines.into_iter().enumerate() {
            let jobs = Arc::clone(&jobs);
            std::thread::Builder::new()
                .name(format!("face-{number}"))
                .spawn(move || work(&engine, &jobs))
                .map_err(FacesError::Thread)?;
        }
        Ok(Self { queue, deadline: Duration::from_secs(u64::from(settings.deadline_secs)) })
    }
}

/// Ends when the pool is dropped.
fn work(engine: &Engine, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Whoever asked has stopped waiting.
        if job.answer.is_closed() {
            continue;
        }
        // A picture must not take a worker down with it.
        let compared = catch_unwind(AssertUnwindSafe(|| compare(engine, &job)));
        let _ = job.answer.send(compared.unwrap_or(Err(MatcherError::Failed)));
    }
}

fn compare(engine: &Engine, job: &Job) -> Result<Comparison, MatcherError> {
    let frames: Vec<&[u8]> = job.frames.iter().map(|frame| frame.as_slice()).collect();
    engine.compare(&job.portrait, &frames).map_err(|error| match error {
        face::CompareError::Engine(source) => {
            tracing::error!(error = %source, "the face engine failed");
            MatcherError::Failed
        }
        other @ (face::CompareError::Portrait(_)
        | face::CompareError::NoPictures
        | face::CompareError::TooManyPictures) => MatcherError::Picture { code: other.code() },
    })
}

#[async_trait]
impl FaceMatcher for FacePool {
    async fn compare(
        &self,
        portrait: Vec<u8>,
        frames: Vec<Vec<u8>>,
    ) -> Result<Comparison, MatcherError> {
        let (answer, compared) = oneshot::channel();
        let frames = frames.into_iter().map(Zeroizing::new).collect();
        let job = Job { portrait: Zeroizing::new(portrait), frames, answer };
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => MatcherError::Full { retry_after_secs: RETRY_AFTER_SECS },
            TrySendError::Disconnected(_) => MatcherError::Failed,
        })?;
        match tokio::time::timeout(self.deadline, compared).await {
            Ok(Ok(compared)) => compared,
            Ok(Err(_)) => Err(MatcherError::Failed),
            Err(_) => Err(MatcherError::Full { retry_after_secs: RETRY_AFTER_SECS }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(queue: usize) -> (FacePool, Receiver<Job>) {
        let (queue, jobs) = sync_channel(queue);
        (FacePool { queue, deadline: Duration::from_millis(20) }, jobs)
    }

    #[tokio::test]
    async fn a_full_queue_says_when_to_come_back() {
        let (pool, _jobs) = stopped(1);
        let full = Err(MatcherError::Full { retry_after_secs: RETRY_AFTER_SECS });

        let waited = pool.compare(Vec::new(), Vec::new()).await;
        let refused = pool.compare(Vec::new(), Vec::new()).await;

        assert_eq!(waited, full, "the deadline passed while waiting");
        assert_eq!(refused, full, "no room");
    }

    #[tokio::test]
    async fn a_pool_without_workers_fails() {
        let (pool, jobs) = stopped(1);
        drop(jobs);

        assert_eq!(pool.compare(Vec::new(), Vec::new()).await, Err(MatcherError::Failed));
    }
}
