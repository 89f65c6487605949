//! The console of Support. It shows one call at a time and what the agent says in large letters, and nothing about the
//! caller that the caller has not said.

mod calls;
mod front;
mod help;
mod today;
mod written;

use crate::console::{self, stopped};
use crate::staff::{ConsoleState, Site, SiteSettings};
use axum::Router;
use axum::routing::{get, post};
use service::Service;

/// The console of Support as one router.
pub fn support(service: Service, settings: SiteSettings) -> Router {
    let pages = Router::new()
        .route("/", get(front::page))
        .route("/calls", post(front::open))
        .route("/calls/{call}", get(calls::page))
        .route("/calls/{call}/number", post(calls::number))
        .route("/calls/{call}/answer", post(calls::answer))
        .route("/calls/{call}/send", post(calls::send))
        .route("/calls/{call}/flag", post(calls::flag))
        .route("/today", get(today::page))
        .route("/written", get(written::page))
        .route("/help", get(help::page))
        .merge(stopped::routes());
    console::router(pages, ConsoleState::new(service, Site::Support, settings))
}
