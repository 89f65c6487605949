//! The pages for those who run the service: whether its clock is trusted, and the second word on a future that was committed.
//!
//! They answer while the clock is not trusted; time then stands still for them at the last commit.

use crate::Refusal;
use crate::console::{self, At, Console};
use crate::page::html;
use crate::staff::{ConsoleState, Nothing, Operator, Posted, Site, SiteSettings};
use axum::Router;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use service::Service;
use service::trusted_clock::{CommittedFuture, Mistrust};

/// The pages as one router.
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

/// A future that was committed, in words.
struct Future {
    last: String,
    clock: String,
    is_asked: bool,
}

/// `GET /`.
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

/// `POST /time/accept`.
async fn accept(at: At<Operator>, _: Posted<Nothing>) -> Result<Redirect, Refusal> {
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

/// To the second, as in a log.
fn in_utc(ms: i64) -> String {
    jiff::Timestamp::from_second(ms.div_euclid(1_000))
        .map_or_else(|_| ms.to_string(), |at| at.to_string())
}
