//! What an agent sees.

use crate::extract::Path;
use crate::page::{Frame, html};
use crate::staff::{Agent, ConsoleState, Who, page as refused};
use crate::{Code, Language, Refusal, Words};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use recovery::Rejection;
use recovery::id::CaseId;
use recovery::questions::FactKind;
use service::phone_call::{CallStep, CallView, Outcome};
use service::{Failure, RefusalCode, staff::Site};

/// What stands around every page of the console.
pub(super) struct Console {
    pub(super) frame: Frame,
    pub(super) who: Who,
    /// Which entry of the menu.
    pub(super) here: &'static str,
    /// What went wrong with the last act, and at which field.
    pub(super) error: Option<Wrong>,
}

/// A mistake that can be mended in the form.
pub(super) struct Wrong {
    pub(super) text: String,
    pub(super) field: &'static str,
}

impl Console {
    pub(super) fn new(language: Language, who: Who, here: &'static str, path: String) -> Self {
        Self { frame: Frame::new(language, path), who, here, error: None }
    }

    pub(super) fn is(&self, here: &str) -> bool {
        self.here == here
    }
}

#[derive(askama::Template)]
#[template(path = "support/start.html")]
struct Start {
    frame: Frame,
    console: Console,
    call: String,
}

#[derive(askama::Template)]
#[template(path = "support/number.html")]
struct Number {
    frame: Frame,
    console: Console,
    call: CallShown,
    spoken: Words,
    document: String,
    first: String,
    second: String,
}

#[derive(askama::Template)]
#[template(path = "support/question.html")]
struct Question {
    frame: Frame,
    console: Console,
    call: CallShown,
    spoken: Words,
    heading: String,
    question: String,
    number: u8,
}

#[derive(askama::Template)]
#[template(path = "support/enough.html")]
struct Enough {
    frame: Frame,
    console: Console,
    call: CallShown,
    spoken: Words,
}

#[derive(askama::Template)]
#[template(path = "support/ended.html")]
struct Ended {
    frame: Frame,
    console: Console,
    call: CallShown,
    spoken: Words,
    title: String,
    say: String,
    good: bool,
}

#[derive(askama::Template)]
#[template(path = "support/today.html")]
struct Today {
    frame: Frame,
    console: Console,
    calls: Vec<Line>,
}

struct Line {
    id: String,
    time: String,
    document: String,
    outcome: String,
    open: bool,
}

#[derive(askama::Template)]
#[template(path = "support/written.html")]
struct Written {
    frame: Frame,
    console: Console,
    replies: Vec<(&'static str, &'static str, String)>,
}

#[derive(askama::Template)]
#[template(path = "support/help.html")]
struct Help {
    frame: Frame,
    console: Console,
}

/// A call on the page.
pub(super) struct CallShown {
    id: String,
    /// Minutes and seconds, for the clock.
    left: String,
    seconds_left: u64,
    /// The language that is spoken, for `lang`.
    language: &'static str,
}

/// What was typed and comes back with an error.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) document: String,
    pub(super) first: String,
    pub(super) second: String,
}

/// `GET /`: a call can be opened. A supervisor who takes no calls goes to the list of who is stopped.
pub(super) async fn start(
    who: Who,
    agent: Result<Agent, Response>,
    State(state): State<ConsoleState>,
    language: Language,
) -> Response {
    debug_assert!(state.site == Site::Support, "this console is Support's");
    match agent {
        Ok(_) => started(&state, who, language, None),
        Err(_) if who.is_supervisor => Redirect::to("/stopped").into_response(),
        Err(no) => no,
    }
}

pub(super) fn started(
    state: &ConsoleState,
    who: Who,
    language: Language,
    error: Option<Code>,
) -> Response {
    let mut console = Console::new(language, who, "call", "/".to_owned());
    let status = error.map_or(StatusCode::OK, Code::status);
    console.error = error.map(|code| Wrong { text: said(&console.frame, code), field: "main" });
    let call = state.service.draw_call_id().to_string();
    html(status, &Start { frame: console.frame.clone(), console, call })
}

/// `GET /calls/{call}`: the call at its step.
pub(super) async fn call(
    agent: Agent,
    State(state): State<ConsoleState>,
    language: Language,
    Path(id): Path<String>,
) -> Response {
    let Some(id) = service::id(&id).map(CaseId) else { return nowhere(language) };
    match state.service.call(&agent.caller, id).await {
        Ok(view) => shown(&state, agent.who, language, &view, None, Typed::default()),
        Err(failure) => refused(Refusal::from(failure), language),
    }
}

pub(super) fn nowhere(language: Language) -> Response {
    refused(Refusal::new(RefusalCode::NotFound), language)
}

/// The page of a call at its step, with what went wrong in the form before.
pub(super) fn shown(
    state: &ConsoleState,
    who: Who,
    language: Language,
    view: &CallView,
    error: Option<Code>,
    typed: Typed,
) -> Response {
    let mut console = Console::new(language, who, "call", format!("/calls/{}", view.id));
    let frame = console.frame.clone();
    let status = error.map_or(StatusCode::OK, Code::status);
    console.error = error.map(|code| Wrong {
        text: said(&frame, code),
        field: if code == Code::rejected(Rejection::AnswerTooLong) { "answer" } else { "first" },
    });
    let spoken = Language::from_tag(&view.language).unwrap_or_default();
    let call = CallShown {
        id: view.id.to_string(),
        left: format!("{:02}:{:02}", view.seconds_left / 60, view.seconds_left % 60),
        seconds_left: view.seconds_left,
        language: spoken.tag(),
    };
    let spoken = Words::of(spoken);
    match view.step {
        CallStep::Number => {
            let Typed { document, first, second } = typed;
            html(status, &Number { frame, console, call, spoken, document, first, second })
        }
        CallStep::Question { number, of, kind, ordinal } => {
            let pair = [("number", number.to_string()), ("of", of.to_string())];
            let pair: Vec<(&str, &str)> = pair.iter().map(|(k, v)| (*k, v.as_str())).collect();
            let heading = frame.words.with_all("support-question-title", &pair);
            let question = question_text(spoken, kind, ordinal);
            html(status, &Question { frame, console, call, spoken, heading, question, number })
        }
        CallStep::Enough => html(status, &Enough { frame, console, call, spoken }),
        CallStep::Sent => ended(console, call, spoken, "sent", true, ""),
        CallStep::NotPossible => {
            // It is read aloud: the scheme goes without saying.
            let site = &state.settings.citizen_url;
            let book = format!("{}/book", site.split_once("://").map_or(site.as_str(), |it| it.1));
            ended(console, call, spoken, "not-possible", false, &book)
        }
        CallStep::Lapsed => ended(console, call, spoken, "lapsed", false, ""),
    }
}

fn ended(
    console: Console,
    call: CallShown,
    spoken: Words,
    how: &str,
    good: bool,
    book: &str,
) -> Response {
    let frame = console.frame.clone();
    let title = frame.t(&format!("support-{how}-title"));
    let say = spoken.with_all(&format!("support-{how}-say"), &[("address", book)]);
    html(StatusCode::OK, &Ended { frame, console, call, spoken, title, say, good })
}

fn question_text(spoken: Words, kind: FactKind, ordinal: u8) -> String {
    let number = u16::from(ordinal).saturating_add(1).to_string();
    spoken.with_all(&format!("desk-ask-{}", kind.code()), &[("number", &number)])
}

/// A code in words: the console's own where it has some.
pub(super) fn said(frame: &Frame, code: Code) -> String {
    let words = frame.words;
    words
        .find(&format!("support-error-{code}"), None)
        .or_else(|| words.find(&format!("problem-{code}-title"), None))
        .unwrap_or_else(|| frame.t("support-error-other"))
}

/// `GET /today`: the agent's own calls, with nothing of whom they were about.
pub(super) async fn today(
    agent: Agent,
    State(state): State<ConsoleState>,
    language: Language,
) -> Response {
    let calls = match state.service.calls_today(&agent.caller).await {
        Ok(calls) => calls,
        Err(failure) => return refused(Refusal::from(failure), language),
    };
    let console = Console::new(language, agent.who, "today", "/today".to_owned());
    let frame = console.frame.clone();
    let zone = jiff::tz::TimeZone::get("Europe/Copenhagen").unwrap_or(jiff::tz::TimeZone::UTC);
    let calls = calls
        .into_iter()
        .map(|call| Line {
            id: call.id.to_string(),
            time: crate::moment::clock(&service::appointment::on_clock(call.opened_at, &zone)),
            document: call
                .document
                .map_or_else(String::new, |it| frame.t(&format!("support-{}", it.code()))),
            outcome: frame.t(match call.outcome {
                Outcome::Open => "support-outcome-open",
                Outcome::Sent => "support-outcome-sent",
                Outcome::NotPossible => "support-outcome-not-possible",
                Outcome::Lapsed => "support-outcome-lapsed",
            }),
            open: call.outcome == Outcome::Open,
        })
        .collect();
    html(StatusCode::OK, &Today { frame, console, calls })
}

/// `GET /written`: the one reply to a request in writing (SERVICE.md R11).
pub(super) async fn written(
    agent: Agent,
    State(state): State<ConsoleState>,
    language: Language,
) -> Response {
    let console = Console::new(language, agent.who, "written", "/written".to_owned());
    let phone = &state.settings.support_phone;
    let book = format!("{}/book", state.settings.citizen_url);
    let replies = Language::ALL
        .into_iter()
        .map(|to| {
            let pairs = [("phone", phone.as_str()), ("address", book.as_str())];
            let text = Words::of(to).with_all("support-written-reply", &pairs);
            (to.tag(), to.own_name(), text)
        })
        .collect();
    html(StatusCode::OK, &Written { frame: console.frame.clone(), console, replies })
}

/// `GET /help`: how a call goes, and the keys.
pub(super) async fn help(agent: Agent, language: Language) -> Response {
    let console = Console::new(language, agent.who, "help", "/help".to_owned());
    html(StatusCode::OK, &Help { frame: console.frame.clone(), console })
}

/// The code of a refusal that can be said in the form; everything else becomes a page of its own.
pub(super) fn mendable(failure: Failure) -> Result<Code, Failure> {
    if let Failure::Refused(service::Refused {
        code:
            RefusalCode::Rejected(
                rejection @ (Rejection::NumbersDiffer
                | Rejection::NumberMalformed
                | Rejection::AnswerTooLong),
            ),
        ..
    }) = &failure
    {
        return Ok(Code::rejected(*rejection));
    }
    Err(failure)
}
