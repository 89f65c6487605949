//! The screens of a centre: the list of paired screens, the pairing of a screen by two members of staff, and the end of
//! a pairing.

use super::code_of;
use crate::console::{At, Console};
use crate::extract::Path;
use crate::page::{html, in_halves};
use crate::staff::{Clerk, NoFields, StaffForm};
use crate::{Code, Refusal, moment};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use qrcode::QrCode;
use qrcode::render::svg;
use recovery::id::ScreenId;
use recovery::time::Timestamp;
use service::screen::PairingBegun;
use service::{Failure, RefusalCode};

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
struct ScreensPage {
    frame: Console,
    address: String,
    lines: Vec<Line>,
}

#[derive(askama::Template)]
#[template(path = "desk/pairing.html")]
struct PairingPage {
    frame: Console,
    address: String,
    /// The pairing code in two groups, to be typed.
    code: String,
    /// A QR code of the address with the pairing code, as SVG.
    qr: String,
}

/// `GET /screens`: lists the paired screens.
pub(super) async fn list(at: At<Clerk>) -> Result<Response, Refusal> {
    show(&at, None).await
}

async fn show(at: &At<Clerk>, error: Option<Code>) -> Result<Response, Refusal> {
    let found = at.service().screens(&at.by.caller).await?;
    let frame = at.frame("/screens", error);
    let day = |at: Timestamp| moment::day(frame.words, moment::at_home(at).date());
    let lines = found
        .into_iter()
        .map(|it| {
            let [first, second] = it.by;
            let (since, until) = (day(it.paired_at), day(it.until));
            Line { id: it.id.to_string(), name: it.name, since, until, first, second }
        })
        .collect();
    let address = at.service().parts().settings.screen_url.clone();
    Ok(html(frame.status(), &ScreensPage { frame, address, lines }))
}

#[derive(serde::Deserialize)]
pub(super) struct BeginForm {
    #[serde(default)]
    name: String,
}

/// `POST /screens/begin`: begins a pairing. Only this reply contains the pairing code.
pub(super) async fn begin(
    at: At<Clerk>,
    StaffForm(form): StaffForm<BeginForm>,
) -> Result<Response, Refusal> {
    let begun = match at.service().begin_pairing(&at.by.caller, &form.name).await {
        Ok(begun) => begun,
        Err(failure) => return show(&at, Some(code_of(failure)?)).await,
    };
    let frame = at.frame("/screens", None);
    let address = at.service().parts().settings.screen_url.clone();
    let (code, qr) = (in_halves(&begun.code), picture(&address, &begun));
    Ok(html(StatusCode::OK, &PairingPage { frame, address, code, qr }))
}

#[derive(serde::Deserialize)]
pub(super) struct ConfirmForm {
    #[serde(default)]
    check: String,
}

/// `POST /screens/confirm`: a second member of staff confirms the pairing by typing the text that the screen shows.
pub(super) async fn confirm(
    at: At<Clerk>,
    StaffForm(form): StaffForm<ConfirmForm>,
) -> Result<Response, Refusal> {
    let confirmed = at.service().confirm_pairing(&at.by.caller, &form.check).await;
    done(&at, confirmed.map(|_| ())).await
}

/// `POST /screens/{screen}/end`: ends a pairing.
pub(super) async fn end(
    at: At<Clerk>,
    Path(screen): Path<String>,
    _: StaffForm<NoFields>,
) -> Result<Response, Refusal> {
    let ended = match service::id(&screen) {
        Some(id) => at.service().end_screen(&at.by.caller, ScreenId(id)).await,
        None => Err(Failure::refused(RefusalCode::NotFound)),
    };
    done(&at, ended).await
}

/// Returns to the list, with the error where there was one.
async fn done(at: &At<Clerk>, outcome: Result<(), Failure>) -> Result<Response, Refusal> {
    match outcome {
        Ok(()) => Ok(Redirect::to("/screens").into_response()),
        Err(failure) => show(at, Some(code_of(failure)?)).await,
    }
}

/// The QR code of a pairing. The pairing code stands after the `#` of the address, which browsers do not send, so that
/// no log holds it.
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
