//! Forms that came from a page of the caller's own session.

use super::ConsoleState;
use super::caller::foreign_form;
use crate::extract::not_whole;
use crate::{Code, Language, Refusal};
use axum::body::{Body, to_bytes};
use axum::extract::{Form, FromRef, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service::staff::SignedIn;

/// The largest form, in bytes.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// A form of so many bytes at most whose hidden `form_token` is the session's. Stands last in a handler, after the caller's
/// extractor.
#[derive(Clone, Copy, Debug)]
pub struct Posted<T, const BYTES_MAX: usize = FORM_BYTES_MAX>(pub T);

/// A form with nothing but its token.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Nothing {}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    form_token: String,
}

impl<S, T, const BYTES_MAX: usize> FromRequest<S> for Posted<T, BYTES_MAX>
where
    S: Send + Sync,
    T: DeserializeOwned,
    ConsoleState: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let language = Language::of(request.headers());
        let (parts, body) = request.into_parts();
        let malformed = || super::caller::page(Refusal::new(Code::MalformedBody), language);
        let Some(session) = parts.extensions.get::<SignedIn>().cloned() else {
            return Err(foreign_form(language));
        };
        let bytes =
            to_bytes(body, BYTES_MAX).await.map_err(|error| not_whole(&error).into_response())?;
        let again = || Request::from_parts(parts.clone(), Body::from(bytes.clone()));
        let Form(token) =
            Form::<Token>::from_request(again(), &()).await.map_err(|_| malformed())?;
        if !session.accepts_form(&token.form_token) {
            return Err(foreign_form(language));
        }
        let Form(form) = Form::<T>::from_request(again(), &()).await.map_err(|_| malformed())?;
        Ok(Self(form))
    }
}
