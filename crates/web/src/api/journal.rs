//! `wire::journal`: the receipts of a person's own journal.

use super::extract::{AppRequest, NoBody};
use super::reply::{Reply, reply};
use super::{ApiState, shown};
use axum::extract::State;
use wire::journal::{Receipt, Receipts};

/// Proofs that the newest entries about the person of the calling instance are in the published log.
#[utoipa::path(get, path = "/v1/app/receipts", tag = "app", responses(
    (status = 200, description = "The receipts", body = Receipts),
    (status = 401, description = "Not signed by a known instance", body = wire::Problem)
))]
pub(super) async fn receipts(
    State(api): State<ApiState>,
    AppRequest { app, body: NoBody }: AppRequest<NoBody>,
) -> Reply<Receipts> {
    let receipts = api.service.receipts(&app).await?;
    let body = Receipts {
        log_key: api.service.log_public_key(),
        receipts: receipts
            .into_iter()
            .map(|receipt| Receipt {
                position: receipt.position,
                at: shown::instant(receipt.at),
                file: receipt.file,
            })
            .collect(),
    };
    reply(&api, &app, body).await
}
