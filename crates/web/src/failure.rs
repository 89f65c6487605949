//! A use case's "no" as an HTTP answer: the status for every code, and what is logged.

use crate::Refusal;
use http::StatusCode;
use service::Failure;

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
        | "invalid-client"
        | "session-not-accepted"
        | "sign-in-needed" => StatusCode::UNAUTHORIZED,
        "role-not-allowed" | "own-case" | "not-your-case" | "form-token-not-accepted" => {
            StatusCode::FORBIDDEN
        }
        "not-found" | "no-such-booking" | "no-such-try" | "centre-not-found" => {
            StatusCode::NOT_FOUND
        }
        "temporarily-locked" | "blocked" | "frozen" => StatusCode::LOCKED,
        "face-pool-full" => StatusCode::SERVICE_UNAVAILABLE,
        "too-many-cases"
        | "too-many-p-code-pairings"
        | "issue-cap-reached"
        | "too-many-bookings" => StatusCode::TOO_MANY_REQUESTS,
        "grant-lapsed" | "grant-spent" | "case-expired" | "case-closed" | "sign-in-over" => {
            StatusCode::GONE
        }
        "malformed-body"
        | "malformed-pin-message"
        | "malformed-signature"
        | "idempotency-key-missing"
        | "person-id-invalid"
        | "national-number-invalid"
        | "channel-address-invalid"
        | "language-unknown"
        | "device-name-invalid"
        | "service-name-invalid"
        | "document-number-invalid"
        | "capture-not-valid"
        | "unsupported-grant-type" => StatusCode::BAD_REQUEST,
        "body-too-large" => StatusCode::PAYLOAD_TOO_LARGE,
        "temporary-pin-wrong"
        | "temporary-pin-not-valid"
        | "activation-code-invalid"
        | "p-code-invalid"
        | "idempotency-key-reused"
        | "document-not-accepted"
        | "portrait-differs"
        | "another-portrait"
        | "challenge-not-valid"
        | "blinded-element-changed"
        | "numbers-differ"
        | "number-malformed"
        | "answer-too-long" => StatusCode::UNPROCESSABLE_ENTITY,
        // Every picture that cannot be judged, by the codes of `face`.
        code if code.starts_with("face-") && code != "face-try-in-progress" => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::CONFLICT,
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        refusal(failure)
    }
}
