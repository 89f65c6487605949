//! The routes for `wire::relay`: the server reads a chip, or agrees on keys with it, through the phone (PROTOCOLS.md
//! section 7).

use super::extract::AppRequest;
use super::reply::{Reply, reply};
use super::shown::exactly;
use super::{ApiState, shown};
use crate::extract::Path;
use crate::{Code, ProgramLanguage, Refusal};
use axum::extract::State;
use chip::password::Password;
use recovery::id::CaseId;
use service::chip_relay;
use wire::relay::{
    ANSWER_BYTES_MAX, Agreement, AgreementRequest, ChipPassword, RelayAnswers, RelayStart,
    RelayView,
};
use zeroize::Zeroizing;

/// Begins a key agreement between the server and the chip.
///
/// It proves that the chip is present where the phone reads the chip itself and the document offers no active
/// authentication.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/chip-authentication", tag = "app",
    params(("case_id" = String, Path, description = "The id of the case")), request_body = AgreementRequest, responses(
    (status = 200, description = "The commands to relay to the chip", body = Agreement),
    (status = 409, description = "This chip session had a key agreement before, or the case does not wait for a chip", body = wire::Problem),
    (status = 422, description = "DG14 offers no such method", body = wire::Problem)
))]
pub(super) async fn chip_authentication(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    AppRequest { app, body }: AppRequest<AgreementRequest>,
) -> Reply<Agreement> {
    let case = CaseId(shown::id(&case)?);
    let session = exactly(&body.chip_session)?;
    let agreement =
        state.service.agree_with_chip(&app, case, session, &body.dg14.0, body.way).await?;
    let body = Agreement {
        protect: agreement.protect.into_iter().map(Into::into).collect(),
        forward: agreement.forward.into(),
        ways: u8::try_from(agreement.ways).unwrap_or(u8::MAX),
        expires_in_secs: agreement.seconds_left,
    };
    reply(&state, &app, body).await
}

/// Begins a read of the chip by the server.
///
/// The server holds every key, and the phone only carries bytes.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/chip-relays", tag = "app",
    params(("case_id" = String, Path, description = "The id of the case")), request_body = RelayStart, responses(
    (status = 200, description = "The first commands for the chip", body = RelayView),
    (status = 400, description = "The password cannot be that of a chip", body = wire::Problem),
    (status = 409, description = "The case does not wait for a chip", body = wire::Problem),
    (status = 503, description = "The server relays too many chips at the same time", body = wire::Problem)
))]
pub(super) async fn relay_start(
    State(state): State<ApiState>,
    Path(case): Path<String>,
    ProgramLanguage(language): ProgramLanguage,
    AppRequest { app, body }: AppRequest<RelayStart>,
) -> Reply<RelayView> {
    let case = CaseId(shown::id(&case)?);
    let step = state.service.begin_chip_relay(&app, case, started(body)?).await?;
    reply(&state, &app, shown::relay(step, language)).await
}

/// Takes the chip's answers and returns the next commands.
#[utoipa::path(post, path = "/v1/app/recoveries/{case_id}/chip-relays/{relay_id}", tag = "app",
    params(("case_id" = String, Path, description = "The id of the case"), ("relay_id" = String, Path, description = "The id of the relay, from its first reply")),
    request_body = RelayAnswers, responses(
    (status = 200, description = "The next commands for the chip, or the result of the read", body = RelayView),
    (status = 409, description = "The answers belong to another turn than the present one", body = wire::Problem),
    (status = 410, description = "The relay has ended; reading again costs nothing", body = wire::Problem),
    (status = 422, description = "The chip was not read; the code says what can help", body = wire::Problem)
))]
pub(super) async fn relay_answers(
    State(state): State<ApiState>,
    Path((case, relay)): Path<(String, String)>,
    ProgramLanguage(language): ProgramLanguage,
    AppRequest { app, body }: AppRequest<RelayAnswers>,
) -> Reply<RelayView> {
    let (case, relay) = (CaseId(shown::id(&case)?), shown::id(&relay)?);
    let answers = answered(body)?;
    let step = state.service.go_on_with_chip_relay(&app, case, relay, answers).await?;
    reply(&state, &app, shown::relay(step, language)).await
}

fn malformed() -> Refusal {
    Refusal::new(Code::MalformedBody)
}

fn started(body: RelayStart) -> Result<chip_relay::RelayStart, Refusal> {
    let password = match body.password {
        ChipPassword::Mrz { information } => {
            Password::from_mrz_information(&Zeroizing::new(information))
        }
        ChipPassword::CardAccessNumber { digits } => {
            Password::card_access_number(&Zeroizing::new(digits))
        }
    };
    Ok(chip_relay::RelayStart {
        password: password.map_err(|_| malformed())?,
        answer_bytes_max: usize::try_from(body.answer_bytes_max).map_err(|_| malformed())?,
        p_code: body.p_code.map(Zeroizing::new),
    })
}

/// Checks that the answers have a size that a chip can give. The session with the chip checks their content.
fn answered(body: RelayAnswers) -> Result<chip_relay::RelayAnswers, Refusal> {
    let answers: Vec<Vec<u8>> = body.answers.into_iter().map(|answer| answer.0).collect();
    if answers.len() > chip_relay::COMMANDS_MAX
        || answers.iter().any(|answer| answer.len() > ANSWER_BYTES_MAX)
    {
        return Err(malformed());
    }
    Ok(chip_relay::RelayAnswers { turn: body.turn, answers, lost: body.lost })
}
