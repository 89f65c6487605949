//! The failures of use cases as HTTP refusals, and their logging.

use crate::{Code, Refusal};
use service::{Failure, RefusalCode};

/// Turns a failure into a refusal. An internal error is logged once, and its details are shown to nobody.
#[must_use]
pub fn refusal(failure: Failure) -> Refusal {
    match failure {
        Failure::Refused(refused) => {
            let mut refusal = Refusal::new(refused.code);
            refusal.tries_left = refused.tries_left;
            refusal.retry_after_secs = refused.retry_after_secs;
            refusal
        }
        Failure::ClockNotTrusted { .. } => {
            Refusal::new(RefusalCode::ClockNotTrusted).retry_after(60)
        }
        Failure::Rival => Refusal::new(Code::Busy).retry_after(1),
        Failure::Unavailable { doing, source } => {
            tracing::warn!(doing, source = source.map(|it| it.to_string()), "not available");
            Refusal::new(Code::Busy).retry_after(2)
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
            Refusal::new(Code::Internal)
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        refusal(failure)
    }
}
