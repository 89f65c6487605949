//! `/stopped`: a supervisor sees the stopped agents and centres and releases them. Both consoles have this page.

use super::{At, Console};
use crate::extract::Path;
use crate::page::html;
use crate::staff::{ConsoleState, NoFields, StaffForm, Supervisor};
use crate::{Code, Refusal};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{Router, get, post};
use http::StatusCode;
use recovery::id::{CentreId, StaffId};
use service::{Failure, RefusalCode};

/// The routes of the list and of the releases.
pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/stopped", get(page))
        .route("/stopped/agents/{agent}", post(release_agent))
        .route("/stopped/centres/{centre}", post(release_centre))
}

#[derive(askama::Template)]
#[template(path = "stopped.html")]
struct StoppedPage {
    frame: Console,
    agents: Vec<(String, String)>,
    centres: Vec<String>,
}

async fn page(at: At<Supervisor>) -> Result<Response, Refusal> {
    listed(&at, None).await
}

async fn listed(at: &At<Supervisor>, error: Option<Code>) -> Result<Response, Refusal> {
    let (agents, centres) = at.service().stopped(&at.by.caller).await?;
    let page = StoppedPage {
        frame: at.frame("/stopped", error),
        agents: agents.into_iter().map(|it| (it.agent.to_string(), it.name)).collect(),
        centres: centres.into_iter().map(|it| it.centre.to_string()).collect(),
    };
    Ok(html(error.map_or(StatusCode::OK, Code::status), &page))
}

async fn release_agent(
    at: At<Supervisor>,
    Path(agent): Path<String>,
    _: StaffForm<NoFields>,
) -> Result<Response, Refusal> {
    let agent = service::id(&agent).map(StaffId).ok_or(Code::Service(RefusalCode::NotFound))?;
    let done = at.service().release_agent(&at.by.caller, agent).await;
    released(&at, done).await
}

async fn release_centre(
    at: At<Supervisor>,
    Path(centre): Path<String>,
    _: StaffForm<NoFields>,
) -> Result<Response, Refusal> {
    let centre = service::id(&centre).map(CentreId).ok_or(Code::Service(RefusalCode::NotFound))?;
    let done = at.service().release_centre(&at.by.caller, centre).await;
    released(&at, done).await
}

async fn released(at: &At<Supervisor>, done: Result<(), Failure>) -> Result<Response, Refusal> {
    match done {
        Ok(()) => Ok(Redirect::to("/stopped").into_response()),
        Err(Failure::Refused(no)) => listed(at, Some(no.code.into())).await,
        Err(failure) => Err(failure.into()),
    }
}
