//! Sending failed.

use std::{error::Error, fmt};

/// What the outbox does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Nothing was sent; the same message may be sent later.
    Later,
    /// It may have been sent or not. Sending again may bring it twice, which is safe for every
    /// message of this service: a code is the same code, a notice the same notice.
    Unsure,
    /// The message itself was refused; sending it again will be refused again.
    Never,
}

/// Whose fault it is that a message did not go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The message's own, or the network's of the moment.
    Message,
    /// The operator's: a wrong sender, password or certificate stops every message alike.
    Operator,
}

/// Why a message did not go out, as far as is known. It never repeats address or text.
pub struct SendError {
    retry: Retry,
    blame: Blame,
    doing: &'static str,
    code: Option<u32>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl SendError {
    /// Failed while `doing` something.
    pub const fn new(retry: Retry, doing: &'static str) -> Self {
        Self { retry, blame: Blame::Message, doing, code: None, source: None }
    }

    /// The same, as a fault that the operator has to mend.
    #[must_use]
    pub const fn by_operator(mut self) -> Self {
        self.blame = Blame::Operator;
        self
    }

    /// With the other side's own code.
    #[must_use]
    pub const fn code(mut self, code: u32) -> Self {
        self.code = Some(code);
        self
    }

    /// With the reason below.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether trying again can help.
    pub const fn retry(&self) -> Retry {
        self.retry
    }

    /// Who can mend it.
    pub const fn blame(&self) -> Blame {
        self.blame
    }

    /// The other side's own code, where it gave one.
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
