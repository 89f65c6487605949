//! The page that shows a code once, on a screen that was turned to the person or on paper. It needs no session: whoever
//! holds the address stands at the desk, and it works once.

use crate::Language;
use crate::failure::refusal;
use crate::moment;
use crate::page::{Frame, html};
use crate::staff::{self, ConsoleState};
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use service::desk::Revealed;

#[derive(askama::Template)]
#[template(path = "desk/reveal.html")]
struct Before {
    frame: Frame,
}

#[derive(askama::Template)]
#[template(path = "desk/revealed.html")]
struct After {
    frame: Frame,
    /// The digits in two groups, and until when; none where the address shows nothing.
    code: Option<(String, String)>,
}

/// The same page whatever the address: a look-ahead of a browser spends nothing.
pub(super) async fn page(language: Language) -> Response {
    html(StatusCode::OK, &Before { frame: Frame::new(language, "/") })
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    language: Language,
    Path(token): Path<String>,
) -> Response {
    let frame = Frame::new(language, "/");
    match state.service.reveal(&token).await {
        Ok(revealed) => {
            html(StatusCode::OK, &After { code: revealed.as_ref().map(in_words), frame })
        }
        Err(failure) => staff::page(refusal(failure), language),
    }
}

fn in_words(revealed: &Revealed) -> (String, String) {
    let zone = jiff::tz::TimeZone::get("Europe/Copenhagen").unwrap_or(jiff::tz::TimeZone::UTC);
    let until = moment::clock(&service::appointment::on_clock(revealed.until, &zone));
    (grouped(&revealed.code), until)
}

/// `1234 5678`: read in two breaths.
fn grouped(digits: &str) -> String {
    let half = digits.len().div_ceil(2);
    match digits.split_at_checked(half) {
        Some((first, second)) => format!("{first} {second}"),
        None => digits.to_owned(),
    }
}
