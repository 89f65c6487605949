//! The routes for `wire::sign_in`: a service asks a person to sign in, and the person's app finds and refuses the
//! sign-in. A PIN try approves it (`wire::pin`).

use super::extract::{AppRequest, NoBody, OperatorRequest};
use super::reply::{Reply, reply};
use super::{ApiState, shown};
use crate::Refusal;
use crate::extract::Path;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use service::sign_in::SignInId;
use wire::sign_in::{SignInCreated, SignInNumber, SignInRequest, SignInView};

/// Begins the sign-in of a person at a service.
#[utoipa::path(post, path = "/v1/sign-ins", tag = "operator", request_body = SignInRequest, responses(
    (status = 201, description = "The sign-in has begun; the same reply for an unknown person", body = SignInCreated)
))]
pub(super) async fn sign_in(
    State(state): State<ApiState>,
    OperatorRequest { operator, body }: OperatorRequest<SignInRequest>,
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

/// Reports the state of a sign-in.
#[utoipa::path(get, path = "/v1/sign-ins/{sign_in_id}", tag = "operator",
    params(("sign_in_id" = String, Path, description = "The id of the sign-in")), responses(
    (status = 200, description = "The state of the sign-in", body = SignInView),
    (status = 404, description = "There is no such sign-in", body = wire::Problem)
))]
pub(super) async fn sign_in_status(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    OperatorRequest { operator, body: NoBody }: OperatorRequest<NoBody>,
) -> Result<Json<SignInView>, Refusal> {
    let (sign_in, now) = state.service.sign_in_status(&operator, SignInId(shown::id(&id)?)).await?;
    Ok(Json(shown::sign_in(&sign_in, now)))
}

/// Finds the sign-in whose number the person typed.
#[utoipa::path(post, path = "/v1/app/sign-ins/find", tag = "app", request_body = SignInNumber, responses(
    (status = 200, description = "The sign-in", body = SignInView),
    (status = 410, description = "No sign-in waits, or this was the second wrong number", body = wire::Problem),
    (status = 422, description = "No sign-in has this number", body = wire::Problem)
))]
pub(super) async fn find_sign_in(
    State(state): State<ApiState>,
    AppRequest { app, body }: AppRequest<SignInNumber>,
) -> Reply<SignInView> {
    let (sign_in, now) = state.service.find_sign_in(&app, &body.number).await?;
    reply(&state, &app, shown::sign_in(&sign_in, now)).await
}

/// Refuses a sign-in.
///
/// A refusal needs no PIN.
#[utoipa::path(post, path = "/v1/app/sign-ins/{sign_in_id}/refuse", tag = "app",
    params(("sign_in_id" = String, Path, description = "The id of the sign-in")), responses(
    (status = 200, description = "The sign-in is refused", body = SignInView),
    (status = 410, description = "The sign-in was decided before or has lapsed", body = wire::Problem)
))]
pub(super) async fn refuse_sign_in(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    AppRequest { app, body: NoBody }: AppRequest<NoBody>,
) -> Reply<SignInView> {
    let (sign_in, now) = state.service.refuse_sign_in(&app, SignInId(shown::id(&id)?)).await?;
    reply(&state, &app, shown::sign_in(&sign_in, now)).await
}
