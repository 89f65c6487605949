//! Replies to signed requests, with the nonce for the app's next request.

use super::ApiState;
use crate::Refusal;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use service::caller::App;

/// The result of a handler for a signed request.
pub(super) type Reply<T> = Result<WithNonce<T>, Refusal>;

pub(super) struct WithNonce<T> {
    pub(super) body: T,
    pub(super) nonce: String,
}

impl<T: serde::Serialize> IntoResponse for WithNonce<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        if let Ok(value) = HeaderValue::from_str(&self.nonce) {
            response.headers_mut().insert(wire::NONCE_HEADER, value);
        }
        response
    }
}

pub(super) async fn reply<T>(state: &ApiState, app: &App, body: T) -> Reply<T> {
    let nonce = state.service.nonce(&app.instance().to_string()).await?;
    Ok(WithNonce { body, nonce })
}
