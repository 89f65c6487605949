//! The operator's own systems: enrolment, channels, P codes, sign-ins.

use super::extract::{ByOperator, Parsed};
use super::{ApiState, shown};
use crate::Refusal;
use axum::extract::{Path, State};
use axum::{Form, Json};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use recovery::id::InstanceId;
use recovery::person::ChannelKind;
use recovery::sensitive::Sensitive;
use serde::Deserialize;
use service::enrolment::{Enrol, NewChannel};
use service::sign_in::SignInId;
use wire::operator::{
    BoundInstance, Channel, Channels, Enrolment, EnrolmentRequest, LostPhone, PCodeIssued,
    PCodeRequest, Token,
};
use wire::sign_in::{SignInCreated, SignInRequest, SignInView};

/// RFC 6749 section 4.4.2; the client may also come in the `Authorization: Basic` header (section 2.3.1).
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct TokenRequest {
    /// `client_credentials`.
    grant_type: String,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// A bearer token for a client that knows its secret.
#[utoipa::path(post, path = "/oauth/token", tag = "operator", request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, description = "A token", body = Token),
    (status = 401, description = "Unknown client or wrong secret", body = wire::Problem)
))]
pub(super) async fn token(
    State(state): State<ApiState>,
    headers: HeaderMap,
    Form(form): Form<TokenRequest>,
) -> Result<Json<Token>, Refusal> {
    if form.grant_type != "client_credentials" {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "unsupported-grant-type"));
    }
    let basic = basic(&headers);
    let (id, secret) = match (&basic, &form.client_id, &form.client_secret) {
        (Some((id, secret)), _, _) => (id.as_str(), secret.as_str()),
        (None, Some(id), Some(secret)) => (id.as_str(), secret.as_str()),
        (None, _, _) => return Err(Refusal::new(StatusCode::UNAUTHORIZED, "invalid-client")),
    };
    let access_token = state.service.operator_token(id, secret).await?;
    Ok(Json(Token {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: service::operator_token::TOKEN_LIFETIME_SECS,
    }))
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    use base64ct::Encoding as _;
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let bytes = base64ct::Base64::decode_vec(text.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

fn new_channel(channel: &Channel) -> Result<NewChannel, Refusal> {
    Ok(NewChannel {
        kind: match channel.kind {
            wire::operator::ChannelKind::Sms => ChannelKind::Phone,
            wire::operator::ChannelKind::Email => ChannelKind::Email,
        },
        address: Sensitive::new(channel.address.trim().to_owned()),
        changed_at: shown::parsed_instant(&channel.changed_at)?,
        confirmed_at: shown::parsed_instant(&channel.confirmed_at)?,
    })
}

/// Offers one more app to a person.
#[utoipa::path(post, path = "/v1/enrolments", tag = "operator", request_body = EnrolmentRequest, responses(
    (status = 201, description = "The activation code, shown once", body = Enrolment),
    (status = 400, description = "Malformed", body = wire::Problem)
))]
pub(super) async fn enrol(
    State(state): State<ApiState>,
    ByOperator(operator): ByOperator,
    Parsed(body): Parsed<EnrolmentRequest>,
) -> Result<(StatusCode, Json<Enrolment>), Refusal> {
    let enrol = Enrol {
        person: body.person.clone(),
        national_number: body.national_number.clone(),
        channels: body.channels.iter().map(new_channel).collect::<Result<_, _>>()?,
        language: body.language.clone(),
    };
    let offered = state.service.enrol(&operator, &enrol).await?;
    let enrolment = Enrolment {
        enrolment_id: offered.id.to_string(),
        activation_code: offered.code.to_string(),
        expires_at: shown::instant(offered.until),
    };
    Ok((StatusCode::CREATED, Json(enrolment)))
}

/// The apps that are bound to a person.
#[utoipa::path(get, path = "/v1/people/{person}/instances", tag = "operator",
    params(("person" = String, Path, description = "The operator's id")), responses(
    (status = 200, description = "Bound apps; empty for an unknown person", body = Vec<BoundInstance>)
))]
pub(super) async fn instances(
    State(state): State<ApiState>,
    ByOperator(operator): ByOperator,
    Path(person): Path<String>,
) -> Result<Json<Vec<BoundInstance>>, Refusal> {
    let apps = state.service.instances(&operator, &person).await?;
    let shown = apps
        .into_iter()
        .map(|(app, has_pin)| BoundInstance {
            instance_id: app.instance.to_string(),
            device_name: app.name.expose().clone(),
            bound_at: shown::instant(app.bound_at),
            has_pin,
        })
        .collect();
    Ok(Json(shown))
}

/// Unbinds one app.
#[utoipa::path(delete, path = "/v1/instances/{instance_id}", tag = "operator",
    params(("instance_id" = String, Path, description = "Which")), responses(
    (status = 204, description = "Unbound"), (status = 404, description = "Unknown", body = wire::Problem)
))]
pub(super) async fn unbind(
    State(state): State<ApiState>,
    ByOperator(operator): ByOperator,
    Path(instance): Path<String>,
) -> Result<StatusCode, Refusal> {
    state.service.unbind(&operator, InstanceId(shown::id(&instance)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The phone is lost: unbinds the named apps, or all.
#[utoipa::path(post, path = "/v1/people/{person}/lost-phone", tag = "operator",
    params(("person" = String, Path, description = "The operator's id")), request_body = LostPhone, responses(
    (status = 204, description = "Unbound, also for an unknown person")
))]
pub(super) async fn lost_phone(
    State(state): State<ApiState>,
    ByOperator(operator): ByOperator,
    Path(person): Path<String>,
    Parsed(body): Parsed<LostPhone>,
) -> Result<StatusCode, Refusal> {
    let only = body
        .instance_ids
        .iter()
        .map(|id| shown::id(id).map(InstanceId))
        .collect::<Result<Vec<_>, _>>()?;
    state.service.lost_phone(&operator, &person, &only).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets the channels of a person as they are from now on.
#[utoipa::path(put, path = "/v1/people/{person}/channels", tag = "operator",
    params(("person" = String, Path, description = "The operator's id")), request_body = Channels, responses(
    (status = 204, description = "Set"), (status = 404, description = "Unknown", body = wire::Problem)
))]
pub(super) async fn channels(
    State(state): State<ApiState>,
    ByOperator(operator): ByOperator,
    Path(person): Path<String>,
    Parsed(body): Parsed<Channels>,
) -> Result<StatusCode, Refusal> {
    let channels = body.channels.iter().map(new_channel).collect::<Result<Vec<_>, _>>()?;
    state.service.set_channels(&operator, &person, &channels).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Issues a P code for a person and one document.
#[utoipa::path(post, path = "/v1/p-codes", tag = "operator", request_body = PCodeRequest, responses(
    (status = 201, description = "The code, shown once", body = PCodeIssued),
    (status = 404, description = "Unknown person", body = wire::Problem)
))]
pub(super) async fn p_code(
    State(state): State<ApiState>,
    ByOperator(operator): ByOperator,
    Parsed(body): Parsed<PCodeRequest>,
) -> Result<(StatusCode, Json<PCodeIssued>), Refusal> {
    let issued = state
        .service
        .issue_p_code(&operator, &body.person, &body.issuing_state, &body.document_number)
        .await?;
    let shown = PCodeIssued {
        code: issued.code.to_string(),
        expires_at: shown::instant(issued.until),
        uses: issued.uses,
    };
    Ok((StatusCode::CREATED, Json(shown)))
}

/// A service wants a person to sign in.
#[utoipa::path(post, path = "/v1/sign-ins", tag = "operator", request_body = SignInRequest, responses(
    (status = 201, description = "Asked; the same for an unknown person", body = SignInCreated)
))]
pub(super) async fn sign_in(
    State(state): State<ApiState>,
    ByOperator(operator): ByOperator,
    Parsed(body): Parsed<SignInRequest>,
) -> Result<(StatusCode, Json<SignInCreated>), Refusal> {
    let (sign_in, now) =
        state.service.request_sign_in(&operator, &body.person, &body.service_name).await?;
    let created = SignInCreated {
        sign_in_id: shown::hex(sign_in.id.0),
        expires_in_secs: sign_in.until.seconds_from(now),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Where a sign-in stands.
#[utoipa::path(get, path = "/v1/sign-ins/{sign_in_id}", tag = "operator",
    params(("sign_in_id" = String, Path, description = "Which")), responses(
    (status = 200, description = "Its state", body = SignInView),
    (status = 404, description = "Unknown", body = wire::Problem)
))]
pub(super) async fn sign_in_status(
    State(state): State<ApiState>,
    ByOperator(operator): ByOperator,
    Path(id): Path<String>,
) -> Result<Json<SignInView>, Refusal> {
    let (sign_in, now) = state.service.sign_in_status(&operator, SignInId(shown::id(&id)?)).await?;
    Ok(Json(shown::sign_in(&sign_in, now)))
}
