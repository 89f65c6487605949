//! Every code that a use case can answer, in one list.
//!
//! `web` holds this list against its texts, its statuses and `docs/errors.md`; a test here reads the sources and fails for a code
//! that is answered and not listed, or listed and never answered.

use recovery::Rejection;
use recovery::case::RefusalReason;
use recovery::evidence::{DocumentsProblem, WitnessProblem};
use std::collections::BTreeSet;

/// Codes of this crate's own; those of the domain and of the face engine are added by [`all`].
pub const OWN: [&str; 99] = [
    // the clock
    "clock-not-trusted",
    "time-not-ahead",
    "time-acceptance-not-asked",
    // requests
    "signature-not-accepted",
    "nonce-not-accepted",
    "idempotency-key-reused",
    "not-found",
    "token-not-accepted",
    "scope-missing",
    // enrolment and the operator's calls
    "person-id-invalid",
    "national-number-invalid",
    "language-unknown",
    "national-number-of-another",
    "channel-address-invalid",
    "channel-date-in-future",
    "channel-confirmed-before-changed",
    "phone-danish-digits",
    "email-not-ascii",
    "device-name-invalid",
    "service-name-invalid",
    "document-number-invalid",
    "activation-code-invalid",
    "too-many-channels",
    "p-code-not-needed",
    "p-code-needed",
    "document-not-foreign",
    "document-of-another",
    // PIN and sign-in
    "malformed-pin-message",
    "temporary-pin-wrong",
    "temporary-pin-not-valid",
    "sign-in-over",
    "sign-in-number-wrong",
    "sign-in-numbers-used",
    "sign-in-rate-reached",
    // chip and face
    "document-not-accepted",
    "challenge-not-valid",
    "challenge-used",
    "no-chip-authentication",
    "chip-read-by-server",
    "relay-over",
    "relay-out-of-turn",
    "relays-full",
    "chip-password-wrong",
    "chip-needs-card-access-number",
    "chip-unreadable",
    "chip-contact-lost",
    "portrait-differs",
    "capture-not-valid",
    "capture-over",
    "too-many-captures",
    "too-many-looks",
    "movement-not-offered",
    "face-pool-full",
    "face-try-in-progress",
    "no-match",
    "case-stopped",
    "case-expired",
    // appointments
    "centre-not-found",
    "no-such-booking",
    "phone-invalid",
    "email-invalid",
    // staff
    "session-not-accepted",
    "passkey-not-accepted",
    "invitation-not-valid",
    "role-not-allowed",
    "role-missing",
    "centre-missing",
    "staff-name-invalid",
    "staff-by-provider",
    "staff-by-passkey",
    "staff-claim-invalid",
    "staff-centre-unknown",
    "staff-sign-in-used",
    "account-disabled",
    "role-not-for-console",
    "too-many-keys",
    "staff-person-missing",
    "staff-person-invalid",
    "staff-person-twice",
    "staff-declaration-waiting",
    "staff-declaration-too-long",
    // desk
    "document-never-accepted",
    "cpr-proof-never-accepted",
    "document-not-known",
    "document-not-in-force",
    "document-expired",
    "person-not-found",
    "too-little-data",
    "paper-not-configured",
    "screen-not-paired",
    "screen-busy",
    "screen-name-invalid",
    "pairings-full",
    "pairing-not-valid",
    "pairing-check-wrong",
    "witness-no-photo-document",
    "witness-no-own-app",
    "witness-too-young",
    "unbound",
];

/// Pictures that cannot be compared at all, by the codes of `face::CompareError`.
const PICTURES: [&str; 8] = [
    "portrait-too-large",
    "portrait-no-face",
    "portrait-several-faces",
    "portrait-face-too-small",
    "portrait-unreadable",
    "face-no-pictures",
    "face-too-many-pictures",
    "face-engine-failed",
];

/// What no answer may say: they sound like `document-not-accepted`, so that a finder of documents learns nothing
/// (PROTOCOLS.md section 6).
const NEVER_TOLD: [RefusalReason; 4] = [
    RefusalReason::DocumentNotTheirs,
    RefusalReason::DocumentLostOrStolen,
    RefusalReason::ChipNotGenuine,
    RefusalReason::PresenceNotProven,
];

/// Every code that [`crate::Failure`] or the end of a case can carry.
#[must_use]
pub fn all() -> BTreeSet<&'static str> {
    let reasons = RefusalReason::ALL.into_iter().filter(|reason| !NEVER_TOLD.contains(reason));
    OWN.into_iter()
        .chain(PICTURES)
        .chain(Rejection::ALL.map(Rejection::code))
        .chain(reasons.map(RefusalReason::code))
        .chain(DocumentsProblem::ALL.map(DocumentsProblem::code))
        .chain(WitnessProblem::ALL.map(WitnessProblem::code))
        .chain(face::Reason::ALL.map(face::Reason::code))
        .chain(crate::chip_face::LIVENESS_TOLD.map(face::LivenessReason::code))
        .collect()
}

#[cfg(test)]
mod tests;
