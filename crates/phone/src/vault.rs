//! What the app keeps between starts, in one sealed file.

use std::path::PathBuf;

use app_core::{Vault, VaultError};

use crate::sealed_file::{FileError, Sealer};

pub(crate) struct FileVault {
    pub(crate) path: PathBuf,
    pub(crate) sealer: Sealer,
}

impl Vault for FileVault {
    fn load(&self) -> Result<Option<Vec<u8>>, VaultError> {
        self.sealer
            .read(&self.path)
            .map(|document| document.map(|document| document.to_vec()))
            .map_err(refused)
    }

    fn save(&mut self, document: &[u8]) -> Result<(), VaultError> {
        self.sealer.write(&self.path, document).map_err(refused)
    }
}

fn refused(error: FileError) -> VaultError {
    tracing::error!(error = &error as &dyn std::error::Error, "the app's state");
    VaultError
}
