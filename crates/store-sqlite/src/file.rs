//! The file: making it, opening it, and saying plainly why it cannot be opened.

use crate::header::{self, Header};
use crate::migration::{self, Migrated};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// "GnVj" in the header of the file: it is ours.
pub(crate) const APPLICATION_ID: i32 = 0x476e_566a;
/// "GnVb" in the header of a copy for a backup: it is ours, and nothing may work on it.
pub(crate) const BACKUP_ID: i32 = 0x476e_5662;
/// How long a connection waits for another process that writes.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Prepared statements kept by each connection; there are fewer than this.
const STATEMENTS_MAX: usize = 64;

/// Why a file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no file.
    #[error("there is no database {}; `genvej migrate` makes one", path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
    },
    /// A file of something else.
    #[error("{} is not a database of this program", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// A file that belongs to a backup, where the database should be.
    #[error(
        "{} is the copy of a backup, which `genvej restore` alone puts in place: without it erased persons and used codes would be \
         back (backup-in-place)",
        path.display()
    )]
    Backup {
        /// Which file.
        path: PathBuf,
    },
    /// The write-ahead log of another file lies beside the file.
    #[error(
        "beside the database {} lies the write-ahead log of another file, which would spoil it; nothing was opened: put a backup \
         in place with `genvej restore`, which moves the log away (old-wal)",
        path.display()
    )]
    OldLog {
        /// Which file.
        path: PathBuf,
    },
    /// The file is shorter than it says.
    #[error(
        "the database {} has {found} of {whole} bytes: it is half a copy (half-a-copy)",
        path.display()
    )]
    Half {
        /// Which file.
        path: PathBuf,
        /// How many bytes it has.
        found: u64,
        /// How many bytes it says that it has.
        whole: u64,
    },
    /// The file is damaged.
    #[error("the database {} is damaged ({finding}); restore a backup", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite found.
        finding: String,
    },
    /// A newer program wrote it.
    #[error("the database {} has layout {found}, this program knows {known}: it is too old for it", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The layout of the file.
        found: u32,
        /// The newest layout of this program.
        known: u32,
    },
    /// Migrations are missing.
    #[error("the database {} has layout {found}, {known} is needed: run `genvej migrate`", path.display())]
    Older {
        /// Which file.
        path: PathBuf,
        /// The layout of the file.
        found: u32,
        /// The layout that is needed.
        known: u32,
    },
    /// The system refused.
    #[error("the database {} could not be made", path.display())]
    Make {
        /// Which file.
        path: PathBuf,
        /// What the layer below says.
        #[source]
        source: io::Error,
    },
    /// SQLite refused.
    #[error("the database {} could not be opened", path.display())]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// What the layer below says.
        #[source]
        source: rusqlite::Error,
    },
    /// A thread could not be started.
    #[error("no thread could be started for the database {}", path.display())]
    Thread {
        /// Which file.
        path: PathBuf,
        /// What the layer below says.
        #[source]
        source: io::Error,
    },
}

impl OpenError {
    /// A stable code, for logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "database-missing",
            Self::Foreign { .. } => "database-foreign",
            Self::Backup { .. } => "backup-in-place",
            Self::OldLog { .. } => "old-wal",
            Self::Half { .. } => "half-a-copy",
            Self::Damaged { .. } => "database-damaged",
            Self::Newer { .. } => "database-newer",
            Self::Older { .. } => "database-older",
            Self::Make { .. } | Self::Sqlite { .. } | Self::Thread { .. } => "database-unusable",
        }
    }
}

pub(crate) fn failed(path: &Path, source: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::Foreign { path },
        Some(ErrorCode::DatabaseCorrupt) => {
            OpenError::Damaged { path, finding: source.to_string() }
        }
        Some(_) | None => OpenError::Sqlite { path, source },
    }
}

pub(crate) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connected =
        Connection::open_with_flags(path, flags).and_then(|db| prepare(&db).map(|()| db));
    connected.map_err(|source| failed(path, source))
}

/// What every connection needs.
pub(crate) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY_WAIT)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Without it SQLite plans a statement anew whenever other values are bound to it: parses it, for each read of a row.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cache_size", -8_000)?;
    db.pragma_update(None, "temp_store", "MEMORY")
}

/// What a connection that writes needs; the durability of an acknowledged commit rests on these.
fn prepare_writer(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted is overwritten: a wrapped key after erasure, a code after its delivery.
    db.pragma_update(None, "secure_delete", true)
}

fn check_ours(path: &Path, db: &Connection) -> Result<u32, OpenError> {
    let application: i32 = db
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(|source| failed(path, source))?;
    if application != APPLICATION_ID {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    migration::found(db).map_err(|source| failed(path, source))
}

fn check_layout(path: &Path, db: &Connection) -> Result<(), OpenError> {
    let (found, known) = (check_ours(path, db)?, migration::known());
    let path = path.to_owned();
    match found.cmp(&known) {
        std::cmp::Ordering::Less => Err(OpenError::Older { path, found, known }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(OpenError::Newer { path, found, known }),
    }
}

fn check_there(path: &Path) -> Result<(), OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing { path: path.to_owned() });
    }
    check_whole(path)
}

/// Checks before SQLite sees the file what SQLite would not: it takes any log beside a file for that file's own, and half a
/// file for a whole one until it comes to the other half.
pub(crate) fn check_whole(path: &Path) -> Result<(), OpenError> {
    let unread = |source| OpenError::Make { path: path.to_owned(), source };
    let Some(header) = Header::read(path).map_err(unread)? else { return Ok(()) };
    let has_log = header::has_log(path);
    if header.application == BACKUP_ID.cast_unsigned() {
        let path = path.to_owned();
        return Err(if has_log { OpenError::OldLog { path } } else { OpenError::Backup { path } });
    }
    let found = std::fs::metadata(path).map_err(unread)?.len();
    match header.bytes {
        // With a log the file may end early: the rest of it is in the log.
        Some(whole) if found < whole && !has_log => {
            Err(OpenError::Half { path: path.to_owned(), found, whole })
        }
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn open(path: &Path) -> Result<Connection, OpenError> {
    check_there(path)?;
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    check_layout(path, &db)?;
    prepare_writer(&db).map_err(|source| failed(path, source))?;
    Ok(db)
}

/// Checks that a file is there, whole, ours and of this layout.
pub(crate) fn check_ready(path: &Path) -> Result<(), OpenError> {
    check_there(path)?;
    check_layout(path, &connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?)
}

pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, OpenError> {
    // Not opened read-only: a reader of a WAL file has to write its mark into the shared index.
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.pragma_update(None, "query_only", true).map_err(|source| failed(path, source))?;
    Ok(db)
}

pub(crate) fn migrate(path: &Path) -> Result<Migrated, OpenError> {
    make(path)?;
    check_whole(path)?;
    let mut db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let sqlite = |source| failed(path, source);
    let objects: i64 =
        db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(sqlite)?;
    let application: i32 =
        db.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(sqlite)?;
    if objects == 0 && application == 0 {
        db.pragma_update(None, "application_id", APPLICATION_ID).map_err(sqlite)?;
    }
    let (from, to) = (check_ours(path, &db)?, migration::known());
    if from > to {
        return Err(OpenError::Newer { path: path.to_owned(), found: from, known: to });
    }
    prepare_writer(&db).map_err(sqlite)?;
    migration::run(&mut db).map_err(sqlite)?;
    Ok(Migrated { from, to })
}

pub(crate) fn layout(path: &Path) -> Result<u32, OpenError> {
    let empty = std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    if empty {
        return Ok(0);
    }
    check_whole(path)?;
    check_ours(path, &connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?)
}

/// Makes an empty file that its owner alone may read; SQLite gives the log the same rights.
pub(crate) fn make(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(OpenError::Make { path: path.to_owned(), source }),
    }
}

pub(crate) fn check(path: &Path) -> Result<(), OpenError> {
    check_there(path)?;
    let db = open_for_reading(path)?;
    check_layout(path, &db)?;
    let finding: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|source| failed(path, source))?;
    if finding == "ok" {
        return Ok(());
    }
    Err(OpenError::Damaged { path: path.to_owned(), finding })
}
