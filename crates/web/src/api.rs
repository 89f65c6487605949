//! The HTTP API. Apps are authenticated by their signature, the operator's own systems by a token. `/openapi.json`
//! serves its OpenAPI 3.1 description.

// One module for each module of `wire` that has requests.
mod chip;
mod face;
mod instance;
mod journal;
mod operator;
mod pin;
mod recovery;
mod relay;
mod sign_in;
mod staff;
mod token;

mod extract;
mod log;
mod reply;
mod shown;

use crate::{Code, Refusal, headers, problem};
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::get;
use axum::{Json, Router};
use service::Service;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The state that the handlers of the API share.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// The use cases that the handlers call.
    pub service: Service,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Genvej",
        description = "Recovery of the PIN of a national eID's authenticator app. Requests of an app are signed (RFC 9421, tag \
                       `genvej-app-1`); requests of the operator's own systems carry a bearer token (RFC 6749 client credentials). \
                       Errors are problem details (RFC 9457) with stable codes.",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(wire::Problem)),
    tags(
        (name = "app", description = "Signed requests of an app instance"),
        (name = "operator", description = "The operator's own systems"),
        (name = "health", description = "For the load balancer")
    )
)]
struct Description;

/// The API as one router, which also serves its OpenAPI description.
pub fn api(service: Service) -> Router {
    let (router, description) = described();
    let document = Json(description);
    router
        .route("/openapi.json", get(move || async move { document }))
        .merge(log::router())
        .with_state(ApiState { service })
        .fallback(problem::nowhere)
        .method_not_allowed_fallback(problem::not_so)
        .layer(DefaultBodyLimit::max(wire::BODY_BYTES_MAX))
        .layer(middleware::from_fn(problem::speak))
        .layer(middleware::from_fn(headers::strict))
}

/// The OpenAPI description alone, for `genvej openapi`.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().1
}

fn described() -> (Router<ApiState>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(instance::nonce))
        .routes(routes!(instance::activate))
        .routes(routes!(instance::state))
        .routes(routes!(journal::receipts))
        .routes(routes!(pin::registration_start, pin::registration_finish))
        .routes(routes!(pin::try_start))
        .routes(routes!(pin::try_finish))
        .routes(routes!(pin::temporary_pin))
        .routes(routes!(sign_in::find_sign_in))
        .routes(routes!(sign_in::refuse_sign_in))
        .routes(routes!(recovery::recovery_start))
        .routes(routes!(recovery::recovery_cancel))
        .routes(routes!(chip::challenge))
        .routes(routes!(chip::chip))
        .routes(routes!(relay::chip_authentication))
        .routes(routes!(relay::relay_start))
        .routes(routes!(relay::relay_answers))
        .routes(routes!(face::face_capture))
        .routes(routes!(face::face_frame))
        .routes(routes!(face::face))
        .routes(routes!(token::token))
        .routes(routes!(operator::enrol))
        .routes(routes!(operator::instances))
        .routes(routes!(operator::unbind))
        .routes(routes!(operator::lost_phone))
        .routes(routes!(operator::channels))
        .routes(routes!(operator::p_code))
        .routes(routes!(operator::record_document, operator::documents))
        .routes(routes!(operator::forget_document))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(sign_in::sign_in_status))
        .routes(routes!(staff::list))
        .routes(routes!(staff::show))
        .routes(routes!(staff::invite))
        .routes(routes!(staff::add_key))
        .routes(routes!(staff::set_roles))
        .routes(routes!(staff::disable))
        .routes(routes!(staff::enable))
        .routes(routes!(health))
        .routes(routes!(ready))
        .split_for_parts()
}

/// Reports that the process runs.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "The process runs")))]
async fn health() -> &'static str {
    "ok\n"
}

/// Reports whether the store answers and the clock is trusted.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "Ready"), (status = 503, description = "Not ready", body = wire::Problem)
))]
async fn ready(
    axum::extract::State(state): axum::extract::State<ApiState>,
) -> Result<&'static str, Refusal> {
    match state.service.now().await {
        Ok(_) => Ok("ready\n"),
        Err(_) => Err(Refusal::new(Code::Busy).retry_after(2)),
    }
}
