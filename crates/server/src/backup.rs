//! Backups of a database file: made while the server runs, and checked before one is put in place.
//!
//! ```text
//! FOLDER/manifest           what is in it, authenticated under the key file
//! FOLDER/genvej.sqlite      one moment of the database
//! FOLDER/genvej.checkpoint  the checkpoint of that moment's journal
//! FOLDER/genvej.erased      the list of erased persons as it was
//! ```
//!
//! The folder gets its name when it is whole, so that half a backup is never taken for one. The key file is not in it.

mod error;
pub(crate) mod files;
mod manifest;

pub use error::BackupError;
pub use manifest::{Manifest, Part};

use crate::backend;
use crate::checkpoint_file::{self, CheckpointFile};
use crate::config::{Config, DatabasePlace};
use crate::erasures::Erasures;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::keys::Keys;
use store::{Store as _, Timestamp};

/// The database of a backup.
const DATABASE: &str = "genvej.sqlite";
/// The list of erased persons in a backup.
const ERASED: &str = "genvej.erased";
/// The checkpoint of the journal in a backup.
const CHECKPOINT: &str = "genvej.checkpoint";
const MANIFEST: &str = "manifest";

/// Is told how many bytes of how many were copied.
pub type Said<'s> = &'s (dyn Fn(u64, u64) + Sync);

/// Makes a backup of the database file that the configuration names, also while a server works on it.
///
/// # Errors
///
/// [`BackupError`]; then there is no folder of that name.
pub async fn make(
    config: &Config,
    keys: &Arc<Keys>,
    to: &Path,
    taken: jiff::Timestamp,
    said: Said<'_>,
) -> Result<Manifest, BackupError> {
    let DatabasePlace::File(database) = &config.store.database else {
        return Err(BackupError::OnServer);
    };
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    // What was broken off before is no backup.
    let _ = std::fs::remove_dir_all(&unfinished);
    files::make_folder(&unfinished).map_err(BackupError::io(&unfinished))?;
    let writing = Writing { config, keys, folder: &unfinished };
    let made = match writing.write(database, taken, said).await {
        Ok(manifest) => files::sync_names(&unfinished.join(MANIFEST))
            .and_then(|()| std::fs::rename(&unfinished, to))
            .and_then(|()| files::sync_names(to))
            .map(|()| manifest)
            .map_err(BackupError::io(to)),
        Err(error) => Err(error),
    };
    if made.is_err() {
        let _ = std::fs::remove_dir_all(&unfinished);
    }
    made
}

/// A backup that is being made.
struct Writing<'w> {
    config: &'w Config,
    keys: &'w Arc<Keys>,
    folder: &'w Path,
}

impl Writing<'_> {
    async fn write(
        &self,
        database: &Path,
        taken: jiff::Timestamp,
        said: Said<'_>,
    ) -> Result<Manifest, BackupError> {
        let house = self.config.checkpoint_origin();
        let mut manifest = Manifest::of(self.keys, house, taken);
        manifest.epoch = self.config.epoch().read(self.keys)?.ok_or(BackupError::NotMigrated)?;
        // Read before the copy is made: the copy has at least what this covers, or the database was set back.
        let kept = self.config.checkpoint(self.keys).read()?;
        let copy = self.folder.join(DATABASE);
        backend::copy_file(database, &copy, said).map_err(BackupError::Open)?;
        self.look(&copy, kept.as_ref(), &mut manifest).await?;
        let erasures = Erasures::at(self.config.erased());
        manifest.erased = u64::try_from(erasures.read()?.len()).unwrap_or(u64::MAX);
        let path = self.folder.join(ERASED);
        files::write(&path, &erasures.bytes()?).map_err(BackupError::io(&path))?;
        for name in [DATABASE, CHECKPOINT, ERASED] {
            let path = self.folder.join(name);
            let part = files::keep_private(&path).and_then(|()| files::part_of(self.folder, name));
            manifest.part.push(part.map_err(BackupError::io(&path))?);
        }
        let path = self.folder.join(MANIFEST);
        let text = manifest.signed(self.keys).map_err(std::io::Error::other);
        let written = text.and_then(|text| files::write(&path, text.as_bytes()));
        written.map_err(BackupError::io(&path))?;
        Ok(manifest)
    }

    /// Reads of the copy what the manifest says of it, and writes the checkpoint of its journal.
    async fn look(
        &self,
        copy: &Path,
        kept: Option<&audit::Checkpoint>,
        manifest: &mut Manifest,
    ) -> Result<(), BackupError> {
        backend::take_for_database(copy).map_err(BackupError::Open)?;
        let store = backend::open_file(copy).map_err(BackupError::Open)?;
        let looked = async {
            if let Some(kept) = kept {
                checkpoint_file::stands(&store, &self.config.checkpoint_path(), kept).await?;
            }
            manifest.journal = store.journal_chain().await?.size;
            manifest.committed = store.last_committed().await?.and_then(instant);
            let origin = self.config.checkpoint_origin();
            let path = self.folder.join(CHECKPOINT);
            let checkpoint = CheckpointFile::at(path, origin, Arc::clone(self.keys));
            checkpoint.begin(&store, None).await?;
            Ok(())
        };
        let looked = looked.await;
        store.close();
        manifest.layout = backend::file_layout(copy).map_err(BackupError::Open)?;
        backend::mark_as_backup(copy).map_err(BackupError::Open)?;
        looked
    }
}

fn instant(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(at.0).ok()
}

/// A backup whose manifest was checked.
#[derive(Debug)]
pub struct Backup {
    folder: PathBuf,
    /// What is in it.
    pub manifest: Manifest,
}

impl Backup {
    /// Opens the backup in a folder, of the house with these keys.
    ///
    /// # Errors
    ///
    /// [`BackupError`].
    pub fn open(folder: &Path, keys: &Keys) -> Result<Self, BackupError> {
        let path = folder.join(MANIFEST);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let part = "the manifest".to_owned();
                return Err(BackupError::Incomplete { folder: folder.to_owned(), part });
            }
            Err(source) => return Err(BackupError::Io { path, source }),
        };
        let manifest = Manifest::read(&text, keys, folder)?;
        Ok(Self { folder: folder.to_owned(), manifest })
    }

    /// Reads every file to its end and compares it with the manifest.
    ///
    /// # Errors
    ///
    /// [`BackupError`].
    pub fn check(&self) -> Result<(), BackupError> {
        for name in [DATABASE, CHECKPOINT, ERASED] {
            files::take_out(&self.folder, self.part(name)?, &mut std::io::sink())?;
        }
        Ok(())
    }

    /// Copies the database of the backup to a new file, checked as it is copied.
    ///
    /// # Errors
    ///
    /// [`BackupError`].
    pub(crate) fn take_database(&self, to: &Path) -> Result<(), BackupError> {
        let mut file = files::make_file(to).map_err(BackupError::io(to))?;
        files::take_out(&self.folder, self.part(DATABASE)?, &mut file)?;
        file.sync_all().map_err(BackupError::io(to))?;
        backend::take_for_database(to).map_err(BackupError::Open)
    }

    /// The list of erased persons in the backup, checked.
    ///
    /// # Errors
    ///
    /// [`BackupError`].
    pub(crate) fn erasures(&self) -> Result<Erasures, BackupError> {
        files::take_out(&self.folder, self.part(ERASED)?, &mut std::io::sink())?;
        Ok(Erasures::at(self.folder.join(ERASED)))
    }

    /// The checkpoint of the backup's own journal.
    ///
    /// # Errors
    ///
    /// [`BackupError`].
    pub(crate) fn checkpoint(&self, keys: &Arc<Keys>) -> Result<audit::Checkpoint, BackupError> {
        let path = self.folder.join(CHECKPOINT);
        checkpoint_file::read(&path, keys)?.ok_or_else(|| BackupError::Incomplete {
            folder: self.folder.clone(),
            part: CHECKPOINT.to_owned(),
        })
    }

    fn part(&self, name: &str) -> Result<&Part, BackupError> {
        self.manifest.part(name).ok_or_else(|| BackupError::Incomplete {
            folder: self.folder.clone(),
            part: name.to_owned(),
        })
    }
}
