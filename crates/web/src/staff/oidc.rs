//! OpenID Connect: authorisation code with PKCE, state and nonce, all three computed from one secret in the browser's
//! cookie, so that nothing has to be kept here while somebody is at the provider.

mod id_token;

use super::{ConsoleState, cookie};
use crate::page::{Frame, html};
use crate::{Language, Refusal};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How long somebody may be at the provider.
const UNDER_WAY_MAX_MS: i64 = 10 * 60 * 1000;
/// The largest answer of a provider that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// One request to the provider.
#[derive(Clone, Debug)]
pub struct HttpCall {
    /// Where to.
    pub url: String,
    /// The form of a POST; a GET where there is none.
    pub form: Option<Vec<(&'static str, Zeroizing<String>)>>,
    /// User and password of HTTP Basic.
    pub basic: Option<(String, Zeroizing<String>)>,
    /// The largest body to be read, in bytes.
    pub body_bytes_max: usize,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Carries requests to the provider; blocks, and is called on a thread that may.
pub trait OidcClient: Send + Sync + fmt::Debug {
    /// Calls; follows no redirect.
    ///
    /// # Errors
    ///
    /// Why no answer came.
    fn call(&self, call: &HttpCall)
    -> Result<HttpAnswer, Box<dyn std::error::Error + Send + Sync>>;
}

/// The operator's provider.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// As it stands in its tokens; its description is below `/.well-known/openid-configuration`.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there, where the provider gave one.
    pub client_secret: Option<Zeroizing<String>>,
    /// The way there.
    pub client: Arc<dyn OidcClient>,
}

/// What the provider says about itself.
#[derive(Deserialize)]
struct Provider {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// What the browser brings back.
#[derive(Deserialize)]
pub(super) struct Returned {
    code: Option<String>,
    state: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "staff/signed_in.html")]
struct SignedInPage {
    frame: Frame,
}

/// Why a sign-in came to nothing; told in the log, and to the browser only that it did.
#[derive(Debug, thiserror::Error)]
enum SignInError {
    #[error("no sign-in is under way in this browser")]
    NotUnderWay,
    #[error("the provider could not be reached while {0}")]
    Unreachable(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the provider answered {status} while {doing}")]
    Status { doing: &'static str, status: u16 },
    #[error("the provider's answer cannot be read while {0}")]
    Unreadable(&'static str),
    #[error("the provider calls itself by another name")]
    OtherIssuer,
    #[error("the ID token is not accepted: {0}")]
    IdToken(&'static str),
}

/// `GET /sign-in/provider`: sends the browser to the provider.
pub(super) async fn begin(State(state): State<ConsoleState>, language: Language) -> Response {
    match begun(&state).await {
        Ok(response) => response,
        Err(error) => failed(&error, language),
    }
}

/// `GET /sign-in/return`: the browser comes back.
pub(super) async fn finish(
    State(state): State<ConsoleState>,
    language: Language,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Response {
    let claims = match finished(&state, &headers, returned).await {
        Ok(claims) => claims,
        Err(error) => return failed(&error, language),
    };
    match state.service.sign_in_by_provider(&claims, state.site).await {
        // A page and no redirect: a browser that comes from another site sends a strict cookie only with the next request
        // that begins here.
        Ok(token) => {
            let page = SignedInPage { frame: Frame::new(language, "/") };
            let mut response = html(StatusCode::OK, &page);
            let headers = response.headers_mut();
            let session = cookie::session_name(state.site);
            for set in [
                cookie::set(&state, session, &token, "Strict"),
                cookie::set(&state, cookie::sign_in_name(state.site), "", "Lax"),
            ]
            .into_iter()
            .flatten()
            {
                headers.append(SET_COOKIE, set);
            }
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(failure) => super::caller::page(Refusal::from(failure), language),
    }
}

async fn begun(state: &ConsoleState) -> Result<Response, SignInError> {
    let settings = state.settings.oidc.as_ref().ok_or(SignInError::NotUnderWay)?;
    let provider = provider(settings).await?;
    let now = state.service.now().await.map_err(|_| SignInError::NotUnderWay)?;
    let random = Base64UrlUnpadded::encode_string(&state.service.draw_provider_secret());
    let secret = format!("{random}.{}", now.0);
    let verifier = derived(state, "verifier", &secret);
    let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(verifier.as_bytes()));
    let query = [
        ("response_type", "code".to_owned()),
        ("scope", "openid profile".to_owned()),
        ("client_id", settings.client_id.clone()),
        ("redirect_uri", redirect_uri(state)),
        ("state", derived(state, "state", &secret)),
        ("nonce", derived(state, "nonce", &secret)),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256".to_owned()),
    ];
    let joint = if provider.authorization_endpoint.contains('?') { '&' } else { '?' };
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    let to = format!("{}{joint}{}", provider.authorization_endpoint, query.join("&"));
    let mut response = Redirect::to(&to).into_response();
    if let Some(set) = cookie::set(state, cookie::sign_in_name(state.site), &secret, "Lax") {
        response.headers_mut().append(SET_COOKIE, set);
    }
    Ok(response)
}

async fn finished(
    state: &ConsoleState,
    headers: &HeaderMap,
    returned: Returned,
) -> Result<service::staff::oidc::Claims, SignInError> {
    let settings = state.settings.oidc.as_ref().ok_or(SignInError::NotUnderWay)?;
    let secret =
        cookie::read(headers, cookie::sign_in_name(state.site)).ok_or(SignInError::NotUnderWay)?;
    let now = state.service.now().await.map_err(|_| SignInError::NotUnderWay)?;
    let begun_at = secret.split_once('.').and_then(|(_, at)| at.parse::<i64>().ok());
    let in_time =
        begun_at.is_some_and(|at| (0..UNDER_WAY_MAX_MS).contains(&now.0.saturating_sub(at)));
    // The state hangs on a key of ours and on the whole cookie, its time included.
    if !in_time || returned.state.as_deref() != Some(derived(state, "state", secret).as_str()) {
        return Err(SignInError::NotUnderWay);
    }
    let code = returned.code.ok_or(SignInError::NotUnderWay)?;
    let provider = provider(settings).await?;
    let tokens =
        tokens(state, settings, &provider, code, derived(state, "verifier", secret)).await?;
    let keys: Value = json(settings, get(provider.jwks_uri), "fetching its keys").await?;
    let expected = id_token::Expected {
        issuer: &settings.issuer,
        client_id: &settings.client_id,
        nonce: &derived(state, "nonce", secret),
        now_secs: now.0.div_euclid(1000),
    };
    id_token::claims(&tokens.id_token, &keys, &expected).map_err(SignInError::IdToken)
}

async fn tokens(
    state: &ConsoleState,
    settings: &OidcSettings,
    provider: &Provider,
    code: String,
    verifier: String,
) -> Result<Tokens, SignInError> {
    let form = vec![
        ("grant_type", Zeroizing::new("authorization_code".to_owned())),
        ("code", Zeroizing::new(code)),
        ("redirect_uri", Zeroizing::new(redirect_uri(state))),
        ("client_id", Zeroizing::new(settings.client_id.clone())),
        ("code_verifier", Zeroizing::new(verifier)),
    ];
    // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
    let basic = settings
        .client_secret
        .as_ref()
        .map(|secret| (percent(&settings.client_id), Zeroizing::new(percent(secret))));
    let call = HttpCall {
        url: provider.token_endpoint.clone(),
        form: Some(form),
        basic,
        body_bytes_max: ANSWER_BYTES_MAX,
    };
    json(settings, call, "redeeming the code").await
}

async fn provider(settings: &OidcSettings) -> Result<Provider, SignInError> {
    let issuer = settings.issuer.trim_end_matches('/');
    let url = format!("{issuer}/.well-known/openid-configuration");
    let provider: Provider = json(settings, get(url), "reading its description").await?;
    if provider.issuer == settings.issuer { Ok(provider) } else { Err(SignInError::OtherIssuer) }
}

fn get(url: String) -> HttpCall {
    HttpCall { url, form: None, basic: None, body_bytes_max: ANSWER_BYTES_MAX }
}

async fn json<T: serde::de::DeserializeOwned>(
    settings: &OidcSettings,
    call: HttpCall,
    doing: &'static str,
) -> Result<T, SignInError> {
    let client = settings.client.clone();
    let answer = tokio::task::spawn_blocking(move || client.call(&call))
        .await
        .map_err(|error| SignInError::Unreachable(doing, Box::new(error)))?
        .map_err(|error| SignInError::Unreachable(doing, error))?;
    if answer.status != 200 {
        return Err(SignInError::Status { doing, status: answer.status });
    }
    serde_json::from_slice(&answer.body).map_err(|_| SignInError::Unreadable(doing))
}

fn redirect_uri(state: &ConsoleState) -> String {
    format!("{}/sign-in/return", state.settings.origin)
}

fn derived(state: &ConsoleState, purpose: &'static str, secret: &str) -> String {
    Base64UrlUnpadded::encode_string(&state.service.provider_secret(purpose, secret))
}

/// Everything but unreserved characters (RFC 3986 section 2.3) as percent and hex.
fn percent(text: &str) -> String {
    use fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn failed(error: &SignInError, language: Language) -> Response {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(%error, cause, "a member of staff could not sign in");
    let status = match error {
        SignInError::Unreachable(..) | SignInError::Status { .. } | SignInError::Unreadable(_) => {
            StatusCode::BAD_GATEWAY
        }
        SignInError::NotUnderWay | SignInError::OtherIssuer | SignInError::IdToken(_) => {
            StatusCode::FORBIDDEN
        }
    };
    super::caller::page(Refusal::new(status, "staff-sign-in-failed"), language)
}
