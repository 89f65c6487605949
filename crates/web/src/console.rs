//! What the consoles of the staff have in common: the router around their pages, the frame of a page, the case or call that an
//! address names, the field that an error speaks of, and the list of who is stopped.

mod field;
pub(crate) mod stopped;

pub(crate) use field::field_of;

use crate::extract::Path;
use crate::page::Frame;
use crate::staff::{self, ConsoleState, Site, Who};
use crate::{Code, Language, Refusal, Words, assets, headers, language_switch, problem};
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

/// The pages of one console with what every console has: signing in and out, the choice of a language, refusals in words.
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

/// The frame of a console's page: who works here, and what went wrong with the last act.
pub(crate) struct Console {
    frame: Frame,
    site: Site,
    pub(crate) who: Who,
    pub(crate) error: Option<Wrong>,
}

/// A mistake that can be mended in the form.
pub(crate) struct Wrong {
    pub(crate) text: String,
    /// The field to blame, by its id; where it is none, the part of the page in which the act is.
    pub(crate) field: &'static str,
}

impl Console {
    /// The status of a page with this mistake on it, whatever the mistake.
    pub(crate) fn status(&self) -> StatusCode {
        if self.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    pub(crate) fn is_support(&self) -> bool {
        self.site == Site::Support
    }

    /// A text that each console has of its own.
    pub(crate) fn own(&self, key: &str) -> String {
        self.t(&format!("{}-{key}", self.site.code()))
    }

    /// Whether this entry of the menu is the one where the page is.
    pub(crate) fn is_at(&self, entry: &str) -> bool {
        self.here == entry || (entry == "/" && self.here.starts_with("/calls/"))
    }

    /// What is wrong with a field of the form.
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

/// A code in words: the console's own where it has some.
pub(crate) fn in_words(site: Site, words: Words, code: Code) -> String {
    let site = site.code();
    words
        .find(&format!("{site}-error-{code}"), None)
        .or_else(|| words.find(&format!("problem-{code}-title"), None))
        .unwrap_or_else(|| words.get(&format!("{site}-error-other")))
}

/// A question about a person, as it is read out.
pub(crate) fn question_text(words: Words, kind: FactKind, ordinal: u8) -> String {
    let number = u16::from(ordinal).saturating_add(1).to_string();
    words.with_all(&format!("desk-ask-{}", kind.code()), &[("number", &number)])
}

/// `07:05`, for the clock of a case.
pub(crate) fn minutes(seconds: u64) -> String {
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

/// The case of an address; what is no id is no case.
pub(crate) fn case_id(text: &str) -> Result<CaseId, Refusal> {
    service::id(text).map(CaseId).ok_or_else(no_case)
}

fn no_case() -> Refusal {
    Refusal::new(RefusalCode::NotFound)
}

/// A member of staff at a console.
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

impl<W: AsRef<Who>> At<W> {
    /// The frame of a page at this path, with what went wrong.
    pub(crate) fn frame(&self, here: impl Into<String>, error: Option<Code>) -> Console {
        let site = self.state.site;
        let frame = Frame::new(self.language, here);
        let main = if site == Site::Support { "main" } else { "act" };
        let error = error.map(|code| Wrong {
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
        let language = Language::of(&parts.headers);
        Ok(Self { by, state: ConsoleState::from_ref(state), language })
    }
}

/// A member of staff at the case or call that the address names.
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
        // Who calls comes first: a stranger learns nothing about addresses.
        let at = At::from_request_parts(parts, state).await?;
        // The first part of the path names the case; what may follow it is the handler's.
        let parts = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let parts = parts.map_err(IntoResponse::into_response)?.0;
        let (_, case) = parts.first().ok_or_else(|| no_case().into_response())?;
        let id = case_id(case).map_err(IntoResponse::into_response)?;
        Ok(Self { at, id })
    }
}

/// A member of staff at the first page of a console. A supervisor whom it is not for is led to the list of who is stopped.
pub(crate) struct AtFront<W>(pub(crate) At<W>);

impl<S, W> FromRequestParts<S> for AtFront<W>
where
    S: Send + Sync,
    W: FromRequestParts<S, Rejection = Response> + Send,
    ConsoleState: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let who = Who::from_request_parts(parts, state).await?;
        match At::from_request_parts(parts, state).await {
            Err(_) if who.is_supervisor => Err(Redirect::to("/stopped").into_response()),
            found => found.map(Self),
        }
    }
}
