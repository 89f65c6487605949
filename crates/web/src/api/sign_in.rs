//! `wire::sign_in`: a service asks somebody to sign in, and their app finds and refuses it. It is approved by a try of the PIN.

use super::extract::{ByOperator, Empty, Signed};
use super::reply::{Reply, reply};
use super::{ApiState, shown};
use crate::Refusal;
use crate::extract::Path;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use service::sign_in::SignInId;
use wire::sign_in::{SignInCreated, SignInNumber, SignInRequest, SignInView};

/// A service wants a person to sign in.
#[utoipa::path(post, path = "/v1/sign-ins", tag = "operator", request_body = SignInRequest, responses(
    (status = 201, description = "Asked; the same for an unknown person", body = SignInCreated)
))]
pub(super) async fn sign_in(
    State(state): State<ApiState>,
    ByOperator { operator, body }: ByOperator<SignInRequest>,
) -> Result<(StatusCode, Json<SignInCreated>), Refusal> {
    let (sign_in, now) =
        state.service.request_sign_in(&operator, &body.person, &body.service_name).await?;
    let created = SignInCreated {
        sign_in_id: shown::hex(sign_in.id.0),
        number: sign_in.number_shown(),
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
    Path(id): Path<String>,
    ByOperator { operator, body: Empty }: ByOperator<Empty>,
) -> Result<Json<SignInView>, Refusal> {
    let (sign_in, now) = state.service.sign_in_status(&operator, SignInId(shown::id(&id)?)).await?;
    Ok(Json(shown::sign_in(&sign_in, now)))
}

/// The one sign-in whose number the person typed.
#[utoipa::path(post, path = "/v1/app/sign-ins/find", tag = "app", request_body = SignInNumber, responses(
    (status = 200, description = "The sign-in", body = SignInView),
    (status = 410, description = "None waits, or this was the second wrong number", body = wire::Problem),
    (status = 422, description = "No sign-in has this number", body = wire::Problem)
))]
pub(super) async fn find_sign_in(
    State(state): State<ApiState>,
    Signed { app, body }: Signed<SignInNumber>,
) -> Reply<SignInView> {
    let (sign_in, now) = state.service.find_sign_in(&app, &body.number).await?;
    reply(&state, &app, shown::sign_in(&sign_in, now)).await
}

/// Refuses a sign-in; no PIN is needed for a no.
#[utoipa::path(post, path = "/v1/app/sign-ins/{sign_in_id}/refuse", tag = "app",
    params(("sign_in_id" = String, Path, description = "Which")), responses(
    (status = 200, description = "Refused", body = SignInView),
    (status = 410, description = "Decided or lapsed before", body = wire::Problem)
))]
pub(super) async fn refuse_sign_in(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Signed { app, body: Empty }: Signed<Empty>,
) -> Reply<SignInView> {
    let (sign_in, now) = state.service.refuse_sign_in(&app, SignInId(shown::id(&id)?)).await?;
    reply(&state, &app, shown::sign_in(&sign_in, now)).await
}
