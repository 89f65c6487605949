//! `/`: the page on which an agent opens a call.

use crate::console::{At, AtFront, Console, case_id};
use crate::page::html;
use crate::staff::{Agent, StaffForm};
use crate::{Code, Language, Refusal};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use service::phone_call::Caller;
use service::{Failure, RefusalCode};

#[derive(askama::Template)]
#[template(path = "support/start.html")]
struct StartPage {
    frame: Console,
    call: String,
}

pub(super) async fn page(AtFront(at): AtFront<Agent>) -> Response {
    show(&at, None)
}

fn show(at: &At<Agent>, error: Option<Code>) -> Response {
    let frame = at.frame("/", error);
    let call = at.service().draw_call_id().to_string();
    html(error.map_or(StatusCode::OK, Code::status), &StartPage { frame, call })
}

#[derive(Deserialize)]
pub(super) struct OpeningForm {
    call: String,
    #[serde(default)]
    language: String,
}

/// `POST /calls`: opens a call.
pub(super) async fn open(
    at: At<Agent>,
    StaffForm(form): StaffForm<OpeningForm>,
) -> Result<Response, Refusal> {
    let id = case_id(&form.call)?;
    let spoken = Language::from_tag(&form.language).unwrap_or_default();
    let caller = Caller { language: spoken.tag().to_owned() };
    match at.service().open_call(&at.by.caller, id, caller).await {
        Ok(view) => Ok(Redirect::to(&format!("/calls/{}", view.id)).into_response()),
        Err(Failure::Refused(no)) if no.code != RefusalCode::NotFound => {
            Ok(show(&at, Some(no.code.into())))
        }
        Err(failure) => Err(failure.into()),
    }
}
