//! The routes for passkeys: challenges, registration through the link of an invitation, and sign-in.

use super::{ConsoleState, cookie};
use crate::extract::{JsonBody, Path};
use crate::page::{Frame, html};
use crate::{Code, PageLanguage, Refusal};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};
use service::Failure;
use service::staff::passkey::{ALGORITHMS, Assertion, Registration, RelyingParty};
use zeroize::Zeroizing;

#[derive(askama::Template)]
#[template(path = "staff/invitation.html")]
struct InvitationPage {
    frame: Frame,
    token: String,
}

/// The data with which a browser asks its authenticator for a signature.
#[derive(Serialize)]
pub(super) struct SignInOptions {
    challenge: String,
    party: String,
}

/// The data with which a browser asks its authenticator for a new passkey.
#[derive(Serialize)]
pub(super) struct RegistrationOptions {
    challenge: String,
    party: String,
    /// The random handle of the account, which reveals nothing about the person.
    handle: String,
    /// The name of the passkey in the device's list: the member of staff and the console.
    name: String,
    display_name: String,
    algorithms: [i32; 3],
    /// The credentials of the account, whose authenticators must not make another one.
    exclude: Vec<String>,
}

/// The path that the browser opens next.
#[derive(Serialize)]
struct NextPage {
    to: &'static str,
}

/// A new passkey from the browser, in base64url.
#[derive(Deserialize)]
pub(super) struct NewPasskey {
    client_data: String,
    attestation_object: String,
}

/// A signature by a passkey from the browser, in base64url.
#[derive(Deserialize)]
pub(super) struct PasskeyAssertion {
    credential: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
}

/// `GET /invite/{token}`: shows the page of an invitation, which is the same for valid, used and unknown tokens.
pub(super) async fn invitation(
    PageLanguage(language): PageLanguage,
    Path(token): Path<String>,
) -> Response {
    let frame = Frame::new(language, format!("/invite/{token}"));
    html(StatusCode::OK, &InvitationPage { frame, token })
}

/// `POST /passkey/challenge`: issues a challenge for a sign-in.
pub(super) async fn challenge(
    State(state): State<ConsoleState>,
) -> Result<Json<SignInOptions>, Refusal> {
    let challenge = state.service.passkey_challenge(state.site).await?;
    let party = host(&state).to_owned();
    Ok(Json(SignInOptions { challenge: text(&challenge), party }))
}

/// `POST /invite/{token}/challenge`: issues a challenge for a registration to whoever holds the link.
pub(super) async fn registration_challenge(
    State(state): State<ConsoleState>,
    PageLanguage(language): PageLanguage,
    Path(token): Path<String>,
) -> Result<Json<RegistrationOptions>, Refusal> {
    let asked = state.service.ask_for_passkey(&token, state.site).await?;
    let console = Frame::new(language, "/").t(match state.site {
        service::staff::Site::Support => "staff-console-support",
        service::staff::Site::Desk => "staff-console-desk",
        service::staff::Site::Operations => "staff-sign-in-operations",
    });
    Ok(Json(RegistrationOptions {
        challenge: text(&asked.challenge),
        party: host(&state).to_owned(),
        handle: text(&asked.handle),
        name: format!("{} ({console})", asked.name),
        display_name: asked.name,
        algorithms: ALGORITHMS,
        exclude: asked.exclude.iter().map(|id| text(id)).collect(),
    }))
}

/// `POST /invite/{token}`: registers a new passkey.
pub(super) async fn register(
    State(state): State<ConsoleState>,
    Path(token): Path<String>,
    JsonBody(made): JsonBody<NewPasskey>,
) -> Result<Response, Refusal> {
    let registration = Registration {
        client_data: bytes(&made.client_data)?,
        attestation_object: bytes(&made.attestation_object)?,
    };
    let origin = state.settings.origin.to_string();
    let party = RelyingParty { site: state.site, origin: &origin, id: host(&state) };
    let opened = state.service.register_passkey(&token, &registration, party).await;
    Ok(signed_in(&state, opened)?)
}

/// `POST /passkey`: signs in by a passkey.
pub(super) async fn sign_in(
    State(state): State<ConsoleState>,
    JsonBody(used): JsonBody<PasskeyAssertion>,
) -> Result<Response, Refusal> {
    let assertion = Assertion {
        credential: bytes(&used.credential)?,
        client_data: bytes(&used.client_data)?,
        authenticator_data: bytes(&used.authenticator_data)?,
        signature: bytes(&used.signature)?,
    };
    let origin = state.settings.origin.to_string();
    let party = RelyingParty { site: state.site, origin: &origin, id: host(&state) };
    let opened = state.service.sign_in_by_passkey(&assertion, party).await;
    Ok(signed_in(&state, opened)?)
}

fn signed_in(
    state: &ConsoleState,
    opened: Result<Zeroizing<String>, Failure>,
) -> Result<Response, Failure> {
    let token = opened?;
    let mut response = Json(NextPage { to: "/" }).into_response();
    if let Some(set) = cookie::set(state, &cookie::session_name(state.site), &token) {
        response.headers_mut().append(SET_COOKIE, set);
    }
    Ok(response)
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn bytes(text: &str) -> Result<Vec<u8>, Refusal> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| Refusal::new(Code::MalformedBody))
}

/// The id of the relying party, which is the host without the port.
fn host(state: &ConsoleState) -> &str {
    state.settings.origin.host()
}
