//! What can go wrong between this program and the server, each by a name with a stable code.

use std::io::ErrorKind;
use store::StoreError;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// Why an operation on the server failed. It is the source of [`StoreError::Unavailable`] and [`StoreError::Broken`].
#[derive(Clone, Debug, thiserror::Error)]
pub enum Trouble {
    /// The connection was lost after the commit was asked for and before it was answered.
    #[error("the connection was lost in the middle of a commit: it may or may not have been saved")]
    OutcomeUnknown(#[source] Said),
    /// There is no connection, or it was lost before a commit was asked for.
    #[error("the server cannot be reached: nothing was saved")]
    Away(#[source] Said),
    /// The server has no certificate that is valid for its name.
    #[error("the server's certificate is not to be believed: nothing was said to it")]
    Untrusted(#[source] Said),
    /// The server did not answer in time, before a commit was asked for.
    #[error("the server did not answer in time: nothing was saved")]
    TooSlow,
    /// The server takes no writes now.
    #[error("the server is read-only: nothing was saved")]
    ReadOnly,
    /// The server follows another one, and may be behind it.
    #[error(
        "the server is a standby, which may be behind its primary: it is neither read nor written"
    )]
    Standby,
    /// The server would acknowledge a commit before it is on the disk.
    #[error(
        "the server has {setting} = off and would lose acknowledged commits: nothing was saved"
    )]
    NotDurable {
        /// The setting.
        setting: &'static str,
    },
    /// The server has no room left.
    #[error("the server's disk is full: nothing was saved")]
    DiskFull(#[source] Said),
    /// The database is older than what this process has saved in it.
    #[error("the database was set back: it has {found} commits and had {known}")]
    SetBack {
        /// How many commits this process knows of.
        known: u64,
        /// How many the database has.
        found: u64,
    },
    /// Other writers were faster each time.
    #[error("other writers were faster too often: nothing was saved")]
    Rivals(#[source] Said),
    /// More requests wait than the store takes.
    #[error("too many requests wait already")]
    Full,
    /// The store ended while the request waited.
    #[error("it was given up before it ran")]
    Stopped,
    /// A column that holds what it never should.
    #[error("the column holds no {0}")]
    Column(&'static str),
    /// A number that the columns of the server cannot hold.
    #[error("a number over 2^63")]
    Number,
    /// The server refused for another reason.
    #[error("the server refused: nothing was saved")]
    Refused(#[source] Said),
}

/// What the server or the system said: the message and its SQLSTATE. The details of the server's message are left out, since
/// they quote rows.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Said {
    message: String,
    state: Option<String>,
}

impl Said {
    pub(crate) fn new(message: &str) -> Self {
        Self { message: message.to_owned(), state: None }
    }

    fn of(error: &tokio_postgres::Error) -> Self {
        if let Some(said) = error.as_db_error() {
            let state = said.code().code().to_owned();
            return Self {
                message: format!("{} (SQLSTATE {state})", said.message()),
                state: Some(state),
            };
        }
        let mut message = error.to_string();
        let mut below = std::error::Error::source(error);
        while let Some(source) = below {
            message = format!("{message}: {source}");
            below = source.source();
        }
        Self { message, state: None }
    }

    /// The SQLSTATE, where the server said one.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

impl Trouble {
    /// A stable code, for logs and alarms.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutcomeUnknown(_) => "outcome-unknown",
            Self::Away(_) => "server-away",
            Self::Untrusted(_) => "server-untrusted",
            Self::TooSlow => "server-too-slow",
            Self::ReadOnly => "server-read-only",
            Self::Standby => "server-is-standby",
            Self::NotDurable { .. } => "commits-not-durable",
            Self::DiskFull(_) => "disk-full",
            Self::SetBack { .. } => "database-set-back",
            Self::Rivals(_) => "too-many-rivals",
            Self::Full => "queue-full",
            Self::Stopped => "stopped",
            Self::Column(_) => "bad-column",
            Self::Number => "bad-number",
            Self::Refused(_) => "server-refused",
        }
    }

    /// The trouble behind an error of the store, where it is one of this backend.
    #[must_use]
    pub fn behind(error: &StoreError) -> Option<&Self> {
        std::error::Error::source(error).and_then(|source| source.downcast_ref())
    }

    /// What an error means of a statement that is no commit: where it failed, nothing of its transaction is saved.
    pub(crate) fn of(error: &tokio_postgres::Error) -> Self {
        let said = Said::of(error);
        let Some(state) = error.code() else {
            return match of_the_system(error) {
                Some(error) if is_of_the_certificate(error) => Self::Untrusted(said),
                // None of several servers takes writes.
                Some(error) if error.kind() == ErrorKind::PermissionDenied => Self::ReadOnly,
                Some(_) => Self::Away(said),
                None if error.is_closed() => Self::Away(said),
                None => Self::Refused(said),
            };
        };
        match state {
            &SqlState::READ_ONLY_SQL_TRANSACTION => Self::ReadOnly,
            &SqlState::DISK_FULL => Self::DiskFull(said),
            &SqlState::T_R_SERIALIZATION_FAILURE
            | &SqlState::T_R_DEADLOCK_DETECTED
            | &SqlState::UNIQUE_VIOLATION => Self::Rivals(said),
            &SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED => Self::TooSlow,
            // The server has ended a session that held the lock and said nothing.
            &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Self::Away(said),
            state if is_passing(state.code()) => Self::Away(said),
            _ => Self::Refused(said),
        }
    }

    /// What an error means of the commit itself. Only an answer of the server that it did not commit counts as one: a message
    /// that ends the connection may come after the commit is done.
    pub(crate) fn of_commit(error: &tokio_postgres::Error) -> Self {
        let undone = error.as_db_error().is_some_and(says_that_nothing_was_saved);
        if undone { Self::of(error) } else { Self::OutcomeUnknown(Said::of(error)) }
    }

    /// Whether the same group may be saved if it is decided anew: nothing of it was saved, and others moved what it read.
    pub(crate) const fn is_of_rivals(&self) -> bool {
        matches!(self, Self::Rivals(_))
    }

    /// Whether nothing more is to be asked of the connection; the next one may be to another server.
    pub(crate) const fn ends_the_connection(&self) -> bool {
        matches!(
            self,
            Self::OutcomeUnknown(_)
                | Self::Away(_)
                | Self::TooSlow
                | Self::ReadOnly
                | Self::Standby
                | Self::NotDurable { .. }
        )
    }

    const fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::Untrusted(_)
                | Self::SetBack { .. }
                | Self::Column(_)
                | Self::Number
                | Self::Refused(_)
        )
    }

    pub(crate) fn during(self, doing: &'static str) -> StoreError {
        let lasting = self.is_lasting();
        let source = Box::new(self);
        if lasting {
            StoreError::Broken { doing, source }
        } else {
            StoreError::Unavailable { doing, source }
        }
    }
}

/// The error of the system behind this one, where there is one.
fn of_the_system(error: &tokio_postgres::Error) -> Option<&std::io::Error> {
    let mut below = std::error::Error::source(error);
    while let Some(source) = below {
        if let Some(error) = source.downcast_ref() {
            return Some(error);
        }
        below = source.source();
    }
    None
}

fn is_of_the_certificate(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}

/// Connection exceptions, resources that are short, an operator at work, an error of the disk.
fn is_passing(state: &str) -> bool {
    ["08", "53", "57", "58"].iter().any(|class| state.starts_with(class))
}

fn says_that_nothing_was_saved(said: &DbError) -> bool {
    let ends_the_connection =
        matches!(said.parsed_severity(), None | Some(Severity::Fatal | Severity::Panic));
    let state = said.code();
    let unknown = state == &SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
        || state == &SqlState::TRANSACTION_RESOLUTION_UNKNOWN;
    !ends_the_connection && !unknown
}
