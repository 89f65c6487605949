//! Who may give commands to the start page (PROTOCOLS.md section 16).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use edge::Origin;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, StatusCode};
use std::sync::Arc;

/// One site of the sandbox: its host, and what its pages may do.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) host: Arc<str>,
    pub(crate) policy: Arc<str>,
}

/// For an address or a form that the sandbox does not know.
const NOTHING_HERE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Nothing here – Genvej sandbox</title>\
    <h1>There is nothing here</h1><p>The address or what was sent has another form than the sandbox knows.</p>\
    <p><a href=\"/\">Go to the start page</a></p></html>";

/// Refuses a foreign `Host` and a command from a foreign `Origin`; adds the headers of a strict page.
pub(crate) async fn strict(State(site): State<Site>, request: Request, next: Next) -> Response {
    let Ok(own) = Origin::parse(&format!("http://{}", site.host)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if !edge::target(&request).is_ok_and(|target| own.is_at(&target)) {
        return (StatusCode::MISDIRECTED_REQUEST, "unknown host").into_response();
    }
    let headers = request.headers();
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reading && (!headers.contains_key(ORIGIN) || !own.admits(headers)) {
        return (StatusCode::FORBIDDEN, "unknown origin").into_response();
    }
    let mut response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    // What a framework says about a request that it cannot read is nothing for a visitor.
    if response.status().is_client_error() && (kind.is_empty() || kind.starts_with(b"text/plain")) {
        response = (response.status(), Html(NOTHING_HERE)).into_response();
    }
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&site.policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Compares every byte, so that time does not tell how many fit.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one.bytes().zip(other.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}
