//! Every stable code in an error reply, with its HTTP status and its texts.
//!
//! The texts are `problem-CODE-title` (what happened), `…-detail` (why) and `…-next` (what to do now) in `locales/*/errors*.ftl`.
//! Tests compare the tables, the texts in every language and `docs/errors.md` with each other, so that no reply shows a
//! key instead of a text.

use crate::{Language, Words};
use http::StatusCode;
use recovery::Rejection;
use service::{RefusalClass, RefusalCode};
use std::collections::BTreeSet;

recovery::codes! {
    /// The stable code of a refused request. The refusal comes from a use case or from before one was called.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Code with status: StatusCode {
        /// No answer was typed; there is a separate button for "does not know".
        AnswerMissing => "answer-missing" in UNPROCESSABLE_ENTITY,
        /// The body of the request is larger than this server accepts.
        BodyTooLarge => "body-too-large" in PAYLOAD_TOO_LARGE,
        /// The service cannot answer now; the same request may succeed in a moment.
        Busy => "busy" in SERVICE_UNAVAILABLE,
        /// The date of birth for the chip's password is not typed in a form that is understood.
        ChipBirthForm => "chip-birth-form" in CONFLICT,
        /// The card access number does not have the form of the number on the card.
        ChipCanForm => "chip-can-form" in CONFLICT,
        /// The date of expiry for the chip's password is not typed in a form that is understood.
        ChipExpiryForm => "chip-expiry-form" in CONFLICT,
        /// The document number for the chip's password is not typed in a form that is understood.
        ChipNumberForm => "chip-number-form" in CONFLICT,
        /// The clerk chose no way to deliver the code.
        DeliveryMissing => "delivery-missing" in UNPROCESSABLE_ENTITY,
        /// The agent or clerk chose no kind of document.
        DocumentMissing => "document-missing" in UNPROCESSABLE_ENTITY,
        /// The clerk typed no expiry date of the document and did not state that it has none.
        ExpiryMissing => "expiry-missing" in UNPROCESSABLE_ENTITY,
        /// The form has no form token, or that of another session.
        FormTokenNotAccepted => "form-token-not-accepted" in FORBIDDEN,
        /// The request names no host, or more than one.
        HostNotClear => "host-not-clear" in BAD_REQUEST,
        /// A command of the operator came without its idempotency key.
        IdempotencyKeyMissing => "idempotency-key-missing" in BAD_REQUEST,
        /// An internal error, whose details are shown to nobody.
        Internal => "internal" in INTERNAL_SERVER_ERROR,
        /// The body of the request does not parse.
        MalformedBody => "malformed-body" in BAD_REQUEST,
        /// The query of the address does not parse.
        MalformedQuery => "malformed-query" in BAD_REQUEST,
        /// The signature headers do not conform to the signature profile.
        MalformedSignature => "malformed-signature" in BAD_REQUEST,
        /// The address does not support the method of the request.
        MethodNotAllowed => "method-not-allowed" in METHOD_NOT_ALLOWED,
        /// The clerk chose no reason for the refusal.
        ReasonMissing => "reason-missing" in UNPROCESSABLE_ENTITY,
        /// The request did not arrive completely in time.
        RequestTooSlow => "request-too-slow" in REQUEST_TIMEOUT,
        /// There is no role of this name.
        RoleUnknown => "role-unknown" in UNPROCESSABLE_ENTITY,
        /// The operator's provider denied the sign-in of the member of staff.
        StaffSignInDenied => "staff-sign-in-denied" in FORBIDDEN,
        /// The reply of the operator's provider is not accepted.
        StaffSignInFailed => "staff-sign-in-failed" in FORBIDDEN,
        /// The operator's provider does not answer.
        StaffSignInUnavailable => "staff-sign-in-unavailable" in SERVICE_UNAVAILABLE,
        /// The client sent more requests than the rate limit allows.
        TooManyRequests => "too-many-requests" in TOO_MANY_REQUESTS,
        /// The request names a host that is not one of this server's sites.
        UnknownHost => "unknown-host" in MISDIRECTED_REQUEST,
        /// A page of another origin sent the request.
        UnknownOrigin => "unknown-origin" in FORBIDDEN,
    } and {
        /// A use case refused the request.
        Service(RefusalCode) in of_service,
    }
}

const fn of_service(code: RefusalCode) -> StatusCode {
    match code.class() {
        RefusalClass::Malformed => StatusCode::BAD_REQUEST,
        RefusalClass::Unauthenticated => StatusCode::UNAUTHORIZED,
        RefusalClass::NotAllowed => StatusCode::FORBIDDEN,
        RefusalClass::NotFound => StatusCode::NOT_FOUND,
        RefusalClass::OutOfOrder => StatusCode::CONFLICT,
        RefusalClass::Gone => StatusCode::GONE,
        RefusalClass::NotAccepted => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalClass::Locked => StatusCode::LOCKED,
        RefusalClass::TooMany => StatusCode::TOO_MANY_REQUESTS,
        RefusalClass::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl Code {
    /// Every code.
    #[must_use]
    pub fn all() -> BTreeSet<Self> {
        Self::OWN.into_iter().chain(RefusalCode::all().into_iter().map(Self::Service)).collect()
    }

    /// The code of a rejection by the domain.
    pub(crate) const fn rejected(rejection: Rejection) -> Self {
        Self::Service(RefusalCode::Rejected(rejection))
    }
}

impl From<RefusalCode> for Code {
    fn from(code: RefusalCode) -> Self {
        Self::Service(code)
    }
}

/// The texts of a code in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// What happened.
    pub title: String,
    /// Why it happened, in complete sentences.
    pub detail: String,
    /// What the person can do now.
    pub next: String,
}

impl Texts {
    /// The texts of a code for people. A code without texts would get those of an internal error; tests make sure that
    /// there is none.
    #[must_use]
    pub fn of(code: impl Into<Code>, language: Language) -> Self {
        Self::under(&["problem"], code.into(), language)
    }

    /// The texts of a code for the developer of the client program. Codes without texts for developers have the texts
    /// for people, which serve both, as for the routes of the operator's systems.
    #[must_use]
    pub fn for_programs(code: impl Into<Code>, language: Language) -> Self {
        Self::under(&["api", "problem"], code.into(), language)
    }

    fn under(kinds: &[&str], code: Code, language: Language) -> Self {
        debug_assert!(Code::all().contains(&code), "the code {code} may not be told");
        let words = Words::of(language);
        let text = |part: &str| {
            kinds
                .iter()
                .find_map(|kind| words.find(&format!("{kind}-{code}-{part}"), None))
                .unwrap_or_else(|| words.get(&format!("problem-internal-{part}")))
        };
        Self { title: text("title"), detail: text("detail"), next: text("next") }
    }
}

#[cfg(test)]
mod tests;
