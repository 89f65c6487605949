//! The reasons for which a backup is not made or not used, each with a stable code.

use crate::backend;
use crate::checkpoint_file::KeepError;
use crate::epoch_file::EpochError;
use crate::erasures::ErasuresError;
use std::io;
use std::path::{Path, PathBuf};

/// A backup could not be made, or cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is on a server, which makes its own backups.
    #[error(
        "the database is on a server: its backup is `pg_basebackup` and an archive of its log, as docs/backup.md says \
         (database-on-a-server)"
    )]
    OnServer,
    /// Something lies where the backup is to be.
    #[error("{} exists: a backup is never written over another (backup-exists)", .0.display())]
    Exists(PathBuf),
    /// The database was never brought to this program's layout.
    #[error("no evidence is kept about the rows of the database yet: run `genvej migrate`")]
    NotMigrated,
    /// A part of the backup is missing or shorter than it was.
    #[error("the backup {} is not whole: {part} is missing or too short (backup-incomplete)", folder.display())]
    Incomplete {
        /// The folder of the backup.
        folder: PathBuf,
        /// The name of the part.
        part: String,
    },
    /// A part of the backup is not what was written.
    #[error("the backup {} was changed: {part} is not what was written (backup-changed)", folder.display())]
    Changed {
        /// The folder of the backup.
        folder: PathBuf,
        /// The name of the part.
        part: String,
    },
    /// The backup was made under another key file.
    #[error(
        "the backup {} is another house's: it was made of {house}, under another key file (backup-of-another-house)",
        folder.display()
    )]
    AnotherHouse {
        /// The folder of the backup.
        folder: PathBuf,
        /// The house that it names.
        house: String,
    },
    /// The key file lacks a master key that wraps keys in the backup.
    #[error(
        "the backup {} needs master key {needed}, and the key file knows {known} of them: put the newest key file there (key-file-older)",
        folder.display()
    )]
    KeyFileOlder {
        /// The folder of the backup.
        folder: PathBuf,
        /// The newest master key when the backup was made.
        needed: u32,
        /// The newest master key of the key file.
        known: u32,
    },
    /// A file cannot be read or written.
    #[error("{}", path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The database cannot be opened or copied.
    #[error("the database cannot be copied")]
    Open(#[source] backend::StoreOpenError),
    /// The database, or the copy of it, does not stand up to its checkpoint.
    #[error("the journal does not stand up to its checkpoint")]
    Keep(#[from] KeepError),
    /// The store failed.
    #[error("the copy cannot be read")]
    Store(#[from] store::StoreError),
    /// The mark of the epoch cannot be used.
    #[error("the mark beside the key file")]
    Epoch(#[from] EpochError),
    /// The list of erased persons cannot be used.
    #[error("the list of erased persons")]
    Erasures(#[from] ErasuresError),
}

impl BackupError {
    /// A stable code, for scripts and logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OnServer => "database-on-a-server",
            Self::Exists(_) => "backup-exists",
            Self::NotMigrated => "not-migrated",
            Self::Incomplete { .. } => "backup-incomplete",
            Self::Changed { .. } => "backup-changed",
            Self::AnotherHouse { .. } => "backup-of-another-house",
            Self::KeyFileOlder { .. } => "key-file-older",
            Self::Keep(error) => error.code(),
            Self::Io { .. }
            | Self::Open(_)
            | Self::Store(_)
            | Self::Epoch(_)
            | Self::Erasures(_) => "backup-failed",
        }
    }

    /// The error of the system about a file.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
