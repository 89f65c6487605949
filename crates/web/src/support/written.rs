//! `/written`: the standard reply to a request in writing (SERVICE.md R11).

use crate::console::{At, Console};
use crate::page::html;
use crate::staff::Agent;
use crate::{Language, Words};
use axum::response::Response;
use http::StatusCode;

#[derive(askama::Template)]
#[template(path = "support/written.html")]
struct WrittenPage {
    frame: Console,
    replies: Vec<(&'static str, &'static str, String)>,
}

pub(super) async fn page(at: At<Agent>) -> Response {
    let frame = at.frame("/written", None);
    let phone = &at.state.settings.support_phone;
    let book = format!("{}/book", at.state.settings.citizen_url);
    let replies = Language::ALL
        .into_iter()
        .map(|to| {
            let pairs = [("phone", phone.as_str()), ("address", book.as_str())];
            let text = Words::of(to).with_all("support-written-reply", &pairs);
            (to.tag(), to.own_name(), text)
        })
        .collect();
    html(StatusCode::OK, &WrittenPage { frame, replies })
}
