//! Who may call (PROTOCOLS.md section 16): one page, with the token of this start.

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, ORIGIN, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::line::Line;
use crate::problem::Problem;

/// Carries the token that was printed at the start; a page elsewhere cannot know it.
pub const TOKEN_HEADER: HeaderName = HeaderName::from_static("genvej-desk-reader-token");

const ALLOWED_HEADERS: HeaderValue =
    HeaderValue::from_static("content-type, genvej-desk-reader-token");
const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
/// How long a browser need not ask again, in seconds.
const PREFLIGHT_SECS: HeaderValue = HeaderValue::from_static("600");
/// A browser asks whether a page of the internet may call a program of this machine (Private Network Access).
const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// Refuses a foreign `Host` (DNS rebinding), every `Origin` but the console's, and a call without the token.
pub(crate) async fn guard(State(line): State<Line>, request: Request, next: Next) -> Response {
    let own = edge::Origin::parse(&format!("http://{}", line.host()));
    let here = edge::target(&request).is_ok_and(|target| own.is_ok_and(|own| own.is_at(&target)));
    let headers = request.headers();
    if !here {
        return Problem::new(StatusCode::MISDIRECTED_REQUEST, "unknown-host").into_response();
    }
    if single(headers, &ORIGIN) != Some(line.origin().as_str()) {
        return Problem::new(StatusCode::FORBIDDEN, "unknown-origin").into_response();
    }
    let mut response = if request.method() == Method::OPTIONS {
        preflight()
    } else if single(headers, &TOKEN_HEADER).is_some_and(|token| line.is_token(token)) {
        next.run(request).await
    } else {
        Problem::new(StatusCode::UNAUTHORIZED, "wrong-token").into_response()
    };
    let headers = response.headers_mut();
    if let Ok(origin) = HeaderValue::from_str(line.origin().as_str()) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    headers.insert(VARY, HeaderValue::from_static("origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What a browser asks before it lets the page call. It carries no token: it does nothing.
fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECS);
    headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    response
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}
