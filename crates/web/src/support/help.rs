//! `/help`: how a call proceeds, and the keyboard shortcuts.

use crate::console::{At, Console};
use crate::page::html;
use crate::staff::Agent;
use axum::response::Response;
use http::StatusCode;

#[derive(askama::Template)]
#[template(path = "support/help.html")]
struct HelpPage {
    frame: Console,
}

pub(super) async fn page(at: At<Agent>) -> Response {
    let frame = at.frame("/help", None);
    html(StatusCode::OK, &HelpPage { frame })
}
