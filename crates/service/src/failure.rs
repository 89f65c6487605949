//! How a use case says no.

use crate::RefusalCode;
use recovery::Rejection;
use std::error::Error as StdError;
use store::StoreError;

/// A use case that came to no result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// An answer for the caller; nothing to log.
    #[error("refused: {}", .0.code)]
    Refused(Refused),
    /// A rival changed what was read; the use case begins again.
    #[error("a rival was faster")]
    Rival,
    /// The clock of this server is not believed, so that nothing is decided (PROTOCOLS.md section 14).
    #[error("the clock is not trusted ({}): {}", .why.code(), .why.advice())]
    ClockNotTrusted {
        /// Why the clock is not believed.
        why: crate::trusted_clock::Mistrust,
    },
    /// An event outside; the same call may succeed later.
    #[error("{doing}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// Ours to mend: logged once, shown to nobody.
    #[error("{doing}")]
    Fault {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// A "no" with its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The reason, by its stable code.
    pub code: RefusalCode,
    /// Tries that remain, where the caller may know.
    pub tries_left: Option<u8>,
    /// Seconds after which it can succeed.
    pub retry_after_secs: Option<u64>,
}

impl Failure {
    /// A refusal with nothing but its code.
    #[must_use]
    pub fn refused(code: impl Into<RefusalCode>) -> Self {
        Self::Refused(Refused { code: code.into(), tries_left: None, retry_after_secs: None })
    }

    /// A refusal that says how many tries remain.
    #[must_use]
    pub fn with_tries(code: impl Into<RefusalCode>, tries_left: u8) -> Self {
        Self::Refused(Refused {
            code: code.into(),
            tries_left: Some(tries_left),
            retry_after_secs: None,
        })
    }

    /// A refusal that says how long to wait.
    #[must_use]
    pub fn with_wait(code: impl Into<RefusalCode>, secs: u64) -> Self {
        Self::Refused(Refused { code: code.into(), tries_left: None, retry_after_secs: Some(secs) })
    }

    /// Rivals won again and again.
    #[must_use]
    pub const fn busy() -> Self {
        Self::Unavailable { doing: "too many rivals changed the same row", source: None }
    }

    /// A fault of ours.
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
