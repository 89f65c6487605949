//! What every HTML page has around its own part.

use crate::{Code, Language, Words};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

/// Carried by every page template as `frame`.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The words of this answer.
    pub words: Words,
    /// The path to come back to after the language was changed.
    pub here: String,
}

impl Frame {
    /// The frame for this language and path.
    #[must_use]
    pub fn new(language: Language, here: impl Into<String>) -> Self {
        Self { words: Words::of(language), here: here.into() }
    }

    /// A text.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        self.words.get(key)
    }

    /// The tag for `lang`.
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

/// A refusal where no site was chosen: it has nothing of any of them around it.
#[derive(askama::Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    frame: Frame,
    title: String,
    detail: Option<String>,
    next: Option<String>,
}

/// A refusal as a page.
pub(crate) fn refused(refusal: &crate::Refusal, language: Language) -> Response {
    let words = refusal.in_words(language);
    let frame = Frame::new(language, "/");
    let page = RefusedPage { frame, title: words.title, detail: words.detail, next: words.next };
    html(refusal.status, &page)
}

/// Renders a template; a template that fails is a fault of ours and says so.
pub fn html(status: StatusCode, template: &impl askama::Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            crate::Refusal::new(Code::Internal).into_response()
        }
    }
}

/// `1234 5678`: a code in two halves, to be read in two breaths.
pub(crate) fn in_halves(code: &str) -> String {
    let half = code.len().div_ceil(2);
    code.split_at_checked(half)
        .map_or_else(|| code.to_owned(), |(first, second)| format!("{first} {second}"))
}
