//! What a clerk does. Each decodes a form, calls one use case, and goes back to the page of the case.

use super::pages::{DocumentsTyped, case_id, code_of, show_case, show_today};
use crate::extract::Path;
use crate::failure::refusal;
use crate::staff::{Clerk, ConsoleState, Posted};
use crate::{Code, Language, Refusal, staff};
use axum::extract::{FromRef, FromRequestParts, State};
use axum::response::{IntoResponse, Redirect, Response};
use chip_date::expires_on;
use http::request::Parts;
use recovery::Rejection;
use recovery::case::{Delivery, DeskRefusal};
use recovery::effect::Medium;
use recovery::evidence::{CprProof, PictureDocument};
use recovery::id::{CaseId, InstanceId, ScreenId};
use service::desk::Shown;
use service::{Service, caller};
use zeroize::Zeroizing;

mod chip_date {
    use crate::Code;
    use service::desk::Day;

    /// `2030-12-31`, or none for a document without a last day.
    pub(super) fn expires_on(text: &str, none: bool) -> Result<Option<Day>, Code> {
        let no = || Code::ExpiryMissing;
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

/// A clerk at the case that the address names.
pub(super) struct AtCase {
    pub(super) clerk: Clerk,
    state: ConsoleState,
    pub(super) language: Language,
    pub(super) id: CaseId,
}

impl<S> FromRequestParts<S> for AtCase
where
    S: Send + Sync,
    ConsoleState: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        // Who calls comes first: a stranger learns nothing about addresses.
        let clerk = Clerk::from_request_parts(parts, state).await?;
        let language = Language::of(&parts.headers);
        let named = Path::<String>::from_request_parts(parts, state).await;
        let Path(case) = named.map_err(IntoResponse::into_response)?;
        let id = case_id(&case).map_err(|failure| staff::page(refusal(failure), language))?;
        Ok(Self { clerk, state: ConsoleState::from_ref(state), language, id })
    }
}

impl AtCase {
    pub(super) fn service(&self) -> &Service {
        &self.state.service
    }

    pub(super) fn caller(&self) -> &caller::Clerk {
        &self.clerk.caller
    }

    /// To the page of the case: by its address where the act was done, at once with the error where it was not.
    async fn back<T>(self, outcome: Result<T, impl Into<Refusal>>) -> Response {
        self.back_with(outcome, DocumentsTyped::default()).await
    }

    async fn back_with<T>(
        self,
        outcome: Result<T, impl Into<Refusal>>,
        typed: DocumentsTyped,
    ) -> Response {
        let case = self.id.to_string();
        let refusal = match outcome {
            Ok(_) => return Redirect::to(&format!("/cases/{case}")).into_response(),
            Err(no) => no.into(),
        };
        match code_of(refusal) {
            Ok(code) => {
                let service = &self.state.service;
                show_case(service, self.language, self.clerk, &case, Some(code), typed).await
            }
            Err(refusal) => staff::page(refusal, self.language),
        }
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
        Err(failure) => match code_of(failure.into()) {
            Ok(code) => show_today(&state.service, language, clerk, Some(code)).await,
            Err(refusal) => staff::page(refusal, language),
        },
    }
}

pub(super) async fn documents(at: AtCase, Posted(typed): Posted<DocumentsTyped>) -> Response {
    let outcome = match shown(&typed) {
        Ok(shown) => {
            let seen = at.service().documents_seen(at.caller(), at.id, &shown).await;
            seen.map(|_| ()).map_err(Refusal::from)
        }
        Err(code) => Err(Refusal::new(code)),
    };
    at.back_with(outcome, typed).await
}

fn shown(typed: &DocumentsTyped) -> Result<Shown, Code> {
    let picture = PictureDocument::from_code(&typed.picture).ok_or(Code::DocumentMissing)?;
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

pub(super) async fn questions(at: AtCase, Posted(Nothing {}): Posted<Nothing>) -> Response {
    let outcome = at.service().ask_at_desk(at.caller(), at.id).await;
    at.back(outcome).await
}

#[derive(serde::Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    answer: String,
    /// The button "does not know".
    #[serde(default)]
    unknown: String,
}

pub(super) async fn answer(at: AtCase, Posted(form): Posted<Answer>) -> Response {
    let unknown = !form.unknown.is_empty();
    let given = Zeroizing::new(if unknown { String::new() } else { form.answer });
    // An empty field is more often a slip than an answer; "does not know" has its own button.
    if !unknown && given.trim().is_empty() {
        return at.back::<()>(Err(Code::AnswerMissing)).await;
    }
    let outcome = at.service().answer_at_desk(at.caller(), at.id, &given).await;
    at.back(outcome).await
}

#[derive(serde::Deserialize)]
pub(super) struct Witness {
    #[serde(default)]
    national_number: String,
    #[serde(default)]
    photo: String,
}

pub(super) async fn witness(at: AtCase, Posted(form): Posted<Witness>) -> Response {
    let number = Zeroizing::new(form.national_number);
    let photo = form.photo == "yes";
    let outcome = at.service().ask_witness(at.caller(), at.id, &number, photo).await;
    at.back(outcome).await
}

pub(super) async fn witness_heard(at: AtCase, Posted(Nothing {}): Posted<Nothing>) -> Response {
    let outcome = at.service().hear_witness(at.caller(), at.id).await;
    at.back(outcome).await
}

pub(super) async fn second_clerk(at: AtCase, Posted(Nothing {}): Posted<Nothing>) -> Response {
    match at.service().second_clerk(at.caller(), at.id).await {
        // The case is the other clerk's: this one's part is done.
        Ok(()) => Redirect::to("/").into_response(),
        failed @ Err(_) => at.back(failed).await,
    }
}

#[derive(serde::Deserialize)]
pub(super) struct Issue {
    #[serde(default)]
    delivery: String,
    #[serde(default)]
    app: String,
}

pub(super) async fn issue(at: AtCase, Posted(form): Posted<Issue>) -> Response {
    let outcome = match (delivery(&form.delivery), instance(&form.app)) {
        (Ok(delivery), Ok(instance)) => {
            let issued = at.service().issue_at_desk(at.caller(), at.id, delivery, instance).await;
            issued.map_err(Refusal::from)
        }
        (Err(code), _) | (_, Err(code)) => Err(Refusal::new(code)),
    };
    at.back(outcome).await
}

/// `sms`, `paper`, or `screen-` and the id of one of the centre's screens.
fn delivery(text: &str) -> Result<Delivery, Code> {
    let screen = || text.strip_prefix("screen-").and_then(service::id).map(ScreenId);
    match text {
        "sms" => Ok(Delivery::Sms),
        "paper" => Ok(Delivery::Reveal(Medium::Paper)),
        _ => screen()
            .map(|screen| Delivery::Reveal(Medium::Screen(screen)))
            .ok_or(Code::DeliveryMissing),
    }
}

pub(super) async fn take_over(at: AtCase, Posted(Nothing {}): Posted<Nothing>) -> Response {
    let outcome = at.service().take_over(at.caller(), at.id).await;
    at.back(outcome).await
}

pub(super) async fn number_is_lost(at: AtCase, Posted(Nothing {}): Posted<Nothing>) -> Response {
    let outcome = at.service().number_is_lost(at.caller(), at.id).await;
    at.back(outcome).await
}

fn instance(text: &str) -> Result<Option<InstanceId>, Code> {
    if text.is_empty() {
        return Ok(None);
    }
    service::id(text).map(|id| Some(InstanceId(id))).ok_or(Code::rejected(Rejection::Unbound))
}

#[derive(serde::Deserialize)]
pub(super) struct Refuse {
    #[serde(default)]
    reason: String,
}

pub(super) async fn refuse(at: AtCase, Posted(form): Posted<Refuse>) -> Response {
    let reason = match form.reason.as_str() {
        "picture-differs" => DeskRefusal::PictureDiffers,
        "documents-not-valid" => DeskRefusal::DocumentsNotValid,
        "no-second-proof" => DeskRefusal::NoSecondProof,
        _ => return at.back::<()>(Err(Code::ReasonMissing)).await,
    };
    let outcome = at.service().refuse_at_desk(at.caller(), at.id, reason).await;
    at.back(outcome).await
}

pub(super) async fn flag(at: AtCase, Posted(Nothing {}): Posted<Nothing>) -> Response {
    let outcome = at.service().flag_desk_case(at.caller(), at.id).await;
    at.back(outcome).await
}
