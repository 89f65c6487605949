//! The common parts of the consoles of Support and Citizen Service: the router around their pages, the frame of a page,
//! the extractors for the member of staff and the case in the address, the form field of an error, and the list of
//! stopped agents and centres.

mod field;
pub(crate) mod stopped;

pub(crate) use field::field_of;

use crate::extract::Path;
use crate::page::Frame;
use crate::staff::{self, ConsoleState, Site, StaffView};
use crate::{Code, Language, Refusal, Words, assets, headers, language, language_switch, problem};
use axum::extract::{FromRef, FromRequestParts};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{Router, get};
use http::StatusCode;
use http::request::Parts;
use recovery::id::CaseId;
use recovery::questions::FactKind;
use service::{RefusalCode, Service};
use std::ops::Deref;

/// Adds to the pages of a console what every console has: signing in and out, the choice of a language, and error
/// pages.
pub(crate) fn router(pages: Router<ConsoleState>, state: ConsoleState) -> Router {
    pages
        .route("/language", get(language_switch::switch))
        .merge(staff::router())
        .fallback(problem::nowhere)
        .method_not_allowed_fallback(problem::not_so)
        .with_state(state)
        .merge(assets::router())
        .layer(middleware::from_fn_with_state(staff::RENDER, problem::show))
        .layer(middleware::from_fn(headers::strict))
}

/// The frame of a console's page, with the signed-in member of staff and the error of the last submitted form.
pub(crate) struct Console {
    frame: Frame,
    site: Site,
    pub(crate) who: StaffView,
    pub(crate) error: Option<FormError>,
}

/// An error that the member of staff can correct in the form.
pub(crate) struct FormError {
    pub(crate) text: String,
    /// The id of the field that has the error, or of the part of the page with the form where no field has it.
    pub(crate) field: &'static str,
}

impl Console {
    /// The HTTP status of the page: 422 where it shows an error.
    pub(crate) fn status(&self) -> StatusCode {
        if self.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    pub(crate) fn is_support(&self) -> bool {
        self.site == Site::Support
    }

    /// A text that differs between the consoles.
    pub(crate) fn own(&self, key: &str) -> String {
        self.t(&format!("{}-{key}", self.site.code()))
    }

    /// Whether the page belongs to this entry of the menu.
    pub(crate) fn is_at(&self, entry: &str) -> bool {
        self.here == entry || (entry == "/" && self.here.starts_with("/calls/"))
    }

    /// The error of a field of the form.
    pub(crate) fn error_at(&self, field: &str) -> Option<&str> {
        self.error.as_ref().filter(|error| error.field == field).map(|error| error.text.as_str())
    }
}

impl Deref for Console {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.frame
    }
}

/// The text of a code: the console's own text where it has one.
pub(crate) fn in_words(site: Site, words: Words, code: Code) -> String {
    let site = site.code();
    words
        .find(&format!("{site}-error-{code}"), None)
        .or_else(|| words.find(&format!("problem-{code}-title"), None))
        .unwrap_or_else(|| words.get(&format!("{site}-error-other")))
}

/// A question about the person, as it is read out to them.
pub(crate) fn question_text(words: Words, kind: FactKind, ordinal: u8) -> String {
    let number = u16::from(ordinal).saturating_add(1).to_string();
    words.with_all(&format!("desk-ask-{}", kind.code()), &[("number", &number)])
}

/// A time in minutes and seconds (`07:05`), for the remaining time of a case.
pub(crate) fn minutes(seconds: u64) -> String {
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

/// Parses the id of a case in an address. A text that is not an id is answered like an unknown case.
pub(crate) fn case_id(text: &str) -> Result<CaseId, Refusal> {
    service::id(text).map(CaseId).ok_or_else(no_case)
}

fn no_case() -> Refusal {
    Refusal::new(RefusalCode::NotFound)
}

/// A request of a signed-in member of staff `W` to a console.
pub(crate) struct At<W> {
    pub(crate) by: W,
    pub(crate) state: ConsoleState,
    pub(crate) language: Language,
}

impl<W> At<W> {
    pub(crate) fn service(&self) -> &Service {
        &self.state.service
    }
}

impl<W: AsRef<StaffView>> At<W> {
    /// Makes the frame of the page at this path, with the error of the form where there is one.
    pub(crate) fn frame(&self, here: impl Into<String>, error: Option<Code>) -> Console {
        let site = self.state.site;
        let frame = Frame::new(self.language, here);
        let main = if site == Site::Support { "main" } else { "act" };
        let error = error.map(|code| FormError {
            text: in_words(site, frame.words, code),
            field: field_of(site, code).unwrap_or(main),
        });
        Console { frame, site, who: self.by.as_ref().clone(), error }
    }
}

impl<S, W> FromRequestParts<S> for At<W>
where
    S: Send + Sync,
    W: FromRequestParts<S, Rejection = Response> + Send,
    ConsoleState: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let by = W::from_request_parts(parts, state).await?;
        let language = language::of_person(&parts.headers);
        Ok(Self { by, state: ConsoleState::from_ref(state), language })
    }
}

/// A request of a signed-in member of staff about the case or call in the address.
pub(crate) struct AtCase<W> {
    at: At<W>,
    pub(crate) id: CaseId,
}

impl<W> Deref for AtCase<W> {
    type Target = At<W>;

    fn deref(&self) -> &At<W> {
        &self.at
    }
}

impl<S, W> FromRequestParts<S> for AtCase<W>
where
    S: Send + Sync,
    W: FromRequestParts<S, Rejection = Response> + Send,
    ConsoleState: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        // The session is checked first, so that a stranger learns nothing about which addresses exist.
        let at = At::from_request_parts(parts, state).await?;
        // The first part of the path names the case; what may follow it is the handler's.
        let parts = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let parts = parts.map_err(IntoResponse::into_response)?.0;
        let (_, case) = parts.first().ok_or_else(|| no_case().into_response())?;
        let id = case_id(case).map_err(IntoResponse::into_response)?;
        Ok(Self { at, id })
    }
}

/// A request for the first page of a console. A supervisor without access to that page is redirected to the list of
/// stopped agents and centres.
pub(crate) struct AtFront<W>(pub(crate) At<W>);

impl<S, W> FromRequestParts<S> for AtFront<W>
where
    S: Send + Sync,
    W: FromRequestParts<S, Rejection = Response> + Send,
    ConsoleState: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let who = StaffView::from_request_parts(parts, state).await?;
        match At::from_request_parts(parts, state).await {
            Err(_) if who.is_supervisor => Err(Redirect::to("/stopped").into_response()),
            found => found.map(Self),
        }
    }
}
