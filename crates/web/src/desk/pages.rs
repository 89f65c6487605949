//! What a clerk sees: today, and a case at its step.

use super::field::field_of;
use crate::extract::Path;
use crate::failure::refusal;
use crate::page::{Frame, html};
use crate::staff::{Clerk, ConsoleState, Who};
use crate::{Code, Language, Refusal, moment, staff};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use recovery::Rejection;
use recovery::appointment::State as BookingState;
use recovery::evidence::{CprProof, PictureDocument};
use recovery::id::CaseId;
use recovery::questions::FactKind;
use service::desk::{DeskCase, DeskStep, WitnessAsked};
use service::{Failure, RefusalCode, Service};

/// What stands around every page of the console.
pub(super) struct Console {
    pub(super) frame: Frame,
    pub(super) who: Who,
    /// What went wrong with the last act.
    pub(super) error: Option<String>,
    /// The field to blame, by its id; `act` where it is none.
    pub(super) field: &'static str,
}

impl Console {
    pub(super) fn new(language: Language, who: Who, here: String, error: Option<Code>) -> Self {
        let frame = Frame::new(language, here);
        let field = error.map_or("act", field_of);
        let error = error.map(|code| error_in_words(&frame, code));
        Self { frame, who, error, field }
    }
}

pub(super) fn error_in_words(frame: &Frame, code: Code) -> String {
    frame
        .words
        .find(&format!("desk-error-{code}"), None)
        .or_else(|| frame.words.find(&format!("problem-{code}-title"), None))
        .unwrap_or_else(|| frame.t("desk-error-other"))
}

struct Line {
    time: String,
    reference: String,
    state: String,
    can_check_in: bool,
}

struct Open {
    case: String,
    reference: String,
    mine: bool,
    wants_second_clerk: bool,
    can_be_taken_over: bool,
}

#[derive(askama::Template)]
#[template(path = "desk/today.html")]
struct Today {
    frame: Frame,
    console: Console,
    centre: String,
    day: String,
    place: Option<String>,
    expected: Vec<Line>,
    open: Vec<Open>,
}

pub(super) async fn today(
    who: Who,
    clerk: Result<Clerk, Response>,
    State(state): State<ConsoleState>,
    language: Language,
) -> Response {
    match clerk {
        Ok(clerk) => show_today(&state.service, language, clerk, None).await,
        // A supervisor who is no clerk has a page of the own, and holds no case.
        Err(_) if who.is_supervisor => Redirect::to("/stopped").into_response(),
        Err(no) => no,
    }
}

pub(super) async fn show_today(
    service: &Service,
    language: Language,
    clerk: Clerk,
    error: Option<Code>,
) -> Response {
    let today = match service.desk_today(&clerk.caller).await {
        Ok(today) => today,
        Err(failure) => return staff::page(refusal(failure), language),
    };
    let console = Console::new(language, clerk.who, "/".to_owned(), error);
    let words = console.frame.words;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Today {
        frame: console.frame.clone(),
        centre: today.centre.centre.name,
        day: moment::beginning(&moment::day(words, today.day)),
        place: today.expected.first().and_then(|it| moment::place(&it.at)),
        expected: today
            .expected
            .into_iter()
            .map(|it| Line {
                time: moment::clock(&it.at),
                reference: it.reference,
                state: words.get(state_key(it.state)),
                can_check_in: it.can_check_in,
            })
            .collect(),
        open: today
            .open
            .into_iter()
            .map(|it| Open {
                case: it.case.to_string(),
                reference: it.reference,
                mine: it.mine,
                wants_second_clerk: it.wants_second_clerk,
                can_be_taken_over: it.can_be_taken_over,
            })
            .collect(),
        console,
    };
    html(status, &page)
}

const fn state_key(state: BookingState) -> &'static str {
    match state {
        BookingState::Booked => "desk-state-expected",
        BookingState::CheckedIn { .. } => "desk-state-checked-in",
        BookingState::Cancelled => "booking-state-cancelled",
        BookingState::Missed => "desk-state-missed",
    }
}

/// What was typed into the form of documents, to be corrected.
#[derive(Clone, Default, serde::Deserialize)]
pub(super) struct DocumentsTyped {
    #[serde(default)]
    pub(super) picture: String,
    #[serde(default)]
    pub(super) expires_on: String,
    #[serde(default)]
    pub(super) no_expiry: String,
    #[serde(default)]
    pub(super) document_number: String,
    #[serde(default)]
    pub(super) national_number: String,
    #[serde(default)]
    pub(super) cpr_proof: String,
    #[serde(default)]
    pub(super) picture_matches: String,
}

struct Choice {
    code: &'static str,
    name: String,
    chosen: bool,
}

#[derive(askama::Template)]
#[template(path = "desk/documents.html")]
struct Documents {
    frame: Frame,
    console: Console,
    case: CaseShown,
    pictures: Vec<Choice>,
    proofs: Vec<Choice>,
    typed: DocumentsTyped,
}

#[derive(askama::Template)]
#[template(path = "desk/proof.html")]
struct Proof {
    frame: Frame,
    console: Console,
    case: CaseShown,
    questions: bool,
    witness: &'static str,
    /// What a witness who is asked types in the own app.
    number: String,
}

#[derive(askama::Template)]
#[template(path = "desk/question.html")]
struct Question {
    frame: Frame,
    console: Console,
    case: CaseShown,
    heading: String,
    question: String,
}

struct App {
    instance: String,
    name: String,
    bound: String,
}

#[derive(askama::Template)]
#[template(path = "desk/identified.html")]
struct Identified {
    frame: Frame,
    console: Console,
    case: CaseShown,
    apps: Vec<App>,
    by_sms: bool,
    second_clerk_needed: bool,
    second_clerk_seen: bool,
    may_be_shown: bool,
    screens: Vec<ScreenChoice>,
}

/// A screen that can show the code.
struct ScreenChoice {
    id: String,
    name: String,
}

#[derive(askama::Template)]
#[template(path = "desk/ended.html")]
struct Ended {
    frame: Frame,
    console: Console,
    case: CaseShown,
    title: String,
    say: String,
    next: Option<String>,
    good: bool,
}

/// What every page of a case shows.
pub(super) struct CaseShown {
    pub(super) id: String,
    pub(super) reference: String,
    pub(super) mine: bool,
    pub(super) left: String,
}

impl CaseShown {
    pub(super) fn of(found: &DeskCase) -> Self {
        let left = found.seconds_left;
        Self {
            id: found.case.to_string(),
            reference: found.reference.clone(),
            mine: found.mine,
            left: format!("{:02}:{:02}", left / 60, left % 60),
        }
    }
}

pub(super) async fn case(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(case): Path<String>,
) -> Response {
    show_case(&state.service, language, clerk, &case, None, DocumentsTyped::default()).await
}

/// The case of an address; what is no id is no case.
pub(super) fn case_id(text: &str) -> Result<CaseId, Failure> {
    service::id(text).map(CaseId).ok_or_else(|| Failure::refused(RefusalCode::NotFound))
}

pub(super) async fn show_case(
    service: &Service,
    language: Language,
    clerk: Clerk,
    case: &str,
    error: Option<Code>,
    typed: DocumentsTyped,
) -> Response {
    let found = match case_id(case) {
        Ok(id) => service.desk_case(&clerk.caller, id).await,
        Err(failure) => Err(failure),
    };
    match found {
        Ok(found) => {
            let here = format!("/cases/{}", found.case);
            step_page(Console::new(language, clerk.who, here, error), found, typed)
        }
        Err(failure) => staff::page(refusal(failure), language),
    }
}

fn step_page(console: Console, found: DeskCase, typed: DocumentsTyped) -> Response {
    let words = console.frame.words;
    let status =
        if console.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let frame = console.frame.clone();
    let case = CaseShown::of(&found);
    match found.step {
        DeskStep::Documents => html(status, &documents(console, case, typed)),
        DeskStep::SecondProof { questions, witness } => {
            let (witness, number) = match witness {
                None => ("none", String::new()),
                Some(WitnessAsked::Waiting { number }) => ("waiting", number),
                Some(WitnessAsked::Approved) => ("approved", String::new()),
                Some(WitnessAsked::Over) => ("over", String::new()),
            };
            html(status, &Proof { frame, console, case, questions, witness, number })
        }
        DeskStep::Question { number, of, kind, ordinal } => {
            let heading = words.with_all(
                "desk-question-title",
                &[("number", &number.to_string()), ("of", &of.to_string())],
            );
            let question = question_text(&console.frame, kind, ordinal);
            html(status, &Question { frame, console, case, heading, question })
        }
        DeskStep::Identified {
            apps,
            by_sms,
            second_clerk_needed,
            second_clerk_seen,
            may_be_shown,
            screens,
        } => {
            let apps = apps
                .iter()
                .map(|app| App {
                    instance: app.instance.to_string(),
                    name: app.name.expose().clone(),
                    bound: bound(&console.frame, app.bound_at),
                })
                .collect();
            let page = Identified {
                frame,
                console,
                case,
                apps,
                by_sms,
                second_clerk_needed,
                second_clerk_seen,
                may_be_shown,
                screens: screens
                    .into_iter()
                    .map(|it| ScreenChoice { id: it.id.to_string(), name: it.name })
                    .collect(),
            };
            html(status, &page)
        }
        DeskStep::CodeIssued => html(status, &ended(console, case, "code-issued", true, None)),
        DeskStep::Done => html(status, &ended(console, case, "done", true, None)),
        DeskStep::Refused { reason } => {
            // Suspicion looks like any other refusal to the one who reads over the clerk's shoulder.
            let next = words.get(&format!("desk-next-{}", reason.next_step().code()));
            let title = words.find(&format!("desk-refused-{}", reason.code()), None);
            let mut page = ended(console, case, "refused", false, Some(next));
            page.title = title.unwrap_or(page.title);
            html(status, &page)
        }
        DeskStep::Stopped => html(status, &ended(console, case, "stopped", false, None)),
        DeskStep::Lapsed => html(status, &ended(console, case, "lapsed", false, None)),
    }
}

fn documents(console: Console, case: CaseShown, typed: DocumentsTyped) -> Documents {
    let words = console.frame.words;
    let pictures = PictureDocument::ALL
        .into_iter()
        .map(|it| Choice {
            code: it.code(),
            name: words.get(&format!("desk-picture-{}", it.code())),
            chosen: typed.picture == it.code(),
        })
        .collect();
    let proofs = CprProof::ALL
        .into_iter()
        .map(|it| Choice {
            code: it.code(),
            name: words.get(&format!("desk-proof-{}", it.code())),
            chosen: typed.cpr_proof == it.code(),
        })
        .collect();
    Documents { frame: console.frame.clone(), console, case, pictures, proofs, typed }
}

fn ended(console: Console, case: CaseShown, how: &str, good: bool, next: Option<String>) -> Ended {
    let title = console.frame.t(&format!("desk-{how}-title"));
    let say = console.frame.t(&format!("desk-{how}-say"));
    Ended { frame: console.frame.clone(), console, case, title, say, next, good }
}

fn question_text(frame: &Frame, kind: FactKind, ordinal: u8) -> String {
    let number = u16::from(ordinal).saturating_add(1).to_string();
    frame.words.with_all(&format!("desk-ask-{}", kind.code()), &[("number", &number)])
}

fn bound(frame: &Frame, at: recovery::time::Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Copenhagen").unwrap_or(jiff::tz::TimeZone::UTC);
    moment::day(frame.words, service::appointment::on_clock(at, &zone).date())
}

/// The code of a refusal, to be said on the page where it happened. What the clerk may not see, and what is nobody's to mend, becomes
/// a page of its own.
pub(super) fn code_of(refusal: Refusal) -> Result<Code, Refusal> {
    let alone = matches!(
        refusal.code,
        Code::Busy
            | Code::Internal
            | Code::Service(
                RefusalCode::ClockNotTrusted
                    | RefusalCode::NotFound
                    | RefusalCode::Rejected(Rejection::NotYourCase | Rejection::OwnCase)
            )
    );
    if alone { Err(refusal) } else { Ok(refusal.code) }
}
