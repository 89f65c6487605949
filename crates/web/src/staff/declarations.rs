//! The declared lists that wait for approval by a second member of staff. A member of staff without a record in the
//! population register declares the people whose cases they must not handle.

use super::{ConsoleState, NoFields, StaffForm, Supervisor};
use crate::extract::Path;
use crate::page::{Frame, html};
use crate::{Code, PageLanguage, Refusal};
use axum::extract::State;
use axum::response::{Redirect, Response};
use http::StatusCode;
use recovery::id::StaffId;
use service::RefusalCode;

struct WaitingDeclaration {
    staff: String,
    name: String,
    persons: Vec<String>,
}

#[derive(askama::Template)]
#[template(path = "staff/declarations.html")]
struct Declarations {
    frame: Frame,
    form_token: String,
    waiting: Vec<WaitingDeclaration>,
}

/// `GET /declarations`: shows the lists that wait.
pub(super) async fn list(
    by: Supervisor,
    State(state): State<ConsoleState>,
    PageLanguage(language): PageLanguage,
) -> Result<Response, Refusal> {
    let waiting = state.service.waiting_declarations(&by.caller).await?;
    let waiting = waiting
        .into_iter()
        .map(|it| WaitingDeclaration {
            staff: it.staff.to_string(),
            name: it.name,
            persons: it.persons.iter().map(|person| person.expose().clone()).collect(),
        })
        .collect();
    let frame = Frame::new(language, "/declarations");
    Ok(html(StatusCode::OK, &Declarations { frame, form_token: by.who.form_token, waiting }))
}

/// `POST /declarations/{staff}`: approves the list of one member of staff.
pub(super) async fn approve(
    by: Supervisor,
    State(state): State<ConsoleState>,
    Path(staff): Path<String>,
    _: StaffForm<NoFields>,
) -> Result<Redirect, Refusal> {
    let id = service::id(&staff).map(StaffId).ok_or(Code::Service(RefusalCode::NotFound))?;
    state.service.approve_declaration(&by.caller, id).await?;
    Ok(Redirect::to("/declarations"))
}
