//! Signed requests of an app instance (PROTOCOLS.md sections 1 to 7).

use super::extract::{Empty, Parsed, Signed, SignedAsking, SignedByNewKey};
use super::{ApiState, shown};
use crate::extract::Path;
use crate::{AskedLanguage, Code, Refusal};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use recovery::id::{CaseId, GrantId, TicketId};
use service::RefusalCode;
use service::caller::App;
use service::chip_face::{CapturedFrame, FaceCapture, KeptFrame};
use service::enrolment::TypedActivation;
use service::pin::Purpose;
use service::sign_in::SignInId;
use wire::instance::{Activated, InstanceState, NonceReply, NonceRequest};
use wire::pin::{
    PinSet, Redeemed, RegistrationFinish, RegistrationReply, RegistrationStart, TemporaryPin,
    TryFinish, TryOutcome, TryPurpose, TryStart, TryTicket,
};
use wire::recovery::{RecoveryStart, RecoveryView};
use wire::sign_in::{SignInNumber, SignInView};

/// A reply with the nonce for the app's next request.
pub(super) type Reply<T> = Result<WithNonce<T>, Refusal>;

pub(super) struct WithNonce<T> {
    body: T,
    nonce: String,
}

impl<T: serde::Serialize> IntoResponse for WithNonce<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        if let Ok(value) = HeaderValue::from_str(&self.nonce) {
            response.headers_mut().insert(wire::NONCE_HEADER, value);
        }
        response
    }
}

pub(super) async fn reply<T>(state: &ApiState, app: &App, body: T) -> Reply<T> {
    let nonce = state.service.nonce(&app.instance().to_string()).await?;
    Ok(WithNonce { body, nonce })
}

pub(super) fn exactly<const N: usize>(bytes: &wire::Bytes) -> Result<&[u8; N], Refusal> {
    bytes.0.as_slice().try_into().map_err(|_| Refusal::new(RefusalCode::MalformedPinMessage))
}

/// A nonce for the next signed request.
#[utoipa::path(post, path = "/v1/app/nonce", tag = "app", request_body = NonceRequest, responses(
    (status = 200, description = "A nonce, also for an unknown keyid", body = NonceReply),
    (status = 400, description = "Malformed", body = wire::Problem)
))]
pub(super) async fn nonce(
    State(state): State<ApiState>,
    Parsed(body): Parsed<NonceRequest>,
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
    (status = 200, description = "Bound; the first PIN is next", body = Activated),
    (status = 422, description = "The code does not work", body = wire::Problem)
))]
pub(super) async fn activate(
    State(state): State<ApiState>,
    signed: SignedByNewKey,
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

/// What the calling instance may know about itself.
#[utoipa::path(get, path = "/v1/app/state", tag = "app", responses(
    (status = 200, description = "Its state", body = InstanceState),
    (status = 401, description = "Not signed by a known instance", body = wire::Problem)
))]
pub(super) async fn state(
    State(api): State<ApiState>,
    AskedLanguage(language): AskedLanguage,
    Signed { app, body: Empty }: Signed<Empty>,
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

/// Evaluates a blinded PIN for an unspent grant, once.
#[utoipa::path(post, path = "/v1/app/pin/registrations", tag = "app", request_body = RegistrationStart, responses(
    (status = 200, description = "Evaluated", body = RegistrationReply),
    (status = 410, description = "The grant is over", body = wire::Problem),
    (status = 422, description = "Another blinded PIN was sent before", body = wire::Problem)
))]
pub(super) async fn registration_start(
    State(state): State<ApiState>,
    Signed { app, body }: Signed<RegistrationStart>,
) -> Reply<RegistrationReply> {
    let grant = GrantId(shown::id(&body.grant_id)?);
    let response = state.service.registration_start(&app, grant, exactly(&body.request)?).await?;
    reply(&state, &app, RegistrationReply { response: response.to_vec().into() }).await
}

/// Sets the PIN and spends the grant.
#[utoipa::path(put, path = "/v1/app/pin/registrations", tag = "app", request_body = RegistrationFinish, responses(
    (status = 200, description = "Set; the old PIN is dead", body = PinSet),
    (status = 410, description = "The grant is over", body = wire::Problem)
))]
pub(super) async fn registration_finish(
    State(state): State<ApiState>,
    Signed { app, body }: Signed<RegistrationFinish>,
) -> Reply<PinSet> {
    let grant = GrantId(shown::id(&body.grant_id)?);
    let view = state.service.registration_finish(&app, grant, exactly(&body.record)?).await?;
    let lock = shown::lock(view);
    reply(&state, &app, PinSet { lock }).await
}

/// Reserves a try and answers KE1.
#[utoipa::path(post, path = "/v1/app/pin/tries", tag = "app", request_body = TryStart, responses(
    (status = 200, description = "Reserved and counted", body = TryTicket),
    (status = 409, description = "A try is in progress", body = wire::Problem),
    (status = 423, description = "Locked, blocked or frozen", body = wire::Problem)
))]
pub(super) async fn try_start(
    State(state): State<ApiState>,
    SignedAsking { asking, body }: SignedAsking<TryStart>,
) -> Reply<TryTicket> {
    let purpose = match &body.purpose {
        TryPurpose::Unlock => Purpose::Unlock,
        TryPurpose::ApproveSignIn { sign_in_id } => {
            Purpose::ApproveSignIn(SignInId(shown::id(sign_in_id)?))
        }
    };
    let reserved = state.service.try_start(&asking, purpose, exactly(&body.ke1)?).await?;
    let ticket = TryTicket {
        ticket_id: reserved.ticket.to_string(),
        ke2: reserved.ke2.to_vec().into(),
        expires_in_secs: reserved.expires_in_secs,
    };
    reply(&state, asking.app(), ticket).await
}

/// Settles a try. A wrong PIN is an answer.
#[utoipa::path(post, path = "/v1/app/pin/tries/{ticket_id}", tag = "app", params(("ticket_id" = String, Path, description = "From the reservation")),
    request_body = TryFinish, responses(
    (status = 200, description = "Right or wrong", body = TryOutcome),
    (status = 404, description = "No such try", body = wire::Problem)
))]
pub(super) async fn try_finish(
    State(state): State<ApiState>,
    Path(ticket): Path<String>,
    SignedAsking { asking, body }: SignedAsking<TryFinish>,
) -> Reply<TryOutcome> {
    let ticket = TicketId(shown::id(&ticket)?);
    let ke3 = body.ke3.as_ref().map(exactly).transpose()?;
    let settled = state.service.try_finish(&asking, ticket, ke3).await?;
    let now = state.service.now().await?;
    let outcome = TryOutcome {
        right: settled.right,
        lock: shown::lock(settled.view),
        sign_in: settled.approved.map(|it| shown::sign_in(&it, now)),
    };
    reply(&state, asking.app(), outcome).await
}

/// Redeems a temporary PIN.
#[utoipa::path(post, path = "/v1/app/temporary-pin", tag = "app", request_body = TemporaryPin, responses(
    (status = 200, description = "Right; choose a new PIN", body = Redeemed),
    (status = 422, description = "Wrong or not valid", body = wire::Problem)
))]
pub(super) async fn temporary_pin(
    State(state): State<ApiState>,
    Signed { app, body }: Signed<TemporaryPin>,
) -> Reply<Redeemed> {
    let open = state.service.redeem_temporary_pin(&app, &body.code).await?;
    reply(&state, &app, Redeemed { grant: shown::grant(open) }).await
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

/// Opens the chip + face route with consent, or goes on with the open case.
#[utoipa::path(post, path = "/v1/app/recoveries", tag = "app", request_body = RecoveryStart, responses(
    (status = 200, description = "Where the case stands", body = RecoveryView),
    (status = 409, description = "Not on this route now", body = wire::Problem),
    (status = 429, description = "Too many cases in 24 hours", body = wire::Problem)
))]
pub(super) async fn recovery_start(
    State(state): State<ApiState>,
    AskedLanguage(language): AskedLanguage,
    Signed { app, body }: Signed<RecoveryStart>,
) -> Reply<RecoveryView> {
    let progress =
        state.service.start_chip_face(&app, body.consent_version, body.p_code_given).await?;
    reply(&state, &app, shown::recovery(progress, language)).await
}

/// Gives up on a case.
#[utoipa::path(delete, path = "/v1/app/recoveries/{case_id}", tag = "app",
    params(("case_id" = String, Path, description = "Which")), responses(
    (status = 200, description = "Stopped", body = RecoveryView),
    (status = 404, description = "No such case", body = wire::Problem)
))]
pub(super) async fn recovery_cancel(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    AskedLanguage(language): AskedLanguage,
    Signed { app, body: Empty }: Signed<Empty>,
) -> Reply<RecoveryView> {
    let progress = state.service.cancel_chip_face(&app, CaseId(shown::id(&case)?)).await?;
    reply(&state, &app, shown::recovery(progress, language)).await
}

/// Begins a capture: the first prompt, and a nonce for the device to sign with each frame.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/face/captures", tag = "app",
    params(("case_id" = String, Path, description = "Which")), request_body = wire::face::CaptureStart, responses(
    (status = 200, description = "The first prompt", body = wire::face::CaptureView),
    (status = 409, description = "The case waits for no face, or this movement is not offered", body = wire::Problem),
    (status = 429, description = "Too many captures in one try", body = wire::Problem)
))]
pub(super) async fn face_capture(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    Signed { app, body }: Signed<wire::face::CaptureStart>,
) -> Reply<wire::face::CaptureView> {
    let way = shown::way(&body);
    let progress = state.service.begin_capture(&app, CaseId(shown::id(&case)?), way).await?;
    reply(&state, &app, shown::capture(progress)).await
}

/// Looks at one frame of a running capture: counted, or what helps the person. The next prompt is in the answer to the
/// frame that met the last one.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/face/frames", tag = "app",
    params(("case_id" = String, Path, description = "Which")), request_body = wire::face::FrameLook, responses(
    (status = 200, description = "Where the capture stands", body = wire::face::CaptureView),
    (status = 400, description = "Not a frame of this capture, or not signed", body = wire::Problem),
    (status = 410, description = "The capture is over; begin another", body = wire::Problem),
    (status = 503, description = "The face pool is full", body = wire::Problem)
))]
pub(super) async fn face_frame(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    Signed { app, body }: Signed<wire::face::FrameLook>,
) -> Reply<wire::face::CaptureView> {
    let case = CaseId(shown::id(&case)?);
    let frame = captured(body.frame)?;
    let progress = state.service.look_at_frame(&app, case, &body.capture_nonce, &frame).await?;
    reply(&state, &app, shown::capture(progress)).await
}

fn captured(frame: wire::face::Frame) -> Result<CapturedFrame, Refusal> {
    let signature = frame
        .signature
        .0
        .as_slice()
        .try_into()
        .map_err(|_| Refusal::new(RefusalCode::CaptureNotValid))?;
    Ok(CapturedFrame {
        jpeg: zeroize::Zeroizing::new(frame.jpeg.0),
        at_ms: frame.at_ms,
        prompt: frame.prompt,
        signature,
    })
}

/// The frames of one face try: judged, compared with the portrait, and gone.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/face", tag = "app",
    params(("case_id" = String, Path, description = "Which")), request_body = wire::face::FaceCapture, responses(
    (status = 200, description = "Where the case stands", body = RecoveryView),
    (status = 422, description = "A picture cannot be judged; costs no try", body = wire::Problem),
    (status = 503, description = "The face pool is full", body = wire::Problem)
))]
pub(super) async fn face(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    AskedLanguage(language): AskedLanguage,
    Signed { app, body }: Signed<wire::face::FaceCapture>,
) -> Reply<RecoveryView> {
    let kept = |frame: wire::face::KeptFrame| KeptFrame {
        jpeg: zeroize::Zeroizing::new(frame.jpeg.0),
        at_ms: frame.at_ms,
        prompt: frame.prompt,
    };
    let frames = body.frames.into_iter().map(kept).collect();
    let capture = FaceCapture {
        capture_nonce: body.capture_nonce,
        dg2: zeroize::Zeroizing::new(body.dg2.0),
        frames,
    };
    let progress = state.service.submit_face(&app, CaseId(shown::id(&case)?), &capture).await?;
    reply(&state, &app, shown::recovery(progress, language)).await
}
