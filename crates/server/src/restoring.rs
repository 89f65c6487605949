//! Puts a backup in the place of the database, and makes a database that was restored by other means fit to be served.
//!
//! Nothing is served between: the work is done on a file beside the database, or on a server that no `genvej serve` uses. Where
//! something was lost, erased persons are erased again, everything ends that could be used a second time, and an epoch of the
//! evidence about rows begins, of which the journal tells (docs/adr/restores.md).

mod swap;

use crate::backend;
use crate::backup::{Backup, BackupError};
use crate::build_error::BuildError;
use crate::checkpoint_file::{self, CheckpointFile, KeepError};
use crate::config::{Config, DatabasePlace};
use crate::epoch_file::EpochError;
use crate::erasures::{Erasures, ErasuresError};
use crate::installing::{House, InstallError};
use crate::kept::{is_of_another_house, witness};
use crate::key_file::KeyFile;
use crate::store_lock::{StoreLock, StoreLockError};
use crate::unserved::{self, OwnKeys};
use recovery::event::JournalEvent;
use service::restore::Ended;
use service::{Clock, Failure, Random};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{StoreError, Timestamp, Transaction};

/// A backup was not put in place, or a restored database is not fit to be served.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup cannot be used.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The database is on a server, where a file cannot be put in place.
    #[error(
        "the database is on a server: restore it there, and then say `genvej restore --adopt` (database-on-a-server)"
    )]
    OnServer,
    /// There is a database, and nobody said that it may go.
    #[error("there is a database {}: with --replace it is moved aside (database-exists)", .0.display())]
    Exists(PathBuf),
    /// A server works on the database.
    #[error("the database cannot be locked")]
    Lock(#[from] StoreLockError),
    /// The database was made under another key file.
    #[error("the database cannot be adopted")]
    Keep(#[from] KeepError),
    /// The database cannot be opened, or its evidence not begun anew.
    #[error("the database cannot be made fit")]
    Install(#[from] InstallError),
    /// The mark of the epoch cannot be used.
    #[error("the mark beside the key file")]
    Epoch(#[from] EpochError),
    /// The configuration cannot be used.
    #[error("the configuration cannot be used")]
    Build(#[from] BuildError),
    /// The erasures could not be replayed.
    #[error("the erasures")]
    Erasures(#[from] ErasuresError),
    /// What could be used a second time could not be ended.
    #[error("what could be used a second time was not ended")]
    Ending(#[source] Failure),
    /// The store failed.
    #[error("the database cannot be read or written")]
    Store(#[from] StoreError),
    /// A file cannot be moved.
    #[error("{}", path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
}

/// A database that is fit to be served again.
#[derive(Debug)]
pub struct Restored {
    /// What was lost; `None` where the database is the newest there is, and goes on as if nothing had happened.
    pub lost: Option<Lost>,
    /// The number of erased persons whom only the list in the backup knew.
    pub erasures_taken_over: usize,
    /// The files that were moved aside.
    pub aside: Vec<PathBuf>,
}

/// What was lost, and what ended with it.
#[derive(Clone, Debug)]
pub struct Lost {
    /// The last commit of the restored database: everything after it is lost.
    pub until: Option<Timestamp>,
    /// The number of journal rows that the checkpoint knew; 0 where no checkpoint could be trusted.
    pub kept: u64,
    /// The number of journal rows that the restored database has.
    pub rows: u64,
    /// The number of persons who were erased again.
    pub erased: usize,
    /// What ended.
    pub ended: Ended,
    /// The epoch that begins.
    pub epoch: u32,
}

/// What a restore works with.
#[derive(Clone, Debug)]
pub struct Restoring<'r> {
    /// The configuration.
    pub config: &'r Config,
    /// The clock of this machine.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub random: Arc<dyn Random>,
}

impl Restoring<'_> {
    /// Puts the backup of a folder in the place of the database file that the configuration names. With `replace`, a database that
    /// is there is moved aside.
    ///
    /// # Errors
    ///
    /// [`RestoreError`]; the database that was there is there still, unless the last step failed, and then nothing is served.
    pub async fn restore(&self, from: &Path, replace: bool) -> Result<Restored, RestoreError> {
        let DatabasePlace::File(database) = &self.config.store.database else {
            return Err(RestoreError::OnServer);
        };
        let keys = self.keys()?;
        let backup = Backup::open(from, &keys.keys)?;
        let lock = StoreLock::take(database)?;
        if database.exists() && !replace {
            return Err(RestoreError::Exists(database.clone()));
        }
        let beside = swap::beside(database);
        swap::clear(&beside)?;
        backup.take_database(&beside)?;
        let kept = backup.checkpoint(&keys.keys)?;
        let erasures = backup.erasures()?;
        let mut config = self.config.clone();
        config.store.database = DatabasePlace::File(beside.clone());
        let restoring = Restoring { config: &config, ..self.clone() };
        let epoch = backup.manifest.epoch;
        let mut restored = restoring.made_fit(&keys, epoch, Some((&kept, &erasures))).await?;
        restored.aside.extend(swap::swap(database, &beside)?);
        lock.remember()?;
        Ok(restored)
    }

    /// Makes the database that the configuration names fit to be served, after somebody has put it there by other means: a cluster
    /// that a database server has restored, or a copy of a file whose server had ended.
    ///
    /// # Errors
    ///
    /// [`RestoreError`]; nothing is served then.
    pub async fn adopt(&self) -> Result<Restored, RestoreError> {
        let keys = self.keys()?;
        let _lock = StoreLock::of(self.config)?;
        self.made_fit(&keys, 0, None).await
    }

    fn keys(&self) -> Result<OwnKeys, RestoreError> {
        Ok(KeyFile::read(&self.config.keys.file).map_err(BuildError::Keys)?.into())
    }

    /// The second half of every restore, in the database of the configuration. `epoch` is the epoch that a backup is of, where
    /// that is known.
    async fn made_fit(
        &self,
        keys: &OwnKeys,
        epoch: u32,
        backup: Option<(&audit::Checkpoint, &Erasures)>,
    ) -> Result<Restored, RestoreError> {
        backend::migrate(self.config).map_err(InstallError::Open)?;
        let house = House::open(self.config, &keys.keys, &*self.clock, &self.random).await?;
        let fit = self.settle(&house, keys, epoch, backup).await;
        house.database.close();
        fit
    }

    async fn settle(
        &self,
        house: &House<'_>,
        keys: &OwnKeys,
        epoch: u32,
        backup: Option<(&audit::Checkpoint, &Erasures)>,
    ) -> Result<Restored, RestoreError> {
        let store = &*house.store;
        if is_of_another_house(store, &keys.keys).await? {
            return Err(KeepError::AnotherHouse.into());
        }
        let erasures = Erasures::at(self.config.erased());
        let mut erasures_taken_over = 0;
        if let Some((kept, erased)) = backup {
            checkpoint_file::stands(store, &self.config.checkpoint_path(), kept).await?;
            erasures_taken_over = erasures.take_over(erased, self.clock.now())?;
        }
        let known = self.config.epoch().read(&keys.keys)?.unwrap_or(0);
        let file = self.checkpoint(keys)?;
        if house.is_newest(self.config, &file, known).await? {
            return Ok(Restored { lost: None, erasures_taken_over, aside: Vec::new() });
        }
        let until = store.last_committed().await?;
        let kept = file.read().ok().flatten().map_or(0, |kept| kept.head().size);
        let parts = (Arc::clone(&self.clock), Arc::clone(&self.random));
        let service = unserved::service(self.config, Arc::clone(&house.store), keys, parts)?;
        let erased = erasures.replay(&service).await?;
        let ended =
            service.end_what_a_restore_brought_back().await.map_err(RestoreError::Ending)?;
        let rows = store.journal_chain().await?.size;
        let event = JournalEvent::DatabaseRestored {
            until: until.unwrap_or(Timestamp(0)),
            kept,
            rows,
            erased: u64::try_from(erased).unwrap_or(u64::MAX),
            tries: ended.tries,
            ended: ended.ended,
            deleted: ended.deleted,
        };
        let row = service::journal::row_of_operation(&keys.keys, &*self.random, &event);
        store.commit(Transaction::new(house.now().await?).journal(row)).await?;
        let aside = file.set_aside(&kept.to_string())?.into_iter().collect();
        // After the epoch of the mark, of the backup, and of whatever lies in the database: none of their evidence counts again.
        let before = known.max(epoch);
        let before = house.epoch_ahead(before).await?.unwrap_or(before);
        let epoch = before.checked_add(1).ok_or(InstallError::Epochs)?;
        house.begin(self.config, epoch).await?;
        let lost = Some(Lost { until, kept, rows, erased, ended, epoch });
        Ok(Restored { lost, erasures_taken_over, aside })
    }

    /// The checkpoint with its witness, whose copy is set aside with it.
    fn checkpoint(&self, keys: &OwnKeys) -> Result<CheckpointFile, RestoreError> {
        let witness = witness(self.config).map_err(BuildError::Witness)?;
        Ok(self.config.checkpoint(&keys.keys).with_witness(witness))
    }
}
