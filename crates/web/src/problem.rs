//! Refusals as RFC 9457 problem details, in the language of the request.
//!
//! A handler returns a [`Refusal`]; the outermost layer, [`speak`], knows the language and writes the body in the words of
//! [`crate::code`].

use crate::Language;
use crate::code::Texts;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use wire::Problem;

/// A "no" on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code.
    pub code: &'static str,
    /// Tries that remain, where the caller may know.
    pub tries_left: Option<u8>,
    /// Seconds after which the same call can succeed.
    pub retry_after_secs: Option<u64>,
}

impl Refusal {
    /// A refusal with nothing but its code.
    #[must_use]
    pub const fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, tries_left: None, retry_after_secs: None }
    }

    /// The same with the tries that remain.
    #[must_use]
    pub const fn tries_left(mut self, tries: u8) -> Self {
        self.tries_left = Some(tries);
        self
    }

    /// The same with the seconds to wait.
    #[must_use]
    pub const fn retry_after(mut self, secs: u64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    /// The problem in words.
    #[must_use]
    pub fn in_words(&self, language: Language) -> Problem {
        let Texts { title, detail, next } = Texts::of(self.code, language);
        Problem {
            kind: format!("urn:genvej:problem:{}", self.code),
            title,
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: Some(detail),
            next: Some(next),
            tries_left: self.tries_left,
            retry_after_secs: self.retry_after_secs,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Layer: writes the body of every [`Refusal`] that passes, in the language of the request.
pub async fn speak(request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let mut response = next.run(request).await;
    // It stays on the response for the request log, which names its code.
    let Some(refusal) = response.extensions().get::<Refusal>().cloned() else {
        return response;
    };
    let body = serde_json::to_vec(&refusal.in_words(language)).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    // RFC 6750 section 3: what a bearer token lacks.
    let challenge = match refusal.code {
        "token-not-accepted" => Some("Bearer realm=\"genvej\", error=\"invalid_token\""),
        "scope-missing" => Some("Bearer realm=\"genvej\", error=\"insufficient_scope\""),
        _ => None,
    };
    if let Some(challenge) = challenge {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if let Some(secs) = refusal.retry_after_secs {
        headers.insert(RETRY_AFTER, HeaderValue::from(secs));
    }
    headers.remove(http::header::CONTENT_LENGTH);
    *response.body_mut() = body.into();
    response
}
