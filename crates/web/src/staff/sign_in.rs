//! The pages to sign in and out, which are the same at all consoles.

use super::{ConsoleState, NoFields, StaffForm, StaffView, cookie, declarations, oidc, passkey};
use crate::page::{Frame, html};
use crate::{Language, PageLanguage, Refusal};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::HeaderMap;
use http::header::SET_COOKIE;
use service::staff::Site;

/// The routes to sign in and out, for the router of any console.
pub fn router() -> Router<ConsoleState> {
    Router::new()
        .route("/sign-in", get(page))
        .route("/sign-in/provider", get(oidc::begin))
        .route("/sign-in/return", get(oidc::finish))
        .route("/sign-in/backchannel-logout", post(oidc::ended_by_provider))
        .route("/invite/{token}", get(passkey::invitation).post(passkey::register))
        .route("/invite/{token}/challenge", post(passkey::registration_challenge))
        .route("/passkey/challenge", post(passkey::challenge))
        .route("/passkey", post(passkey::sign_in))
        .route("/declarations", get(declarations::list))
        .route("/declarations/{staff}", post(declarations::approve))
        .route("/sign-out", post(sign_out))
}

#[derive(askama::Template)]
#[template(path = "staff/sign_in.html")]
struct SignInPage {
    frame: Frame,
    title: String,
    by_provider: bool,
}

#[derive(askama::Template)]
#[template(path = "staff/refused.html")]
struct RefusedPage {
    frame: Frame,
    title: String,
    detail: Option<String>,
    next: Option<String>,
}

async fn page(State(state): State<ConsoleState>, PageLanguage(language): PageLanguage) -> Response {
    let frame = Frame::new(language, "/sign-in");
    let title = frame.t(match state.site {
        Site::Support => "staff-sign-in-support",
        Site::Desk => "staff-sign-in-desk",
        Site::Operations => "staff-sign-in-operations",
    });
    let by_provider = state.settings.oidc.is_some();
    html(http::StatusCode::OK, &SignInPage { frame, title, by_provider })
}

async fn sign_out(
    _: StaffView,
    State(state): State<ConsoleState>,
    PageLanguage(language): PageLanguage,
    headers: HeaderMap,
    _: StaffForm<NoFields>,
) -> Response {
    let name = cookie::session_name(state.site);
    let mut id_token = None;
    if let Some(token) = cookie::read(&state, &headers, &name) {
        match state.service.sign_out(&token, state.site).await {
            Ok(hint) => id_token = hint,
            Err(failure) => return Refusal::from(failure).into_response(),
        }
    }
    let at_provider = oidc::signed_out(&state, id_token.as_ref(), language).await;
    let mut response = at_provider.unwrap_or_else(|| Redirect::to("/sign-in").into_response());
    if let Some(gone) = cookie::set(&state, &name, "") {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    oidc::mark_signed_out(&state, &mut response);
    response
}

/// Shows a refusal as a page with a link to the first page of the console.
pub(super) fn refused(refusal: &Refusal, language: Language) -> Response {
    let problem = refusal.in_words(language);
    let page = RefusedPage {
        frame: Frame::new(language, "/"),
        title: problem.title,
        detail: problem.detail,
        next: problem.next,
    };
    html(refusal.status, &page)
}
