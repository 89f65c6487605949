//! The lock that lets only one server at a time use a database file.
//!
//! Two servers would each trust their own memory of counters as the newest, and a second start by mistake would go
//! unnoticed. The lock is the system's and ends with the process, however that ends. Commands beside a running server do not
//! take it: each of their writes is one transaction that compares versions (docs/deploy.md lists them).
//!
//! The lock file remembers which database file its last holder worked on: the number that the system gives to the file, and
//! how many changes the file had seen. Where the write-ahead log of that file still lies beside another one, the next holder
//! says so and opens nothing.

use crate::backend::{self, StoreOpenError};
use crate::config::{Config, DatabasePlace};
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// The longest text in a lock file.
const REMEMBERED_BYTES_MAX: u64 = 64;

/// The lock on a database file, held as long as the server uses it.
#[derive(Debug)]
pub struct StoreLock {
    file: File,
    database: PathBuf,
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
    /// The file is not the one whose write-ahead log lies beside it.
    #[error(
        "the database file was replaced since its last server; where the file and the log beside it do belong together, remove {}",
        path.display()
    )]
    Replaced {
        /// The path of the lock file beside the database.
        path: PathBuf,
        /// What lies there.
        #[source]
        source: StoreOpenError,
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
            DatabasePlace::File(path) => {
                let lock = Self::take(path)?;
                lock.check_file()?;
                Ok(Some(lock))
            }
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
        let path = lock_of(&real);
        let failed = |source| StoreLockError::Failed { path: path.clone(), source };
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, database: real }),
            Err(TryLockError::WouldBlock) => Err(StoreLockError::InUse { path }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Checks that the file is the one that the last holder worked on, where its log was left beside it, and remembers it.
    fn check_file(&self) -> Result<(), StoreLockError> {
        let known = self.remembered().map_err(|source| self.failed(source))?;
        let number = file_number(&self.database);
        let is_same =
            |changes: u32| known.is_none_or(|(file, seen)| Some(file) == number && seen <= changes);
        let changes = backend::check_same_file(&self.database, is_same)
            .map_err(|source| StoreLockError::Replaced { path: self.path(), source })?;
        self.write(number.map(|number| (number, changes))).map_err(|source| self.failed(source))
    }

    /// Remembers the file that was put in place under this lock.
    ///
    /// # Errors
    ///
    /// I/O errors.
    pub(crate) fn remember(&self) -> Result<(), StoreLockError> {
        self.write(None).map_err(|source| self.failed(source))?;
        self.check_file()
    }

    fn path(&self) -> PathBuf {
        lock_of(&self.database)
    }

    fn failed(&self, source: io::Error) -> StoreLockError {
        StoreLockError::Failed { path: self.path(), source }
    }

    /// The file that the last holder worked on, and its changes; `None` where nobody has.
    fn remembered(&self) -> io::Result<Option<(u64, u32)>> {
        let mut text = String::new();
        let mut file = &self.file;
        file.rewind()?;
        file.take(REMEMBERED_BYTES_MAX).read_to_string(&mut text)?;
        let Some((number, changes)) = text.trim_end().split_once(' ') else { return Ok(None) };
        Ok(number.parse().ok().zip(changes.parse().ok()))
    }

    fn write(&self, known: Option<(u64, u32)>) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        match known {
            Some((number, changes)) => writeln!(file, "{number} {changes}"),
            None => Ok(()),
        }
    }
}

fn lock_of(database: &Path) -> PathBuf {
    let mut name = database.file_name().map(OsString::from).unwrap_or_default();
    name.push(".lock");
    database.with_file_name(name)
}

/// The number that the system gives to a file as long as it lives; `None` where there is none.
#[cfg(unix)]
fn file_number(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| std::os::unix::fs::MetadataExt::ino(&file))
}

#[cfg(not(unix))]
fn file_number(path: &Path) -> Option<u64> {
    path.exists().then_some(0)
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

    /// A database whose server was killed: something lies in its log.
    fn killed(path: &Path, content: u8) {
        let mut header = vec![content; 200];
        header.splice(..16, *b"SQLite format 3\0");
        header.splice(24..28, [0, 0, 0, 9]);
        std::fs::write(path, header).unwrap();
        std::fs::write(path.with_extension("sqlite-wal"), [1; 500]).unwrap();
    }

    #[test]
    fn a_file_that_was_put_beside_the_log_of_another_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("genvej.sqlite");
        let check = || StoreLock::take(&path).unwrap().check_file();
        killed(&path, 1);
        check().unwrap();
        check().unwrap();

        let elsewhere = folder.path().join("copy");
        std::fs::write(&elsewhere, std::fs::read(&path).unwrap()).unwrap();
        std::fs::rename(&elsewhere, &path).unwrap();
        let replaced = check().unwrap_err();

        let StoreLockError::Replaced { source, .. } = &replaced else { panic!("{replaced}") };
        assert_eq!(source.code(), "old-wal");
        assert!(check().is_err(), "asking again makes it no better");
        StoreLock::take(&path).unwrap().remember().unwrap();
        check().unwrap();
        // Written over in place by an older copy: the number of changes has fallen.
        let mut older = std::fs::read(&path).unwrap();
        older[27] = 8;
        std::fs::write(&path, &older).unwrap();
        assert!(check().is_err());
        std::fs::remove_file(path.with_extension("sqlite-wal")).unwrap();
        check().unwrap();
    }
}
