//! The lock that lets only one server at a time use a database file.
//!
//! Two servers would each trust their own memory of counters as the newest, and a second start by mistake would go
//! unnoticed. The lock is the system's and ends with the process, however that ends. Commands beside a running server do not
//! take it: each of their writes is one transaction that compares versions (docs/deploy.md lists them).

use crate::config::{Config, DatabasePlace};
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The lock on a database file, held as long as the server uses it.
#[derive(Debug)]
pub struct StoreLock {
    _file: File,
}

/// The lock on a database file cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum StoreLockError {
    /// Another process holds the lock.
    #[error(
        "another server works on this database ({} is locked): stop it first; several servers need a database server",
        path.display()
    )]
    InUse {
        /// The path of the lock file beside the database.
        path: PathBuf,
    },
    /// The lock file cannot be created or locked.
    #[error("the lock {} cannot be taken", path.display())]
    Failed {
        /// The path of the lock file beside the database.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
}

impl StoreLock {
    /// Takes the lock of the database file that the configuration names; `None` for a database on a server, which several
    /// processes may use.
    ///
    /// # Errors
    ///
    /// As [`StoreLock::take`].
    pub fn of(config: &Config) -> Result<Option<Self>, StoreLockError> {
        match &config.store.database {
            DatabasePlace::File(path) => Self::take(path).map(Some),
            DatabasePlace::Server(_) => Ok(None),
        }
    }

    /// Takes the lock of a database file, by whatever path the file is named.
    ///
    /// # Errors
    ///
    /// [`StoreLockError::InUse`] where another process holds it.
    pub fn take(database: &Path) -> Result<Self, StoreLockError> {
        let real = std::fs::canonicalize(database).unwrap_or_else(|_| database.to_owned());
        let mut name = real.file_name().map(OsString::from).unwrap_or_default();
        name.push(".lock");
        let path = real.with_file_name(name);
        let failed = |source| StoreLockError::Failed { path: path.clone(), source };
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreLockError::InUse { path }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_has_one_server_by_whatever_path_and_another_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("genvej.sqlite");
        std::fs::write(&database, "").unwrap();
        let alias = folder.path().join("alias.sqlite");
        std::os::unix::fs::symlink(&database, &alias).unwrap();

        let first = StoreLock::take(&database).unwrap();

        for way in [&database, &alias, &folder.path().join(".").join("genvej.sqlite")] {
            assert!(matches!(StoreLock::take(way), Err(StoreLockError::InUse { .. })));
        }
        assert!(StoreLock::take(&folder.path().join("other.sqlite")).is_ok());
        drop(first);
        assert!(StoreLock::take(&alias).is_ok());
    }
}
