//! Failures of calls, each with its code and its status.

use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde::Serialize;

use crate::line::Refused;
use crate::slot::NoContact;

/// A call that failed, by a code that the page has words for.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    code: &'static str,
    #[serde(skip)]
    status: StatusCode,
}

impl Problem {
    pub(crate) const fn new(status: StatusCode, code: &'static str) -> Self {
        Self { code, status }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

impl From<NoContact> for Problem {
    fn from(none: NoContact) -> Self {
        let code = match none {
            NoContact::NoReader => "no-reader",
            NoContact::NoCard => "no-card",
            NoContact::InUse => "card-in-use",
        };
        Self::new(StatusCode::CONFLICT, code)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoSession => Self::new(StatusCode::CONFLICT, "no-session"),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let status = rejection.status();
        let too_large = status == StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, if too_large { "too-large" } else { "malformed" })
    }
}
