//! The list of erased persons outside the database, replayed at every start, so that a restored backup forgets them again.
//!
//! Each erasure is one line: the instant, and the service's own random id of the person.
//!
//! ```text
//! 2026-11-22T14:05:00Z 0123456789abcdef0123456789abcdef
//! ```
//!
//! The id says nothing about the person once the person's rows are deleted.

use recovery::id::PersonId;
use recovery::time::Timestamp;
use service::{Failure, Service};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The list of erasures cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ErasuresError {
    /// The file cannot be read or written.
    #[error("the list of erasures: {}", path.display())]
    Io {
        /// The path of the list.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// A line of the list is malformed.
    #[error("the list of erasures, line {line}: neither an instant nor an id")]
    Line {
        /// The number of the line, counted from 1.
        line: usize,
    },
    /// A person could not be erased again.
    #[error("an erasure could not be replayed")]
    Replay(#[source] Failure),
}

/// The file with the list of erased persons.
#[derive(Clone, Debug)]
pub struct Erasures {
    path: PathBuf,
}

impl Erasures {
    /// The list in this file, which need not exist yet.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a person to the list; it is on the disk when this returns. It comes before the erasure, so that a crash between
    /// the two is mended by the next start.
    ///
    /// # Errors
    ///
    /// [`ErasuresError::Io`].
    pub fn add(&self, person: PersonId, at: Timestamp) -> Result<(), ErasuresError> {
        let io = |source| ErasuresError::Io { path: self.path.clone(), source };
        let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path).map_err(io)?;
        writeln!(file, "{at} {:032x}", person.0).map_err(io)?;
        file.sync_all().map_err(io)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))
            .and_then(|folder| folder.sync_all())
            .map_err(io)
    }

    /// The ids of all persons on the list.
    ///
    /// # Errors
    ///
    /// [`ErasuresError`]. A file that does not exist is an empty list.
    pub fn read(&self) -> Result<Vec<PersonId>, ErasuresError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(ErasuresError::Io { path: self.path.clone(), source }),
        };
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(at, line)| {
                let broken = ErasuresError::Line { line: at.saturating_add(1) };
                let Some((instant, id)) = line.trim().split_once(' ') else { return Err(broken) };
                let is_instant = instant.parse::<jiff::Timestamp>().is_ok();
                match (is_instant && id.len() == 32).then(|| u128::from_str_radix(id, 16)) {
                    Some(Ok(id)) => Ok(PersonId(id)),
                    Some(Err(_)) | None => Err(broken),
                }
            })
            .collect()
    }

    /// The list as it lies on the disk, for a backup.
    ///
    /// # Errors
    ///
    /// [`ErasuresError::Io`]. A file that does not exist is an empty list.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, ErasuresError> {
        match std::fs::read(&self.path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(ErasuresError::Io { path: self.path.clone(), source }),
        }
    }

    /// Adds those persons of another list that this one lacks, as of `at`; returns how many.
    ///
    /// # Errors
    ///
    /// [`ErasuresError`].
    pub(crate) fn take_over(&self, other: &Self, at: Timestamp) -> Result<usize, ErasuresError> {
        let known: BTreeSet<u128> = self.read()?.into_iter().map(|person| person.0).collect();
        let mut added = 0_usize;
        for person in other.read()?.into_iter().filter(|person| !known.contains(&person.0)) {
            self.add(person, at)?;
            added = added.saturating_add(1);
        }
        Ok(added)
    }

    /// Erases every person on the list whom the database still knows; returns how many.
    ///
    /// # Errors
    ///
    /// [`ErasuresError`]; nothing may be served before this has succeeded.
    pub async fn replay(&self, service: &Service) -> Result<usize, ErasuresError> {
        let mut again = 0_usize;
        for person in self.read()? {
            if service.erase_person(person).await.map_err(ErasuresError::Replay)? {
                again = again.saturating_add(1);
            }
        }
        if again > 0 {
            tracing::warn!(persons = again, "the database was restored: erasures were replayed");
        }
        Ok(again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_read_back_and_a_list_that_is_not_there_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let list = Erasures::at(folder.path().join("erased"));

        assert_eq!(list.read().unwrap(), []);
        list.add(PersonId(7), Timestamp(1_795_341_600_000)).unwrap();
        list.add(PersonId(u128::MAX), Timestamp(1_795_341_600_001)).unwrap();

        assert_eq!(list.read().unwrap(), [PersonId(7), PersonId(u128::MAX)]);
    }

    #[test]
    fn a_broken_line_is_named_and_never_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let list = Erasures::at(folder.path().join("erased"));
        list.add(PersonId(7), Timestamp(0)).unwrap();
        for line in ["2026-11-22T14:05:00Z 7", "yesterday 0123456789abcdef0123456789abcdef", "x"] {
            let good = std::fs::read_to_string(list.path()).unwrap();
            std::fs::write(list.path(), format!("{good}{line}\n")).unwrap();

            let error = list.read().unwrap_err();

            assert!(matches!(error, ErasuresError::Line { line: 2 }), "{line}: {error}");
            std::fs::write(list.path(), good).unwrap();
        }
    }
}
