//! The frame of every HTML page, and the rendering of pages.

use crate::{Code, Language, Words};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

/// The data of the common frame, which every page template has as `frame`.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The texts in the language of the page.
    pub words: Words,
    /// The path to return to after a change of language.
    pub here: String,
}

impl Frame {
    /// Makes the frame for this language and path.
    #[must_use]
    pub fn new(language: Language, here: impl Into<String>) -> Self {
        Self { words: Words::of(language), here: here.into() }
    }

    /// The text for a key.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        self.words.get(key)
    }

    /// The language tag for the attribute `lang`.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        self.words.language().tag()
    }

    /// The language that the switch offers.
    #[must_use]
    pub fn other(&self) -> Language {
        self.words.language().other()
    }
}

/// The error page for requests that reached no site; it has the frame of none.
#[derive(askama::Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    frame: Frame,
    title: String,
    detail: Option<String>,
    next: Option<String>,
}

/// Shows a refusal as an error page.
pub(crate) fn refused(refusal: &crate::Refusal, language: Language) -> Response {
    let words = refusal.in_words(language);
    let frame = Frame::new(language, "/");
    let page = RefusedPage { frame, title: words.title, detail: words.detail, next: words.next };
    html(refusal.status, &page)
}

/// Renders a template. A template that fails is an internal error.
pub fn html(status: StatusCode, template: &impl askama::Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            crate::Refusal::new(Code::Internal).into_response()
        }
    }
}

/// Splits a code in two halves that are easy to read: `1234 5678`.
pub(crate) fn in_halves(code: &str) -> String {
    let half = code.len().div_ceil(2);
    code.split_at_checked(half)
        .map_or_else(|| code.to_owned(), |(first, second)| format!("{first} {second}"))
}
