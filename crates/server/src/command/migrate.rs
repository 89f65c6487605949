//! `genvej migrate`.

use super::{Failed, say};
use server::{Config, StoreLock};
use store_sqlite::Sqlite;

pub(super) fn run(config: &Config) -> Result<(), Failed> {
    let path = &config.store.path;
    // A layout does not change under a server that works on it.
    let _lock = StoreLock::take(path)?;
    let migrated = Sqlite::migrate(path)?;
    if migrated.from == migrated.to {
        say(format_args!("{} has layout {} already", path.display(), migrated.to));
    } else {
        say(format_args!("{}: layout {} → {}", path.display(), migrated.from, migrated.to));
    }
    Ok(())
}
