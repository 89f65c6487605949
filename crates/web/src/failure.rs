//! A use case's "no" as an HTTP answer: the status for every code, and what is logged.

use crate::Refusal;
use http::StatusCode;
use service::Failure;
use service::failure::CLOCK_NOT_TRUSTED;

/// Turns a failure into what leaves; a fault of ours is logged once and shown to nobody.
#[must_use]
pub fn refusal(failure: Failure) -> Refusal {
    match failure {
        Failure::Refused(refused) => {
            let mut refusal = Refusal::new(status(refused.code), refused.code);
            refusal.tries_left = refused.tries_left;
            refusal.retry_after_secs = refused.retry_after_secs;
            refusal
        }
        Failure::ClockNotTrusted { .. } => {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, CLOCK_NOT_TRUSTED).retry_after(60)
        }
        Failure::Rival => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy").retry_after(1),
        Failure::Unavailable { doing, source } => {
            tracing::warn!(doing, source = source.map(|it| it.to_string()), "not available");
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy").retry_after(2)
        }
        Failure::Fault { doing, source } => {
            let mut chain = source.to_string();
            let mut cause = source.source();
            while let Some(error) = cause {
                chain.push_str(": ");
                chain.push_str(&error.to_string());
                cause = error.source();
            }
            tracing::error!(doing, chain, "fault");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
        }
    }
}

/// The status of a code. What is not named here is a request that does not fit the state: 409.
#[must_use]
pub fn status(code: &str) -> StatusCode {
    match code {
        "signature-not-accepted"
        | "nonce-not-accepted"
        | "token-not-accepted"
        | "session-not-accepted"
        | "passkey-not-accepted"
        | "staff-sign-in-failed" => StatusCode::UNAUTHORIZED,
        "scope-missing"
        | "role-not-allowed"
        | "account-disabled"
        | "staff-claim-invalid"
        | "staff-centre-unknown"
        | "staff-sign-in-used"
        | "staff-sign-in-denied"
        | "own-case"
        | "staff-person-missing"
        | "staff-declaration-waiting"
        | "not-your-case"
        | "form-token-not-accepted"
        | "unknown-origin"
        | "agent-stopped"
        | "centre-stopped" => StatusCode::FORBIDDEN,
        "not-found" | "no-such-booking" | "no-such-try" | "no-such-channel"
        | "centre-not-found" => StatusCode::NOT_FOUND,
        "method-not-allowed" => StatusCode::METHOD_NOT_ALLOWED,
        "unknown-host" => StatusCode::MISDIRECTED_REQUEST,
        "request-too-slow" => StatusCode::REQUEST_TIMEOUT,
        "temporarily-locked" | "blocked" | "frozen" => StatusCode::LOCKED,
        "internal" => StatusCode::INTERNAL_SERVER_ERROR,
        "busy"
        | "clock-not-trusted"
        | "staff-sign-in-unavailable"
        | "face-pool-full"
        | "relays-full"
        | "face-engine-failed" => StatusCode::SERVICE_UNAVAILABLE,
        "too-many-cases"
        | "too-many-p-code-pairings"
        | "too-many-captures"
        | "too-many-looks"
        | "issue-cap-reached"
        | "codes-shown-cap-reached"
        | "pairings-full"
        | "too-many-bookings"
        | "too-many-requests"
        | "sms-cap-reached"
        | "sign-in-rate-reached" => StatusCode::TOO_MANY_REQUESTS,
        "grant-lapsed"
        | "grant-spent"
        | "case-expired"
        | "case-closed"
        | "case-stopped"
        | "sign-in-over"
        | "sign-in-numbers-used"
        | "capture-over"
        | "relay-over"
        | "try-expired"
        | "invitation-not-valid" => StatusCode::GONE,
        "body-too-large" => StatusCode::PAYLOAD_TOO_LARGE,
        code if is_malformed(code) => StatusCode::BAD_REQUEST,
        code if is_refused_content(code) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

/// The sender's program is to blame, or a field that has no such form.
fn is_malformed(code: &str) -> bool {
    matches!(
        code,
        "malformed-body"
            | "malformed-query"
            | "host-not-clear"
            | "malformed-pin-message"
            | "malformed-signature"
            | "idempotency-key-missing"
            | "person-id-invalid"
            | "national-number-invalid"
            | "channel-address-invalid"
            | "channel-date-in-future"
            | "channel-confirmed-before-changed"
            | "language-unknown"
            | "device-name-invalid"
            | "service-name-invalid"
            | "document-number-invalid"
            | "capture-not-valid"
    )
}

/// What was sent is well formed and does not count.
fn is_refused_content(code: &str) -> bool {
    // Every picture that cannot be judged, by the codes of `face`.
    let picture = ["face-", "portrait-", "live-"].iter().any(|start| code.starts_with(start))
        && !matches!(code, "face-try-in-progress" | "face-tries-used");
    let at_the_desk = code.starts_with("witness-")
        || code.starts_with("document")
        || code.starts_with("cpr-proof-")
        || code.ends_with("-missing");
    picture
        || at_the_desk
        || matches!(
            code,
            "temporary-pin-wrong"
                | "temporary-pin-not-valid"
                | "activation-code-invalid"
                | "sign-in-number-wrong"
                | "p-code-invalid"
                | "p-code-tries-used"
                | "idempotency-key-reused"
                | "another-portrait"
                | "challenge-not-valid"
                | "no-chip-authentication"
                | "chip-password-wrong"
                | "chip-needs-card-access-number"
                | "chip-unreadable"
                | "chip-contact-lost"
                | "blinded-element-changed"
                | "no-match"
                | "numbers-differ"
                | "number-malformed"
                | "answer-too-long"
                | "phone-invalid"
                | "phone-danish-digits"
                | "email-not-ascii"
                | "email-invalid"
                | "staff-name-invalid"
                | "role-not-for-console"
                | "role-unknown"
                | "staff-person-invalid"
                | "staff-person-twice"
                | "staff-declaration-too-long"
                | "screen-name-invalid"
                | "pairing-not-valid"
                | "pairing-check-wrong"
                | "too-many-channels"
                | "same-document-twice"
                | "picture-differs"
                | "person-not-found"
        )
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        refusal(failure)
    }
}
