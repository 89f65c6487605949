//! Every code that a person or a machine can meet, and its words.
//!
//! The texts are `problem-CODE-title` (what happened), `…-detail` (why) and `…-next` (what to do now) in `locales/*/errors*.ftl`.
//! Tests hold the list, the texts in every language and `docs/errors.md` against each other, so that no answer shows a key.

use crate::{Language, Words};
use std::collections::BTreeSet;

/// Codes that this crate answers by itself; the use cases' own are added by [`all`].
pub const OWN: [&str; 28] = [
    "answer-missing",
    "body-too-large",
    "busy",
    "chip-birth-form",
    "chip-can-form",
    "chip-expiry-form",
    "chip-number-form",
    "delivery-missing",
    "document-missing",
    "expiry-missing",
    "form-token-not-accepted",
    "host-not-clear",
    "idempotency-key-missing",
    "internal",
    "malformed-body",
    "malformed-query",
    "malformed-signature",
    "method-not-allowed",
    "not-found",
    "reason-missing",
    "request-too-slow",
    "role-unknown",
    "staff-sign-in-denied",
    "staff-sign-in-failed",
    "staff-sign-in-unavailable",
    "too-many-requests",
    "unknown-host",
    "unknown-origin",
];

/// Every code.
#[must_use]
pub fn all() -> BTreeSet<&'static str> {
    let mut all = service::code::all();
    all.extend(OWN);
    all
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
    /// The words of a code; those of a fault of ours where the code is not known, which tests exclude.
    #[must_use]
    pub fn of(code: &str, language: Language) -> Self {
        Self::under(&["problem"], code, language)
    }

    /// The words of a code for whoever wrote the program that met it. Where the words for people serve both, as those for
    /// the operator's own systems do, there are no others.
    #[must_use]
    pub fn for_programs(code: &str, language: Language) -> Self {
        Self::under(&["api", "problem"], code, language)
    }

    fn under(kinds: &[&str], code: &str, language: Language) -> Self {
        debug_assert!(all().contains(code), "the code {code} stands in no list");
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
