//! Puts a finished file in the place of the database, and what was there aside.

use super::RestoreError;
use crate::backup::files;
use std::io;
use std::path::{Path, PathBuf};

/// What SQLite keeps beside a file.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];
/// What the name of the old database gets. An older one is never overwritten: its number rises.
const ASIDE: &str = ".replaced";
const ASIDE_MAX: u32 = 10_000;

/// The file beside the database in which a restore is prepared.
pub(super) fn beside(database: &Path) -> PathBuf {
    with(database, ".restoring")
}

/// Removes what a restore left that was broken off.
pub(super) fn clear(path: &Path) -> Result<(), RestoreError> {
    for companion in COMPANIONS {
        let path = with(path, companion);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(&path)(error)),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Moves the database aside with its log, and the prepared file in its place; returns what was moved aside.
pub(super) fn swap(database: &Path, prepared: &Path) -> Result<Vec<PathBuf>, RestoreError> {
    let is_free = |name: &PathBuf| COMPANIONS.iter().all(|it| !with(name, it).exists());
    let mut names = (1..=ASIDE_MAX).map(|n| with(database, &format!("{ASIDE}-{n}")));
    let aside =
        names.find(is_free).ok_or_else(|| io(database)(io::ErrorKind::AlreadyExists.into()))?;
    let mut moved = Vec::new();
    // The log first: a file without its log is an older moment of itself, a log without its file would spoil the next.
    for companion in ["-wal", "-shm", ""] {
        let (from, to) = (with(database, companion), with(&aside, companion));
        match std::fs::rename(&from, &to) {
            Ok(()) => moved.push(to),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(&from)(error)),
        }
    }
    std::fs::rename(prepared, database).map_err(io(database))?;
    files::sync_names(database).map_err(io(database))?;
    Ok(moved)
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn io(path: &Path) -> impl FnOnce(io::Error) -> RestoreError {
    move |source| RestoreError::Io { path: path.to_owned(), source }
}
