//! The face pool: a few threads and a short queue; a request that finds both full is refused.

use crate::face_vendor::{Vendor, VendorError, VendorMatcher, VendorPad, bands};
use crate::models::{self, ModelsError};
use crate::pictures::WorkersError;
use async_trait::async_trait;
use face::decode::Decoder;
use face::engine::pool;
use face::{
    Capture, CompareError, Comparison, Engine, EngineError, Frame, Look, Missing, Score, Threshold,
};
use recovery::policy::ChipFaceRules;
use service::parts::{CaptureToJudge, FaceMatcher, FrameToLookAt, MatcherError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// The seconds after which to try again: about as long as the comparisons ahead take.
const RETRY_AFTER_SECS: u64 = 2;

/// The face pool cannot start.
#[derive(Debug, thiserror::Error)]
pub enum FacesError {
    /// The models cannot be loaded.
    #[error("the face models cannot be used")]
    Models(#[source] ModelsError),
    /// A vendor's matcher or check cannot be used.
    #[error("a face vendor cannot be used")]
    Vendor(#[source] VendorError),
    /// The policy asks for a check that neither models nor vendors make.
    #[error("the policy asks for {0}, which neither the face models nor a vendor provide")]
    Demanded(&'static str),
    /// The threshold in the configuration does not fit the models.
    #[error("the configuration's face.threshold does not fit the models")]
    Threshold(#[source] EngineError),
    /// The processes that decode pictures cannot be started.
    #[error("pictures cannot be decoded")]
    Pictures(#[source] WorkersError),
    /// A thread cannot be started.
    #[error("a face worker could not be started")]
    Thread(#[source] std::io::Error),
}

/// A job for a worker. A job whose caller does not wait any more is skipped.
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

/// Looks at and compares faces on threads of its own.
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
    /// Loads the models of a folder and starts the workers. Pictures are decoded by `decoder`, in other processes.
    ///
    /// # Errors
    ///
    /// [`FacesError`].
    pub fn start(
        settings: &crate::config::Face,
        decoder: &Arc<dyn Decoder>,
    ) -> Result<Self, FacesError> {
        let set = models::load(&settings.models).map_err(FacesError::Models)?;
        for file in set.absent() {
            tracing::warn!(file, "a face model is not there: the passive check is off");
        }
        // With another maker's matcher the threshold is that maker's, and the set's own stays as it is.
        let threshold = match &settings.matcher {
            None => Threshold(Score::from_decimal(settings.threshold)),
            Some(_) => Threshold(set.bands().accept),
        };
        let engines = pool(&set, threshold, workers(settings))
            .map_err(FacesError::Threshold)?
            .into_iter()
            .map(|engine| with_vendors(engine.with_decoder(Arc::clone(decoder)), settings))
            .collect::<Result<Vec<_>, _>>()
            .map_err(FacesError::Vendor)?;
        let missing = engines.first().map(|engine| engine.missing().to_vec()).unwrap_or_default();
        for check in &missing {
            tracing::warn!(check = check.code(), "{}", missing_in_words(*check));
        }
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

    /// Checks that the pool makes every check that the policy asks for: a service that cannot start is better than a route
    /// that always ends in the same refusal.
    ///
    /// # Errors
    ///
    /// [`FacesError::Demanded`].
    pub fn satisfies(&self, rules: &ChipFaceRules) -> Result<(), FacesError> {
        let demanded = [
            (rules.passive_pad_required, Missing::PassivePad),
            (rules.second_embedding_required, Missing::SecondEmbedding),
        ];
        let lacking = |(wanted, check): &(bool, Missing)| *wanted && self.missing.contains(check);
        match demanded.iter().find(|it| lacking(it)) {
            Some((_, check)) => Err(FacesError::Demanded(check.code())),
            None => Ok(()),
        }
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

/// The number of workers, which is the number of pictures that are looked at and decoded at once.
pub(crate) fn workers(settings: &crate::config::Face) -> usize {
    match settings.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        given => usize::from(given),
    }
}

/// The engine with vendors' products in place of its own parts, where the configuration names them.
fn with_vendors(engine: Engine, settings: &crate::config::Face) -> Result<Engine, VendorError> {
    let engine = match &settings.matcher {
        None => engine,
        Some(vendor) => {
            let matcher = VendorMatcher(Vendor::connect(vendor)?);
            engine.with_matcher(Box::new(matcher), bands(vendor, settings.threshold))
        }
    };
    Ok(match &settings.passive_check {
        None => engine,
        Some(vendor) => engine.with_pad(Box::new(VendorPad(Vendor::connect(vendor)?))),
    })
}

/// The consequence of a check that is not made, for whoever runs the service.
const fn missing_in_words(check: Missing) -> &'static str {
    match check {
        Missing::SecondEmbedding | Missing::PassivePad => "the face models cannot make this check",
        Missing::AppAttestation => {
            "app not attested: frames that are put in place of the camera are not seen, and every verdict says so"
        }
    }
}

/// The loop of a worker, which ends when the pool is dropped.
fn work(engine: &Engine, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        match job {
            Job::Look { frame, answer } if !answer.is_closed() => {
                let look = || engine.look(&frame.jpeg, frame.step, frame.straight);
                let _ = answer.send(unharmed(look));
            }
            Job::Judge { portrait, capture, answer } if !answer.is_closed() => {
                let _ = answer.send(unharmed(|| judge(engine, &portrait, &capture)));
            }
            Job::Look { .. } | Job::Judge { .. } => {}
        }
    }
}

/// Runs a job so that a panic ends only the job: its caller gets a failure, and the worker goes on.
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
    engine.judge(portrait, &Capture { steps: &capture.steps, frames: &frames })
}

fn failure(error: CompareError) -> MatcherError {
    match error {
        CompareError::Engine(source) => {
            tracing::error!(error = %source, "the face engine failed");
            MatcherError::Failed
        }
        other @ (CompareError::Portrait(_)
        | CompareError::NoPictures
        | CompareError::TooManyPictures) => MatcherError::Picture { problem: other.problem() },
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
        let capture = CaptureToJudge { steps: Vec::new(), frames: Vec::new() };
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
