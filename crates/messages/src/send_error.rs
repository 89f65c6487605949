//! The error of a message that was not sent.

use std::{error::Error, fmt};

/// Whether the outbox may send a message again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// The message was not sent, and may be sent later.
    Later,
    /// The message may or may not have been sent. Sending it again may deliver it twice, which is safe for every
    /// message of this service, because the code or notice in it is the same.
    Unsure,
    /// The message itself was refused and would be refused again.
    Never,
}

/// The cause of a failure to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The message itself, or a temporary condition of the network.
    Message,
    /// The configuration of the operator: a wrong sender, password or certificate stops every message.
    Operator,
}

/// Why a message was not sent, as far as it is known. The error never repeats the address or the text.
pub struct SendError {
    retry: Retry,
    blame: Blame,
    doing: &'static str,
    code: Option<u32>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl SendError {
    /// Makes the error of a failure while `doing` something.
    pub const fn new(retry: Retry, doing: &'static str) -> Self {
        Self { retry, blame: Blame::Message, doing, code: None, source: None }
    }

    /// Marks the error as one that the operator has to correct.
    #[must_use]
    pub const fn by_operator(mut self) -> Self {
        self.blame = Blame::Operator;
        self
    }

    /// Adds the error code of the other system.
    #[must_use]
    pub const fn code(mut self, code: u32) -> Self {
        self.code = Some(code);
        self
    }

    /// Adds the underlying error.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether the message may be sent again.
    pub const fn retry(&self) -> Retry {
        self.retry
    }

    /// The cause of the failure.
    pub const fn blame(&self) -> Blame {
        self.blame
    }

    /// The error code of the other system, where it gave one.
    pub const fn their_code(&self) -> Option<u32> {
        self.code
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed", self.doing)?;
        match self.code {
            Some(code) => write!(f, " with code {code}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendError({self}, {:?})", self.retry)
    }
}

impl Error for SendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
