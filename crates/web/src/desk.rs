//! The console of Citizen Service: today's bookings, the steps of a case, and the screens that show codes to people.
//!
//! The clerk sees times, references and what the person's documents show, but never the code, a right answer or a
//! telephone number.

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

/// The code of a refusal, for the page with the form. A refusal that the clerk cannot correct in the form, or that must
/// not reveal the case, is returned as an error and becomes an error page.
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
