//! `/calls/{call}`: a call at its present step. Each handler of a form calls one use case and returns to the page of
//! the call.

use crate::console::{self, AtCase, Console, field_of};
use crate::page::html;
use crate::staff::{Agent, NoFields, StaffForm};
use crate::{Code, Language, Refusal, Words};
use axum::response::{IntoResponse, Redirect, Response};
use recovery::Rejection;
use recovery::evidence::QuotedDocument;
use serde::Deserialize;
use service::phone_call::{CallStep, CallView};

type AtCall = AtCase<Agent>;

/// The refusals of a form that came too late; the page of the call then shows that the call has ended.
const OVER: [Code; 2] =
    [Code::rejected(Rejection::CaseExpired), Code::rejected(Rejection::CaseClosed)];

#[derive(askama::Template)]
#[template(path = "support/number.html")]
struct NumberPage {
    frame: Console,
    call: CallShown,
    typed: NumberForm,
}

#[derive(askama::Template)]
#[template(path = "support/question.html")]
struct QuestionPage {
    frame: Console,
    call: CallShown,
    heading: String,
    question: String,
    number: u8,
}

#[derive(askama::Template)]
#[template(path = "support/enough.html")]
struct EnoughPage {
    frame: Console,
    call: CallShown,
}

#[derive(askama::Template)]
#[template(path = "support/ended.html")]
struct EndedPage {
    frame: Console,
    call: CallShown,
    title: String,
    say: String,
    good: bool,
}

/// The data of a call that its pages show.
struct CallShown {
    id: String,
    /// The remaining time in minutes and seconds.
    left: String,
    seconds_left: u64,
    /// The texts in the language that is spoken.
    spoken: Words,
}

/// The form with the number of a document, which is shown again after an error.
#[derive(Default, Deserialize)]
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
    /// Present where the button "Doesn't know" was pressed.
    #[serde(default)]
    unknown: Option<String>,
}

pub(super) async fn page(at: AtCall) -> Result<Response, Refusal> {
    at.show(None, NumberForm::default()).await
}

pub(super) async fn number(
    at: AtCall,
    StaffForm(typed): StaffForm<NumberForm>,
) -> Result<Response, Refusal> {
    let document = match typed.document.as_str() {
        "passport" => QuotedDocument::Passport,
        "driving-licence" => QuotedDocument::DrivingLicence,
        _ => return at.back(Err(Code::DocumentMissing), typed).await,
    };
    let numbers = (typed.first.as_str(), typed.second.as_str());
    let done = at.service().quote_number(&at.by.caller, at.id, document, numbers).await;
    at.back(done, typed).await
}

pub(super) async fn answer(
    at: AtCall,
    StaffForm(form): StaffForm<AnswerForm>,
) -> Result<Response, Refusal> {
    let given = if form.unknown.is_some() { "" } else { form.answer.as_str() };
    if given.trim().is_empty() && form.unknown.is_none() {
        return at.back(Err(Code::AnswerMissing), NumberForm::default()).await;
    }
    let done = at.service().answer_call(&at.by.caller, at.id, form.number, given).await;
    at.back(done, NumberForm::default()).await
}

pub(super) async fn send(at: AtCall, _: StaffForm<NoFields>) -> Result<Response, Refusal> {
    let done = at.service().send_temporary_pin(&at.by.caller, at.id).await;
    at.back(done, NumberForm::default()).await
}

pub(super) async fn flag(at: AtCall, _: StaffForm<NoFields>) -> Result<Response, Refusal> {
    let done = at.service().flag_call(&at.by.caller, at.id).await;
    at.back(done, NumberForm::default()).await
}

impl AtCall {
    /// Returns to the page of the call. An error that the agent can correct is shown at the form, and a lapsed call as
    /// it is.
    async fn back(
        &self,
        done: Result<CallView, impl Into<Refusal>>,
        typed: NumberForm,
    ) -> Result<Response, Refusal> {
        let refusal = done.err().map(Into::into);
        match refusal.filter(|no: &Refusal| !OVER.contains(&no.code)) {
            None => Ok(Redirect::to(&format!("/calls/{}", self.id)).into_response()),
            Some(no) if field_of(self.state.site, no.code).is_some() => {
                self.show(Some(no.code), typed).await
            }
            Some(no) => Err(no),
        }
    }

    /// Shows the page of the call at its present step, with the error of the submitted form where there is one.
    async fn show(&self, error: Option<Code>, typed: NumberForm) -> Result<Response, Refusal> {
        let view = self.service().call(&self.by.caller, self.id).await?;
        let frame = self.frame(format!("/calls/{}", view.id), error);
        let status = frame.status();
        let spoken = Words::of(Language::from_tag(&view.language).unwrap_or_default());
        let call = CallShown {
            id: view.id.to_string(),
            left: console::minutes(view.seconds_left),
            seconds_left: view.seconds_left,
            spoken,
        };
        Ok(match view.step {
            CallStep::Number => html(status, &NumberPage { frame, call, typed }),
            CallStep::Question { number, of, kind, ordinal } => {
                let heading = frame.words.with_all(
                    "support-question-title",
                    &[("number", &number.to_string()), ("of", &of.to_string())],
                );
                let question = console::question_text(spoken, kind, ordinal);
                html(status, &QuestionPage { frame, call, heading, question, number })
            }
            CallStep::Enough => html(status, &EnoughPage { frame, call }),
            CallStep::Sent => html(status, &ended(frame, call, "sent", "")),
            CallStep::NotPossible => {
                // The address is read aloud, so it is shown without the scheme.
                let site = &self.state.settings.citizen_url;
                let book =
                    format!("{}/book", site.split_once("://").map_or(site.as_str(), |it| it.1));
                html(status, &ended(frame, call, "not-possible", &book))
            }
            CallStep::Lapsed => html(status, &ended(frame, call, "lapsed", "")),
        })
    }
}

fn ended(frame: Console, call: CallShown, how: &str, book: &str) -> EndedPage {
    let title = frame.t(&format!("support-{how}-title"));
    let say = call.spoken.with_all(&format!("support-{how}-say"), &[("address", book)]);
    EndedPage { frame, call, title, say, good: how == "sent" }
}
