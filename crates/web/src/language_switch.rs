//! `GET /language`: the language switch at the top of every page.

use crate::extract::Query;
use crate::language::COOKIE_NAME;
use crate::{Language, Origin, cookies};
use axum::Extension;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use cookie::SameSite;
use http::header::SET_COOKIE;

/// How long the choice is kept, in seconds: a year, so that people need not choose again on every visit.
const KEPT_SECS: i64 = 365 * 86_400;
/// The longest path to return to, in bytes.
const BACK_BYTES_MAX: usize = 512;

#[derive(serde::Deserialize)]
pub(crate) struct SwitchQuery {
    #[serde(default)]
    to: String,
    #[serde(default)]
    back: String,
}

/// Keeps the choice in a cookie and redirects back to a path of this site, never to another site.
pub(crate) async fn switch(
    site: Option<Extension<Origin>>,
    Query(wish): Query<SwitchQuery>,
) -> Response {
    let by_tls = site.is_some_and(|Extension(site)| site.is_https());
    let back = if is_local(&wish.back) { wish.back.as_str() } else { "/" };
    let chosen = Language::from_tag(&wish.to);
    let kept = chosen.and_then(|language| {
        cookies::set(by_tls, COOKIE_NAME, language.tag(), SameSite::Strict, Some(KEPT_SECS))
    });
    (AppendHeaders(kept.map(|kept| (SET_COOKIE, kept))), Redirect::to(back)).into_response()
}

/// Whether a text is a path of this site. Browsers take `//host` and `/\host` for addresses of another host.
fn is_local(path: &str) -> bool {
    path.len() <= BACK_BYTES_MAX
        && path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_gone_back_to() {
        for elsewhere in
            ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\r\nb", "evil"]
        {
            assert!(!is_local(elsewhere), "{elsewhere:?}");
        }
        assert!(is_local("/book/aarhus?from=2026-12-01"));
    }
}
