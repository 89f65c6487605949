//! Who may give commands to the start page (PROTOCOLS.md section 16).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::sync::Arc;

/// One site of the sandbox: its host, and what its pages may do.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) host: Arc<str>,
    pub(crate) policy: Arc<str>,
}

/// Refuses a foreign `Host` and a command from a foreign `Origin`; adds the headers of a strict page.
pub(crate) async fn strict(State(site): State<Site>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if single(headers, &HOST) != Some(&*site.host) {
        return (StatusCode::MISDIRECTED_REQUEST, "unknown host").into_response();
    }
    let own = format!("http://{}", site.host);
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reading && single(headers, &ORIGIN) != Some(own.as_str()) {
        return (StatusCode::FORBIDDEN, "unknown origin").into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&site.policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

/// Compares every byte, so that time does not tell how many fit.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one.bytes().zip(other.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}
