//! Sign-in by OpenID Connect: the authorisation-code flow with PKCE, state and nonce (`docs/staff.md`).

mod claims;
mod directory;
mod error;
mod id_token;
mod line;
mod provider_key;
mod session;
mod settings;
mod tokens;
mod under_way;

pub use line::{HttpAnswer, HttpCall, LineError, OidcClient};
pub(super) use session::{
    SessionStanding, confirmed, ended_by_provider, mark_signed_out, signed_out,
};
pub use settings::{ClaimNames, ClientAuthentication, OidcSettings};

use super::{ConsoleState, cookie};
use crate::page::{Frame, html};
use crate::{Language, PageLanguage, Refusal};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use directory::{Asker, Directory, ProviderMetadata};
use error::{SignInError, failed, named};
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use id_token::{Occasion, TokenFault, TokenKind, fault};
use recovery::Rejection;
use recovery::sensitive::Sensitive;
use recovery::time::Timestamp;
use serde::Deserialize;
use service::RefusalCode;
use service::staff::Claims;
use service::staff::provider_session::ProviderTokens;
use std::sync::Arc;
use under_way::{PendingSignIn, UsedStates};

/// The longest authorisation code that is redeemed, in bytes.
const CODE_BYTES_MAX: usize = 4_096;

/// A handle to the operator's provider, which all consoles share.
#[derive(Clone, Debug)]
pub struct Oidc(Arc<Provider>);

/// The settings and cached metadata of the provider, and the states of finished sign-ins.
#[derive(Debug)]
pub struct Provider {
    settings: OidcSettings,
    directory: Directory,
    used: UsedStates,
}

impl Oidc {
    /// Makes the handle from the operator's settings. The provider is contacted only when somebody signs in.
    #[must_use]
    pub fn new(settings: OidcSettings) -> Self {
        let directory = Directory::new(&settings.issuer, Arc::clone(&settings.client));
        Self(Arc::new(Provider { settings, directory, used: UsedStates::default() }))
    }
}

impl std::ops::Deref for Oidc {
    type Target = Provider;

    fn deref(&self) -> &Provider {
        &self.0
    }
}

/// The query with which the provider sends the browser back.
#[derive(Deserialize)]
pub(super) struct ReturnQuery {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "staff/signed_in.html")]
struct SignedInPage {
    frame: Frame,
}

/// A sign-in that the provider completed.
struct SignedIn {
    claims: Claims,
    tokens: ProviderTokens,
    under_way: PendingSignIn,
}

/// `GET /sign-in/provider`: sends the browser to the provider.
pub(super) async fn begin(
    State(state): State<ConsoleState>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    begun(&state, &headers).await.map_err(failed)
}

/// `GET /sign-in/return`: the browser returns from the provider.
pub(super) async fn finish(
    State(state): State<ConsoleState>,
    PageLanguage(language): PageLanguage,
    headers: HeaderMap,
    returned: Result<Query<ReturnQuery>, QueryRejection>,
) -> Response {
    let Ok(Query(returned)) = returned else {
        return failed(SignInError::NotUnderWay).into_response();
    };
    let name = returned.state.clone().unwrap_or_default();
    let mut response = match finished(&state, &headers, returned).await {
        Ok(signed_in) => opened(&state, signed_in, language).await,
        Err(error) => failed(error).into_response(),
    };
    // The sign-in is finished, whether it succeeded or not.
    if let Some(end) = PendingSignIn::end(&state, &name) {
        response.headers_mut().append(SET_COOKIE, end);
    }
    response
}

async fn opened(state: &ConsoleState, signed_in: SignedIn, language: Language) -> Response {
    let SignedIn { claims, tokens, under_way } = signed_in;
    let opened =
        state.service.sign_in_by_provider(&claims, &tokens, state.site, &under_way.state).await;
    let token = match opened {
        Ok(token) => token,
        Err(failure) => {
            if let service::Failure::Refused(no) = &failure {
                let field = field_of(no.code);
                tracing::warn!(code = no.code.code(), field, "a member of staff was not let in");
            }
            return Refusal::from(failure).into_response();
        }
    };
    // This is a page and not a redirect: after a navigation from another site, a browser sends a strict cookie only
    // with a request that begins on this site.
    let mut response = html(StatusCode::OK, &SignedInPage { frame: Frame::new(language, "/") });
    let headers = response.headers_mut();
    let session = cookie::set(state, &cookie::session_name(state.site), &token);
    let signed_out = cookie::set_lax(state, &cookie::signed_out_name(state.site), "");
    for set in [session, signed_out].into_iter().flatten() {
        headers.append(SET_COOKIE, set);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The claim that a refusal of the use case is about.
fn field_of(code: RefusalCode) -> Option<&'static str> {
    let fields = [
        (RefusalCode::StaffCentreUnknown, "centre"),
        (RefusalCode::Rejected(Rejection::RoleNotAllowed), "roles"),
    ];
    fields.into_iter().find(|(about, _)| *about == code).map(|(_, field)| field)
}

async fn begun(state: &ConsoleState, headers: &HeaderMap) -> Result<Response, SignInError> {
    let oidc = state.settings.oidc.as_ref().ok_or(SignInError::NotUnderWay)?;
    let now = now(state).await?;
    let description = oidc.directory.description(now).await?;
    // After a sign-out here, the provider must ask the next person at this browser for credentials.
    let anew = cookie::read(state, headers, &cookie::signed_out_name(state.site)).is_some();
    let under_way = PendingSignIn::begin(state, now, anew);
    let settings = &oidc.settings;
    let mut query = vec![
        ("response_type", "code".to_owned()),
        ("scope", settings.scope.clone()),
        ("client_id", settings.client_id.clone()),
        ("redirect_uri", redirect_uri(state)),
        ("state", under_way.state.clone()),
        ("nonce", under_way.nonce(state)),
        ("code_challenge", under_way.challenge(state)),
        ("code_challenge_method", "S256".to_owned()),
    ];
    if !settings.acr_values.is_empty() {
        query.push(("acr_values", settings.acr_values.join(" ")));
    }
    if let Some(secs) = settings.max_age_secs {
        query.push(("max_age", secs.to_string()));
    }
    if anew {
        query.push(("prompt", "login".to_owned()));
    }
    let to = with_query(&description.authorization_endpoint, &query);
    let mut response = Redirect::to(&to).into_response();
    for set in under_way.cookies(state, headers, now) {
        response.headers_mut().append(SET_COOKIE, set);
    }
    Ok(response)
}

async fn finished(
    state: &ConsoleState,
    headers: &HeaderMap,
    returned: ReturnQuery,
) -> Result<SignedIn, SignInError> {
    let oidc = state.settings.oidc.as_ref().ok_or(SignInError::NotUnderWay)?;
    let now = now(state).await?;
    let returned_state = returned.state.as_deref().ok_or(SignInError::NotUnderWay)?;
    let under_way = PendingSignIn::find(state, headers, returned_state, now)?;
    if !oidc.used.use_once(&under_way, now) {
        return Err(SignInError::NotUnderWay);
    }
    if let Some(error) = &returned.error {
        return Err(SignInError::Refused(named(error)));
    }
    let description = oidc.directory.description(now).await?;
    check_issuer(&description, returned.iss.as_deref(), &oidc.settings)?;
    let code = returned.code.filter(|code| code.len() <= CODE_BYTES_MAX);
    let code = code.ok_or(SignInError::NotUnderWay)?;
    let tokens =
        oidc.redeem(&description, code, redirect_uri(state), under_way.verifier(state)).await?;
    let id_token = tokens.id_token.as_deref().ok_or(token(fault("id_token", "is missing")))?;
    let said = oidc.verified(id_token, TokenKind::IdToken, Asker::Provider, now).await?;
    let nonce = under_way.nonce(state);
    let occasion = Occasion::SignIn {
        nonce: &nonce,
        begun_secs: under_way.begun_secs(),
        anew: under_way.anew,
    };
    id_token::check_id_token(&said, &oidc.settings, occasion, secs(now)).map_err(token)?;
    let sid = id_token::claim(&said, "sid").and_then(|sid| sid.as_str()).map(str::to_owned);
    let kept = ProviderTokens {
        id_token: Some(Sensitive::new(id_token.to_owned())),
        access_token: tokens.access_token().filter(|_| description.userinfo_endpoint.is_some()),
        refresh_token: tokens.refresh_token(),
        sid,
        nonce,
    };
    let claims = claims::read(&said, &oidc.settings).map_err(token)?;
    Ok(SignedIn { claims, tokens: kept, under_way })
}

/// Checks that the provider that sent the browser back, where it names itself, is the configured one (RFC 9207).
fn check_issuer(
    description: &ProviderMetadata,
    iss: Option<&str>,
    settings: &OidcSettings,
) -> Result<(), SignInError> {
    let must = description.authorization_response_iss_parameter_supported;
    match iss {
        Some(iss) if iss == settings.issuer => Ok(()),
        None if !must => Ok(()),
        Some(_) | None => Err(SignInError::OtherIssuer),
    }
}

fn token(fault: TokenFault) -> SignInError {
    SignInError::Token(fault)
}

async fn now(state: &ConsoleState) -> Result<Timestamp, SignInError> {
    state.service.now().await.map_err(SignInError::Service)
}

fn secs(now: Timestamp) -> i64 {
    now.0.div_euclid(1_000)
}

fn redirect_uri(state: &ConsoleState) -> String {
    format!("{}/sign-in/return", state.settings.origin)
}

fn with_query(address: &str, query: &[(&str, String)]) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    format!("{address}{joint}{}", query.join("&"))
}

/// Percent-encodes everything but unreserved characters (RFC 3986 section 2.3).
fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
