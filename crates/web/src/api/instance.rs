//! The routes for `wire::instance`: an app is activated and asks for its state (PROTOCOLS.md sections 1 and 2).

use super::extract::{AppRequest, NewKeyRequest, NoBody, ParsedBody};
use super::reply::{Reply, WithNonce, reply};
use super::{ApiState, shown};
use crate::{Code, ProgramLanguage, Refusal};
use axum::Json;
use axum::extract::State;
use service::enrolment::TypedActivation;
use wire::instance::{Activated, InstanceState, NonceReply, NonceRequest};

/// Issues a nonce for the next signed request.
#[utoipa::path(post, path = "/v1/app/nonce", tag = "app", request_body = NonceRequest, responses(
    (status = 200, description = "A nonce, also for an unknown keyid", body = NonceReply),
    (status = 400, description = "The request is malformed", body = wire::Problem)
))]
pub(super) async fn nonce(
    State(state): State<ApiState>,
    ParsedBody(body): ParsedBody<NonceRequest>,
) -> Result<Json<NonceReply>, Refusal> {
    if body.keyid.len() > 64 {
        return Err(Refusal::new(Code::MalformedBody));
    }
    let nonce = state.service.nonce(&body.keyid).await?;
    let expires_in_secs = state.service.parts().settings.nonce_lifetime_secs;
    Ok(Json(NonceReply { nonce, expires_in_secs }))
}

/// Redeems an activation code for a device key.
#[utoipa::path(post, path = "/v1/app/activations", tag = "app", request_body = wire::instance::Activation, responses(
    (status = 200, description = "The app is bound; the person chooses the first PIN next", body = Activated),
    (status = 422, description = "The code does not work", body = wire::Problem)
))]
pub(super) async fn activate(
    State(state): State<ApiState>,
    signed: NewKeyRequest,
) -> Reply<Activated> {
    let body = &signed.body;
    let typed = TypedActivation {
        offer: &body.offer_id,
        code: &body.activation_code,
        device_name: &body.device_name,
        language: &body.language,
    };
    let activated = state.service.activate(&signed.key, typed).await?;
    let open = state.service.released(activated.grant).await?;
    let instance_id = activated.instance.to_string();
    let nonce = state.service.nonce(&instance_id).await?;
    Ok(WithNonce { body: Activated { instance_id, grant: shown::grant(open) }, nonce })
}

/// Reports the state of the calling app.
#[utoipa::path(get, path = "/v1/app/state", tag = "app", responses(
    (status = 200, description = "The state of the app", body = InstanceState),
    (status = 401, description = "The request is not signed by a known app", body = wire::Problem)
))]
pub(super) async fn state(
    State(api): State<ApiState>,
    ProgramLanguage(language): ProgramLanguage,
    AppRequest { app, body: NoBody }: AppRequest<NoBody>,
) -> Reply<InstanceState> {
    let now_state = api.service.app_state(&app).await?;
    let recovery = match &now_state.case {
        Some(case) => {
            Some(shown::recovery(api.service.chip_face_progress(&app, case.id).await?, language))
        }
        None => None,
    };
    let parts = api.service.parts();
    let body = InstanceState {
        lock: shown::lock(now_state.view),
        grant: now_state.grant.map(shown::grant),
        recovery,
        sign_in_waits: now_state.sign_in_waits,
        as_of: shown::instant(now_state.now),
        support_phone: parts.settings.support_phone.clone(),
        booking_url: format!("{}/book", parts.settings.citizen_url),
        scanning_url: format!("{}/scanning", parts.settings.citizen_url),
        app_version_min: parts.settings.app_version_min.clone(),
    };
    reply(&api, &app, body).await
}
