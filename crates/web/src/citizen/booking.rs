//! `/booking`: a person sees, moves or cancels a booking with its reference and code. The code is sent only in forms
//! and never stands in an address, so that no log or history holds it.

use super::book::{CentreLine, VisitShown, Week, day_of};
use super::{Site, failed};
use crate::extract::Form;
use crate::page::{Frame, html};
use crate::{Language, PageLanguage};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use recovery::Rejection;
use recovery::appointment::State as BookingState;
use recovery::time::Timestamp;
use service::appointment::Visit;
use service::{Failure, RefusalCode, Refused};

#[derive(askama::Template)]
#[template(path = "citizen/manage.html")]
struct AskPage {
    frame: Frame,
    reference: String,
    error: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "citizen/visit.html")]
struct VisitPage {
    frame: Frame,
    visit: VisitShown,
    code: String,
    /// Whether the booking can still be moved or cancelled.
    open: bool,
    state: String,
    /// A text about the change that the person just made.
    done: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "citizen/move.html")]
struct MovePage {
    frame: Frame,
    visit: VisitShown,
    code: String,
    week: Week,
    centres: Vec<CentreLine>,
}

#[derive(serde::Deserialize)]
pub(super) struct BookingForm {
    #[serde(default)]
    reference: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    centre: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    at: i64,
}

pub(super) async fn ask(PageLanguage(language): PageLanguage) -> Response {
    let frame = Frame::new(language, "/booking");
    html(StatusCode::OK, &AskPage { frame, reference: String::new(), error: None })
}

pub(super) async fn open(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
    Form(held): Form<BookingForm>,
) -> Response {
    match site.service.booking(&held.reference, &held.code).await {
        Ok(visit) => opened(language, &visit, held.code, None),
        Err(failure) => not_opened(language, held, failure),
    }
}

pub(super) async fn times(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
    Form(held): Form<BookingForm>,
) -> Response {
    let visit = match site.service.booking(&held.reference, &held.code).await {
        Ok(visit) => visit,
        Err(failure) => return not_opened(language, held, failure),
    };
    let frame = Frame::new(language, "/booking");
    let centre =
        if held.centre.is_empty() { visit.centre.name_in_addresses.clone() } else { held.centre };
    let free = match site.service.free_times(&centre, day_of(&held.from)).await {
        Ok(free) => free,
        Err(failure) => return failed(frame, failure),
    };
    let centres = match site.service.centres().await {
        Ok(centres) => centres.iter().map(CentreLine::of).collect(),
        Err(failure) => return failed(frame, failure),
    };
    let page = MovePage {
        visit: VisitShown::of(&frame, &visit),
        week: Week::of(&frame, &free),
        code: held.code,
        centres,
        frame,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn move_to(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
    Form(held): Form<BookingForm>,
) -> Response {
    let at = Timestamp(held.at);
    match site.service.move_booking(&held.reference, &held.code, &held.centre, at).await {
        Ok(visit) => opened(language, &visit, held.code, Some("booking-moved")),
        Err(failure) => not_opened(language, held, failure),
    }
}

pub(super) async fn cancel(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
    Form(held): Form<BookingForm>,
) -> Response {
    match site.service.cancel_booking(&held.reference, &held.code).await {
        Ok(visit) => opened(language, &visit, held.code, Some("booking-cancelled")),
        Err(failure) => not_opened(language, held, failure),
    }
}

fn opened(language: Language, visit: &Visit, code: String, done: Option<&str>) -> Response {
    let frame = Frame::new(language, "/booking");
    let (open, state) = match visit.state {
        BookingState::Booked => (true, "booking-state-booked"),
        BookingState::CheckedIn { .. } => (false, "booking-state-checked-in"),
        BookingState::Cancelled => (false, "booking-state-cancelled"),
        BookingState::Missed => (false, "booking-state-missed"),
    };
    let page = VisitPage {
        visit: VisitShown::of(&frame, visit),
        code,
        open,
        state: frame.t(state),
        done: done.map(|key| frame.t(key)),
        frame,
    };
    html(StatusCode::OK, &page)
}

/// Shows why a booking was not opened. An unknown reference and a wrong code look the same.
fn not_opened(language: Language, held: BookingForm, failure: Failure) -> Response {
    let frame = Frame::new(language, "/booking");
    if let Failure::Refused(Refused {
        code: RefusalCode::Rejected(Rejection::NoSuchBooking), ..
    }) = failure
    {
        let error = Some(frame.t("booking-error-no-such-booking"));
        let reference = held.reference.chars().take(32).collect();
        return html(StatusCode::UNPROCESSABLE_ENTITY, &AskPage { frame, reference, error });
    }
    failed(frame, failure)
}
