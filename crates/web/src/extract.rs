//! Extractors for the parts of a request. What does not parse is answered with one of our refusals and never with the
//! text of a framework.

use crate::{Code, Refusal};
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use service::RefusalCode;
use std::error::Error;

/// The parameters of a path. There is no page under a parameter that does not parse, so the reply is 404.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

/// The query of an address.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

/// A form in the body of a request.
#[derive(Clone, Copy, Debug)]
pub struct Form<T>(pub T);

/// A JSON body.
#[derive(Clone, Copy, Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| Refusal::new(RefusalCode::NotFound))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|_| Refusal::new(Code::MalformedQuery))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let form = axum::extract::Form::<T>::from_request(request, state).await;
        form.map(|form| Self(form.0)).map_err(|rejection| {
            if let FormRejection::BytesRejection(bytes) = &rejection {
                return unread(bytes, bytes.status());
            }
            Refusal::new(Code::MalformedBody)
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let body = axum::extract::Json::<T>::from_request(request, state).await;
        body.map(|body| Self(body.0)).map_err(|rejection| {
            if let JsonRejection::BytesRejection(bytes) = &rejection {
                return unread(bytes, bytes.status());
            }
            Refusal::new(Code::MalformedBody)
        })
    }
}

fn unread(error: &(dyn Error + 'static), status: StatusCode) -> Refusal {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::new(Code::BodyTooLarge);
    }
    not_whole(error)
}

/// The refusal of a body that was not read completely, because it is too large, too slow or incomplete.
#[must_use]
pub fn not_whole(error: &(dyn Error + 'static)) -> Refusal {
    if edge::is_late(error) {
        return Refusal::new(Code::RequestTooSlow);
    }
    if is_too_large(error) {
        return Refusal::new(Code::BodyTooLarge);
    }
    Refusal::new(Code::MalformedBody)
}

fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
