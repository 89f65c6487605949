//! The mark beside the key file: the rows of this installation have been sealed and are kept evidence about since, in
//! which epoch. Once it is there, a database of an older layout is an old backup, and no upgrade.

use crate::authentic::{self, NotAuthentic};
use std::io;
use std::path::PathBuf;
use store::keys::Keys;

const PURPOSE: &str = "epoch of the evidence about rows";

/// The mark cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum EpochError {
    /// The system refused.
    #[error("the epoch in {}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the layer below says.
        #[source]
        source: io::Error,
    },
    /// Nobody with these keys wrote it.
    #[error("the epoch in {} is not believed", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What the layer below says.
        #[source]
        source: NotAuthentic,
    },
}

/// The file.
#[derive(Clone, Debug)]
pub struct EpochFile {
    path: PathBuf,
}

impl EpochFile {
    /// The mark in this file, which need not be there yet.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it lies.
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

    /// Begins an epoch.
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
