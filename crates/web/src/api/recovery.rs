//! The routes for `wire::recovery`: a case on the chip + face route is opened and cancelled (PROTOCOLS.md section 7).

use super::extract::{AppRequest, NoBody};
use super::reply::{Reply, reply};
use super::{ApiState, shown};
use crate::ProgramLanguage;
use crate::extract::Path;
use axum::extract::State;
use recovery::id::CaseId;
use wire::recovery::{RecoveryStart, RecoveryView};

/// Opens a case on the chip + face route, or continues the open one.
///
/// The person must have given consent.
#[utoipa::path(post, path = "/v1/app/recoveries", tag = "app", request_body = RecoveryStart, responses(
    (status = 200, description = "The state of the case", body = RecoveryView),
    (status = 409, description = "This route is not open to the person now", body = wire::Problem),
    (status = 429, description = "Too many cases in 24 hours", body = wire::Problem)
))]
pub(super) async fn recovery_start(
    State(state): State<ApiState>,
    ProgramLanguage(language): ProgramLanguage,
    AppRequest { app, body }: AppRequest<RecoveryStart>,
) -> Reply<RecoveryView> {
    let progress =
        state.service.start_chip_face(&app, body.consent_version, body.p_code_given).await?;
    reply(&state, &app, shown::recovery(progress, language)).await
}

/// Cancels a case.
#[utoipa::path(delete, path = "/v1/app/recoveries/{case_id}", tag = "app",
    params(("case_id" = String, Path, description = "The id of the case")), responses(
    (status = 200, description = "The case is cancelled", body = RecoveryView),
    (status = 404, description = "There is no such case", body = wire::Problem)
))]
pub(super) async fn recovery_cancel(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    ProgramLanguage(language): ProgramLanguage,
    AppRequest { app, body: NoBody }: AppRequest<NoBody>,
) -> Reply<RecoveryView> {
    let progress = state.service.cancel_chip_face(&app, CaseId(shown::id(&case)?)).await?;
    reply(&state, &app, shown::recovery(progress, language)).await
}
