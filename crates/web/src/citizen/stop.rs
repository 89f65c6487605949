//! The page behind the link in every notice (PROTOCOLS.md section 12). It is the same whatever the link: mail scanners
//! follow links, so looking at it does nothing, and using it says nothing about whether it was one.

use super::{Site, failed};
use crate::Language;
use crate::extract::Path;
use crate::page::{Frame, html};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

#[derive(askama::Template)]
#[template(path = "citizen/stop.html")]
struct Stop {
    frame: Frame,
}

#[derive(askama::Template)]
#[template(path = "citizen/stopped.html")]
struct Stopped {
    frame: Frame,
    phone: String,
}

pub(super) async fn page(language: Language, Path(token): Path<String>) -> Response {
    html(StatusCode::OK, &Stop { frame: Frame::new(language, here(&token)) })
}

pub(super) async fn act(
    State(site): State<Site>,
    language: Language,
    Path(token): Path<String>,
) -> Response {
    let frame = Frame::new(language, here(&token));
    match site.service.act_on_veto(&token).await {
        Ok(()) => html(StatusCode::OK, &Stopped { frame, phone: site.settings.support_phone }),
        Err(failure) => failed(frame, failure),
    }
}

/// The way back after a change of language; never anything but what a token can be.
fn here(token: &str) -> String {
    let token: String = token
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(64)
        .collect();
    format!("/stop/{token}")
}
