//! `/cases/{case}`: a case at its present step. Each handler of a form decodes it, calls one use case and returns to
//! the page of the case.

mod chip;
mod documents;
mod issue;
mod proof;

use super::code_of;
use crate::console::{self, AtCase, Console};
use crate::page::html;
use crate::staff::{Clerk, ConsoleState, NoFields, StaffForm};
use crate::{Code, Refusal};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{Router, get, post};
use documents::DocumentsForm;
use issue::{App, IdentifiedPage};
use recovery::case::DeskRefusal;
use service::caller;
use service::desk::{DeskCase, DeskStep};

type AtDesk = AtCase<Clerk>;

/// The routes of a case and its forms.
pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/cases/{case}", get(page))
        .route("/cases/{case}/documents", post(documents::seen))
        .route("/cases/{case}/questions", post(proof::questions))
        .route("/cases/{case}/answer", post(proof::answer))
        .route("/cases/{case}/witness", post(proof::witness))
        .route("/cases/{case}/witness/heard", post(proof::witness_heard))
        .route("/cases/{case}/chip", get(chip::page).post(chip::begin))
        .route("/cases/{case}/chip/answers/{relay}", post(chip::answers))
        .route("/cases/{case}/second", post(issue::second_clerk))
        .route("/cases/{case}/issue", post(issue::issue))
        .route("/cases/{case}/lost", post(issue::number_is_lost))
        .route("/cases/{case}/refuse", post(refuse))
        .route("/cases/{case}/flag", post(flag))
        .route("/cases/{case}/take-over", post(take_over))
}

#[derive(askama::Template)]
#[template(path = "desk/ended.html")]
struct EndedPage {
    frame: Console,
    case: CaseShown,
    title: String,
    say: String,
    next: Option<String>,
    good: bool,
}

impl EndedPage {
    fn new(frame: Console, case: CaseShown, how: &str, next: Option<String>) -> Self {
        let title = frame.t(&format!("desk-{how}-title"));
        let say = frame.t(&format!("desk-{how}-say"));
        Self { frame, case, title, say, next, good: matches!(how, "code-issued" | "done") }
    }
}

/// The data that every page of a case shows.
struct CaseShown {
    id: String,
    reference: String,
    mine: bool,
    left: String,
}

impl CaseShown {
    fn of(found: &DeskCase) -> Self {
        Self {
            id: found.case.to_string(),
            reference: found.reference.clone(),
            mine: found.mine,
            left: console::minutes(found.seconds_left),
        }
    }
}

async fn page(at: AtDesk) -> Result<Response, Refusal> {
    at.show(None, DocumentsForm::default()).await
}

#[derive(serde::Deserialize)]
struct RefusalForm {
    #[serde(default)]
    reason: String,
}

async fn refuse(at: AtDesk, StaffForm(form): StaffForm<RefusalForm>) -> Result<Response, Refusal> {
    let reason = match form.reason.as_str() {
        "picture-differs" => DeskRefusal::PictureDiffers,
        "documents-not-valid" => DeskRefusal::DocumentsNotValid,
        "no-second-proof" => DeskRefusal::NoSecondProof,
        _ => return at.back::<()>(Err(Code::ReasonMissing)).await,
    };
    let outcome = at.service().refuse_at_desk(at.caller(), at.id, reason).await;
    at.back(outcome).await
}

async fn flag(at: AtDesk, _: StaffForm<NoFields>) -> Result<Response, Refusal> {
    let outcome = at.service().flag_desk_case(at.caller(), at.id).await;
    at.back(outcome).await
}

async fn take_over(at: AtDesk, _: StaffForm<NoFields>) -> Result<Response, Refusal> {
    let outcome = at.service().take_over(at.caller(), at.id).await;
    at.back(outcome).await
}

impl AtDesk {
    fn caller(&self) -> &caller::Clerk {
        &self.by.caller
    }

    fn to_page(&self) -> Response {
        Redirect::to(&format!("/cases/{}", self.id)).into_response()
    }

    /// Returns to the page of the case: by a redirect after success, and directly with the error otherwise.
    async fn back<T>(&self, outcome: Result<T, impl Into<Refusal>>) -> Result<Response, Refusal> {
        self.back_with(outcome, DocumentsForm::default()).await
    }

    async fn back_with<T>(
        &self,
        outcome: Result<T, impl Into<Refusal>>,
        typed: DocumentsForm,
    ) -> Result<Response, Refusal> {
        match outcome {
            Ok(_) => Ok(self.to_page()),
            Err(no) => self.show(Some(code_of(no)?), typed).await,
        }
    }

    /// Shows the page of the case at its present step, with the error of the submitted form where there is one.
    async fn show(&self, error: Option<Code>, typed: DocumentsForm) -> Result<Response, Refusal> {
        let found = self.service().desk_case(self.caller(), self.id).await?;
        let frame = self.frame(format!("/cases/{}", found.case), error);
        let (status, case) = (frame.status(), CaseShown::of(&found));
        Ok(match found.step {
            DeskStep::Documents => html(status, &documents::page(frame, case, typed)),
            DeskStep::SecondProof { questions, witness } => {
                html(status, &proof::page(frame, case, questions, witness))
            }
            DeskStep::Question { number, of, kind, ordinal } => {
                let question = console::question_text(frame.words, kind, ordinal);
                html(status, &proof::question(frame, case, question, [number, of]))
            }
            DeskStep::Identified {
                apps,
                by_sms,
                second_clerk_needed,
                second_clerk_seen,
                may_be_shown,
                screens,
            } => {
                let apps = apps.iter().map(|app| App::of(&frame, app)).collect();
                let page = IdentifiedPage {
                    frame,
                    case,
                    apps,
                    by_sms,
                    second_clerk_needed,
                    second_clerk_seen,
                    may_be_shown,
                    screens,
                };
                html(status, &page)
            }
            DeskStep::CodeIssued => html(status, &EndedPage::new(frame, case, "code-issued", None)),
            DeskStep::Done => html(status, &EndedPage::new(frame, case, "done", None)),
            DeskStep::Refused { reason } => {
                // A suspicion of fraud looks like any other refusal, because the person may see the clerk's screen.
                let next = frame.t(&format!("desk-next-{}", reason.next_step().code()));
                let title = frame.words.find(&format!("desk-refused-{}", reason.code()), None);
                let mut page = EndedPage::new(frame, case, "refused", Some(next));
                page.title = title.unwrap_or(page.title);
                html(status, &page)
            }
            DeskStep::Stopped => html(status, &EndedPage::new(frame, case, "stopped", None)),
            DeskStep::Lapsed => html(status, &EndedPage::new(frame, case, "lapsed", None)),
        })
    }
}
