//! The store behind the evidence about its rows, with the files outside the database.

use crate::build_error::BuildError;
use crate::checkpoint_file::{self, CheckpointFile};
use crate::config::Config;
use crate::receipts::ReceiptFiles;
use crate::witness::Witness;
use service::Random;
use std::io;
use std::sync::Arc;
use store::codec::CodecError;
use store::keeper::{KeptStore, Known, RandomBytes};
use store::keys::Keys;
use store::lease::Holder;
use store::{Store, StoreError, kinds, person_key};
use tokio::sync::watch;

/// The store that the use cases see, with the checkpoint and receipts outside the database.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) store: Arc<KeptStore>,
    pub(crate) checkpoint: CheckpointFile,
    pub(crate) receipts: Arc<ReceiptFiles>,
    /// The name of this process where one of several takes a lease.
    pub(crate) holder: Holder,
    /// The epoch of the evidence.
    pub(crate) epoch: u32,
}

/// Becomes true once the erasures are replayed; its sender is dropped where they cannot be.
pub(crate) type Replayed = watch::Receiver<bool>;

/// Puts the evidence before the store. `installed` says that the store is a database of this installation, for which `genvej
/// migrate` has to have begun the evidence; a store that a binary passes in begins with none.
pub(crate) fn keep(
    config: &Config,
    store: Arc<dyn Store>,
    keys: &Arc<Keys>,
    random: &Arc<dyn Random>,
    installed: bool,
) -> Result<Kept, BuildError> {
    let path = config.checkpoint_path();
    let epoch = if installed {
        config.epoch().read(keys).map_err(BuildError::Epoch)?.ok_or(BuildError::NotMigrated)?
    } else {
        1
    };
    let witness = witness(config).map_err(BuildError::Witness)?;
    let checkpoint = config.checkpoint(keys).with_witness(witness);
    // One that cannot be read is said by the check, before anything is served.
    let anchor = checkpoint.read().ok().flatten().as_ref().and_then(checkpoint_file::anchor);
    let mut holder = [0; 16];
    random.fill(&mut holder);
    let holder = Holder(u128::from_be_bytes(holder));
    let (receipts, left) = ReceiptFiles::open(&path, epoch, holder.0)
        .map_err(|source| BuildError::Receipts { path, source })?;
    let receipts = Arc::new(receipts);
    let known = Known { epoch, anchor, receipts: left };
    let bytes = Arc::clone(random);
    let bytes: RandomBytes = Arc::new(move |buffer: &mut [u8]| bytes.fill(buffer));
    let store = KeptStore::new(store, keys, bytes, known, Some(Arc::clone(&receipts) as _));
    Ok(Kept { store: Arc::new(store), checkpoint, receipts, holder, epoch })
}

/// The witness that the configuration names, if any.
pub(crate) fn witness(config: &Config) -> io::Result<Option<Witness>> {
    let place = config.store.witness.as_ref();
    place.map(|place| Witness::start(place.0.clone(), &config.checkpoint_origin())).transpose()
}

/// The number of rows that are asked whether they are of this house.
const ASKED: usize = 64;

/// Whether a database was made under another key file: none of the persons' keys that are asked opens under this one, and where
/// there are none, the first entry of the journal that the service sealed does not.
pub(crate) async fn is_of_another_house(
    store: &dyn Store,
    keys: &Keys,
) -> Result<bool, StoreError> {
    let persons = store.scan(kinds::PERSON_KEY, None, ASKED).await?;
    if !persons.is_empty() {
        let is_of_first_layout = persons.iter().any(person_key::is_of_first_layout);
        let opens = persons.iter().any(|row| person_key::unwrap(keys, row).is_ok());
        return Ok(!opens && !is_of_first_layout);
    }
    // Later entries may be this server's own: it journals that it does not believe the database.
    let entries = store.journal_read(0, ASKED).await?;
    let first =
        entries.iter().find_map(|it| match service::journal::open_of_service(keys, &it.row) {
            Err(CodecError::Unknown { what: "owner", .. }) => None,
            opened => Some(opened.is_ok()),
        });
    Ok(first == Some(false))
}
