//! The second proof of the person's identity: questions (`/cases/{case}/questions`, `…/answer`) or a witness
//! (`…/witness`).

use super::{AtDesk, CaseShown};
use crate::console::Console;
use crate::staff::{NoFields, StaffForm};
use crate::{Code, Refusal};
use axum::response::Response;
use service::desk::WitnessAsked;
use zeroize::Zeroizing;

#[derive(askama::Template)]
#[template(path = "desk/proof.html")]
pub(super) struct Proof {
    frame: Console,
    case: CaseShown,
    questions: bool,
    witness: &'static str,
    /// The number that the witness types in their own app.
    number: String,
}

pub(super) fn page(
    frame: Console,
    case: CaseShown,
    questions: bool,
    witness: Option<WitnessAsked>,
) -> Proof {
    let (witness, number) = match witness {
        None => ("none", String::new()),
        Some(WitnessAsked::Waiting { number }) => ("waiting", number),
        Some(WitnessAsked::Approved) => ("approved", String::new()),
        Some(WitnessAsked::Over) => ("over", String::new()),
    };
    Proof { frame, case, questions, witness, number }
}

#[derive(askama::Template)]
#[template(path = "desk/question.html")]
pub(super) struct Question {
    frame: Console,
    case: CaseShown,
    heading: String,
    question: String,
}

/// The page of a question, with its number and the number of questions.
pub(super) fn question(
    frame: Console,
    case: CaseShown,
    question: String,
    [number, of]: [u8; 2],
) -> Question {
    let heading = frame.words.with_all(
        "desk-question-title",
        &[("number", &number.to_string()), ("of", &of.to_string())],
    );
    Question { frame, case, heading, question }
}

pub(super) async fn questions(at: AtDesk, _: StaffForm<NoFields>) -> Result<Response, Refusal> {
    let outcome = at.service().ask_at_desk(at.caller(), at.id).await;
    at.back(outcome).await
}

#[derive(serde::Deserialize)]
pub(super) struct AnswerForm {
    #[serde(default)]
    answer: String,
    /// Not empty where the button "does not know" was pressed.
    #[serde(default)]
    unknown: String,
}

pub(super) async fn answer(
    at: AtDesk,
    StaffForm(form): StaffForm<AnswerForm>,
) -> Result<Response, Refusal> {
    let unknown = !form.unknown.is_empty();
    let given = Zeroizing::new(if unknown { String::new() } else { form.answer });
    // An empty field is usually an oversight; there is a separate button for "does not know".
    if !unknown && given.trim().is_empty() {
        return at.back::<()>(Err(Code::AnswerMissing)).await;
    }
    let outcome = at.service().answer_at_desk(at.caller(), at.id, &given).await;
    at.back(outcome).await
}

#[derive(serde::Deserialize)]
pub(super) struct WitnessForm {
    #[serde(default)]
    national_number: String,
    #[serde(default)]
    photo: String,
}

pub(super) async fn witness(
    at: AtDesk,
    StaffForm(form): StaffForm<WitnessForm>,
) -> Result<Response, Refusal> {
    let number = Zeroizing::new(form.national_number);
    let photo = form.photo == "yes";
    let outcome = at.service().ask_witness(at.caller(), at.id, &number, photo).await;
    at.back(outcome).await
}

pub(super) async fn witness_heard(at: AtDesk, _: StaffForm<NoFields>) -> Result<Response, Refusal> {
    let outcome = at.service().hear_witness(at.caller(), at.id).await;
    at.back(outcome).await
}
