//! The page to which the link in every notice leads (PROTOCOLS.md section 12). It looks the same for every link.
//! Opening it changes nothing, because mail scanners follow links; and the reply to its button does not reveal whether
//! the link was valid.

use super::{Site, failed};
use crate::PageLanguage;
use crate::extract::Path;
use crate::page::{Frame, html};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

#[derive(askama::Template)]
#[template(path = "citizen/stop.html")]
struct StopPage {
    frame: Frame,
}

#[derive(askama::Template)]
#[template(path = "citizen/stopped.html")]
struct StoppedPage {
    frame: Frame,
    phone: String,
}

pub(super) async fn page(
    PageLanguage(language): PageLanguage,
    Path(token): Path<String>,
) -> Response {
    html(StatusCode::OK, &StopPage { frame: Frame::new(language, here(&token)) })
}

pub(super) async fn act(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
    Path(token): Path<String>,
) -> Response {
    let frame = Frame::new(language, here(&token));
    match site.service.act_on_veto(&token).await {
        Ok(()) => html(StatusCode::OK, &StoppedPage { frame, phone: site.settings.support_phone }),
        Err(failure) => failed(frame, failure),
    }
}

/// The address of this page, to which a change of language returns. Characters that no token contains are left out.
fn here(token: &str) -> String {
    let token: String = token
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(64)
        .collect();
    format!("/stop/{token}")
}
