//! Upgrades a database to this program's layout and begins the evidence about its rows; accepts a restored database.
//!
//! Both accept the rows as they are as what was saved last: an epoch begins, the journal says so, and the mark beside the
//! key file remembers it. Neither may run beside a server.

use crate::backend::{self, Database, Migrated, StoreOpenError};
use crate::checkpoint_file::{self, CheckpointFile, KeepError};
use crate::config::{Config, Unsynchronised};
use crate::epoch_file::EpochError;
use crate::receipts::ReceiptFiles;
use recovery::event::JournalEvent;
use service::{Clock, Failure, Random, trusted_clock};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use store::facade::{self, Owner};
use store::keeper::{self, KeptStore, Known, RandomBytes, Rebased};
use store::keys::Keys;
use store::kinds::{self, Care, care};
use store::person_key::{self, PersonKey};
use store::seal::{DataKey, Nonce};
use store::{Id, Kind, Row, Store, StoreError, SubjectId, Timestamp, Transaction, sequencer};

/// The layout of the database from which on evidence about rows is kept.
const EVIDENCE_LAYOUT: u32 = 2;
/// The number of rows that are sealed again at once.
const BATCH: usize = 200;
/// How far ahead of the own epoch the epoch of another server may be.
const EPOCHS_AHEAD: u32 = 64;

/// A database could not be upgraded, or a restored database could not be accepted.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The database cannot be opened or upgraded.
    #[error("the database cannot be brought to this program's layout")]
    Open(#[source] StoreOpenError),
    /// The store failed.
    #[error("the database cannot be read or written")]
    Store(#[from] StoreError),
    /// The mark of the epoch cannot be used.
    #[error("the mark beside the key file")]
    Epoch(#[from] EpochError),
    /// The journal does not fit its checkpoint.
    #[error("the journal does not stand up to its checkpoint")]
    Keep(#[from] KeepError),
    /// The receipts of an earlier epoch cannot be removed.
    #[error("the receipts of an earlier epoch")]
    Receipts(#[source] io::Error),
    /// The database has an older layout than this installation has used.
    #[error(
        "the database {database} has layout {layout}, and {} says that this installation was brought to layout 2 before: this is an old \
         backup and no upgrade. Put the newest backup there, or, where this is the newest, say so with `genvej audit \
         accept-restore`",
        mark.display()
    )]
    OldBackup {
        /// The place of the database: a path, or a server and its database.
        database: String,
        /// The layout of the database.
        layout: u32,
        /// The path of the mark of the epoch.
        mark: PathBuf,
    },
    /// The clock is not trusted: what is written now would keep a wrong time for good.
    #[error("the clock of this machine is not believed")]
    Clock(#[source] Failure),
    /// The numbers of epochs are used up.
    #[error("the epochs are used up")]
    Epochs,
    /// The database fits checkpoint and evidence, so that there is nothing to accept.
    #[error("the database stands up to checkpoint and evidence: there is nothing to accept")]
    NothingToAccept,
}

/// The result of an upgrade.
#[derive(Clone, Copy, Debug)]
pub struct Installed {
    /// The layout of the database before and after.
    pub layout: Migrated,
    /// The epoch of evidence that was begun, if any.
    pub begun: Option<Begun>,
}

/// An epoch that was begun.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    /// The number of the epoch.
    pub epoch: u32,
    /// The number of rows.
    pub rows: u64,
    /// The number of rows that were sealed again.
    pub resealed: u64,
}

/// Creates the database of a configuration, or upgrades it to this program's layout. The first upgrade begins the evidence.
///
/// # Errors
///
/// [`InstallError`].
pub async fn migrate(
    config: &Config,
    keys: &Arc<Keys>,
    clock: &dyn Clock,
    random: &Arc<dyn Random>,
) -> Result<Installed, InstallError> {
    let mark = config.epoch();
    let epoch = mark.read(keys)?;
    let layout = backend::layout(config).map_err(InstallError::Open)?;
    if epoch.is_some() && (1..EVIDENCE_LAYOUT).contains(&layout) {
        let database = backend::name(config).map_err(InstallError::Open)?;
        return Err(InstallError::OldBackup { database, layout, mark: mark.path().clone() });
    }
    let layout = backend::migrate(config).map_err(InstallError::Open)?;
    if epoch.is_some() {
        return Ok(Installed { layout, begun: None });
    }
    let house = House::open(config, keys, clock, random).await?;
    let begun = house.first_epoch(config).await;
    house.database.close();
    Ok(Installed { layout, begun: Some(begun?) })
}

/// The result of accepting a restored database.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The number of journal rows that the checkpoint had; 0 where no checkpoint could be trusted.
    pub kept: u64,
    /// The number of journal rows that the database has.
    pub rows: u64,
    /// The path to which the old checkpoint was moved.
    pub aside: Option<PathBuf>,
    /// The epoch that was begun; `None` where another server had accepted the database before and this one follows it.
    pub begun: Option<Begun>,
}

/// Accepts a database that was set back or changed as the newest that exists.
///
/// # Errors
///
/// [`InstallError::NothingToAccept`] where the database fits checkpoint and evidence.
pub async fn accept_restore(
    config: &Config,
    keys: &Arc<Keys>,
    clock: &dyn Clock,
    random: &Arc<dyn Random>,
) -> Result<Accepted, InstallError> {
    let mark = config.epoch().read(keys)?;
    backend::migrate(config).map_err(InstallError::Open)?;
    let house = House::open(config, keys, clock, random).await?;
    let accepted = house.accept(config, mark.unwrap_or(0)).await;
    house.database.close();
    accepted
}

/// The result of sealing a row again in an upgrade.
enum Resealed {
    /// The row has this layout already, or is not sealed.
    AsItIs,
    /// The row, sealed again.
    Anew(store::Record),
    /// The row belongs to an erased person, and nobody can open it.
    Gone,
}

/// The database that is upgraded or accepted, with the parts that this needs.
pub(crate) struct House<'a> {
    pub(crate) database: Arc<Database>,
    pub(crate) store: Arc<dyn Store>,
    keys: &'a Arc<Keys>,
    /// The time of this machine, whose clock passed the first check of a server.
    believed: Timestamp,
    random: &'a Arc<dyn Random>,
}

impl<'a> House<'a> {
    pub(crate) async fn open(
        config: &Config,
        keys: &'a Arc<Keys>,
        clock: &'a dyn Clock,
        random: &'a Arc<dyn Random>,
    ) -> Result<Self, InstallError> {
        let database = backend::open(config).map_err(InstallError::Open)?;
        let database = Arc::new(database);
        let store = Arc::clone(&database) as Arc<dyn Store>;
        let believes = config.clock.unsynchronised == Unsynchronised::Believe;
        let believed = trusted_clock::believed_by_a_command(&*store, keys, clock, believes).await;
        let believed = match believed {
            Ok(now) => now,
            Err(error) => {
                database.close();
                return Err(InstallError::Clock(error));
            }
        };
        Ok(Self { database, store, keys, believed, random })
    }

    fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    pub(crate) async fn now(&self) -> Result<Timestamp, StoreError> {
        let last = self.store.last_committed().await?;
        Ok(last.map_or(self.believed, |last| last.max(self.believed)))
    }

    async fn sequence(&self) -> Result<(), StoreError> {
        while !self.store.journal_waiting(1).await?.is_empty() {
            sequencer::extend(&*self.store, 10_000).await?;
        }
        Ok(())
    }

    /// Begins the first epoch. The checkpoint of a server without evidence has to fit: otherwise an upgrade would be a way
    /// round it.
    async fn first_epoch(&self, config: &Config) -> Result<Begun, InstallError> {
        let file = config.checkpoint(self.keys);
        if let Some(kept) = file.read_bare()? {
            checkpoint_file::stands(&*self.store, file.path(), &kept).await?;
        }
        self.begin(config, 1).await
    }

    async fn accept(&self, config: &Config, epoch: u32) -> Result<Accepted, InstallError> {
        let file = config.checkpoint(self.keys);
        let kept = file.read();
        let checked = file.check(&*self.store).await;
        if let Err(error @ (KeepError::Io { .. } | KeepError::Store(_))) = checked {
            // A disk or a database that fails for a moment is nothing that anybody could accept.
            return Err(error.into());
        }
        if let Some(ahead) = self.epoch_ahead(epoch).await? {
            return self.follow(config, ahead).await;
        }
        let kept = kept.ok().flatten();
        if checked.is_ok() && self.is_newest(config, &file, epoch).await? {
            return Err(InstallError::NothingToAccept);
        }
        let rows = self.store.journal_chain().await?.size;
        let kept = kept.map_or(0, |kept| kept.head().size);
        let event = JournalEvent::RestoreAccepted { kept, rows };
        let row = service::journal::row_of_operation(self.keys, &**self.random, &event);
        self.store.commit(Transaction::new(self.now().await?).journal(row)).await?;
        let aside = file.set_aside(&kept.to_string())?;
        let next = epoch.checked_add(1).ok_or(InstallError::Epochs)?;
        let begun = self.begin(config, next).await?;
        Ok(Accepted { kept, rows, aside, begun: Some(begun) })
    }

    /// Whether the database is the newest there is: it stands up to the checkpoint, and every row is what was saved last in the
    /// epoch of the mark.
    pub(crate) async fn is_newest(
        &self,
        config: &Config,
        file: &CheckpointFile,
        epoch: u32,
    ) -> Result<bool, InstallError> {
        match file.check(&*self.store).await {
            Ok(()) if epoch > 0 => {}
            Err(error @ (KeepError::Io { .. } | KeepError::Store(_))) => return Err(error.into()),
            Ok(()) | Err(_) => return Ok(false),
        }
        let anchor = file.read()?.as_ref().and_then(checkpoint_file::anchor);
        let receipts = ReceiptFiles::open(&config.checkpoint_path(), epoch, 0);
        let (files, receipts) = receipts.map_err(InstallError::Receipts)?;
        files.remove();
        Ok(self.stands(Known { epoch, anchor, receipts }).await?)
    }

    /// Whether every row is what was saved last.
    async fn stands(&self, known: Known) -> Result<bool, StoreError> {
        let store = Arc::clone(&self.store);
        let kept = KeptStore::new(store, self.keys, self.random_bytes(), known, None);
        match kept.walk().await {
            Ok(walked) => Ok(walked.suspects.is_empty()),
            Err(StoreError::Untrusted { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// The epoch that another server has begun on this database by accepting it.
    pub(crate) async fn epoch_ahead(&self, epoch: u32) -> Result<Option<u32>, StoreError> {
        for ahead in epoch.saturating_add(1)..=epoch.saturating_add(EPOCHS_AHEAD) {
            if keeper::is_of_epoch(&*self.store, self.keys, ahead).await? {
                return Ok(Some(ahead));
            }
        }
        Ok(None)
    }

    async fn follow(&self, config: &Config, epoch: u32) -> Result<Accepted, InstallError> {
        let file = config.checkpoint(self.keys);
        let rows = self.store.journal_chain().await?.size;
        let kept = file.read().ok().flatten().map_or(0, |kept| kept.head().size);
        let aside = file.set_aside(&kept.to_string())?;
        ReceiptFiles::remove_all(file.path()).map_err(InstallError::Receipts)?;
        config.epoch().write(self.keys, epoch)?;
        self.sequence().await?;
        file.begin(&*self.store, None).await?;
        Ok(Accepted { kept, rows, aside, begun: None })
    }

    fn random_bytes(&self) -> RandomBytes {
        let random = Arc::clone(self.random);
        Arc::new(move |buffer: &mut [u8]| random.fill(buffer))
    }

    pub(crate) async fn begin(&self, config: &Config, epoch: u32) -> Result<Begun, InstallError> {
        let resealed = self.reseal().await?;
        let rows = self.count().await?;
        let leaf_layout = store::Layout::CURRENT.0;
        let event = JournalEvent::EpochBegun { epoch, rows, resealed, leaf_layout };
        let row = service::journal::row_of_operation(self.keys, &**self.random, &event);
        let made = (&**self.keys, self.random_bytes());
        let Rebased { rows, anchor } =
            keeper::rebase(&self.store, made, epoch, self.now().await?, row).await?;
        self.sequence().await?;
        let file = config.checkpoint(self.keys);
        ReceiptFiles::remove_all(file.path()).map_err(InstallError::Receipts)?;
        file.begin(&*self.store, Some(anchor)).await?;
        config.epoch().write(self.keys, epoch)?;
        Ok(Begun { epoch, rows, resealed })
    }

    async fn count(&self) -> Result<u64, StoreError> {
        let mut count = 0_u64;
        for kind in watched() {
            let mut after = None;
            loop {
                let rows = self.store.scan(kind, after, 1_000).await?;
                let Some(last) = rows.last() else { break };
                after = Some(last.record.id);
                count = count.saturating_add(u64::try_from(rows.len()).unwrap_or(0));
            }
        }
        Ok(count)
    }

    /// Seals every row of the first layout again; returns how many there were.
    async fn reseal(&self) -> Result<u64, StoreError> {
        let mut count = 0_u64;
        // Keys of persons last: the rows that they seal are opened with them as they were.
        for kind in watched().filter(|kind| !is_person_key(*kind)) {
            count = count.saturating_add(self.reseal_kind(kind).await?);
        }
        Ok(count.saturating_add(self.reseal_kind(kinds::PERSON_KEY).await?))
    }

    async fn reseal_kind(&self, kind: Kind) -> Result<u64, StoreError> {
        let mut count = 0_u64;
        let mut after = None;
        loop {
            let rows = self.store.scan(kind, after, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(count) };
            after = Some(last.record.id);
            let mut transaction = Transaction::new(self.now().await?);
            let mut keys = BTreeMap::new();
            for row in &rows {
                transaction = match self.resealed(row, &mut keys).await? {
                    Resealed::AsItIs => continue,
                    Resealed::Anew(record) => transaction.put(row.version, record),
                    Resealed::Gone => transaction.delete(kind, row.record.id, row.version),
                };
                count = count.saturating_add(1);
            }
            if !transaction.writes.is_empty() {
                self.store.commit(transaction).await?;
            }
        }
    }

    async fn resealed(
        &self,
        row: &Row,
        keys: &mut BTreeMap<u128, Option<DataKey>>,
    ) -> Result<Resealed, StoreError> {
        if person_key::is_of_first_layout(row) {
            let key = person_key::unwrap_of_first_layout(self.keys, row)?;
            let subject = SubjectId(u128::from_be_bytes(self.draw()));
            let (id, version) = (row.record.id, row.version.next());
            let drawn = PersonKey { key, subject };
            let record = person_key::wrap(self.keys, id, version, &drawn, Nonce(self.draw()));
            return Ok(Resealed::Anew(record));
        }
        if is_person_key(row.record.kind) || !is_sealed(row.record.kind) {
            return Ok(Resealed::AsItIs);
        }
        let key = match facade::owner_of_first_layout(row) {
            None => return Ok(Resealed::AsItIs),
            Some(Owner::Person(person)) => match self.person_key(person.0, keys).await? {
                Some(key) => Some(key),
                None => return Ok(Resealed::Gone),
            },
            Some(Owner::Service | Owner::Ended) => None,
        };
        let record = facade::reseal(row, self.keys, key.as_ref(), Nonce(self.draw()))?;
        Ok(record.map_or(Resealed::AsItIs, Resealed::Anew))
    }

    async fn person_key(
        &self,
        person: u128,
        keys: &mut BTreeMap<u128, Option<DataKey>>,
    ) -> Result<Option<DataKey>, StoreError> {
        if let Some(known) = keys.get(&person) {
            return Ok(known.clone());
        }
        let key = match self.store.load(kinds::PERSON_KEY, Id(person)).await? {
            None => None,
            Some(row) if person_key::is_of_first_layout(&row) => {
                Some(person_key::unwrap_of_first_layout(self.keys, &row)?)
            }
            // A migration that was broken off had come this far.
            Some(row) => Some(person_key::unwrap(self.keys, &row)?.key),
        };
        keys.insert(person, key.clone());
        Ok(key)
    }
}

fn watched() -> impl Iterator<Item = Kind> {
    kinds::CODES.map(|code| Kind::new(code, "row")).filter(|kind| care(*kind) != Care::Unwatched)
}

/// Whether rows of this kind are the keys of persons. A walk over all kinds knows only their codes.
fn is_person_key(kind: Kind) -> bool {
    kind.code() == kinds::PERSON_KEY.code()
}

/// Whether rows of this kind are sealed: used nonces are random numbers without a state.
fn is_sealed(kind: Kind) -> bool {
    kind.code() != kinds::USED_NONCE.code()
}
