//! The routes for `wire::face`: the person's face is captured under prompts, judged frame by frame, and compared with
//! the portrait on the chip.

use super::extract::AppRequest;
use super::reply::{Reply, reply};
use super::{ApiState, shown};
use crate::extract::Path;
use crate::{ProgramLanguage, Refusal};
use axum::extract::State;
use recovery::id::CaseId;
use service::RefusalCode;
use service::chip_face::{CapturedFrame, FaceCapture, KeptFrame};
use wire::recovery::RecoveryView;
use zeroize::Zeroizing;

/// Begins a capture of the person's face.
///
/// The reply has the first prompt and a nonce that the device signs with each frame.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/face/captures", tag = "app",
    params(("case_id" = String, Path, description = "The id of the case")), request_body = wire::face::CaptureStart, responses(
    (status = 200, description = "The first prompt", body = wire::face::CaptureView),
    (status = 409, description = "The case does not wait for a face, or this movement is not offered", body = wire::Problem),
    (status = 429, description = "Too many captures in one try", body = wire::Problem)
))]
pub(super) async fn face_capture(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    AppRequest { app, body }: AppRequest<wire::face::CaptureStart>,
) -> Reply<wire::face::CaptureView> {
    let way = shown::way(&body);
    let progress = state.service.begin_capture(&app, CaseId(shown::id(&case)?), way).await?;
    reply(&state, &app, shown::capture(progress)).await
}

/// Judges one frame of a running capture.
///
/// The reply says whether the frame counted, or gives a hint that helps the person. The reply to the frame that met the
/// last prompt has the next one.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/face/frames", tag = "app",
    params(("case_id" = String, Path, description = "The id of the case")), request_body = wire::face::FrameLook, responses(
    (status = 200, description = "The state of the capture", body = wire::face::CaptureView),
    (status = 400, description = "The frame does not belong to this capture, or its signature is not valid", body = wire::Problem),
    (status = 410, description = "The capture has ended; begin another", body = wire::Problem),
    (status = 503, description = "The face pool is full", body = wire::Problem)
))]
pub(super) async fn face_frame(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    AppRequest { app, body }: AppRequest<wire::face::FrameLook>,
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
        jpeg: Zeroizing::new(frame.jpeg.0),
        at_ms: frame.at_ms,
        prompt: frame.prompt,
        signature,
    })
}

/// Submits the frames of one face try.
///
/// The server judges the frames, compares them with the portrait and does not keep them.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/face", tag = "app",
    params(("case_id" = String, Path, description = "The id of the case")), request_body = wire::face::FaceCapture, responses(
    (status = 200, description = "The state of the case", body = RecoveryView),
    (status = 422, description = "A picture cannot be judged; this costs no try", body = wire::Problem),
    (status = 503, description = "The face pool is full", body = wire::Problem)
))]
pub(super) async fn face(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    ProgramLanguage(language): ProgramLanguage,
    AppRequest { app, body }: AppRequest<wire::face::FaceCapture>,
) -> Reply<RecoveryView> {
    let kept = |frame: wire::face::KeptFrame| KeptFrame {
        jpeg: Zeroizing::new(frame.jpeg.0),
        at_ms: frame.at_ms,
        prompt: frame.prompt,
    };
    let frames = body.frames.into_iter().map(kept).collect();
    let capture =
        FaceCapture { capture_nonce: body.capture_nonce, dg2: Zeroizing::new(body.dg2.0), frames };
    let progress = state.service.submit_face(&app, CaseId(shown::id(&case)?), &capture).await?;
    reply(&state, &app, shown::recovery(progress, language)).await
}
