//! `wire::pin`: setting a PIN, trying it, and redeeming a temporary one (PROTOCOLS.md sections 3 and 5).

use super::extract::{Signed, SignedAsking};
use super::reply::{Reply, reply};
use super::shown::exactly;
use super::{ApiState, shown};
use crate::extract::Path;
use axum::extract::State;
use recovery::id::{GrantId, TicketId};
use service::pin::Purpose;
use service::sign_in::SignInId;
use wire::pin::{
    PinSet, Redeemed, RegistrationFinish, RegistrationReply, RegistrationStart, TemporaryPin,
    TryFinish, TryOutcome, TryPurpose, TryStart, TryTicket,
};

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
