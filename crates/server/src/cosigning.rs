//! Publishes the log of hashes, and asks witnesses for cosignatures of the log's published checkpoint (C2SP tlog-witness, `add-checkpoint`).
//!
//! A witness remembers what it has cosigned and cosigns nothing that does not go on from it. Whoever asks for checkpoints with
//! cosignatures cannot be shown another history than everybody else. A witness that is away holds nothing up.

use crate::config::{Journal, LogWitness};
use crate::error_chain::chain;
use crate::kept::{Kept, Replayed};
use audit::proof::SignedCheckpoint;
use http::StatusCode;
use service::{Failure, Service};
use std::time::Duration;
use store::lease::{self, Job};
use store::log::LogError;
use store::{StoreError, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The lease for asking witnesses.
const COSIGNING: Job = Job(3);
const LEASE_MS: u32 = 15_000;
const LOOK_EVERY: Duration = Duration::from_secs(2);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: u64 = 64 * 1_024;
/// How many looks are left out after a witness that did not cosign.
const PAUSE_LOOKS: u32 = 30;

/// Why a witness has not cosigned.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the log could not be read or written")]
    Service(#[from] Failure),
    #[error("the witness did not answer")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the witness answered {0}")]
    Refused(StatusCode),
    #[error(
        "the witness has cosigned {size} entries, and this log has published {published}: it was set back"
    )]
    Ahead { size: u64, published: u64 },
    #[error("the answer of the witness is no cosignature of its key")]
    NotCosigned,
}

/// A witness, and what this process knows of it.
struct Asked {
    witness: LogWitness,
    /// The size that the witness has cosigned last.
    old: u64,
    /// The looks that are still left out.
    pause: u32,
}

/// The present time, where rows wait to be taken in by the log or it is time to publish it.
pub(crate) async fn log_waits(service: &Service) -> Result<Option<Timestamp>, StoreError> {
    let Ok(now) = service.now().await else { return Ok(None) };
    let waits = believed(service, service.log_waits(now).await)?;
    Ok(waits.filter(|waits| *waits).map(|_| now))
}

/// Lets the log take in the rows that were ordered, and publishes it when it is time.
pub(crate) async fn advance_log(service: &Service, now: Timestamp) -> Result<(), StoreError> {
    believed(service, service.advance_log(now).await).map(|_| ())
}

/// Stops all decisions where the rows do not make the log that was published.
fn believed<T>(service: &Service, outcome: Result<T, LogError>) -> Result<Option<T>, StoreError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(LogError::Store(error)) => Err(error),
        Err(error) => {
            tracing::error!(error = %chain(&error), "the log of hashes does not go on");
            if error.is_distrust() {
                service.distrust();
            }
            Ok(None)
        }
    }
}

/// Starts asking the witnesses of the configuration.
pub(crate) fn start(
    loops: &mut JoinSet<()>,
    journal: &Journal,
    (service, kept): (&Service, &Kept),
    ready: &Replayed,
    stop: &watch::Receiver<bool>,
) {
    let witnesses = journal.witnesses.clone();
    let (ready, stop) = (ready.clone(), stop.clone());
    loops.spawn(cosign(service.clone(), kept.clone(), witnesses, ready, stop));
}

/// Asks each witness whenever its cosignature of the published checkpoint is missing.
async fn cosign(
    service: Service,
    kept: Kept,
    witnesses: Vec<LogWitness>,
    mut ready: Replayed,
    mut stop: watch::Receiver<bool>,
) {
    let mut asked: Vec<Asked> =
        witnesses.into_iter().map(|witness| Asked { witness, old: 0, pause: 0 }).collect();
    if asked.is_empty() || ready.wait_for(|done| *done).await.is_err() {
        return;
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(ANSWER_WITHIN))
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .into();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if let Err(error) = look(&service, &kept, &agent, &mut asked).await {
            tracing::warn!(error = %error, "the published checkpoint could not be looked at");
        }
    }
}

async fn look(
    service: &Service,
    kept: &Kept,
    agent: &ureq::Agent,
    witnesses: &mut [Asked],
) -> Result<(), Failure> {
    let Some(published) = service.log_published().await? else { return Ok(()) };
    for asked in witnesses {
        let is_cosigned = asked.witness.key.0.check(&published.note).is_ok();
        if is_cosigned || asked.pause > 0 {
            asked.pause = asked.pause.saturating_sub(1);
            continue;
        }
        let now = service.now().await?;
        if !lease::acquire(&*kept.store, COSIGNING, kept.holder, now, LEASE_MS).await? {
            return Ok(());
        }
        if let Err(error) = ask(service, agent, asked, &published).await {
            asked.pause = PAUSE_LOOKS;
            let name = asked.witness.key.0.name().as_str();
            tracing::warn!(witness = name, error = %chain(&error), "a checkpoint was not cosigned");
        }
    }
    Ok(())
}

/// Asks from the size that the witness is believed to have cosigned, and once more from the one that it names.
async fn ask(
    service: &Service,
    agent: &ureq::Agent,
    asked: &mut Asked,
    published: &SignedCheckpoint,
) -> Result<(), AskError> {
    let size = published.head().size;
    for _ in 0..2 {
        let body = service.cosign_request(asked.old.min(size), published).await?;
        let (status, answer) = post(agent, &asked.witness.url(), body).await?;
        match status {
            StatusCode::OK => {
                let key = &asked.witness.key.0;
                if !service.add_cosignature(published, &answer, key).await? {
                    return Err(AskError::NotCosigned);
                }
                asked.old = size;
                return Ok(());
            }
            StatusCode::CONFLICT => {
                let old = answer.strip_suffix('\n').and_then(|old| old.parse().ok());
                let old = old.ok_or(AskError::Refused(status))?;
                if old > size {
                    return Err(AskError::Ahead { size: old, published: size });
                }
                asked.old = old;
            }
            other => return Err(AskError::Refused(other)),
        }
    }
    Err(AskError::Refused(StatusCode::CONFLICT))
}

async fn post(
    agent: &ureq::Agent,
    url: &str,
    body: String,
) -> Result<(StatusCode, String), AskError> {
    let (agent, url) = (agent.clone(), url.to_owned());
    let call = move || {
        let mut answer = agent.post(&url).content_type("text/plain; charset=utf-8").send(body)?;
        let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
        Ok::<_, ureq::Error>((answer.status(), text))
    };
    let answer = tokio::task::spawn_blocking(call).await;
    let answer = answer.map_err(|error| AskError::Away(error.into()))?;
    answer.map_err(|error| AskError::Away(error.into()))
}
