//! `/`: the bookings of today and the open cases.

use super::code_of;
use crate::console::{At, AtFront, Console};
use crate::page::html;
use crate::staff::{Clerk, StaffForm};
use crate::{Code, Refusal, moment};
use axum::response::{IntoResponse, Redirect, Response};
use recovery::appointment::State as BookingState;

struct Line {
    time: String,
    reference: String,
    state: String,
    can_check_in: bool,
}

struct OpenCase {
    case: String,
    reference: String,
    mine: bool,
    wants_second_clerk: bool,
    can_be_taken_over: bool,
}

#[derive(askama::Template)]
#[template(path = "desk/today.html")]
struct TodayPage {
    frame: Console,
    centre: String,
    day: String,
    place: Option<String>,
    expected: Vec<Line>,
    open: Vec<OpenCase>,
}

pub(super) async fn page(AtFront(at): AtFront<Clerk>) -> Result<Response, Refusal> {
    show(&at, None).await
}

async fn show(at: &At<Clerk>, error: Option<Code>) -> Result<Response, Refusal> {
    let today = at.service().desk_today(&at.by.caller).await?;
    let frame = at.frame("/", error);
    let page = TodayPage {
        centre: today.centre.centre.name,
        day: moment::beginning(&moment::day(frame.words, today.day)),
        place: today.expected.first().and_then(|it| moment::place(&it.at)),
        expected: today
            .expected
            .into_iter()
            .map(|it| Line {
                time: moment::clock(&it.at),
                reference: it.reference,
                state: frame.t(state_key(it.state)),
                can_check_in: it.can_check_in,
            })
            .collect(),
        open: today
            .open
            .into_iter()
            .map(|it| OpenCase {
                case: it.case.to_string(),
                reference: it.reference,
                mine: it.mine,
                wants_second_clerk: it.wants_second_clerk,
                can_be_taken_over: it.can_be_taken_over,
            })
            .collect(),
        frame,
    };
    Ok(html(page.frame.status(), &page))
}

const fn state_key(state: BookingState) -> &'static str {
    match state {
        BookingState::Booked => "desk-state-expected",
        BookingState::CheckedIn { .. } => "desk-state-checked-in",
        BookingState::Cancelled => "booking-state-cancelled",
        BookingState::Missed => "desk-state-missed",
    }
}

#[derive(serde::Deserialize)]
pub(super) struct CheckInForm {
    #[serde(default)]
    reference: String,
}

pub(super) async fn check_in(
    at: At<Clerk>,
    StaffForm(form): StaffForm<CheckInForm>,
) -> Result<Response, Refusal> {
    match at.service().check_in(&at.by.caller, &form.reference).await {
        Ok(case) => Ok(Redirect::to(&format!("/cases/{case}")).into_response()),
        Err(failure) => show(&at, Some(code_of(failure)?)).await,
    }
}
