//! Declared lists that wait for a second member of staff: whom a colleague without a national record is to be kept from.

use super::caller::page;
use super::{ConsoleState, Nothing, Posted, Supervisor};
use crate::extract::Path;
use crate::page::{Frame, html};
use crate::{Language, Refusal};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use recovery::id::StaffId;
use service::{Failure, RefusalCode};

struct Waiting {
    staff: String,
    name: String,
    persons: Vec<String>,
}

#[derive(askama::Template)]
#[template(path = "staff/declarations.html")]
struct Declarations {
    frame: Frame,
    form_token: String,
    waiting: Vec<Waiting>,
}

/// `GET /declarations`.
pub(super) async fn list(
    by: Supervisor,
    State(state): State<ConsoleState>,
    language: Language,
) -> Response {
    let waiting = match state.service.waiting_declarations(&by.caller).await {
        Ok(waiting) => waiting,
        Err(failure) => return page(Refusal::from(failure), language),
    };
    let waiting = waiting
        .into_iter()
        .map(|it| Waiting {
            staff: it.staff.to_string(),
            name: it.name,
            persons: it.persons.iter().map(|person| person.expose().clone()).collect(),
        })
        .collect();
    let frame = Frame::new(language, "/declarations");
    html(StatusCode::OK, &Declarations { frame, form_token: by.who.form_token, waiting })
}

/// `POST /declarations/{staff}`: approves the list.
pub(super) async fn approve(
    by: Supervisor,
    State(state): State<ConsoleState>,
    language: Language,
    Path(staff): Path<String>,
    _: Posted<Nothing>,
) -> Response {
    let approved = match service::id(&staff) {
        Some(id) => state.service.approve_declaration(&by.caller, StaffId(id)).await,
        None => Err(Failure::refused(RefusalCode::NotFound)),
    };
    match approved {
        Ok(()) => Redirect::to("/declarations").into_response(),
        Err(failure) => page(Refusal::from(failure), language),
    }
}
