//! Failures of use cases: refusals, conflicts, outages and faults.

use crate::RefusalCode;
use recovery::Rejection;
use std::error::Error as StdError;
use store::StoreError;

/// Why a use case has no result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The request was refused; the caller gets the code and nothing is logged.
    #[error("refused: {}", .0.code)]
    Refused(Refused),
    /// A concurrent request changed what was read; the use case begins again.
    #[error("a rival was faster")]
    Rival,
    /// The clock of this server is not trusted, so that nothing is decided (PROTOCOLS.md section 14).
    #[error("the clock is not trusted ({}): {}", .why.code(), .why.advice())]
    ClockNotTrusted {
        /// Why the clock is not trusted.
        why: crate::trusted_clock::Mistrust,
    },
    /// Something outside this service failed; the same call may succeed later.
    #[error("{doing}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// A defect of this service: logged once, its details shown to no caller.
    #[error("{doing}")]
    Fault {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// A refusal with its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The stable code of the reason.
    pub code: RefusalCode,
    /// Tries that remain, where the caller may know them.
    pub tries_left: Option<u8>,
    /// Seconds after which the same request can succeed.
    pub retry_after_secs: Option<u64>,
}

impl Failure {
    /// A refusal with a code alone.
    #[must_use]
    pub fn refused(code: impl Into<RefusalCode>) -> Self {
        Self::Refused(Refused { code: code.into(), tries_left: None, retry_after_secs: None })
    }

    /// A refusal with the number of tries that remain.
    #[must_use]
    pub fn with_tries(code: impl Into<RefusalCode>, tries_left: u8) -> Self {
        Self::Refused(Refused {
            code: code.into(),
            tries_left: Some(tries_left),
            retry_after_secs: None,
        })
    }

    /// A refusal with the seconds to wait.
    #[must_use]
    pub fn with_wait(code: impl Into<RefusalCode>, secs: u64) -> Self {
        Self::Refused(Refused { code: code.into(), tries_left: None, retry_after_secs: Some(secs) })
    }

    /// The failure after concurrent requests won as often as a use case begins again.
    #[must_use]
    pub const fn busy() -> Self {
        Self::Unavailable { doing: "too many rivals changed the same row", source: None }
    }

    /// A defect of this service.
    pub fn fault(doing: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Fault { doing, source: source.into() }
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::refused(rejection)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error.class() {
            store::Class::Rival => Self::Rival,
            store::Class::Retry => {
                Self::Unavailable { doing: "the store is away", source: Some(Box::new(error)) }
            }
            store::Class::Fault => Self::fault("the store failed", error),
        }
    }
}
