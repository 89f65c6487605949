//! The storage backend: the only module of this program that names it.

use crate::Config;
pub use store_sqlite::{Migrated, OpenError as StoreOpenError, Sqlite as Database};

/// Opens the database that the configuration names.
///
/// # Errors
///
/// [`StoreOpenError`], also where the database has another layout than this program's.
pub fn open(config: &Config) -> Result<Database, StoreOpenError> {
    Database::open(&config.store.path)
}

/// The layout of the database that the configuration names; 0 where there is no database yet.
///
/// # Errors
///
/// [`StoreOpenError`].
pub(crate) fn layout(config: &Config) -> Result<u32, StoreOpenError> {
    Database::layout(&config.store.path)
}

/// Creates the database that the configuration names, or upgrades it to the layout of this program.
///
/// # Errors
///
/// [`StoreOpenError`].
pub(crate) fn migrate(config: &Config) -> Result<Migrated, StoreOpenError> {
    Database::migrate(&config.store.path)
}
