//! `[store]`: the place of the database, and of the files that are kept apart from it.

use super::{Secret, WitnessSetting};
use serde::Deserialize;
use std::path::PathBuf;

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "StoreKeys")]
pub struct StoreFile {
    /// The place of the database.
    pub database: DatabasePlace,
    /// The list of erased persons, which is replayed after a restore; beside the key file by default.
    pub erased: Option<PathBuf>,
    /// The checkpoint of the journal, written as it grows and compared at every start; beside the key file by default.
    pub checkpoint: Option<PathBuf>,
    /// A second place that each checkpoint is sent to.
    pub witness: Option<WitnessSetting>,
}

/// The place of the database: a file or a server.
#[derive(Clone, Debug)]
pub enum DatabasePlace {
    /// A SQLite file; `genvej migrate` makes it.
    File(PathBuf),
    /// A database of a PostgreSQL server; `genvej migrate` fills it.
    Server(DatabaseServer),
}

/// A database of a PostgreSQL server.
#[derive(Clone, Debug)]
pub struct DatabaseServer {
    /// The address, `postgresql://user:password@host/database`.
    pub url: Secret,
    /// The root certificates that the server's certificate is checked with; those of the web by default.
    pub root_certificates: Option<PathBuf>,
}

/// The keys of the section, before they are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreKeys {
    path: Option<PathBuf>,
    url: Option<Secret>,
    root_certificates: Option<PathBuf>,
    erased: Option<PathBuf>,
    checkpoint: Option<PathBuf>,
    witness: Option<WitnessSetting>,
}

impl TryFrom<StoreKeys> for StoreFile {
    type Error = &'static str;

    fn try_from(keys: StoreKeys) -> Result<Self, Self::Error> {
        let StoreKeys { path, url, root_certificates, erased, checkpoint, witness } = keys;
        let database = match (path, url, root_certificates) {
            (Some(path), None, None) => DatabasePlace::File(path),
            (None, Some(url), root_certificates) => {
                DatabasePlace::Server(DatabaseServer { url, root_certificates })
            }
            (None, None, _) => return Err("needs `path` (a file) or `url` (a PostgreSQL server)"),
            (Some(_), Some(_), _) => return Err("has both `path` and `url`: one database"),
            (Some(_), None, Some(_)) => return Err("`root_certificates` belongs to `url`"),
        };
        Ok(Self { database, erased, checkpoint, witness })
    }
}
