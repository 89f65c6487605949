//! The site of the second screen at a desk. Its page has no session; its requests are signed by the screen's own key
//! (PROTOCOLS.md section 5). No member of staff signs in here, and no console has access to what the screen shows.

use crate::failure::refusal;
use crate::page::{Frame, html, in_halves};
use crate::{Code, PageLanguage, Refusal, assets, headers, language_switch, moment, problem};
use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, StatusCode};
use request_signature::{PUBLIC_KEY_BYTES, Presented};
use serde::{Deserialize, Serialize};
use service::screen::{Nonce, Screen, ScreenState};
use service::signed_request::SignedRequest;
use service::{RefusalCode, Service};

/// The largest body of a screen's request, in bytes.
const BODY_BYTES_MAX: usize = 1_024;
const KEYID_CHARS_MAX: usize = 64;

#[derive(askama::Template)]
#[template(path = "screen/screen.html")]
struct ScreenPage {
    frame: Frame,
}

/// The site of screens as one router.
pub fn screen(service: Service) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/nonce", post(nonce))
        .route("/pair", post(pair))
        .route("/state", post(state))
        .route("/code", post(code))
        .route("/blank", post(blank))
        .route("/language", get(language_switch::switch))
        .fallback(problem::nowhere)
        .method_not_allowed_fallback(problem::nowhere)
        .with_state(service)
        .merge(assets::router())
        .layer(middleware::from_fn(problem::speak))
        .layer(middleware::from_fn(headers::strict))
}

async fn page(PageLanguage(language): PageLanguage) -> Response {
    html(StatusCode::OK, &ScreenPage { frame: Frame::new(language, "/") })
}

/// A request of a screen, before its signature is checked.
struct ScreenRequest {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for ScreenRequest {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
        let body =
            to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| Refusal::new(Code::BodyTooLarge))?;
        Ok(Self { path, headers: parts.headers, body })
    }
}

impl ScreenRequest {
    fn presented(&self) -> Result<Presented, Refusal> {
        let values = |name: &str| {
            self.headers.get_all(name).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>()
        };
        Presented::parse(values).map_err(|_| Refusal::new(Code::MalformedSignature))
    }

    fn signed<'a>(&'a self, presented: &'a Presented) -> SignedRequest<'a> {
        SignedRequest { method: "POST", path_and_query: &self.path, body: &self.body, presented }
    }

    fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body).map_err(|_| Refusal::new(Code::MalformedBody))
    }
}

/// Makes a reply with the nonce for the screen's next request.
async fn reply<T: Serialize>(
    service: &Service,
    presented: &Presented,
    body: T,
) -> Result<Response, Refusal> {
    let nonce = service.nonce(presented.keyid()).await.map_err(refusal)?;
    let mut response = Json(body).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(nonce) = HeaderValue::from_str(&nonce) {
        headers.insert(wire::NONCE_HEADER, nonce);
    }
    Ok(response)
}

#[derive(Deserialize)]
struct NonceRequest {
    keyid: String,
}

#[derive(Serialize)]
struct NonceReply {
    nonce: String,
}

/// Issues a nonce for a key. The caller need not prove yet that it holds the key.
async fn nonce(
    State(service): State<Service>,
    call: ScreenRequest,
) -> Result<Json<NonceReply>, Refusal> {
    let wish: NonceRequest = call.read()?;
    if wish.keyid.len() > KEYID_CHARS_MAX {
        return Err(Refusal::new(Code::MalformedBody));
    }
    let nonce = service.nonce(&wish.keyid).await.map_err(refusal)?;
    Ok(Json(NonceReply { nonce }))
}

#[derive(Deserialize)]
struct PairingRequest {
    code: String,
    /// The public key as an uncompressed point, in hex.
    public_key: String,
}

/// The state of the screen, which tells the page what to show.
#[derive(Serialize)]
#[serde(tag = "show", rename_all = "kebab-case")]
enum ScreenView {
    Confirming { check: String },
    Ready { name: String },
    CodeWaits,
    Showing,
}

impl From<ScreenState> for ScreenView {
    fn from(state: ScreenState) -> Self {
        match state {
            ScreenState::Confirming { check } => Self::Confirming { check },
            ScreenState::Ready { name } => Self::Ready { name },
            ScreenState::CodeWaits => Self::CodeWaits,
            ScreenState::Showing => Self::Showing,
        }
    }
}

async fn pair(State(service): State<Service>, call: ScreenRequest) -> Result<Response, Refusal> {
    let presented = call.presented()?;
    let offer: PairingRequest = call.read()?;
    let malformed = || Refusal::new(Code::MalformedBody);
    let key = hex::decode(&offer.public_key).map_err(|_| malformed())?;
    let key: [u8; PUBLIC_KEY_BYTES] = key.try_into().map_err(|_| malformed())?;
    let signed = call.signed(&presented);
    let screen = service.offer_screen_key(&offer.code, &key, signed).await.map_err(refusal)?;
    let shows = service.screen_state(&screen).await.map_err(refusal)?;
    reply(&service, &presented, ScreenView::from(shows)).await
}

async fn verified(
    service: &Service,
    call: &ScreenRequest,
    nonce: Nonce,
) -> Result<(Screen, Presented), Refusal> {
    let presented = call.presented()?;
    let screen = service.verify_screen(call.signed(&presented), nonce).await.map_err(refusal)?;
    Ok((screen, presented))
}

async fn state(State(service): State<Service>, call: ScreenRequest) -> Result<Response, Refusal> {
    let (screen, presented) = verified(&service, &call, Nonce::Kept).await?;
    let shows = service.screen_state(&screen).await.map_err(refusal)?;
    reply(&service, &presented, ScreenView::from(shows)).await
}

/// A code on the screen: its digits in two groups, the Danish time at which it expires, and the seconds for which it
/// may be shown.
#[derive(Serialize)]
struct ShownCode {
    code: String,
    until: String,
    seconds: u64,
}

async fn code(State(service): State<Service>, call: ScreenRequest) -> Result<Response, Refusal> {
    let (screen, presented) = verified(&service, &call, Nonce::Spent).await?;
    let Some(shown) = service.fetch_code(&screen).await.map_err(refusal)? else {
        return Err(Refusal::new(RefusalCode::NotFound));
    };
    let until = moment::clock(&moment::at_home(shown.until));
    let code = in_halves(&shown.code);
    reply(&service, &presented, ShownCode { code, until, seconds: shown.seconds }).await
}

#[derive(Serialize)]
struct EmptyReply {}

async fn blank(State(service): State<Service>, call: ScreenRequest) -> Result<Response, Refusal> {
    let (screen, presented) = verified(&service, &call, Nonce::Spent).await?;
    service.blank_screen(&screen).await.map_err(refusal)?;
    reply(&service, &presented, EmptyReply {}).await
}
