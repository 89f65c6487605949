//! The mark beside the key file: it says that the rows of this installation are sealed and evidence about them is kept, and
//! in which epoch. Once the mark exists, a database of an older layout is an old backup and no upgrade.

use crate::authentic::{self, NotAuthentic};
use std::io;
use std::path::PathBuf;
use store::keys::Keys;

const PURPOSE: &str = "epoch of the evidence about rows";

/// The mark of the epoch cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum EpochError {
    /// The file cannot be read or written.
    #[error("the epoch in {}", path.display())]
    Io {
        /// The path of the mark.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The file was not written under this key file.
    #[error("the epoch in {} is not believed", path.display())]
    Foreign {
        /// The path of the mark.
        path: PathBuf,
        /// Why its authentication is not accepted.
        #[source]
        source: NotAuthentic,
    },
}

/// The file with the mark of the epoch.
#[derive(Clone, Debug)]
pub struct EpochFile {
    path: PathBuf,
}

impl EpochFile {
    /// The mark in this file, which need not exist yet.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The path of the file.
    #[must_use]
    pub const fn path(&self) -> &PathBuf {
        &self.path
    }

    /// The epoch; `None` before the first `genvej migrate`.
    ///
    /// # Errors
    ///
    /// [`EpochError`].
    pub fn read(&self, keys: &Keys) -> Result<Option<u32>, EpochError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(EpochError::Io { path: self.path.clone(), source }),
        };
        let foreign = |source| EpochError::Foreign { path: self.path.clone(), source };
        let body = authentic::open(keys, PURPOSE, &text).map_err(foreign)?;
        let epoch = body.strip_prefix("genvej epoch\n").and_then(|it| it.trim_end().parse().ok());
        epoch.map(Some).ok_or_else(|| foreign(NotAuthentic::Wrong))
    }

    /// Writes the number of a new epoch.
    ///
    /// # Errors
    ///
    /// [`EpochError::Io`].
    pub fn write(&self, keys: &Keys, epoch: u32) -> Result<(), EpochError> {
        let text = authentic::sign(keys, PURPOSE, &format!("genvej epoch\n{epoch}\n"));
        authentic::write(&self.path, &text)
            .map_err(|source| EpochError::Io { path: self.path.clone(), source })
    }
}
