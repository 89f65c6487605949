//! The console of Support: one call at a time, what to say in large letters, and nothing that the caller has not said.

mod acts;
mod pages;
mod supervisor;

use crate::staff::{self, ConsoleState, Site, SiteSettings};
use crate::{Refusal, assets, headers, language_switch, problem};
use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use service::{RefusalCode, Service};

/// The console of Support as one router.
pub fn support(service: Service, settings: SiteSettings) -> Router {
    let state = ConsoleState::new(service, Site::Support, settings);
    Router::new()
        .route("/", get(pages::start))
        .route("/calls", post(acts::open))
        .route("/calls/{call}", get(pages::call))
        .route("/calls/{call}/number", post(acts::number))
        .route("/calls/{call}/answer", post(acts::answer))
        .route("/calls/{call}/send", post(acts::send))
        .route("/calls/{call}/flag", post(acts::flag))
        .route("/today", get(pages::today))
        .route("/written", get(pages::written))
        .route("/help", get(pages::help))
        .route("/stopped", get(supervisor::stopped))
        .route("/stopped/agents/{agent}", post(supervisor::release_agent))
        .route("/stopped/centres/{centre}", post(supervisor::release_centre))
        .route("/language", get(language_switch::switch))
        .merge(staff::router())
        .fallback(nowhere)
        .method_not_allowed_fallback(staff::not_so)
        .with_state(state)
        .merge(assets::router())
        .layer(middleware::from_fn_with_state(staff::RENDER, problem::show))
        .layer(middleware::from_fn(headers::strict))
}

async fn nowhere() -> Refusal {
    Refusal::new(RefusalCode::NotFound)
}
