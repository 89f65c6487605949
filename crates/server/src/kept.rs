//! The store behind the evidence about its rows, with the files outside the database.

use crate::build_error::BuildError;
use crate::checkpoint_file::{self, CheckpointFile};
use crate::config::Config;
use crate::receipts::ReceiptFiles;
use crate::witness::Witness;
use service::Random;
use std::sync::Arc;
use store::Store;
use store::keeper::{KeptStore, Known, RandomBytes};
use store::keys::Keys;
use store::lease::Holder;
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
    let place = config.store.witness.as_ref();
    let witness = place.map(|place| Witness::start(place.0.clone(), &config.checkpoint_origin()));
    let witness = witness.transpose().map_err(BuildError::Witness)?;
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
