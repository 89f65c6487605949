//! Sessions after a sign-in at the provider: the provider confirms a session at intervals, and either side can end it.

use super::directory::Asker;
use super::error::SignInError;
use super::id_token::{self, Occasion, TokenKind, fault};
use super::{Oidc, claims, now, secs, token, with_query};
use crate::Language;
use crate::page::{Frame, html};
use crate::staff::{ConsoleState, cookie};
use axum::Json;
use axum::extract::{Form, State, rejection::FormRejection};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use recovery::sensitive::Sensitive;
use recovery::time::{Duration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use service::Failure;
use service::staff::Claims;
use service::staff::provider_session::{ProviderLogout, ProviderTokens};

/// How long the id of a logout token is remembered as used, which is longer than the token is accepted.
const LOGOUT_REMEMBERED: Duration = Duration::from_mins(30);

/// Whether a session continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::staff) enum SessionStanding {
    /// The provider confirmed the session, or could not be asked, in which case the session soon lapses.
    GoesOn,
    /// The provider no longer confirms the session, so it ends.
    Over,
}

/// Asks the provider to confirm a session whose confirmation is due.
pub(in crate::staff) async fn confirmed(
    state: &ConsoleState,
    session: &str,
) -> Result<SessionStanding, Failure> {
    let Some(oidc) = state.settings.oidc.as_ref() else { return Ok(SessionStanding::Over) };
    let tokens = match state.service.begin_confirming(session, state.site).await {
        Ok(Some(tokens)) => tokens,
        Ok(None) => return Ok(SessionStanding::GoesOn),
        Err(Failure::Refused(_)) => return Ok(SessionStanding::Over),
        Err(failure) => return Err(failure),
    };
    match asked(state, oidc, &tokens).await {
        Ok((claims, tokens)) => {
            match state.service.confirm_session(session, state.site, &claims, &tokens).await {
                Ok(()) => Ok(SessionStanding::GoesOn),
                Err(Failure::Refused(_)) => Ok(SessionStanding::Over),
                Err(failure) => Err(failure),
            }
        }
        Err(SignInError::Service(failure)) => Err(failure),
        Err(error) => {
            error.log();
            Ok(if error.is_outage() { SessionStanding::GoesOn } else { SessionStanding::Over })
        }
    }
}

/// Asks the provider for the present claims. Returns them with the tokens for the next confirmation.
async fn asked(
    state: &ConsoleState,
    oidc: &Oidc,
    tokens: &ProviderTokens,
) -> Result<(Claims, ProviderTokens), SignInError> {
    let now = now(state).await?;
    let description = oidc.directory.description(now).await?;
    let mut next = tokens.clone();
    let mut fresh = None;
    if let Some(refresh_token) = &tokens.refresh_token {
        let handed = oidc.refresh(&description, refresh_token).await?;
        // A new refresh token replaces the old one (RFC 6749 section 6).
        next.refresh_token = handed.refresh_token().or(next.refresh_token);
        let usable = |_: &Sensitive<String>| description.userinfo_endpoint.is_some();
        next.access_token = handed.access_token().filter(usable).or(next.access_token);
        fresh = handed.id_token;
    }
    let subject = subject_of(tokens).ok_or(token(fault("sub", "is missing")))?;
    if let Some(id_token) = fresh {
        let said = oidc.verified(&id_token, TokenKind::IdToken, Asker::Provider, now).await?;
        let occasion = Occasion::Confirmation { nonce: &tokens.nonce, subject: &subject };
        id_token::check_id_token(&said, &oidc.settings, occasion, secs(now)).map_err(token)?;
        if claims::speaks_of_roles(&said, &oidc.settings) {
            next.id_token = Some(Sensitive::new(id_token));
            return claims::read(&said, &oidc.settings).map(|it| (it, next)).map_err(token);
        }
    }
    let (Some(endpoint), Some(access_token)) = (&description.userinfo_endpoint, &next.access_token)
    else {
        return Err(token(fault("roles", "are not confirmed")));
    };
    let said = oidc.userinfo(endpoint, access_token).await?;
    // A userinfo reply about another subject must not be used (OpenID Connect Core section 5.3.2).
    if id_token::subject(&said).map_err(token)? != Some(subject.as_str()) {
        return Err(token(fault("sub", "is somebody else")));
    }
    if !claims::speaks_of_roles(&said, &oidc.settings) {
        return Err(token(fault("roles", "are not confirmed")));
    }
    claims::read(&said, &oidc.settings).map(|it| (it, next)).map_err(token)
}

/// The subject of the session's ID token. The token was verified when the session began and has been stored under seal
/// since.
fn subject_of(tokens: &ProviderTokens) -> Option<String> {
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    let body = tokens.id_token.as_ref()?.expose().split('.').nth(1)?.to_owned();
    let claims: Map<String, Value> =
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(&body).ok()?).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}

#[derive(askama::Template)]
#[template(path = "staff/signed_out.html")]
struct SignedOutPage {
    frame: Frame,
    /// The address of the provider's page that ends the session at the provider.
    to: String,
}

/// The page after a sign-out, which leads to the provider, so that the session ends there too (RP-Initiated Logout
/// 1.0); `None` where the provider has no page for it.
pub(in crate::staff) async fn signed_out(
    state: &ConsoleState,
    id_token: Option<&Sensitive<String>>,
    language: Language,
) -> Option<Response> {
    let oidc = state.settings.oidc.as_ref()?;
    // Where the provider does not answer, the session here has ended nevertheless, and the next sign-in asks for
    // credentials.
    let description = oidc.directory.description(now(state).await.ok()?).await.ok()?;
    let end = description.end_session_endpoint.as_ref()?;
    let mut query = vec![
        ("client_id", oidc.settings.client_id.clone()),
        ("post_logout_redirect_uri", format!("{}/sign-in", state.settings.origin)),
    ];
    if let Some(hint) = id_token {
        query.push(("id_token_hint", hint.expose().clone()));
    }
    let page =
        SignedOutPage { frame: Frame::new(language, "/sign-in"), to: with_query(end, &query) };
    // This is a page and not a redirect, because a form may lead only to its own site (`form-action`).
    Some(html(StatusCode::OK, &page))
}

/// Marks the browser, so that the provider asks the next person who signs in for credentials.
pub(in crate::staff) fn mark_signed_out(state: &ConsoleState, response: &mut Response) {
    if state.settings.oidc.is_some()
        && let Some(mark) = cookie::set_lax(state, &cookie::signed_out_name(state.site), "1")
    {
        response.headers_mut().append(SET_COOKIE, mark);
    }
}

#[derive(Deserialize)]
pub(in crate::staff) struct LogoutForm {
    logout_token: String,
}

/// `POST /sign-in/backchannel-logout`: the provider ends sessions (Back-Channel Logout 1.0).
pub(in crate::staff) async fn ended_by_provider(
    State(state): State<ConsoleState>,
    form: Result<Form<LogoutForm>, FormRejection>,
) -> Response {
    let invalid = || (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_request"})));
    let Ok(Form(ended)) = form else { return invalid().into_response() };
    match end(&state, &ended.logout_token).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => {
            error.log();
            if error.is_outage() || matches!(error, SignInError::Service(_)) {
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
            invalid().into_response()
        }
    }
}

async fn end(state: &ConsoleState, logout_token: &str) -> Result<(), SignInError> {
    let oidc = state.settings.oidc.as_ref().ok_or(SignInError::NotUnderWay)?;
    let now: Timestamp = now(state).await?;
    let said = oidc.verified(logout_token, TokenKind::LogoutToken, Asker::Stranger, now).await?;
    let logout = id_token::check_logout_token(&said, &oidc.settings, secs(now)).map_err(token)?;
    let ended = ProviderLogout {
        issuer: oidc.settings.issuer.clone(),
        subject: logout.subject,
        sid: logout.sid,
        token_id: logout.token_id,
        until: now.plus(LOGOUT_REMEMBERED),
    };
    state.service.sign_out_by_provider(&ended).await.map_err(SignInError::Service)
}
