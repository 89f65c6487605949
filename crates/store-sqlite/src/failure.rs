//! From SQLite's errors to those of the contract.

use rusqlite::ErrorCode;
use store::StoreError;

/// Why a write request or a read failed on its connection. The caller adds what was being done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error that the contract of the store names.
    Answer(StoreError),
    /// An error of SQLite.
    Sqlite(rusqlite::Error),
    /// A stored column whose value does not fit the contract.
    Column(&'static str),
}

/// A stored column that does not fit the contract.
#[derive(Debug, thiserror::Error)]
#[error("the column holds no {0}")]
struct BadColumn(&'static str);

/// A request that the writer or a reader had no room for, or died over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    #[error("too many requests wait already")]
    Full,
    #[error("it was given up before it ran")]
    Stopped,
    #[error("the group that it was in was not committed: {0}")]
    Group(String),
}

impl From<rusqlite::Error> for Failure {
    fn from(source: rusqlite::Error) -> Self {
        Self::Sqlite(source)
    }
}

impl From<StoreError> for Failure {
    fn from(answer: StoreError) -> Self {
        Self::Answer(answer)
    }
}

impl Failure {
    pub(crate) fn during(self, doing: &'static str) -> StoreError {
        match self {
            Self::Answer(answer) => answer,
            Self::Column(what) => StoreError::Broken { doing, source: Box::new(BadColumn(what)) },
            Self::Sqlite(source) if is_passing(&source) => {
                StoreError::Unavailable { doing, source: Box::new(source) }
            }
            Self::Sqlite(source) => StoreError::Broken { doing, source: Box::new(source) },
        }
    }

    /// Whether the connection's transaction can be trusted no more, for this request or any other.
    pub(crate) fn ends_the_group(&self) -> bool {
        matches!(self, Self::Sqlite(source) if !is_constraint(source))
    }
}

/// Failures that pass: another process writes, the disk is full or stumbles, memory is short.
fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OperationInterrupted
        )
    )
}

pub(crate) fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

pub(crate) fn lost(doing: &'static str, why: Lost) -> StoreError {
    StoreError::Unavailable { doing, source: Box::new(why) }
}

pub(crate) const fn closed() -> StoreError {
    StoreError::Closed
}
