//! What a visitor does on the start page. Every command carries the token of this start.

use super::{Asked, StartPage};
use crate::camera::Before;
use crate::drawer::{Face, Make};
use crate::guard::same;
use crate::seeding::Seat;
use axum::Form;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use jiff::civil::{Time, Weekday};
use phone::ReaderState;
use serde::Deserialize;
use std::sync::PoisonError;
use wire::sign_in::SignInRequest;

/// The spans by which the clock can be moved, and no others.
pub(crate) const SPANS: [(u64, &str); 4] =
    [(60, "+1 min"), (1_860, "+31 min"), (3_600, "+1 h"), (432_000, "+5 days")];
/// When a centre opens (`people::centres`).
const OPENS: Time = jiff::civil::time(10, 0, 0, 0);
const WEEK_DAYS: i64 = 7;
/// Asked sign-ins that are remembered.
const ASKED_MAX: usize = 5;
/// What the reader of a phone can be, by the names on the page.
pub(super) const READERS: [(&str, ReaderState); 3] =
    [("on", ReaderState::Ready), ("off", ReaderState::Off), ("none", ReaderState::Missing)];
const TOKEN_HEADER: &str = "genvej-sandbox-token";

fn stale() -> Response {
    (StatusCode::FORBIDDEN, "this page is from an earlier start: reload it").into_response()
}

/// Back to the page, at the part that changed.
fn back(seat: Option<usize>, anchor: &str) -> Response {
    let phone = seat.map(|number| format!("?phone={number}")).unwrap_or_default();
    Redirect::to(&format!("/{phone}#{anchor}")).into_response()
}

fn back_saying(seat: usize, said: &str) -> Response {
    Redirect::to(&format!("/?phone={seat}&said={said}#said")).into_response()
}

impl StartPage {
    fn knows(&self, token: &str) -> bool {
        same(token, &self.parts.token)
    }

    fn seat(&self, number: usize) -> Option<&Seat> {
        self.parts.seats.iter().find(|seat| seat.number == number)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Move {
    token: String,
    /// One of [`SPANS`]; without it the clock goes to the next opening time.
    #[serde(default)]
    secs: Option<u64>,
    #[serde(default)]
    phone: Option<usize>,
}

/// Moves the clock, forward alone.
pub(super) async fn clock(State(page): State<StartPage>, Form(form): Form<Move>) -> Response {
    if !page.knows(&form.token) {
        return stale();
    }
    let clock = &page.parts.clock;
    match form.secs {
        Some(wanted) if SPANS.iter().any(|(secs, _)| *secs == wanted) => clock.forward(wanted),
        Some(_) => {}
        None => clock.forward(secs_to_opening(clock.instant()).unwrap_or(0)),
    }
    back(form.phone, "clock")
}

/// Seconds until the centres open next: the first working day's [`OPENS`] that is still to come.
fn secs_to_opening(now: jiff::Timestamp) -> Option<u64> {
    let here = now.in_tz(registers::HOME_ZONE).ok()?;
    (0..=WEEK_DAYS).find_map(|days| {
        let day = here.date().checked_add(jiff::Span::new().days(days)).ok()?;
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let opens = day.to_datetime(OPENS).in_tz(registers::HOME_ZONE).ok()?.timestamp();
        let wait = opens.duration_since(now);
        (!weekend && wait.is_positive()).then(|| wait.unsigned_abs().as_secs())
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Hold {
    token: String,
    phone: usize,
    document: usize,
    #[serde(default)]
    face: String,
    #[serde(default)]
    make: String,
    /// `desk`: the reader of the clerk, and no phone.
    #[serde(default)]
    on: String,
}

/// Lays a document on a phone, or on the clerk's reader.
pub(super) async fn hold(State(page): State<StartPage>, Form(form): Form<Hold>) -> Response {
    if !page.knows(&form.token) {
        return stale();
    }
    let Some(seat) = page.seat(form.phone).cloned() else { return back(None, "phones") };
    let face = match form.face.as_str() {
        "own" if page.parts.portraits.own().is_none() => {
            return back_saying(form.phone, "no-own-picture");
        }
        "own" => Face::Own,
        _ => Face::Sample,
    };
    let make = match form.make.as_str() {
        "copied" => Make::Copied,
        "tampered" => Make::Tampered,
        _ => Make::Genuine,
    };
    let at_desk = form.on == "desk";
    let held = tokio::task::spawn_blocking(move || {
        let parts = &page.parts;
        let document = parts.drawer.take(form.document, face, make).ok()?;
        let printed = parts.drawer.printed(form.document)?;
        let extra = match (face, make) {
            (_, Make::Copied) => ", a copied chip",
            (_, Make::Tampered) => ", changed after it was signed",
            (Face::Own, Make::Genuine) => ", with your own picture",
            (Face::Sample, Make::Genuine) => "",
        };
        let name = format!("{} {}{extra}", printed.kind, printed.number);
        let slot = if at_desk { &parts.reader.slot } else { &seat.slot };
        slot.hold(document, name, &*parts.random);
        Some(())
    })
    .await;
    match held {
        Ok(Some(())) => back(Some(form.phone), if at_desk { "reader" } else { "phone" }),
        Ok(None) | Err(_) => back_saying(form.phone, "no-such-document"),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct OnPhone {
    token: String,
    phone: usize,
    #[serde(default)]
    show: String,
}

/// Takes the document away, also while it is read.
pub(super) async fn take_away(
    State(page): State<StartPage>,
    Form(form): Form<OnPhone>,
) -> Response {
    if !page.knows(&form.token) {
        return stale();
    }
    if form.show == "desk" {
        page.parts.reader.slot.take_away();
        return back(Some(form.phone), "reader");
    }
    if let Some(seat) = page.seat(form.phone) {
        seat.slot.take_away();
    }
    back(Some(form.phone), "phone")
}

/// Puts somebody before the camera.
pub(super) async fn camera(State(page): State<StartPage>, Form(form): Form<OnPhone>) -> Response {
    if !page.knows(&form.token) {
        return stale();
    }
    if let (Some(seat), Some(before)) = (page.seat(form.phone), Before::of_name(&form.show)) {
        seat.camera.show(before);
    }
    back(Some(form.phone), "phone")
}

/// Switches the chip reader of a phone on or off, or lets it have none.
pub(super) async fn reader(State(page): State<StartPage>, Form(form): Form<OnPhone>) -> Response {
    if !page.knows(&form.token) {
        return stale();
    }
    let wanted = READERS.into_iter().find(|(name, _)| *name == form.show);
    if let (Some(seat), Some((_, wanted))) = (page.seat(form.phone), wanted) {
        seat.slot.set_reader(wanted);
    }
    back(Some(form.phone), "phone")
}

/// The shop asks somebody to sign in: the app's normal job.
pub(super) async fn ask(State(page): State<StartPage>, Form(form): Form<OnPhone>) -> Response {
    if !page.knows(&form.token) {
        return stale();
    }
    let Some(owner) =
        page.seat(form.phone).and_then(|seat| page.parts.people.profiles.get(seat.owner))
    else {
        return back(None, "phones");
    };
    let request = SignInRequest {
        person: owner.person.as_str().to_owned(),
        service_name: "Test shop".to_owned(),
    };
    let operator = std::sync::Arc::clone(&page.parts.operator);
    let created = tokio::task::spawn_blocking(move || operator.ask_to_sign_in(&request)).await;
    match created {
        Ok(Ok(created)) => {
            let at = page.parts.clock.instant();
            let mut asked = page.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.push(Asked {
                id: created.sign_in_id,
                number: created.number,
                seat: form.phone,
                at,
            });
            let over = asked.len().saturating_sub(ASKED_MAX);
            asked.drain(..over);
            back(Some(form.phone), "shop")
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "a sign-in could not be asked for");
            back_saying(form.phone, "not-asked")
        }
        Err(_) => back_saying(form.phone, "not-asked"),
    }
}

/// A picture of the visitor, for a document of their own. It stays in memory.
pub(super) async fn me(State(page): State<StartPage>, headers: HeaderMap, jpeg: Bytes) -> Response {
    let token = headers.get(TOKEN_HEADER).and_then(|token| token.to_str().ok());
    if !token.is_some_and(|token| page.knows(token)) {
        return stale();
    }
    let kept = tokio::task::spawn_blocking(move || page.parts.portraits.keep_own(&jpeg)).await;
    match kept {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(_)) | Err(_) => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::secs_to_opening;

    #[test]
    fn the_clock_goes_to_the_next_opening_and_over_a_weekend() {
        let wait = |now: &str| secs_to_opening(now.parse().unwrap()).unwrap();

        assert_eq!(wait("2026-11-23T08:00:00Z"), 3_600, "Monday 9:00 in Copenhagen");
        assert_eq!(wait("2026-11-23T09:00:00Z"), 86_400, "it has just opened: the next day");
        assert_eq!(wait("2026-11-27T10:00:00Z"), 2 * 86_400 + 23 * 3_600, "Friday 11:00");
        assert_eq!(wait("2027-03-26T09:00:00Z"), 2 * 86_400 + 23 * 3_600, "summer time begins");
    }
}
