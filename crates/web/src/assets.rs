//! Style sheet, font, mark and scripts, bundled by `cargo xtask assets` and carried in the program.

use crate::Refusal;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};

#[derive(rust_embed::RustEmbed)]
#[folder = "dist/"]
#[allow_missing = true]
struct Dist;

/// `GET /assets/{name}`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = Dist::get(&name) else {
        return Refusal::new(StatusCode::NOT_FOUND, "not-found").into_response();
    };
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()));
    if headers.get(IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let kind = content_type(&name);
    (
        [
            (CONTENT_TYPE, kind.to_owned()),
            (ETAG, tag),
            (CACHE_CONTROL, "public, max-age=300, must-revalidate".to_owned()),
        ],
        file.data,
    )
        .into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
