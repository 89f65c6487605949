//! `/book`: a person books a visit by choosing a centre, a time and a way to be contacted.

use super::{Site, article, failed, refused};
use crate::extract::{Form, Path, Query};
use crate::moment;
use crate::page::{Frame, html};
use crate::{Code, Language, PageLanguage, Refusal};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use jiff::civil::Date;
use recovery::Rejection;
use recovery::time::Timestamp;
use service::appointment::{
    FreeTimes, StoredCentre, Visit, Wish, by_email, by_sms, nearest, on_clock, zone_of,
};
use service::{Failure, RefusalCode, Refused};

const NEAREST_SHOWN: usize = 5;

/// A centre as a line in a list.
pub(super) struct CentreLine {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) address: String,
}

impl CentreLine {
    pub(super) fn of(centre: &StoredCentre) -> Self {
        let it = &centre.centre;
        Self {
            id: centre.name_in_addresses.clone(),
            name: it.name.clone(),
            address: format!("{}, {} {}", it.address, it.postcode, it.town),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "citizen/find.html")]
struct FindPage {
    frame: Frame,
    near: String,
    asked: bool,
    nearest: Vec<CentreLine>,
    all: Vec<CentreLine>,
}

#[derive(serde::Deserialize)]
pub(super) struct FindQuery {
    #[serde(default)]
    near: String,
}

pub(super) async fn find(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
    Query(FindQuery { near }): Query<FindQuery>,
) -> Response {
    let frame = Frame::new(language, "/book");
    let all = match site.service.centres().await {
        Ok(all) => all,
        Err(failure) => return failed(frame, failure),
    };
    let near: String = near.trim().chars().take(80).collect();
    let found = nearest(&all, &near);
    let page = FindPage {
        frame,
        asked: !near.is_empty(),
        nearest: found.iter().take(NEAREST_SHOWN).map(CentreLine::of).collect(),
        all: all.iter().map(CentreLine::of).collect(),
        near,
    };
    html(StatusCode::OK, &page)
}

/// A day with its free times. Each time is the value that the form submits, in milliseconds since 1970, and the text
/// that people read.
pub(super) struct Day {
    pub(super) name: String,
    pub(super) times: Vec<(i64, String)>,
}

/// The free times of a week as a page shows them.
pub(super) struct Week {
    pub(super) centre: CentreLine,
    pub(super) place: Option<String>,
    pub(super) days: Vec<Day>,
    pub(super) earlier: Option<String>,
    pub(super) later: Option<String>,
}

impl Week {
    pub(super) fn of(frame: &Frame, free: &FreeTimes) -> Self {
        let place = free.days.first().and_then(|(_, times)| times.first()).and_then(moment::place);
        let days = free
            .days
            .iter()
            .map(|(date, times)| Day {
                name: moment::beginning(&moment::day(frame.words, *date)),
                times: times
                    .iter()
                    .map(|at| (at.timestamp().as_millisecond(), moment::clock(at)))
                    .collect(),
            })
            .collect();
        Self {
            centre: CentreLine::of(&free.centre),
            place: place.map(|place| frame.words.with("booking-times-place", "place", place)),
            days,
            earlier: free.earlier.map(|day| day.to_string()),
            later: free.later.map(|day| day.to_string()),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "citizen/times.html")]
struct TimesPage {
    frame: Frame,
    week: Week,
}

#[derive(serde::Deserialize)]
pub(super) struct WeekQuery {
    #[serde(default)]
    from: String,
}

/// Parses a date. For a text that is no date it returns `None`, and the page shows the first week.
pub(super) fn day_of(text: &str) -> Option<Date> {
    (text.len() <= 10).then(|| text.parse().ok()).flatten()
}

pub(super) async fn times(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
    Path(centre): Path<String>,
    Query(WeekQuery { from }): Query<WeekQuery>,
) -> Response {
    match site.service.free_times(&centre, day_of(&from)).await {
        Ok(free) => {
            let frame = Frame::new(
                language,
                format!("/book/{}?from={}", free.centre.name_in_addresses, free.from),
            );
            let week = Week::of(&frame, &free);
            html(StatusCode::OK, &TimesPage { frame, week })
        }
        Err(failure) => failed(Frame::new(language, "/book"), failure),
    }
}

#[derive(askama::Template)]
#[template(path = "citizen/contact.html")]
struct ContactPage {
    frame: Frame,
    centre: CentreLine,
    at: i64,
    when: String,
    form: String,
    by_email: bool,
    contact: String,
    /// The error of the field.
    error: Option<String>,
}

#[derive(serde::Deserialize)]
pub(super) struct ContactForm {
    #[serde(default)]
    by: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    form: String,
}

pub(super) async fn form(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
    Path((centre, at)): Path<(String, i64)>,
) -> Response {
    let filled = ContactForm {
        by: "sms".to_owned(),
        contact: String::new(),
        form: site.service.form_name(),
    };
    contact_page(&site, language, (&centre, at), filled, None).await
}

async fn contact_page(
    site: &Site,
    language: Language,
    (centre, at): (&str, i64),
    filled: ContactForm,
    error: Option<RefusalCode>,
) -> Response {
    let centre = match site.service.centre(centre).await {
        Ok(centre) => centre,
        Err(failure) => return failed(Frame::new(language, "/book"), failure),
    };
    let frame = Frame::new(language, format!("/book/{}/{at}", centre.name_in_addresses));
    let when = moment::moment(frame.words, &on_clock(Timestamp(at), &zone_of(&centre)));
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ContactPage {
        error: error.map(|code| frame.t(&format!("booking-error-{code}"))),
        frame,
        centre: CentreLine::of(&centre),
        at,
        when: moment::beginning(&when),
        form: filled.form,
        by_email: filled.by == "email",
        contact: filled.contact.chars().take(254).collect(),
    };
    html(status, &page)
}

#[derive(askama::Template)]
#[template(path = "citizen/booked.html")]
struct BookedPage {
    frame: Frame,
    visit: VisitShown,
    sections: Vec<article::Section>,
}

/// A booking as a page shows it.
pub(super) struct VisitShown {
    pub(super) reference: String,
    pub(super) centre: CentreLine,
    pub(super) when: String,
    pub(super) by_sms: bool,
    pub(super) at: i64,
    pub(super) changes: u32,
}

impl VisitShown {
    pub(super) fn of(frame: &Frame, visit: &Visit) -> Self {
        Self {
            reference: visit.reference.clone(),
            centre: CentreLine::of(&visit.centre),
            when: moment::beginning(&moment::moment(frame.words, &visit.at)),
            by_sms: visit.by_sms,
            at: visit.at.timestamp().as_millisecond(),
            changes: visit.changes,
        }
    }
}

pub(super) async fn book(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
    Path((centre, at)): Path<(String, i64)>,
    Form(filled): Form<ContactForm>,
) -> Response {
    let reach =
        if filled.by == "email" { by_email(&filled.contact) } else { by_sms(&filled.contact) };
    let contact = match reach {
        Ok(contact) => contact,
        Err(failure) => return again(&site, language, (&centre, at), filled, failure).await,
    };
    if filled.form.len() != 32 {
        let refusal = Refusal::new(Code::MalformedBody);
        return refused(Frame::new(language, "/book"), &refusal);
    }
    let wish = Wish {
        centre: centre.clone(),
        at: Timestamp(at),
        contact,
        language: language.tag().to_owned(),
        form: filled.form.clone(),
    };
    match site.service.book(&wish).await {
        Ok(visit) => {
            let frame = Frame::new(language, "/booking");
            let page = BookedPage {
                visit: VisitShown::of(&frame, &visit),
                sections: article::sections(frame.words, "bring", &article::arguments(&site)),
                frame,
            };
            html(StatusCode::OK, &page)
        }
        Err(failure) => again(&site, language, (&centre, at), filled, failure).await,
    }
}

/// Shows the form again where the person can correct the field, and an error page otherwise.
async fn again(
    site: &Site,
    language: Language,
    place: (&str, i64),
    filled: ContactForm,
    failure: Failure,
) -> Response {
    if let Failure::Refused(Refused {
        code:
            code @ (RefusalCode::PhoneInvalid
            | RefusalCode::PhoneDanishDigits
            | RefusalCode::EmailInvalid
            | RefusalCode::EmailNotAscii
            | RefusalCode::Rejected(Rejection::TooManyBookings | Rejection::SmsCapReached)),
        ..
    }) = failure
    {
        return contact_page(site, language, place, filled, Some(code)).await;
    }
    failed(Frame::new(language, format!("/book/{}", place.0)), failure)
}

#[derive(serde::Deserialize)]
pub(super) struct CalendarQuery {
    #[serde(default)]
    reference: String,
    #[serde(default)]
    change: u32,
}

pub(super) async fn calendar(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
    Path((centre, at)): Path<(String, i64)>,
    Query(entry): Query<CalendarQuery>,
) -> Response {
    let named = (entry.reference.as_str(), entry.change);
    match site.service.calendar_file(&centre, Timestamp(at), named, language.tag()).await {
        Ok(file) => {
            let headers = [
                (CONTENT_TYPE, "text/calendar; charset=utf-8"),
                (CONTENT_DISPOSITION, "attachment; filename=\"borgerservice.ics\""),
            ];
            (headers, file).into_response()
        }
        Err(failure) => failed(Frame::new(language, "/book"), failure),
    }
}
