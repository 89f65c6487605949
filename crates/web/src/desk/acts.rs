//! What a clerk does. Each decodes a form, calls one use case, and goes back to the page of the case.

use super::pages::{DocumentsTyped, case_id, code_of, show_case, show_today};
use crate::failure::refusal;
use crate::staff::{Clerk, ConsoleState, Posted};
use crate::{Language, staff};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chip_date::expires_on;
use recovery::case::{Delivery, DeskRefusal};
use recovery::effect::Medium;
use recovery::evidence::{CprProof, PictureDocument};
use recovery::id::InstanceId;
use service::Failure;
use service::desk::{Issued, Shown};
use zeroize::Zeroizing;

mod chip_date {
    use service::Failure;
    use service::desk::Day;

    /// `2030-12-31`, or none for a document without a last day.
    pub(super) fn expires_on(text: &str, none: bool) -> Result<Option<Day>, Failure> {
        let no = || Failure::refused("expiry-missing");
        if none {
            return Ok(None);
        }
        let date: jiff::civil::Date = text.trim().parse().map_err(|_| no())?;
        Day::new(
            u16::try_from(date.year()).map_err(|_| no())?,
            u8::try_from(date.month()).map_err(|_| no())?,
            u8::try_from(date.day()).map_err(|_| no())?,
        )
        .map(Some)
        .ok_or_else(no)
    }
}

#[derive(serde::Deserialize)]
pub(super) struct CheckIn {
    #[serde(default)]
    reference: String,
}

pub(super) async fn check_in(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Posted(form): Posted<CheckIn>,
) -> Response {
    match state.service.check_in(&clerk.caller, &form.reference).await {
        Ok(case) => Redirect::to(&format!("/cases/{case}")).into_response(),
        Err(failure) => match code_of(failure) {
            Ok(code) => show_today(&state.service, language, clerk, Some(code)).await,
            Err(failure) => staff::page(refusal(failure), language),
        },
    }
}

pub(super) async fn documents(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(case): Path<String>,
    Posted(typed): Posted<DocumentsTyped>,
) -> Response {
    let outcome = match shown(&typed) {
        Ok(shown) => match case_id(&case) {
            Ok(id) => state.service.documents_seen(&clerk.caller, id, &shown).await.map(|_| ()),
            Err(failure) => Err(failure),
        },
        Err(failure) => Err(failure),
    };
    back_with(&state, language, clerk, &case, outcome, typed).await
}

fn shown(typed: &DocumentsTyped) -> Result<Shown, Failure> {
    let picture = PictureDocument::from_code(&typed.picture)
        .ok_or_else(|| Failure::refused("document-missing"))?;
    Ok(Shown {
        picture,
        expires_on: expires_on(&typed.expires_on, !typed.no_expiry.is_empty())?,
        document_number: Zeroizing::new(typed.document_number.clone()),
        cpr_proof: CprProof::from_code(&typed.cpr_proof),
        national_number: Zeroizing::new(typed.national_number.trim().to_owned()),
        picture_matches: typed.picture_matches == "yes",
    })
}

/// A form with nothing but its token.
#[derive(serde::Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn questions(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(case): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Response {
    let outcome = match case_id(&case) {
        Ok(id) => state.service.ask_at_desk(&clerk.caller, id).await.map(|_| ()),
        Err(failure) => Err(failure),
    };
    back(&state, language, clerk, &case, outcome).await
}

#[derive(serde::Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    answer: String,
    /// The button "does not know".
    #[serde(default)]
    unknown: String,
}

pub(super) async fn answer(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(case): Path<String>,
    Posted(form): Posted<Answer>,
) -> Response {
    let unknown = !form.unknown.is_empty();
    let given = Zeroizing::new(if unknown { String::new() } else { form.answer });
    let outcome = match case_id(&case) {
        // An empty field is more often a slip than an answer; "does not know" has its own button.
        Ok(_) if !unknown && given.trim().is_empty() => Err(Failure::refused("answer-missing")),
        Ok(id) => state.service.answer_at_desk(&clerk.caller, id, &given).await.map(|_| ()),
        Err(failure) => Err(failure),
    };
    back(&state, language, clerk, &case, outcome).await
}

#[derive(serde::Deserialize)]
pub(super) struct Witness {
    #[serde(default)]
    national_number: String,
    #[serde(default)]
    photo: String,
}

pub(super) async fn witness(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(case): Path<String>,
    Posted(form): Posted<Witness>,
) -> Response {
    let number = Zeroizing::new(form.national_number);
    let photo = form.photo == "yes";
    let outcome = match case_id(&case) {
        Ok(id) => state.service.ask_witness(&clerk.caller, id, &number, photo).await.map(|_| ()),
        Err(failure) => Err(failure),
    };
    back(&state, language, clerk, &case, outcome).await
}

pub(super) async fn witness_heard(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(case): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Response {
    let outcome = match case_id(&case) {
        Ok(id) => state.service.hear_witness(&clerk.caller, id).await.map(|_| ()),
        Err(failure) => Err(failure),
    };
    back(&state, language, clerk, &case, outcome).await
}

pub(super) async fn second_clerk(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(case): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Response {
    let outcome = match case_id(&case) {
        Ok(id) => state.service.second_clerk(&clerk.caller, id).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        // The case is the other clerk's: this one's part is done.
        Ok(()) => Redirect::to("/").into_response(),
        Err(failure) => back(&state, language, clerk, &case, Err(failure)).await,
    }
}

#[derive(serde::Deserialize)]
pub(super) struct Issue {
    #[serde(default)]
    delivery: String,
    #[serde(default)]
    app: String,
}

pub(super) async fn issue(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(case): Path<String>,
    Posted(form): Posted<Issue>,
) -> Response {
    let outcome = match (case_id(&case), delivery(&form.delivery), instance(&form.app)) {
        (Ok(id), Ok(delivery), Ok(instance)) => {
            state.service.issue_at_desk(&clerk.caller, id, delivery, instance).await
        }
        (Err(failure), _, _) | (_, Err(failure), _) | (_, _, Err(failure)) => Err(failure),
    };
    match outcome {
        // The screen is turned to the person now; the code shows when the person is looking.
        Ok(Issued::ToShow { token }) => {
            Redirect::to(&format!("/reveal/{}", token.as_str())).into_response()
        }
        Ok(Issued::Sent | Issued::Refused) => back(&state, language, clerk, &case, Ok(())).await,
        Err(failure) => back(&state, language, clerk, &case, Err(failure)).await,
    }
}

fn delivery(text: &str) -> Result<Delivery, Failure> {
    match text {
        "sms" => Ok(Delivery::Sms),
        "screen" => Ok(Delivery::Reveal(Medium::Screen)),
        "paper" => Ok(Delivery::Reveal(Medium::Paper)),
        _ => Err(Failure::refused("delivery-missing")),
    }
}

fn instance(text: &str) -> Result<Option<InstanceId>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    service::id(text).map(|id| Some(InstanceId(id))).ok_or_else(|| Failure::refused("unbound"))
}

#[derive(serde::Deserialize)]
pub(super) struct Refuse {
    #[serde(default)]
    reason: String,
}

pub(super) async fn refuse(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(case): Path<String>,
    Posted(form): Posted<Refuse>,
) -> Response {
    let reason = match form.reason.as_str() {
        "picture-differs" => Ok(DeskRefusal::PictureDiffers),
        "documents-not-valid" => Ok(DeskRefusal::DocumentsNotValid),
        "no-second-proof" => Ok(DeskRefusal::NoSecondProof),
        _ => Err(Failure::refused("reason-missing")),
    };
    let outcome = match (case_id(&case), reason) {
        (Ok(id), Ok(reason)) => {
            state.service.refuse_at_desk(&clerk.caller, id, reason).await.map(|_| ())
        }
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    };
    back(&state, language, clerk, &case, outcome).await
}

pub(super) async fn flag(
    clerk: Clerk,
    State(state): State<ConsoleState>,
    language: Language,
    Path(case): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Response {
    let outcome = match case_id(&case) {
        Ok(id) => state.service.flag_desk_case(&clerk.caller, id).await.map(|_| ()),
        Err(failure) => Err(failure),
    };
    back(&state, language, clerk, &case, outcome).await
}

async fn back(
    state: &ConsoleState,
    language: Language,
    clerk: Clerk,
    case: &str,
    outcome: Result<(), Failure>,
) -> Response {
    back_with(state, language, clerk, case, outcome, DocumentsTyped::default()).await
}

/// To the page of the case: by its address where the act was done, at once with the error where it was not.
async fn back_with(
    state: &ConsoleState,
    language: Language,
    clerk: Clerk,
    case: &str,
    outcome: Result<(), Failure>,
    typed: DocumentsTyped,
) -> Response {
    let failure = match outcome {
        Ok(()) => return Redirect::to(&format!("/cases/{case}")).into_response(),
        Err(failure) => failure,
    };
    match code_of(failure) {
        Ok(code) => show_case(&state.service, language, clerk, case, Some(code), typed).await,
        Err(failure) => staff::page(refusal(failure), language),
    }
}
