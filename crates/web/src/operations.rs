//! The pages for those who run the service: whether its clock is trusted, and the second word on a future that was committed.
//!
//! They answer while the clock is not trusted; time then stands still for them at the last commit.

use crate::page::{Frame, html};
use crate::staff::{self, ConsoleState, Operator, Posted, Site, SiteSettings, Who};
use crate::{Language, Refusal, assets, headers, language_switch, problem};
use axum::Router;
use axum::extract::State;
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use serde::Deserialize;
use service::trusted_clock::{CommittedFuture, Mistrust};
use service::{Failure, RefusalCode, Service};

/// The pages as one router.
pub fn operations(service: Service, settings: SiteSettings) -> Router {
    let state = ConsoleState::new(service, Site::Operations, settings);
    Router::new()
        .route("/", get(clock))
        .route("/time/accept", post(accept))
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

#[derive(askama::Template)]
#[template(path = "operations/clock.html")]
struct ClockPage {
    frame: Frame,
    who: Who,
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

#[derive(Deserialize)]
struct Nothing {}

/// `GET /`.
async fn clock(
    operator: Operator,
    State(state): State<ConsoleState>,
    language: Language,
) -> Response {
    let found = async {
        let asked = state.service.asked_time_acceptance().await?;
        let future = state.service.committed_future().await?;
        Ok::<_, Failure>((asked.is_some(), future))
    };
    let (is_asked, future) = match found.await {
        Ok(found) => found,
        Err(failure) => return Refusal::from(failure).into_response(),
    };
    let mistrust = state.service.clock_mistrust();
    let frame = Frame::new(language, "/");
    let page = ClockPage {
        state: frame.t(words(mistrust)),
        frame,
        who: operator.who,
        is_trusted: mistrust.is_none(),
        future: future.map(|CommittedFuture { last, clock }| Future {
            last: in_utc(last.0),
            clock: in_utc(clock.0),
            is_asked,
        }),
    };
    html(StatusCode::OK, &page)
}

/// `POST /time/accept`.
async fn accept(
    operator: Operator,
    State(state): State<ConsoleState>,
    _: Posted<Nothing>,
) -> Response {
    match state.service.confirm_time_acceptance(&operator.signed_in).await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(failure) => Refusal::from(failure).into_response(),
    }
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
