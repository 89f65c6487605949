//! A copy of the file for a backup: one snapshot, taken while others read and write.
//!
//! `VACUUM INTO` reads within one transaction, so that a server that writes all the time does not make it begin anew, as the
//! online backup interface of SQLite would have to. It leaves the free pages out, and with them what was deleted.

use crate::file::{self, BACKUP_ID, OpenError};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

const SAID_EVERY: Duration = Duration::from_secs(1);

pub(crate) fn copy(
    path: &Path,
    to: &Path,
    said: &(dyn Fn(u64, u64) + Sync),
) -> Result<(), OpenError> {
    file::check_ready(path)?;
    let make = |source| OpenError::Make { path: to.to_owned(), source };
    if to.exists() {
        return Err(make(std::io::ErrorKind::AlreadyExists.into()));
    }
    // Made first, for its owner alone: SQLite fills a file that is empty.
    file::make(to)?;
    let db = file::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let sqlite = |source| file::failed(path, source);
    let whole = db
        .query_row(
            "SELECT (page_count - freelist_count) * page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
            [],
            |row| row.get::<_, i64>(0),
        )
        .map_err(sqlite)?;
    let whole = u64::try_from(whole).unwrap_or(0);
    let (done, is_done) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while is_done.recv_timeout(SAID_EVERY) == Err(RecvTimeoutError::Timeout) {
                let written = std::fs::metadata(to).map_or(0, |file| file.len());
                said(written.min(whole), whole);
            }
        });
        let copied = db.execute("VACUUM INTO ?1", [to.to_string_lossy()]);
        drop(done);
        copied
    })
    .map_err(sqlite)?;
    mark_as_backup(to)
}

/// Marks a file as a copy.
pub(crate) fn mark_as_backup(path: &Path) -> Result<(), OpenError> {
    mark(path, BACKUP_ID)
}

/// Takes the mark of a copy away.
pub(crate) fn unmark(path: &Path) -> Result<(), OpenError> {
    mark(path, file::APPLICATION_ID)
}

fn mark(path: &Path, id: i32) -> Result<(), OpenError> {
    let marked = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|db| db.pragma_update(None, "application_id", id));
    marked.map_err(|source| file::failed(path, source))?;
    let failed = |source| OpenError::Make { path: path.to_owned(), source };
    File::open(path).and_then(|file| file.sync_all()).map_err(failed)
}
