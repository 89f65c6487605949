//! Who may talk to this phone (PROTOCOLS.md section 16).

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use edge::Origin;

use crate::desk::Desk;

/// Carries the token of this start; a page elsewhere cannot set it without asking first.
pub(crate) const TOKEN_HEADER: HeaderName = HeaderName::from_static("genvej-phone-token");
/// Nothing is loaded from elsewhere; the camera's pictures are blobs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
    img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors ";

/// Refuses a foreign `Host` (DNS rebinding), a foreign `Origin`, and a command without the token.
pub(crate) async fn guard(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let Ok(own) = Origin::parse(&format!("http://{}", desk.host)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if !edge::target(&request).is_ok_and(|target| own.is_at(&target)) {
        return (StatusCode::MISDIRECTED_REQUEST, "unknown host").into_response();
    }
    let headers = request.headers();
    if !own.admits(headers) {
        return (StatusCode::FORBIDDEN, "unknown origin").into_response();
    }
    let is_page = request.uri().path() == "/" || request.uri().path().starts_with("/assets/");
    let with_token = single(headers, &TOKEN_HEADER)
        .is_some_and(|token| same(token.as_bytes(), desk.token.as_bytes()));
    if request.method() == Method::POST && !headers.contains_key(ORIGIN) {
        return (StatusCode::FORBIDDEN, "unknown origin").into_response();
    }
    if !is_page && !with_token {
        return (StatusCode::FORBIDDEN, "a command needs the token of this start").into_response();
    }
    let mut response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    // What a framework says about a request that it cannot read is nothing for a person.
    if response.status().is_client_error() && kind.starts_with(b"text/plain") {
        response = response.status().into_response();
    }
    let policy = format!("{POLICY}{}", desk.framed_by.as_deref().unwrap_or("'none'"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

/// Compares every byte, so that time does not tell how many fit.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}
