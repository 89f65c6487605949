//! The style sheet, font, mark, scripts and film, which `cargo xtask assets` collects and the program embeds.

use crate::Refusal;
use crate::byte_range::{self, Selection};
use crate::extract::{Path, Query};
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use http::{HeaderMap, StatusCode};
use rust_embed::EmbeddedFile;
use serde::Deserialize;
use service::RefusalCode;

/// The `Cache-Control` of an address that contains the hash of the content; caches may keep it for a year.
const KEEP_FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// The `Cache-Control` of any other address.
const KEEP_FOR_NOW: &str = "public, max-age=300, must-revalidate";

#[derive(rust_embed::RustEmbed)]
#[folder = "dist/"]
#[allow_missing = true]
struct Dist;

/// The router for `GET /assets/{name}`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(asset))
}

/// The address of an asset with the hash of its content, so that a browser fetches each version only once.
pub(crate) fn address(name: &str) -> String {
    match Dist::get(name) {
        Some(file) => format!("/assets/{name}?v={}", hash(&file)),
        None => format!("/assets/{name}"),
    }
}

/// The size of an asset in bytes.
pub(crate) fn bytes(name: &str) -> usize {
    Dist::get(name).map_or(0, |file| file.data.len())
}

#[derive(Deserialize)]
struct Version {
    /// The hash of the content, as [`address`] puts it into the address.
    v: Option<String>,
}

async fn asset(
    Path(name): Path<String>,
    Query(version): Query<Version>,
    headers: HeaderMap,
) -> Response {
    let Some(file) = Dist::get(&name) else {
        return Refusal::new(RefusalCode::NotFound).into_response();
    };
    let hash = hash(&file);
    let keep = if version.v.as_ref() == Some(&hash) { KEEP_FOR_GOOD } else { KEEP_FOR_NOW };
    let tag = format!("\"{hash}\"");
    // Lists, weak tags and `*` are compared as RFC 9110 section 13.1.2 defines.
    let current: Option<ETag> = tag.parse().ok();
    let seen = headers.typed_get::<IfNoneMatch>();
    if let (Some(current), Some(seen)) = (current, seen)
        && !seen.precondition_passes(&current)
    {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag), (CACHE_CONTROL, keep.to_owned())])
            .into_response();
    }
    // A part of another version does not continue what the client has, so it gets the whole file (RFC 9110 section
    // 13.1.5).
    let same = headers.get(IF_RANGE).is_none_or(|seen| seen.as_bytes() == tag.as_bytes());
    let length = file.data.len();
    let wanted = match headers.get(RANGE).filter(|_| same) {
        Some(range) => byte_range::read(range.as_bytes(), length),
        None => Selection::Whole,
    };
    let said = [
        (CONTENT_TYPE, content_type(&name).to_owned()),
        (ETAG, tag),
        (CACHE_CONTROL, keep.to_owned()),
        (ACCEPT_RANGES, "bytes".to_owned()),
    ];
    match wanted {
        Selection::Whole => (said, file.data).into_response(),
        Selection::Part(part) => {
            let of = format!("bytes {}-{}/{length}", part.start, part.end.saturating_sub(1));
            let bytes = file.data.get(part).map(<[u8]>::to_vec).unwrap_or_default();
            (StatusCode::PARTIAL_CONTENT, said, [(CONTENT_RANGE, of)], bytes).into_response()
        }
        Selection::Nothing => {
            let of = format!("bytes */{length}");
            (StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, of)]).into_response()
        }
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        Some("webm") => "video/webm",
        Some("mp4") => "video/mp4",
        Some("vtt") => "text/vtt; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hash(file: &EmbeddedFile) -> String {
    let mut text = hex::encode(file.metadata.sha256_hash());
    text.truncate(32);
    text
}
