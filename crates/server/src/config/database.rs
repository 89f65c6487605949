//! `[store]`: the database, and what is kept of it apart from it.

use super::{Secret, WitnessSetting};
use serde::Deserialize;
use std::path::PathBuf;

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "StoreKeys")]
pub struct StoreFile {
    /// Where the database is.
    pub database: DatabasePlace,
    /// The list of erased persons, which is replayed after a restore; beside the key file where nothing is said.
    pub erased: Option<PathBuf>,
    /// The checkpoint of the journal, written as it grows and compared at every start; beside the key file where nothing is
    /// said.
    pub checkpoint: Option<PathBuf>,
    /// A second place that each checkpoint goes to.
    pub witness: Option<WitnessSetting>,
}

/// Where the database is.
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
    /// `postgresql://user:password@host/database`.
    pub url: Secret,
    /// The roots that the server's certificate is checked with; those of the web where nothing is said.
    pub root_certificates: Option<PathBuf>,
}

/// The keys as they stand in the file.
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
