//! The log of hashes over the journal, as C2SP tlog-tiles serves one: `/log/checkpoint`, `/log/tile/…`.

use super::ApiState;
use crate::Refusal;
use crate::extract::Path;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use service::RefusalCode;
use service::log::Served;

/// A tile never changes.
const KEEP_FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// The newest checkpoint is asked for again soon.
const KEEP_FOR_NOW: &str = "public, max-age=5";

/// `GET /log/{path}`.
pub(super) fn router() -> Router<ApiState> {
    Router::new().route("/log/{*path}", get(resource))
}

async fn resource(
    State(state): State<ApiState>,
    Path(path): Path<String>,
) -> Result<Response, Refusal> {
    let found = state.service.log_resource(&path).await?;
    let (bytes, sort, keep) = match found {
        None => return Err(Refusal::new(RefusalCode::NotFound)),
        Some(Served::Checkpoint(note)) => (note, "text/plain; charset=utf-8", KEEP_FOR_NOW),
        Some(Served::Tile(bytes)) => (bytes, "application/octet-stream", KEEP_FOR_GOOD),
    };
    Ok(([(CONTENT_TYPE, sort), (CACHE_CONTROL, keep)], bytes).into_response())
}
