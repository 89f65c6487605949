//! The pages for the people who operate the service. They show whether its clock is trusted, and a second person
//! confirms here that the clock may go back behind a commit in the future.
//!
//! The pages are served even while the clock is not trusted; they then use the instant of the last commit as the
//! present.

use crate::Refusal;
use crate::console::{self, At, Console};
use crate::page::html;
use crate::staff::{ConsoleState, NoFields, Operator, Site, SiteSettings, StaffForm};
use axum::Router;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use service::Service;
use service::trusted_clock::{CommittedFuture, Mistrust};

/// The operations pages as one router.
pub fn operations(service: Service, settings: SiteSettings) -> Router {
    let pages = Router::new().route("/", get(clock)).route("/time/accept", post(accept));
    console::router(pages, ConsoleState::new(service, Site::Operations, settings))
}

#[derive(askama::Template)]
#[template(path = "operations/clock.html")]
struct ClockPage {
    frame: Console,
    is_trusted: bool,
    state: String,
    future: Option<Future>,
}

/// A commit in the future, as the page shows it.
struct Future {
    last: String,
    clock: String,
    is_asked: bool,
}

/// `GET /`: shows the state of the clock.
async fn clock(at: At<Operator>) -> Result<Response, Refusal> {
    let is_asked = at.service().asked_time_acceptance().await?.is_some();
    let future = at.service().committed_future().await?;
    let mistrust = at.service().clock_mistrust();
    let frame = at.frame("/", None);
    let page = ClockPage {
        state: frame.t(words(mistrust)),
        frame,
        is_trusted: mistrust.is_none(),
        future: future.map(|CommittedFuture { last, clock }| Future {
            last: in_utc(last.0),
            clock: in_utc(clock.0),
            is_asked,
        }),
    };
    Ok(html(StatusCode::OK, &page))
}

/// `POST /time/accept`: a second person confirms the acceptance of the present time.
async fn accept(at: At<Operator>, _: StaffForm<NoFields>) -> Result<Redirect, Refusal> {
    at.service().confirm_time_acceptance(&at.by.signed_in).await?;
    Ok(Redirect::to("/"))
}

const fn words(mistrust: Option<Mistrust>) -> &'static str {
    match mistrust {
        None => "operations-clock-trusted",
        Some(Mistrust::PartedFromBootClock) => "operations-clock-parted",
        Some(Mistrust::NotConfirmed) => "operations-clock-not-confirmed",
        Some(Mistrust::BehindLastCommit) => "operations-clock-behind",
    }
}

/// An instant in UTC, to the second.
fn in_utc(ms: i64) -> String {
    jiff::Timestamp::from_second(ms.div_euclid(1_000))
        .map_or_else(|_| ms.to_string(), |at| at.to_string())
}
