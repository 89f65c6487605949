//! The storage backends: the only module of this program that names them.

use crate::Config;
use crate::config::{DatabasePlace, DatabaseServer};
use async_trait::async_trait;
use std::path::Path;
use store::moving::{Movable, Piece, Waiting};
use store::{
    Chain, Claimed, Committed, EffectKey, Expired, Id, Journalled, Kind, Lookup, Row, Sequenced,
    Store, StoreError, SubjectId, Timestamp, Transaction,
};
use store_postgres::{Place, Postgres};
pub use store_sqlite::Migrated;
use store_sqlite::Sqlite;

/// The open database of a configuration.
#[derive(Debug)]
pub enum Database {
    /// A SQLite file of this machine.
    File(Sqlite),
    /// A database of a PostgreSQL server.
    Server(Postgres),
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreOpenError {
    /// The SQLite file cannot be opened.
    #[error(transparent)]
    File(#[from] store_sqlite::OpenError),
    /// The PostgreSQL database cannot be opened.
    #[error(transparent)]
    Server(#[from] store_postgres::OpenError),
}

impl StoreOpenError {
    /// A stable code, for logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Server(error) => error.code(),
        }
    }
}

/// Opens the database that the configuration names.
///
/// # Errors
///
/// [`StoreOpenError`], also where the database has another layout than this program's.
pub fn open(config: &Config) -> Result<Database, StoreOpenError> {
    open_at(&config.store.database)
}

/// Opens the database in a place.
pub(crate) fn open_at(at: &DatabasePlace) -> Result<Database, StoreOpenError> {
    Ok(match at {
        DatabasePlace::File(path) => Database::File(Sqlite::open(path)?),
        DatabasePlace::Server(server) => Database::Server(Postgres::open(&place(server)?)?),
    })
}

/// The layout of the database that the configuration names; 0 where there is no database yet.
///
/// # Errors
///
/// [`StoreOpenError`].
pub(crate) fn layout(config: &Config) -> Result<u32, StoreOpenError> {
    Ok(match &config.store.database {
        DatabasePlace::File(path) => Sqlite::layout(path)?,
        DatabasePlace::Server(server) => Postgres::layout(&place(server)?)?,
    })
}

/// Creates the database that the configuration names, or upgrades it to the layout of this program.
///
/// # Errors
///
/// [`StoreOpenError`].
pub(crate) fn migrate(config: &Config) -> Result<Migrated, StoreOpenError> {
    migrate_at(&config.store.database)
}

fn migrate_at(at: &DatabasePlace) -> Result<Migrated, StoreOpenError> {
    Ok(match at {
        DatabasePlace::File(path) => Sqlite::migrate(path)?,
        DatabasePlace::Server(server) => {
            let store_postgres::Migrated { from, to } = Postgres::migrate(&place(server)?)?;
            Migrated { from, to }
        }
    })
}

/// The place of the database in words for people, never with a password.
///
/// # Errors
///
/// [`StoreOpenError`] where the URL of a server cannot be read.
pub fn name(config: &Config) -> Result<String, StoreOpenError> {
    name_of(&config.store.database)
}

/// A place in words for people, never with a password.
pub(crate) fn name_of(at: &DatabasePlace) -> Result<String, StoreOpenError> {
    Ok(match at {
        DatabasePlace::File(path) => path.display().to_string(),
        DatabasePlace::Server(server) => place(server)?.to_string(),
    })
}

/// Opens the database in a place, to move another one there; a new one is made, an older one upgraded.
pub(crate) fn open_target(place: &DatabasePlace) -> Result<Database, StoreOpenError> {
    migrate_at(place)?;
    open_at(place)
}

/// Opens a database file that no configuration names.
pub(crate) fn open_file(path: &Path) -> Result<Database, StoreOpenError> {
    Ok(Database::File(Sqlite::open(path)?))
}

/// Copies a database file as it is at one moment; the copy is opened by nobody until [`take_for_database`] was called on it.
pub(crate) fn copy_file(
    path: &Path,
    to: &Path,
    said: &(dyn Fn(u64, u64) + Sync),
) -> Result<(), StoreOpenError> {
    Ok(Sqlite::copy(path, to, said)?)
}

/// Takes the mark of a backup away from a copy.
pub(crate) fn take_for_database(path: &Path) -> Result<(), StoreOpenError> {
    Ok(Sqlite::take_for_database(path)?)
}

/// Marks a file as the copy of a backup.
pub(crate) fn mark_as_backup(path: &Path) -> Result<(), StoreOpenError> {
    Ok(Sqlite::mark_as_backup(path)?)
}

/// The layout of a database file.
pub(crate) fn file_layout(path: &Path) -> Result<u32, StoreOpenError> {
    Ok(Sqlite::layout(path)?)
}

/// Checks that a database file is the one that its last server left, where that was not stopped in good order: the number of
/// changes that it had then is known, and the log beside it says that it was not closed. SQLite would take the log for the
/// file's own, whatever file lies there by now.
pub(crate) fn check_same_file(
    path: &Path,
    is_same: impl FnOnce(u32) -> bool,
) -> Result<u32, StoreOpenError> {
    let changes = Sqlite::changes(path).ok().flatten().unwrap_or(0);
    if Sqlite::has_log(path) && !is_same(changes) {
        return Err(store_sqlite::OpenError::OldLog { path: path.to_owned() }.into());
    }
    Ok(changes)
}

fn place(server: &DatabaseServer) -> Result<Place, store_postgres::OpenError> {
    Place::new(server.url.0.expose(), server.root_certificates.as_deref())
}

impl Database {
    fn store(&self) -> &dyn Store {
        match self {
            Self::File(file) => file,
            Self::Server(server) => server,
        }
    }

    fn movable(&self) -> &dyn Movable {
        match self {
            Self::File(file) => file,
            Self::Server(server) => server,
        }
    }

    /// Finishes every accepted request, then closes the database.
    pub fn close(&self) {
        match self {
            Self::File(file) => file.close(),
            Self::Server(server) => server.close(),
        }
    }
}

#[async_trait]
impl Store for Database {
    async fn load(&self, kind: Kind, id: Id) -> Result<Option<Row>, StoreError> {
        self.store().load(kind, id).await
    }

    async fn find(&self, kind: Kind, lookup: Lookup, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.store().find(kind, lookup, limit).await
    }

    async fn due(&self, kind: Kind, now: Timestamp, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.store().due(kind, now, limit).await
    }

    async fn scan(
        &self,
        kind: Kind,
        after: Option<Id>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.store().scan(kind, after, limit).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed, StoreError> {
        self.store().commit(transaction).await
    }

    async fn last_committed(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store().last_committed().await
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store().clock().await
    }

    async fn claim_effects(
        &self,
        now: Timestamp,
        lease_ms: u32,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.store().claim_effects(now, lease_ms, limit).await
    }

    async fn finish_effect(&self, key: EffectKey) -> Result<bool, StoreError> {
        self.store().finish_effect(key).await
    }

    async fn postpone_effect(
        &self,
        key: EffectKey,
        attempt: u32,
        retry_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.store().postpone_effect(key, attempt, retry_at).await
    }

    async fn expire_effects(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        self.store().expire_effects(now, limit).await
    }

    async fn waiting_effects(&self) -> Result<u64, StoreError> {
        self.store().waiting_effects().await
    }

    async fn journal_waiting(&self, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.store().journal_waiting(limit).await
    }

    async fn journal_chain(&self) -> Result<Chain, StoreError> {
        self.store().journal_chain().await
    }

    async fn journal_sequence(
        &self,
        seen: Chain,
        steps: Vec<Sequenced>,
    ) -> Result<Chain, StoreError> {
        self.store().journal_sequence(seen, steps).await
    }

    async fn journal_read(&self, from: u64, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.store().journal_read(from, limit).await
    }

    async fn journal_about(
        &self,
        subject: SubjectId,
        limit: usize,
    ) -> Result<Vec<Journalled>, StoreError> {
        self.store().journal_about(subject, limit).await
    }
}

#[async_trait]
impl Movable for Database {
    async fn effects_after(
        &self,
        after: Option<EffectKey>,
        limit: usize,
    ) -> Result<Vec<Waiting>, StoreError> {
        self.movable().effects_after(after, limit).await
    }

    async fn take_in(&self, piece: Piece) -> Result<(), StoreError> {
        self.movable().take_in(piece).await
    }

    async fn take_end(&self, chain: Chain, last: Option<Timestamp>) -> Result<(), StoreError> {
        self.movable().take_end(chain, last).await
    }
}
