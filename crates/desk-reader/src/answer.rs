//! The calls, decoded and encoded.

use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::{get, post};
use axum::{Router, middleware};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::guard::guard;
use crate::line::{COMMAND_BYTES_MAX, COMMANDS_MAX, Line};
use crate::problem::Problem;

/// Largest body of a call. The longest batch of a whole reading is a twentieth of it.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// A chip that nobody talks to for so long is let go.
const IDLE_SECS_MAX: u64 = 120;

impl Line {
    /// The calls of the page, behind the guard.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/status", get(status))
            .route("/connect", post(connect))
            .route("/transmit", post(transmit))
            .route("/disconnect", post(disconnect))
            .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not-found") })
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(middleware::from_fn_with_state(self.clone(), guard))
            .with_state(self.clone())
    }
}

#[derive(Serialize)]
struct Status {
    reader: Option<String>,
    card_present: bool,
    connected: bool,
}

/// `GET /status`: what a clerk can put right.
async fn status(State(line): State<Line>) -> Result<Json<Status>, Problem> {
    blocking(move || {
        let (reader, card_present, connected) = line.status();
        Json(Status { reader, card_present, connected })
    })
    .await
}

#[derive(Serialize)]
struct Connected {
    session: String,
}

/// `POST /connect`: wakes the chip up.
async fn connect(State(line): State<Line>) -> Result<Json<Connected>, Problem> {
    let connecting = line.clone();
    let session = blocking(move || connecting.connect()).await??;
    watch_idle(line);
    Ok(Json(Connected { session }))
}

#[derive(Deserialize)]
struct Batch {
    session: String,
    commands: Vec<String>,
}

#[derive(Serialize)]
struct Answers {
    answers: Vec<String>,
    lost: bool,
}

/// `POST /transmit`: carries commands to the chip, and its answers back.
async fn transmit(
    State(line): State<Line>,
    batch: Result<Json<Batch>, JsonRejection>,
) -> Result<Json<Answers>, Problem> {
    let Json(batch) = batch?;
    let commands = commands(&batch.commands)?;
    let carrying = line.clone();
    let carried = blocking(move || carrying.transmit(&batch.session, &commands)).await??;
    watch_idle(line);
    let answers = carried.answers.iter().map(|answer| hex::encode(answer.as_slice())).collect();
    Ok(Json(Answers { answers, lost: carried.lost }))
}

#[derive(Deserialize)]
struct Ended {
    session: String,
}

#[derive(Serialize)]
struct Nothing {}

/// `POST /disconnect`: lets the chip go.
async fn disconnect(
    State(line): State<Line>,
    ended: Result<Json<Ended>, JsonRejection>,
) -> Result<Json<Nothing>, Problem> {
    let Json(ended) = ended?;
    blocking(move || line.disconnect(&ended.session)).await??;
    Ok(Json(Nothing {}))
}

fn commands(hex: &[String]) -> Result<Vec<Zeroizing<Vec<u8>>>, Problem> {
    let malformed = || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "malformed");
    if hex.is_empty() || hex.len() > COMMANDS_MAX {
        return Err(malformed());
    }
    hex.iter()
        .map(|text| {
            let command = hex::decode(text).map(Zeroizing::new).map_err(|_| malformed())?;
            let fits = (4..=COMMAND_BYTES_MAX).contains(&command.len());
            if fits { Ok(command) } else { Err(malformed()) }
        })
        .collect()
}

/// Lets a forgotten chip go: whoever comes next must not find it awake.
fn watch_idle(line: Line) {
    let calls = line.calls();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(IDLE_SECS_MAX)).await;
        let _ = tokio::task::spawn_blocking(move || line.let_go_after(calls)).await;
    });
}

/// Readers block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a call did not end");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "fault")
    })
}
