//! Who is stopped, and letting them go on.

use super::pages::{Console, Wrong, nowhere, said};
use crate::extract::Path;
use crate::page::{Frame, html};
use crate::staff::{ConsoleState, Posted, Supervisor, page as refused};
use crate::{Code, Language, Refusal};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use recovery::id::{CentreId, StaffId};
use serde::Deserialize;
use service::{Failure, RefusalCode};

#[derive(askama::Template)]
#[template(path = "support/stopped.html")]
struct Stopped {
    frame: Frame,
    console: Console,
    agents: Vec<(String, String)>,
    centres: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn stopped(
    supervisor: Supervisor,
    State(state): State<ConsoleState>,
    language: Language,
) -> Response {
    listed(&state, supervisor, language, None).await
}

async fn listed(
    state: &ConsoleState,
    supervisor: Supervisor,
    language: Language,
    error: Option<RefusalCode>,
) -> Response {
    let (agents, centres) = match state.service.stopped(&supervisor.caller).await {
        Ok(found) => found,
        Err(failure) => return refused(Refusal::from(failure), language),
    };
    let mut console = Console::new(language, supervisor.who, "stopped", "/stopped".to_owned());
    let frame = console.frame.clone();
    let error = error.map(Code::from);
    let status = error.map_or(StatusCode::OK, Code::status);
    console.error = error.map(|code| Wrong { text: said(&frame, code), field: "main" });
    let agents = agents.into_iter().map(|it| (it.agent.to_string(), it.name)).collect();
    let centres = centres.into_iter().map(|it| it.centre.to_string()).collect();
    html(status, &Stopped { frame, console, agents, centres })
}

pub(super) async fn release_agent(
    supervisor: Supervisor,
    State(state): State<ConsoleState>,
    language: Language,
    Path(agent): Path<String>,
    _: Posted<Nothing>,
) -> Response {
    let Some(agent) = service::id(&agent).map(StaffId) else { return nowhere(language) };
    let done = state.service.release_agent(&supervisor.caller, agent).await;
    released(&state, supervisor, language, done).await
}

pub(super) async fn release_centre(
    supervisor: Supervisor,
    State(state): State<ConsoleState>,
    language: Language,
    Path(centre): Path<String>,
    _: Posted<Nothing>,
) -> Response {
    let Some(centre) = service::id(&centre).map(CentreId) else { return nowhere(language) };
    let done = state.service.release_centre(&supervisor.caller, centre).await;
    released(&state, supervisor, language, done).await
}

async fn released(
    state: &ConsoleState,
    supervisor: Supervisor,
    language: Language,
    done: Result<(), Failure>,
) -> Response {
    match done {
        Ok(()) => Redirect::to("/stopped").into_response(),
        Err(Failure::Refused(no)) => listed(state, supervisor, language, Some(no.code)).await,
        Err(failure) => refused(Refusal::from(failure), language),
    }
}
