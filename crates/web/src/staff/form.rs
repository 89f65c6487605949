//! Forms of signed-in staff, protected against cross-site requests by a token.

use super::ConsoleState;
use crate::extract::not_whole;
use crate::{Code, Refusal};
use axum::body::{Body, to_bytes};
use axum::extract::{Form, FromRef, FromRequest, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service::staff::SignedIn;

/// The largest form, in bytes.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// A form whose hidden field `form_token` is the session's token. The form has at most `BYTES_MAX` bytes. In the
/// arguments of a handler it must stand last, after the extractor of the caller.
#[derive(Clone, Copy, Debug)]
pub struct StaffForm<T, const BYTES_MAX: usize = FORM_BYTES_MAX>(pub T);

/// A form with no field but its token.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct NoFields {}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    form_token: String,
}

impl<S, T, const BYTES_MAX: usize> FromRequest<S> for StaffForm<T, BYTES_MAX>
where
    S: Send + Sync,
    T: DeserializeOwned,
    ConsoleState: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let foreign = || Refusal::new(Code::FormTokenNotAccepted);
        let session = parts.extensions.get::<SignedIn>().cloned().ok_or_else(foreign)?;
        let bytes = to_bytes(body, BYTES_MAX).await.map_err(|error| not_whole(&error))?;
        let again = || Request::from_parts(parts.clone(), Body::from(bytes.clone()));
        let malformed = |_| Refusal::new(Code::MalformedBody);
        let Form(token) = Form::<Token>::from_request(again(), &()).await.map_err(malformed)?;
        if !session.accepts_form(&token.form_token) {
            return Err(foreign());
        }
        let Form(form) = Form::<T>::from_request(again(), &()).await.map_err(malformed)?;
        Ok(Self(form))
    }
}
