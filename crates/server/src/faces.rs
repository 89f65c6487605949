//! The face pool: a few threads, a short queue, and a plain no when both are full.

use async_trait::async_trait;
use face::engine::pool;
use face::{
    Capture, CompareError, Comparison, Engine, EngineError, Frame, Look, Missing, ModelSet, Score,
    Threshold,
};
use service::parts::{CaptureToJudge, FaceMatcher, FrameToLookAt, MatcherError};
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

/// What a worker is asked. Whoever asked has perhaps stopped waiting; then nothing is done.
enum Job {
    Look {
        frame: FrameToLookAt,
        answer: oneshot::Sender<Result<Look, MatcherError>>,
    },
    Judge {
        portrait: Zeroizing<Vec<u8>>,
        capture: CaptureToJudge,
        answer: oneshot::Sender<Result<Comparison, MatcherError>>,
    },
}

/// Compares on threads of its own.
pub struct FacePool {
    queue: SyncSender<Job>,
    deadline: Duration,
    missing: Vec<Missing>,
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
        let missing = set.missing();
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
        let deadline = Duration::from_secs(u64::from(settings.deadline_secs));
        Ok(Self { queue, deadline, missing })
    }

    async fn ask<T>(
        &self,
        job: Job,
        answered: oneshot::Receiver<Result<T, MatcherError>>,
    ) -> Result<T, MatcherError> {
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => MatcherError::Full { retry_after_secs: RETRY_AFTER_SECS },
            TrySendError::Disconnected(_) => MatcherError::Failed,
        })?;
        match tokio::time::timeout(self.deadline, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(MatcherError::Failed),
            Err(_) => Err(MatcherError::Full { retry_after_secs: RETRY_AFTER_SECS }),
        }
    }
}

/// Ends when the pool is dropped.
fn work(engine: &Engine, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        match job {
            Job::Look { frame, answer } if !answer.is_closed() => {
                let look = || engine.look(&frame.jpeg, frame.prompt, frame.straight);
                let _ = answer.send(unharmed(look));
            }
            Job::Judge { portrait, capture, answer } if !answer.is_closed() => {
                let _ = answer.send(unharmed(|| judge(engine, &portrait, &capture)));
            }
            Job::Look { .. } | Job::Judge { .. } => {}
        }
    }
}

/// A picture must not take a worker down with it: whatever happens, somebody hears of it and the next job is done.
fn unharmed<T>(work: impl FnOnce() -> Result<T, CompareError>) -> Result<T, MatcherError> {
    if let Ok(done) = catch_unwind(AssertUnwindSafe(work)) {
        return done.map_err(failure);
    }
    tracing::error!("a face worker panicked; it goes on with the next picture");
    Err(MatcherError::Failed)
}

fn judge(
    engine: &Engine,
    portrait: &[u8],
    capture: &CaptureToJudge,
) -> Result<Comparison, CompareError> {
    let frames: Vec<Frame<'_>> = capture
        .frames
        .iter()
        .map(|frame| Frame {
            picture: &frame.jpeg,
            at_millis: frame.at_ms,
            prompt: usize::from(frame.prompt),
        })
        .collect();
    engine.judge(portrait, &Capture { prompts: &capture.prompts, frames: &frames })
}

fn failure(error: CompareError) -> MatcherError {
    match error {
        CompareError::Engine(source) => {
            tracing::error!(error = %source, "the face engine failed");
            MatcherError::Failed
        }
        other @ (CompareError::Portrait(_)
        | CompareError::NoPictures
        | CompareError::TooManyPictures) => MatcherError::Picture { code: other.code() },
    }
}

#[async_trait]
impl FaceMatcher for FacePool {
    async fn look(&self, frame: FrameToLookAt) -> Result<Look, MatcherError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Job::Look { frame, answer }, answered).await
    }

    async fn judge(
        &self,
        portrait: Zeroizing<Vec<u8>>,
        capture: CaptureToJudge,
    ) -> Result<Comparison, MatcherError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Job::Judge { portrait, capture, answer }, answered).await
    }

    fn missing(&self) -> &[Missing] {
        &self.missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(queue: usize) -> (FacePool, Receiver<Job>) {
        let (queue, jobs) = sync_channel(queue);
        let deadline = Duration::from_millis(20);
        (FacePool { queue, deadline, missing: Vec::new() }, jobs)
    }

    async fn judged(pool: &FacePool) -> Result<Comparison, MatcherError> {
        let capture = CaptureToJudge { prompts: Vec::new(), frames: Vec::new() };
        pool.judge(Zeroizing::new(Vec::new()), capture).await
    }

    #[tokio::test]
    async fn a_full_queue_says_when_to_come_back() {
        let (pool, _jobs) = stopped(1);
        let full = Err(MatcherError::Full { retry_after_secs: RETRY_AFTER_SECS });

        let waited = judged(&pool).await;
        let refused = judged(&pool).await;

        assert_eq!(waited, full, "the deadline passed while waiting");
        assert_eq!(refused, full, "no room");
    }

    #[test]
    fn a_panic_is_an_answer_and_not_the_end_of_a_worker() {
        let panicked = unharmed::<()>(|| panic!("as a damaged picture might"));

        assert_eq!(panicked, Err(MatcherError::Failed));
    }

    #[tokio::test]
    async fn a_pool_without_workers_fails() {
        let (pool, jobs) = stopped(1);
        drop(jobs);

        assert_eq!(judged(&pool).await, Err(MatcherError::Failed));
    }
}
