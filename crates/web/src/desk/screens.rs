//! The screens of a centre: which are paired, how one is paired by two members of staff, and how a pairing is ended.

use super::pages::{Console, code_of};
use crate::extract::Path;
use crate::failure::refusal;
use crate::page::{Frame, html};
use crate::staff::{Clerk, ConsoleState, Posted};
use crate::{Code, Language, moment, staff};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use qrcode::QrCode;
use qrcode::render::svg;
use recovery::id::ScreenId;
use recovery::time::Timestamp;
use service::screen::PairingBegun;
use service::{Failure, RefusalCode, Service};

/// The smallest side of a QR code, in CSS pixels.
const QR_SIDE_MIN: u32 = 220;

struct Line {
    id: String,
    name: String,
    since: String,
    until: String,
    first: String,
    second: String,
}

#[derive(askama::Template)]
#[template(path = "desk/screens.html")]
struct Screens {
    frame: Frame,
    console: Console,
    address: String,
    lines: Vec<Line>,
}

#[derive(askama::Template)]
#[template(path = "desk/pairing.html")]
struct Pairing {
    frame: Frame,
    console: Console,
    address: String,
    /// In two groups, to be typed.
    code: String,
    /// An SVG of the address with the code.
    qr: String,
}

/// `GET /screens`.
pub(super) async fn list(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
) -> Response {
    show(&state.service, language, clerk, None).await
}

async fn show(
    service: &Service,
    language: Language,
    clerk: Clerk,
    error: Option<Code>,
) -> Response {
    let found = match service.screens(&clerk.caller).await {
        Ok(found) => found,
        Err(failure) => return staff::page(refusal(failure), language),
    };
    let console = Console::new(language, clerk.who, "/screens".to_owned(), error);
    let day = |at: Timestamp| {
        let zone = jiff::tz::TimeZone::get("Europe/Copenhagen").unwrap_or(jiff::tz::TimeZone::UTC);
        moment::day(console.frame.words, service::appointment::on_clock(at, &zone).date())
    };
    let lines = found
        .into_iter()
        .map(|it| {
            let [first, second] = it.by;
            let (since, until) = (day(it.paired_at), day(it.until));
            Line { id: it.id.to_string(), name: it.name, since, until, first, second }
        })
        .collect();
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let address = service.parts().settings.screen_url.clone();
    html(status, &Screens { frame: console.frame.clone(), address, lines, console })
}

#[derive(serde::Deserialize)]
pub(super) struct Begin {
    #[serde(default)]
    name: String,
}

/// `POST /screens/begin`: the code stands in this answer alone.
pub(super) async fn begin(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Posted(form): Posted<Begin>,
) -> Response {
    let begun = match state.service.begin_pairing(&clerk.caller, &form.name).await {
        Ok(begun) => begun,
        Err(failure) => return said(&state.service, language, clerk, failure).await,
    };
    let console = Console::new(language, clerk.who, "/screens".to_owned(), None);
    let address = state.service.parts().settings.screen_url.clone();
    let (code, qr) = (grouped(&begun), picture(&address, &begun));
    html(StatusCode::OK, &Pairing { frame: console.frame.clone(), console, address, code, qr })
}

#[derive(serde::Deserialize)]
pub(super) struct Confirm {
    #[serde(default)]
    check: String,
}

/// `POST /screens/confirm`: a second member of staff types what the device shows.
pub(super) async fn confirm(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Posted(form): Posted<Confirm>,
) -> Response {
    match state.service.confirm_pairing(&clerk.caller, &form.check).await {
        Ok(_) => Redirect::to("/screens").into_response(),
        Err(failure) => said(&state.service, language, clerk, failure).await,
    }
}

#[derive(serde::Deserialize)]
pub(super) struct Nothing {}

/// `POST /screens/{screen}/end`.
pub(super) async fn end(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(screen): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Response {
    let ended = match service::id(&screen) {
        Some(id) => state.service.end_screen(&clerk.caller, ScreenId(id)).await,
        None => Err(Failure::refused(RefusalCode::NotFound)),
    };
    match ended {
        Ok(()) => Redirect::to("/screens").into_response(),
        Err(failure) => said(&state.service, language, clerk, failure).await,
    }
}

/// The list with what went wrong.
async fn said(service: &Service, language: Language, clerk: Clerk, failure: Failure) -> Response {
    match code_of(failure.into()) {
        Ok(code) => show(service, language, clerk, Some(code)).await,
        Err(refusal) => staff::page(refusal, language),
    }
}

/// `ABCDE FGHJK`.
fn grouped(begun: &PairingBegun) -> String {
    let half = begun.code.len().div_ceil(2);
    begun
        .code
        .split_at_checked(half)
        .map_or_else(String::new, |(first, second)| format!("{first} {second}"))
}

/// The code stands after the `#`, which no browser sends and no log holds.
fn picture(address: &str, begun: &PairingBegun) -> String {
    let link = format!("{address}/#pair={}", begun.code.as_str());
    let Ok(code) = QrCode::new(link.as_bytes()) else { return String::new() };
    code.render::<svg::Color<'_>>()
        .min_dimensions(QR_SIDE_MIN, QR_SIDE_MIN)
        .dark_color(svg::Color("#14213D"))
        .light_color(svg::Color("#FFFFFF"))
        .build()
        .trim_start_matches(r#"<?xml version="1.0" standalone="yes"?>"#)
        .to_owned()
}
