//! The pages for citizens: the ways to recover a locked app, what each needs, booking a visit, and stopping a recovery.
//! They work without scripts.

mod article;
mod book;
mod booking;
mod film;
mod stop;

use crate::failure::refusal;
use crate::page::{Frame, html};
use crate::{PageLanguage, Refusal, assets, headers, language_switch, problem};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use service::{Failure, Service};

/// The largest body of a request, in bytes. The forms of these pages are short: the longest field is a telephone number
/// or an e-mail address.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// The operator's settings that the pages show.
#[derive(Clone, Debug, Default)]
pub struct CitizenSettings {
    /// The telephone number of Support, as it is shown to people.
    pub support_phone: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) service: Service,
    pub(crate) settings: CitizenSettings,
}

/// The pages for citizens as one router.
pub fn citizen(service: Service, settings: CitizenSettings) -> Router {
    let site = Site { service, settings };
    Router::new()
        .route("/", get(front))
        .route("/requirements", get(article::requirements))
        .route("/bring", get(article::bring))
        .route("/p-code", get(article::p_code))
        .route("/citizen-service", get(article::citizen_service))
        .route("/call", get(article::call))
        .route("/scanning", get(article::scanning))
        .route("/temporary-pin", get(article::temporary_pin))
        .route("/book", get(book::find))
        .route("/book/{centre}", get(book::times))
        .route("/book/{centre}/{at}", get(book::form).post(book::book))
        .route("/book/{centre}/{at}/calendar", get(book::calendar))
        .route("/booking", get(booking::ask).post(booking::open))
        .route("/booking/times", post(booking::times))
        .route("/booking/move", post(booking::move_to))
        .route("/booking/cancel", post(booking::cancel))
        .route("/stop/{token}", get(stop::page).post(stop::act))
        .route("/language", get(language_switch::switch))
        .fallback(problem::nowhere)
        .method_not_allowed_fallback(problem::not_so)
        .with_state(site)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(assets::router())
        .layer(middleware::from_fn_with_state(RENDER, problem::show))
        .layer(middleware::from_fn(headers::strict))
}

#[derive(askama::Template)]
#[template(path = "citizen/front.html")]
struct Front {
    frame: Frame,
    phone: String,
}

async fn front(State(site): State<Site>, PageLanguage(language): PageLanguage) -> Response {
    let frame = Frame::new(language, "/");
    html(StatusCode::OK, &Front { frame, phone: site.settings.support_phone })
}

/// An error page: it says what happened, why, and what the person can do now.
#[derive(askama::Template)]
#[template(path = "citizen/problem.html")]
struct ProblemPage {
    frame: Frame,
    title: String,
    detail: Option<String>,
    next: Option<String>,
}

const RENDER: problem::Render =
    |refusal, language, here| refused(Frame::new(language, here), refusal);

pub(crate) fn refused(frame: Frame, refusal: &Refusal) -> Response {
    let words = refusal.in_words(frame.words.language());
    let page = ProblemPage { frame, title: words.title, detail: words.detail, next: words.next };
    html(refusal.status, &page)
}

pub(crate) fn failed(frame: Frame, failure: Failure) -> Response {
    refused(frame, &refusal(failure))
}
