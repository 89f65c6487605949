//! Every code that a person or a machine can meet, its status and its words.
//!
//! The texts are `problem-CODE-title` (what happened), `…-detail` (why) and `…-next` (what to do now) in `locales/*/errors*.ftl`.
//! Tests hold the tables, the texts in every language and `docs/errors.md` against each other, so that no answer shows a key.

use crate::{Language, Words};
use http::StatusCode;
use recovery::Rejection;
use service::{RefusalClass, RefusalCode};
use std::collections::BTreeSet;

recovery::codes! {
    /// Why a request was refused, by a use case or before one was called.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Code with status: StatusCode {
        /// No answer was typed; "does not know" has a button of its own.
        AnswerMissing => "answer-missing" in UNPROCESSABLE_ENTITY,
        /// The body of the request is larger than any that is taken.
        BodyTooLarge => "body-too-large" in PAYLOAD_TOO_LARGE,
        /// The service cannot answer now; the same request may succeed in a moment.
        Busy => "busy" in SERVICE_UNAVAILABLE,
        /// A date of birth is not typed as a chip's password needs it.
        ChipBirthForm => "chip-birth-form" in CONFLICT,
        /// A card access number is not typed as it stands on the card.
        ChipCanForm => "chip-can-form" in CONFLICT,
        /// A date of expiry is not typed as a chip's password needs it.
        ChipExpiryForm => "chip-expiry-form" in CONFLICT,
        /// A document number is not typed as a chip's password needs it.
        ChipNumberForm => "chip-number-form" in CONFLICT,
        /// No way was chosen to hand a code over.
        DeliveryMissing => "delivery-missing" in UNPROCESSABLE_ENTITY,
        /// No document was chosen.
        DocumentMissing => "document-missing" in UNPROCESSABLE_ENTITY,
        /// No last day of a document was typed, and it was not said that it has none.
        ExpiryMissing => "expiry-missing" in UNPROCESSABLE_ENTITY,
        /// A form came without its token, or with another session's.
        FormTokenNotAccepted => "form-token-not-accepted" in FORBIDDEN,
        /// The request names no host, or more than one.
        HostNotClear => "host-not-clear" in BAD_REQUEST,
        /// A command of the operator came without its idempotency key.
        IdempotencyKeyMissing => "idempotency-key-missing" in BAD_REQUEST,
        /// A fault of ours, of which nothing is shown.
        Internal => "internal" in INTERNAL_SERVER_ERROR,
        /// The body of the request is not of the form that belongs to its address.
        MalformedBody => "malformed-body" in BAD_REQUEST,
        /// The query of the address is not of its form.
        MalformedQuery => "malformed-query" in BAD_REQUEST,
        /// The headers of the signature are not of the profile's form.
        MalformedSignature => "malformed-signature" in BAD_REQUEST,
        /// The address knows no such method.
        MethodNotAllowed => "method-not-allowed" in METHOD_NOT_ALLOWED,
        /// No reason was chosen for a refusal.
        ReasonMissing => "reason-missing" in UNPROCESSABLE_ENTITY,
        /// The request did not come to its end in time.
        RequestTooSlow => "request-too-slow" in REQUEST_TIMEOUT,
        /// A name of a role belongs to none.
        RoleUnknown => "role-unknown" in UNPROCESSABLE_ENTITY,
        /// The member of staff was turned away at the operator's provider.
        StaffSignInDenied => "staff-sign-in-denied" in FORBIDDEN,
        /// What the operator's provider answered is not accepted.
        StaffSignInFailed => "staff-sign-in-failed" in FORBIDDEN,
        /// The operator's provider does not answer.
        StaffSignInUnavailable => "staff-sign-in-unavailable" in SERVICE_UNAVAILABLE,
        /// The client sent more requests than one may.
        TooManyRequests => "too-many-requests" in TOO_MANY_REQUESTS,
        /// The host is none of this server's.
        UnknownHost => "unknown-host" in MISDIRECTED_REQUEST,
        /// A page of another origin sent the request.
        UnknownOrigin => "unknown-origin" in FORBIDDEN,
    } and {
        /// A use case said no.
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

    /// A code of the domain.
    pub(crate) const fn rejected(rejection: Rejection) -> Self {
        Self::Service(RefusalCode::Rejected(rejection))
    }
}

impl From<RefusalCode> for Code {
    fn from(code: RefusalCode) -> Self {
        Self::Service(code)
    }
}

/// A code in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// What happened.
    pub title: String,
    /// Why it happened, in whole sentences.
    pub detail: String,
    /// What to do now.
    pub next: String,
}

impl Texts {
    /// The words of a code; those of a fault of ours where it has none, which tests exclude.
    #[must_use]
    pub fn of(code: impl Into<Code>, language: Language) -> Self {
        Self::under(&["problem"], code.into(), language)
    }

    /// The words of a code for whoever wrote the program that met it. Where the words for people serve both, as those for
    /// the operator's own systems do, there are no others.
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
