//! What an agent does: each act is one use case, and ends at the page of the call.

use super::pages::{self, Typed, mendable, nowhere, shown};
use crate::extract::Path;
use crate::staff::{Agent, ConsoleState, Posted, page as refused};
use crate::{Code, Language, Refusal};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use recovery::Rejection;
use recovery::evidence::QuotedDocument;
use recovery::id::CaseId;
use serde::Deserialize;
use service::phone_call::{CallView, Caller};
use service::{Failure, RefusalCode};

#[derive(Deserialize)]
pub(super) struct Opening {
    call: String,
    #[serde(default)]
    language: String,
}

#[derive(Deserialize)]
pub(super) struct NumberForm {
    #[serde(default)]
    document: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    second: String,
}

#[derive(Deserialize)]
pub(super) struct AnswerForm {
    number: u8,
    #[serde(default)]
    answer: String,
    /// Sent by the button "Doesn't know".
    #[serde(default)]
    unknown: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn open(
    agent: Agent,
    State(state): State<ConsoleState>,
    language: Language,
    Posted(form): Posted<Opening>,
) -> Response {
    let Some(id) = service::id(&form.call).map(CaseId) else { return nowhere(language) };
    let spoken = Language::from_tag(&form.language).unwrap_or_default();
    let caller = Caller { language: spoken.tag().to_owned() };
    match state.service.open_call(&agent.caller, id, caller).await {
        Ok(view) => to(&view),
        Err(Failure::Refused(no)) if no.code != RefusalCode::NotFound => {
            pages::started(&state, agent.who, language, Some(no.code.into()))
        }
        Err(failure) => refused(Refusal::from(failure), language),
    }
}

pub(super) async fn number(
    agent: Agent,
    State(state): State<ConsoleState>,
    language: Language,
    Path(id): Path<String>,
    Posted(form): Posted<NumberForm>,
) -> Response {
    let Some(id) = service::id(&id).map(CaseId) else { return nowhere(language) };
    let document = match form.document.as_str() {
        "passport" => Some(QuotedDocument::Passport),
        "driving-licence" => Some(QuotedDocument::DrivingLicence),
        _ => None,
    };
    let done = match document {
        Some(document) => {
            let typed = (form.first.as_str(), form.second.as_str());
            state.service.quote_number(&agent.caller, id, document, typed).await.map_err(mendable)
        }
        None => Err(Ok(Code::DocumentMissing)),
    };
    let typed = Typed { document: form.document, first: form.first, second: form.second };
    answered(&state, agent, language, id, done, typed).await
}

pub(super) async fn answer(
    agent: Agent,
    State(state): State<ConsoleState>,
    language: Language,
    Path(id): Path<String>,
    Posted(form): Posted<AnswerForm>,
) -> Response {
    let Some(id) = service::id(&id).map(CaseId) else { return nowhere(language) };
    let given = if form.unknown.is_some() { "" } else { form.answer.as_str() };
    if given.trim().is_empty() && form.unknown.is_none() {
        let done = Err(Ok(Code::AnswerMissing));
        return answered(&state, agent, language, id, done, Typed::default()).await;
    }
    let done =
        state.service.answer_call(&agent.caller, id, form.number, given).await.map_err(mendable);
    answered(&state, agent, language, id, done, Typed::default()).await
}

pub(super) async fn send(
    agent: Agent,
    State(state): State<ConsoleState>,
    language: Language,
    Path(id): Path<String>,
    _: Posted<Nothing>,
) -> Response {
    let Some(id) = service::id(&id).map(CaseId) else { return nowhere(language) };
    let done = state.service.send_temporary_pin(&agent.caller, id).await.map_err(mendable);
    answered(&state, agent, language, id, done, Typed::default()).await
}

pub(super) async fn flag(
    agent: Agent,
    State(state): State<ConsoleState>,
    language: Language,
    Path(id): Path<String>,
    _: Posted<Nothing>,
) -> Response {
    let Some(id) = service::id(&id).map(CaseId) else { return nowhere(language) };
    let done = state.service.flag_call(&agent.caller, id).await.map_err(mendable);
    answered(&state, agent, language, id, done, Typed::default()).await
}

/// To the call's page; what can be mended is said at the form, and what lapsed is shown as it stands.
async fn answered(
    state: &ConsoleState,
    agent: Agent,
    language: Language,
    id: CaseId,
    done: Result<CallView, Result<Code, Failure>>,
    typed: Typed,
) -> Response {
    let code = match done {
        Ok(view) => return to(&view),
        Err(Err(Failure::Refused(no)))
            if matches!(
                no.code,
                RefusalCode::Rejected(Rejection::CaseExpired | Rejection::CaseClosed)
            ) =>
        {
            return Redirect::to(&format!("/calls/{id}")).into_response();
        }
        Err(Err(failure)) => return refused(Refusal::from(failure), language),
        Err(Ok(code)) => code,
    };
    match state.service.call(&agent.caller, id).await {
        Ok(view) => {
            let mut response = shown(state, agent.who, language, &view, Some(code), typed);
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            response
        }
        Err(failure) => refused(Refusal::from(failure), language),
    }
}

fn to(view: &CallView) -> Response {
    Redirect::to(&format!("/calls/{}", view.id)).into_response()
}
