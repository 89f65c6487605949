//! The routes for `wire::chip`: the phone reads a chip and sends the server what it read (PROTOCOLS.md section 7).

use super::extract::AppRequest;
use super::reply::{Reply, reply};
use super::shown::exactly;
use super::{ApiState, shown};
use crate::extract::Path;
use crate::{ProgramLanguage, Refusal};
use axum::extract::State;
use recovery::id::CaseId;
use service::chip_face::ChipReading;
use wire::chip::{AccessControl, Challenge, ChallengeRequest};
use wire::recovery::RecoveryView;
use zeroize::Zeroizing;

/// Issues a challenge for active authentication in one chip session.
///
/// The phone asks for it after access control.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/active-authentication-challenge", tag = "app",
    params(("case_id" = String, Path, description = "The id of the case")), request_body = ChallengeRequest, responses(
    (status = 200, description = "A challenge for a single use", body = Challenge),
    (status = 409, description = "This chip session was given a challenge before, or the case does not wait for a chip", body = wire::Problem)
))]
pub(super) async fn challenge(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    AppRequest { app, body }: AppRequest<ChallengeRequest>,
) -> Reply<Challenge> {
    let session = exactly(&body.chip_session)?;
    let (challenge, expires_in_secs) =
        state.service.chip_challenge(&app, CaseId(shown::id(&case)?), session).await?;
    reply(&state, &app, Challenge { challenge: challenge.to_vec().into(), expires_in_secs }).await
}

/// Submits a complete read of a chip.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/chip", tag = "app",
    params(("case_id" = String, Path, description = "The id of the case")), request_body = wire::chip::ChipReading, responses(
    (status = 200, description = "The state of the case", body = RecoveryView),
    (status = 422, description = "The challenge has expired, or the P code does not fit", body = wire::Problem)
))]
pub(super) async fn chip(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    ProgramLanguage(language): ProgramLanguage,
    AppRequest { app, body }: AppRequest<wire::chip::ChipReading>,
) -> Reply<RecoveryView> {
    let reading = reading(body)?;
    let progress = state.service.submit_chip(&app, CaseId(shown::id(&case)?), &reading).await?;
    reply(&state, &app, shown::recovery(progress, language)).await
}

fn reading(mut body: wire::chip::ChipReading) -> Result<ChipReading, Refusal> {
    let chip_session = *exactly(&body.chip_session)?;
    let mut take = |name: &str| body.files.remove(name).map(|bytes| bytes.0);
    let sod = take("sod").unwrap_or_default();
    let (com, card_access, card_security) =
        (take("com"), take("card-access"), take("card-security"));
    let data_groups = body
        .files
        .into_iter()
        .filter_map(|(name, bytes)| {
            let number: u8 = name.strip_prefix("dg")?.parse().ok()?;
            (1..=16).contains(&number).then(|| (number, Zeroizing::new(bytes.0)))
        })
        .collect();
    Ok(ChipReading {
        chip_session,
        sod,
        data_groups,
        com,
        card_access,
        card_security,
        opened_by: match body.access {
            AccessControl::Pace => chip::verdict::OpenedBy::Pace,
            // The verdict finds out by itself whether the document offered PACE.
            AccessControl::Bac | AccessControl::BacAfterPace => chip::verdict::OpenedBy::Bac,
        },
        active_authentication: body.active_authentication.map(|bytes| bytes.0),
        chip_authentication: body.chip_authentication.map(|bytes| bytes.0),
        p_code: body.p_code.map(Zeroizing::new),
    })
}
