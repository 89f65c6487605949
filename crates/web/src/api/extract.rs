//! Extractors of the API: the authenticated caller of a request (an app or a system of the operator) and its parsed
//! body.

use super::ApiState;
use crate::extract::not_whole;
use crate::failure::refusal;
use crate::{Code, Refusal};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, MatchedPath, Request};
use edge::OnBehalf;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use request_signature::Presented;
use serde::de::DeserializeOwned;
use service::RefusalCode;
use service::caller;
use service::operator_token;
use service::signed_request::{NewKey, SignedRequest};
use std::net::IpAddr;

const IDEMPOTENCY_KEY_CHARS_MAX: usize = 64;

/// A request that a bound app signed: the app and the parsed body.
pub(super) struct AppRequest<T> {
    pub(super) app: caller::App,
    pub(super) body: T,
}

/// A request that a bound app signed and whose nonce is spent in the same commit as its result. A request that does not
/// parse has no result, so its nonce need not be spent.
pub(super) struct UnspentAppRequest<T> {
    pub(super) asking: caller::Asking,
    pub(super) body: T,
}

/// A request that is signed by the device key in its own body.
pub(super) struct NewKeyRequest {
    pub(super) body: wire::instance::Activation,
    pub(super) key: NewKey,
}

/// The body of a request that has none.
#[derive(serde::Deserialize)]
pub(super) struct NoBody;

/// A request as it arrived, before its caller is known.
struct ReceivedRequest {
    method: String,
    path_and_query: String,
    headers: HeaderMap,
    body: Bytes,
    /// The client's address as the edge determined it: behind a trusted proxy, the address of the client and not of the
    /// proxy.
    peer: Option<IpAddr>,
    /// The template of the route, for the journal.
    template: Option<MatchedPath>,
}

async fn arrived(request: Request) -> Result<ReceivedRequest, Refusal> {
    let (parts, body) = request.into_parts();
    Ok(ReceivedRequest {
        method: parts.method.as_str().to_owned(),
        path_and_query: original_path(&parts),
        peer: parts.extensions.get::<OnBehalf>().map(|sender| sender.client.ip()),
        template: parts.extensions.get::<MatchedPath>().cloned(),
        headers: parts.headers,
        body: whole(body).await?,
    })
}

fn original_path(parts: &Parts) -> String {
    let original = parts.extensions.get::<axum::extract::OriginalUri>();
    let uri = original.map_or(&parts.uri, |original| &original.0);
    uri.path_and_query().map_or_else(|| "/".to_owned(), |it| it.as_str().to_owned())
}

async fn whole(body: Body) -> Result<Bytes, Refusal> {
    to_bytes(body, wire::BODY_BYTES_MAX).await.map_err(|error| not_whole(&error))
}

fn presented(headers: &HeaderMap) -> Result<Presented, Refusal> {
    Presented::parse(|name| {
        headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect::<Vec<_>>()
    })
    .map_err(|_| Refusal::new(Code::MalformedSignature))
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    // An absent body and JSON null are the same to a call that takes none.
    let text: &[u8] = if body.is_empty() { b"null" } else { body };
    serde_json::from_slice(text).map_err(|_| Refusal::new(Code::MalformedBody))
}

impl ReceivedRequest {
    fn signed<'a>(&'a self, presented: &'a Presented) -> SignedRequest<'a> {
        SignedRequest {
            method: &self.method,
            path_and_query: &self.path_and_query,
            body: &self.body,
            presented,
        }
    }
}

impl<T: DeserializeOwned> FromRequest<ApiState> for AppRequest<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Refusal> {
        let arrived = arrived(request).await?;
        let presented = presented(&arrived.headers)?;
        // The signature is checked first, so that only a known app learns anything about its body.
        let app = state.service.verify_app(arrived.signed(&presented)).await.map_err(refusal)?;
        Ok(Self { app, body: parsed(&arrived.body)? })
    }
}

impl<T: DeserializeOwned> FromRequest<ApiState> for UnspentAppRequest<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Refusal> {
        let arrived = arrived(request).await?;
        let presented = presented(&arrived.headers)?;
        let signed = arrived.signed(&presented);
        let asking = state.service.verify_asking_app(signed).await.map_err(refusal)?;
        Ok(Self { asking, body: parsed(&arrived.body)? })
    }
}

impl FromRequest<ApiState> for NewKeyRequest {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Refusal> {
        let arrived = arrived(request).await?;
        let presented = presented(&arrived.headers)?;
        let body: wire::instance::Activation = parsed(&arrived.body)?;
        let public_key: [u8; 65] = body
            .device_public_key
            .0
            .as_slice()
            .try_into()
            .map_err(|_| Refusal::new(Code::MalformedBody))?;
        let signed = arrived.signed(&presented);
        let key = state
            .service
            .verify_new_key(signed, &public_key, arrived.peer)
            .await
            .map_err(refusal)?;
        Ok(Self { body, key })
    }
}

/// A request of one of the operator's systems: the authenticated client, whose command is the whole request, and the
/// parsed body.
pub(super) struct OperatorRequest<T> {
    pub(super) operator: caller::Operator,
    pub(super) body: T,
}

impl<T: DeserializeOwned> FromRequest<ApiState> for OperatorRequest<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Refusal> {
        let arrived = arrived(request).await?;
        let no = || Refusal::new(RefusalCode::TokenNotAccepted);
        let token = arrived
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(bearer)
            .ok_or_else(no)?;
        let changes = !matches!(arrived.method.as_str(), "GET" | "HEAD");
        let mut keys = arrived.headers.get_all("idempotency-key").iter();
        let key = keys.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
        let plain = !key.is_empty()
            && keys.next().is_none()
            && key.len() <= IDEMPOTENCY_KEY_CHARS_MAX
            && key.bytes().all(|byte| byte.is_ascii_graphic());
        let request = operator_token::OperatorRequest {
            token,
            idempotency_key: key,
            method: &arrived.method,
            path_and_query: &arrived.path_and_query,
            body: &arrived.body,
        };
        let operator = state.service.check_operator_token(request).await.map_err(refusal)?;
        if changes && !plain {
            return Err(Refusal::new(Code::IdempotencyKeyMissing));
        }
        if changes {
            let template = arrived.template.as_ref().map_or("-", MatchedPath::as_str);
            let act = format!("{} {template}", arrived.method);
            state.service.note_operator_act(&operator, &act).await.map_err(refusal)?;
        }
        Ok(Self { operator, body: parsed(&arrived.body)? })
    }
}

/// The token of an `Authorization: Bearer` header; the scheme's case does not matter (RFC 9110 section 11.1).
fn bearer(text: &str) -> Option<&str> {
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A JSON body. A body that does not parse is refused with a stable code.
pub(super) struct ParsedBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<ApiState> for ParsedBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &ApiState) -> Result<Self, Refusal> {
        let body = whole(request.into_body()).await?;
        parsed(&body).map(Self)
    }
}
