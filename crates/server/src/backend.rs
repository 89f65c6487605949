//! The storage backend: the one place of this program that names it.

use crate::Config;
pub use store_sqlite::{Migrated, OpenError as StoreOpenError, Sqlite as Database};

/// Opens the database of the configuration.
///
/// # Errors
///
/// [`StoreOpenError`], also where the layout is another than this program's.
pub fn open(config: &Config) -> Result<Database, StoreOpenError> {
    Database::open(&config.store.path)
}

/// The layout of the database of the configuration; 0 where there is none yet.
///
/// # Errors
///
/// [`StoreOpenError`].
pub(crate) fn layout(config: &Config) -> Result<u32, StoreOpenError> {
    Database::layout(&config.store.path)
}

/// Makes the database of the configuration, or brings it to the layout of this program.
///
/// # Errors
///
/// [`StoreOpenError`].
pub(crate) fn migrate(config: &Config) -> Result<Migrated, StoreOpenError> {
    Database::migrate(&config.store.path)
}
