//! The routes for `wire::pin`: a PIN is set and tried, and a temporary PIN is redeemed (PROTOCOLS.md sections 3 and 5).

use super::extract::{AppRequest, UnspentAppRequest};
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

/// Evaluates a blinded PIN once for an unspent grant.
#[utoipa::path(post, path = "/v1/app/pin/registrations", tag = "app", request_body = RegistrationStart, responses(
    (status = 200, description = "The evaluation", body = RegistrationReply),
    (status = 410, description = "The grant is spent or has expired", body = wire::Problem),
    (status = 422, description = "Another blinded PIN was sent before", body = wire::Problem)
))]
pub(super) async fn registration_start(
    State(state): State<ApiState>,
    AppRequest { app, body }: AppRequest<RegistrationStart>,
) -> Reply<RegistrationReply> {
    let grant = GrantId(shown::id(&body.grant_id)?);
    let response = state.service.registration_start(&app, grant, exactly(&body.request)?).await?;
    reply(&state, &app, RegistrationReply { response: response.to_vec().into() }).await
}

/// Sets the PIN and spends the grant.
#[utoipa::path(put, path = "/v1/app/pin/registrations", tag = "app", request_body = RegistrationFinish, responses(
    (status = 200, description = "The PIN is set, and the old one no longer works", body = PinSet),
    (status = 410, description = "The grant is spent or has expired", body = wire::Problem)
))]
pub(super) async fn registration_finish(
    State(state): State<ApiState>,
    AppRequest { app, body }: AppRequest<RegistrationFinish>,
) -> Reply<PinSet> {
    let grant = GrantId(shown::id(&body.grant_id)?);
    let view = state.service.registration_finish(&app, grant, exactly(&body.record)?).await?;
    let lock = shown::lock(view);
    reply(&state, &app, PinSet { lock }).await
}

/// Reserves a PIN try and answers KE1, the first message of OPAQUE.
#[utoipa::path(post, path = "/v1/app/pin/tries", tag = "app", request_body = TryStart, responses(
    (status = 200, description = "The try is reserved and counted", body = TryTicket),
    (status = 409, description = "Another try is in progress", body = wire::Problem),
    (status = 423, description = "The app is locked, blocked or frozen", body = wire::Problem)
))]
pub(super) async fn try_start(
    State(state): State<ApiState>,
    UnspentAppRequest { asking, body }: UnspentAppRequest<TryStart>,
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

/// Settles a PIN try.
///
/// A wrong PIN is a normal reply and not an error.
#[utoipa::path(post, path = "/v1/app/pin/tries/{ticket_id}", tag = "app", params(("ticket_id" = String, Path, description = "The id of the ticket, from the reservation of the try")),
    request_body = TryFinish, responses(
    (status = 200, description = "Whether the PIN was right", body = TryOutcome),
    (status = 404, description = "There is no such try", body = wire::Problem)
))]
pub(super) async fn try_finish(
    State(state): State<ApiState>,
    Path(ticket): Path<String>,
    UnspentAppRequest { asking, body }: UnspentAppRequest<TryFinish>,
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
    (status = 200, description = "The temporary PIN is right; the person chooses a new PIN next", body = Redeemed),
    (status = 422, description = "The temporary PIN is wrong or not valid", body = wire::Problem)
))]
pub(super) async fn temporary_pin(
    State(state): State<ApiState>,
    AppRequest { app, body }: AppRequest<TemporaryPin>,
) -> Reply<Redeemed> {
    let open = state.service.redeem_temporary_pin(&app, &body.code).await?;
    reply(&state, &app, Redeemed { grant: shown::grant(open) }).await
}
