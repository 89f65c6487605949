//! A use case's "no" as an HTTP answer, and what is logged.

use crate::{Code, Refusal};
use service::{Failure, RefusalCode};

/// Turns a failure into what leaves; a fault of ours is logged once and shown to nobody.
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
