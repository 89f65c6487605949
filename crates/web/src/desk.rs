//! The console of Citizen Service: the day, a case step by step, and the screens that show codes to people.
//!
//! The clerk sees times, references and what lies on the desk; never the code, a right answer or a telephone number.

mod acts;
mod chip;
mod field;
mod pages;
mod screens;
mod supervisor;

use crate::staff::{self, ConsoleState, Site, SiteSettings};
use crate::{Refusal, assets, headers, language_switch, problem};
use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use service::{RefusalCode, Service};

/// The console of Citizen Service as one router.
pub fn desk(service: Service, settings: SiteSettings) -> Router {
    let state = ConsoleState::new(service, Site::Desk, settings);
    Router::new()
        .route("/", get(pages::today))
        .route("/check-in", post(acts::check_in))
        .route("/cases/{case}", get(pages::case))
        .route("/cases/{case}/documents", post(acts::documents))
        .route("/cases/{case}/questions", post(acts::questions))
        .route("/cases/{case}/answer", post(acts::answer))
        .route("/cases/{case}/witness", post(acts::witness))
        .route("/cases/{case}/witness/heard", post(acts::witness_heard))
        .route("/cases/{case}/chip", get(chip::page).post(chip::begin))
        .route("/cases/{case}/chip/answers", post(chip::answers))
        .route("/cases/{case}/second", post(acts::second_clerk))
        .route("/cases/{case}/issue", post(acts::issue))
        .route("/cases/{case}/refuse", post(acts::refuse))
        .route("/cases/{case}/flag", post(acts::flag))
        .route("/stopped", get(supervisor::stopped))
        .route("/stopped/agents/{agent}", post(supervisor::release_agent))
        .route("/stopped/centres/{centre}", post(supervisor::release_centre))
        .route("/cases/{case}/take-over", post(acts::take_over))
        .route("/cases/{case}/lost", post(acts::number_is_lost))
        .route("/screens", get(screens::list))
        .route("/screens/begin", post(screens::begin))
        .route("/screens/confirm", post(screens::confirm))
        .route("/screens/{screen}/end", post(screens::end))
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
