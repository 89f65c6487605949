//! The console of Citizen Service: the day, a case step by step, and the screens that show codes to people.
//!
//! The clerk sees times, references and what lies on the desk; never the code, a right answer or a telephone number.

mod cases;
mod screens;
mod today;

use crate::console::{self, stopped};
use crate::staff::{ConsoleState, Site, SiteSettings};
use crate::{Code, Refusal};
use axum::Router;
use axum::routing::{get, post};
use recovery::Rejection;
use service::{RefusalCode, Service};

/// The console of Citizen Service as one router.
pub fn desk(service: Service, settings: SiteSettings) -> Router {
    let pages = Router::new()
        .route("/", get(today::page))
        .route("/check-in", post(today::check_in))
        .merge(cases::routes())
        .route("/screens", get(screens::list))
        .route("/screens/begin", post(screens::begin))
        .route("/screens/confirm", post(screens::confirm))
        .route("/screens/{screen}/end", post(screens::end))
        .merge(stopped::routes());
    console::router(pages, ConsoleState::new(service, Site::Desk, settings))
}

/// The code of a refusal, to be said on the page where it happened. What the clerk may not see, and what is nobody's to mend, becomes
/// a page of its own.
fn code_of(refusal: impl Into<Refusal>) -> Result<Code, Refusal> {
    let refusal = refusal.into();
    let alone = matches!(
        refusal.code,
        Code::Busy
            | Code::Internal
            | Code::Service(
                RefusalCode::ClockNotTrusted
                    | RefusalCode::NotFound
                    | RefusalCode::Rejected(Rejection::NotYourCase | Rejection::OwnCase)
            )
    );
    if alone { Err(refusal) } else { Ok(refusal.code) }
}
