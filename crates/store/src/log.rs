//! The log that others can check: the Merkle tree over the journal, kept as tiles, and its published checkpoint.
//!
//! No commit pays for the tree. Rows get their positions from the sequencer, and whenever 256 more have one, the process
//! that holds its lease takes them in: it writes one tile, and one hash more into the tile above (docs/adr/log-of-hashes.md).
//! What is not taken in yet is computed from the rows themselves, at most 255 of them.

mod recount;

pub use recount::Recount;

use crate::codec::{CodecError, Reader, Stored, Writer};
use crate::facade::{self, Aggregate, Loaded, Owner};
use crate::keys::Keys;
use crate::seal::{NONCE_BYTES, Nonce};
use crate::{
    Chain, Id, Journalled, Kind, Place, Store, StoreError, Timestamp, Transaction, Version, kinds,
};
use audit::note::{Algorithm, Note, SignerKey, VerifierKey};
use audit::proof::{ProofError, SignedCheckpoint};
use audit::tile::{Edge, Resource, TileId, Tiles, WIDTH};
use audit::tree::{Span, TreeHash};
use audit::{Checkpoint, Head, Leaf, leaf};

/// The most tiles that are taken in by one transaction.
const TILES_AT_ONCE: u64 = 16;
const HASH_BYTES: usize = 32;
const TILE_BYTES_MAX: usize = WIDTH as usize * HASH_BYTES;

/// Why the log cannot be read, or must not go on.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The store failed.
    #[error("the log could not be read or written")]
    Store(#[from] StoreError),
    /// A row of the journal is missing or does not fit the chain: it does not enter the log.
    #[error("the journal row at position {position} is missing or does not fit the chain")]
    Row {
        /// The position of the row.
        position: u64,
    },
    /// A tile is missing or is not the one that the journal makes.
    #[error("tile {} of level {} is missing or is not that of the journal", .0.index, .0.level)]
    Tile(TileId),
    /// The tree does not go on from the checkpoint that was published last.
    #[error("the log does not go on from the checkpoint of size {size} that was published")]
    Forked {
        /// The size of the published checkpoint.
        size: u64,
    },
    /// A checkpoint could not be made.
    #[error("the checkpoint of the log")]
    Checkpoint(#[source] ProofError),
}

impl LogError {
    /// Whether the error lies in the database: nothing in it may be trusted then.
    #[must_use]
    pub const fn is_distrust(&self) -> bool {
        match self {
            Self::Row { .. } | Self::Tile(_) | Self::Forked { .. } => true,
            Self::Store(error) => matches!(error, StoreError::Untrusted { .. }),
            Self::Checkpoint(_) => false,
        }
    }
}

/// A tile that is kept: a full one of level 0, or one of a higher level with the hashes that it has so far.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LogTile {
    id: TileId,
    hashes: Vec<TreeHash>,
}

fn tile_row(id: TileId) -> Id {
    Id(u128::from(id.level) << 64 | u128::from(id.index))
}

impl Aggregate for LogTile {
    type Id = Id;
    const KIND: Kind = kinds::LOG_TILE;

    fn id(&self) -> Id {
        tile_row(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

impl Stored for LogTile {
    fn store(&self, writer: &mut Writer) {
        writer.u8(self.id.level);
        writer.u64(self.id.index);
        let bytes: Vec<u8> = self.hashes.iter().flat_map(|hash| hash.0).collect();
        writer.bytes(&bytes);
    }

    fn restore(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        let id = TileId { level: reader.u8("level")?, index: reader.u64("index")? };
        let bytes = reader.bytes("hashes", TILE_BYTES_MAX)?;
        let (hashes, []) = bytes.as_chunks::<HASH_BYTES>() else {
            return Err(CodecError::Invalid { what });
        };
        Ok(Self { id, hashes: hashes.iter().copied().map(TreeHash).collect() })
    }
}

/// How far the log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogState {
    /// The number of full tiles of level 0 that were taken in.
    pub tiles: u64,
    /// The head of the chain after the last row of these tiles.
    chain: [u8; 32],
    /// The checkpoint that was published last.
    pub published: Option<Published>,
}

/// How often checkpoints are published, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Of whole tiles.
    pub tiles_ms: i64,
    /// Of everything.
    pub rest_ms: i64,
}

/// A checkpoint that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The signed note, with the cosignatures of witnesses.
    pub note: String,
    /// When it was published.
    pub at: Timestamp,
    /// When a checkpoint was last published that is not only of whole tiles.
    pub rest_at: Timestamp,
}

crate::stored! { struct Published { note, at, rest_at } }
crate::stored! { struct LogState { tiles, chain, published } }

impl LogState {
    /// The size of the tree to publish now, if it is time: whole tiles every `tiles_ms`, and every `rest_ms` the rest too.
    /// In between, the size of the log tells nobody whether something was journalled just now (docs/adr/log-of-hashes.md).
    #[must_use]
    pub fn due(&self, end: u64, now: Timestamp, pace: Pace, key: &SignerKey) -> Option<u64> {
        let whole = self.rows();
        let Some((published, size)) = self.published.as_ref().zip(signed(self, key)) else {
            return Some(whole);
        };
        let size = size.head().size;
        let over = |since: Timestamp, ms: i64| now.0.saturating_sub(since.0) >= ms;
        if end > size && over(published.rest_at, pace.rest_ms) {
            Some(end)
        } else if whole > size && over(published.at, pace.tiles_ms) {
            Some(whole)
        } else {
            None
        }
    }

    const NONE: Self = Self { tiles: 0, chain: Chain::EMPTY.head, published: None };

    /// The number of rows in the tiles that were taken in.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.tiles.saturating_mul(WIDTH as u64)
    }
}

impl Aggregate for LogState {
    type Id = Id;
    const KIND: Kind = kinds::LOG_STATE;

    fn id(&self) -> Id {
        Id(0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

/// Fills a buffer from a cryptographic source.
pub type Fill<'a> = &'a (dyn Fn(&mut [u8]) + Send + Sync);

/// The rows of the log in a store.
#[derive(Clone, Copy)]
pub struct LogRows<'a> {
    store: &'a dyn Store,
    keys: &'a Keys,
}

impl std::fmt::Debug for LogRows<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogRows")
    }
}

impl<'a> LogRows<'a> {
    /// The log in this store.
    #[must_use]
    pub const fn new(store: &'a dyn Store, keys: &'a Keys) -> Self {
        Self { store, keys }
    }

    async fn load<A: Aggregate>(&self, id: Id) -> Result<Option<Loaded<A>>, StoreError> {
        let row = self.store.load(A::KIND, id).await?;
        row.map(|row| facade::open(&row, self.keys, None)).transpose()
    }

    /// How far the log is.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn state(&self) -> Result<LogState, StoreError> {
        let state = self.load(Id(0)).await?;
        Ok(state.map_or(LogState::NONE, |state| state.value))
    }

    /// The checkpoint that was published last, where this key signed it.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn published(&self, key: &SignerKey) -> Result<Option<SignedCheckpoint>, StoreError> {
        Ok(signed(&self.state().await?, key))
    }

    /// The first `width` hashes of a tile.
    ///
    /// # Errors
    ///
    /// [`LogError::Tile`] where the log has not as many, or a store error.
    pub async fn tile(&self, id: TileId, width: u16) -> Result<Vec<TreeHash>, LogError> {
        let wanted = usize::from(width);
        let mut hashes = match self.load::<LogTile>(tile_row(id)).await? {
            Some(tile) if tile.value.id == id => tile.value.hashes,
            Some(_) | None if id.level == 0 => {
                let leaves = self.leaves(id.index, width).await?;
                leaves.into_iter().map(TreeHash::of_leaf).collect()
            }
            Some(_) | None => Vec::new(),
        };
        hashes.truncate(wanted);
        if hashes.len() == wanted { Ok(hashes) } else { Err(LogError::Tile(id)) }
    }

    /// The leaves of the journal's rows below a tile of level 0.
    ///
    /// # Errors
    ///
    /// [`LogError::Row`] where one is missing, or a store error.
    pub async fn leaves(&self, index: u64, width: u16) -> Result<Vec<Leaf>, LogError> {
        let first = index.saturating_mul(u64::from(WIDTH));
        let rows = self.store.journal_read(first, usize::from(width)).await?;
        let mut leaves = Vec::with_capacity(rows.len());
        for (position, row) in (first..first.saturating_add(u64::from(width))).zip(&rows) {
            match row.place {
                Place::At { position: found, .. } if found == position => {
                    leaves.push(leaf(row.entry()));
                }
                Place::At { .. } | Place::Waiting => return Err(LogError::Row { position }),
            }
        }
        let position = first.saturating_add(u64::try_from(leaves.len()).unwrap_or(u64::MAX));
        if leaves.len() == usize::from(width) {
            Ok(leaves)
        } else {
            Err(LogError::Row { position })
        }
    }

    /// The hashes of some nodes of the tree of this size.
    ///
    /// # Errors
    ///
    /// [`LogError::Tile`] where the log has not grown that far, or a store error.
    pub async fn hashes(&self, size: u64, spans: &[Span]) -> Result<Vec<TreeHash>, LogError> {
        let mut tiles = Tiles::default();
        for id in Tiles::needed(spans) {
            tiles.insert(id, self.tile(id, id.width(size)).await?);
        }
        let missing = TileId { level: 0, index: size / u64::from(WIDTH) };
        tiles.hashes(spans).ok_or(LogError::Tile(missing))
    }

    /// The size of the tree and its root.
    ///
    /// # Errors
    ///
    /// As [`LogRows::hashes`].
    pub async fn head(&self, size: u64) -> Result<Head, LogError> {
        let root = self.hashes(size, &[Span::whole(size)]).await?;
        let hash = root.first().map_or(TreeHash::of_nothing().0, |root| root.0);
        Ok(Head { size, hash })
    }

    /// What tlog-tiles serves, where the published checkpoint reaches that far; `None` where it does not.
    ///
    /// # Errors
    ///
    /// As [`LogRows::hashes`].
    pub async fn resource(
        &self,
        wanted: Resource,
        key: &SignerKey,
    ) -> Result<Option<Vec<u8>>, LogError> {
        let Some(published) = self.published(key).await? else { return Ok(None) };
        if !wanted.is_in(published.head().size) {
            return Ok(None);
        }
        Ok(Some(match wanted {
            Resource::Checkpoint => published.note.to_string().into_bytes(),
            Resource::Tile { id, width } => {
                self.tile(id, width).await?.into_iter().flat_map(|hash| hash.0).collect()
            }
            Resource::Entries { index, width } => {
                let length = u16::try_from(HASH_BYTES).unwrap_or(u16::MAX).to_be_bytes();
                let leaves = self.leaves(index, width).await?;
                leaves.into_iter().flat_map(|leaf| length.into_iter().chain(leaf.0)).collect()
            }
        }))
    }

    /// Takes in at most 16 tiles of rows that have a position, and returns whether more of them wait. A rival that was
    /// faster changes nothing.
    ///
    /// # Errors
    ///
    /// [`LogError::Row`] where a row does not fit the chain, or a store error.
    pub async fn grow(&self, now: Timestamp, fill: Fill<'_>) -> Result<bool, LogError> {
        let end = self.store.journal_chain().await?;
        let seen = self.load::<LogState>(Id(0)).await?;
        let version = seen.as_ref().map(|seen| seen.version);
        let mut state = seen.map_or(LogState::NONE, |seen| seen.value);
        let there = end.size / u64::from(WIDTH);
        let until = there.min(state.tiles.saturating_add(TILES_AT_ONCE));
        if until <= state.tiles {
            return Ok(false);
        }
        let mut edge = self.edge(state.rows()).await?;
        let mut saved: Vec<LogTile> = Vec::new();
        while state.tiles < until {
            let rows = self.store.journal_read(state.rows(), usize::from(WIDTH)).await?;
            let leaves = fitting(&mut state, &rows)?;
            for leaf in leaves {
                edge.push(TreeHash::of_leaf(leaf), |id, hashes| {
                    saved.push(LogTile { id, hashes: hashes.to_vec() });
                });
            }
        }
        saved.extend(edge.open().map(|(id, hashes)| LogTile { id, hashes: hashes.to_vec() }));
        let mut transaction = Transaction::new(now);
        for tile in saved {
            // A tile of level 0 is written once; those above it grow.
            let old = self.load::<LogTile>(tile.id()).await?.map(|old| old.version);
            transaction = self.saved(transaction, &tile, old, fill);
        }
        let transaction = self.saved(transaction, &state, version, fill);
        match self.store.commit(transaction).await {
            Ok(_) => Ok(until < there),
            Err(StoreError::Conflict { .. } | StoreError::Exists { .. }) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Signs the tree of `size` and keeps the checkpoint as the published one, if the tree goes on from the one before.
    ///
    /// # Errors
    ///
    /// [`LogError::Forked`]; [`LogError::Tile`] where the log has not grown that far; a store error.
    pub async fn publish(
        &self,
        size: u64,
        key: &SignerKey,
        now: Timestamp,
        fill: Fill<'_>,
    ) -> Result<(), LogError> {
        let seen = self.load::<LogState>(Id(0)).await?;
        let version = seen.as_ref().map(|seen| seen.version);
        let mut state = seen.map_or(LogState::NONE, |seen| seen.value);
        let before = signed(&state, key).map(|before| before.head());
        if let Some(before) = before
            && (before.size > size || self.head(before.size).await? != before)
        {
            return Err(LogError::Forked { size: before.size });
        }
        let head = self.head(size).await?;
        let origin = key.verifier(Algorithm::Ed25519).name().as_str().to_owned();
        let checkpoint = Checkpoint::new(&origin, head)
            .map_err(|error| LogError::Checkpoint(ProofError::Checkpoint(error)))?;
        let note = Note::sign(&checkpoint.to_text(), key)
            .map_err(|error| LogError::Checkpoint(ProofError::Note(error)))?;
        let whole = size.is_multiple_of(u64::from(WIDTH));
        let rest_at = state.published.as_ref().filter(|_| before.is_some() && whole);
        let rest_at = rest_at.map_or(now, |published| published.rest_at);
        state.published = Some(Published { note: note.to_string(), at: now, rest_at });
        let transaction = self.saved(Transaction::new(now), &state, version, fill);
        match self.store.commit(transaction).await {
            // A rival published this size or a larger one.
            Ok(_) | Err(StoreError::Conflict { .. } | StoreError::Exists { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds the signatures of `key` in this note to the published checkpoint, where that is still the same; others that were
    /// added meanwhile stay.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn add_cosignature(
        &self,
        cosigned: &Note,
        key: &VerifierKey,
        now: Timestamp,
        fill: Fill<'_>,
    ) -> Result<(), LogError> {
        let Some(seen) = self.load::<LogState>(Id(0)).await? else { return Ok(()) };
        let mut state = seen.value;
        let Some(published) = &mut state.published else { return Ok(()) };
        let Ok(mut note) = Note::parse(&published.note) else { return Ok(()) };
        if note.text() != cosigned.text() {
            return Ok(());
        }
        for signature in cosigned.signatures() {
            // Those of other keys are not taken from here.
            let _ = note.add(signature.clone(), key);
        }
        published.note = note.to_string();
        let transaction = self.saved(Transaction::new(now), &state, Some(seen.version), fill);
        match self.store.commit(transaction).await {
            // It is asked for again.
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn saved<A: Aggregate>(
        &self,
        transaction: Transaction,
        value: &A,
        seen: Option<Version>,
        fill: Fill<'_>,
    ) -> Transaction {
        let mut nonce = [0; NONCE_BYTES];
        fill(&mut nonce);
        let version = seen.map_or(Version::FIRST, Version::next);
        let record = facade::record_of_service(value, version, self.keys, Nonce(nonce));
        match seen {
            None => transaction.insert(record),
            Some(seen) => transaction.put(seen, record),
        }
    }

    /// The edge of the tree of the tiles that were taken in.
    async fn edge(&self, size: u64) -> Result<Edge, LogError> {
        let mut tiles = std::collections::BTreeMap::new();
        for (id, width) in Edge::tiles(size).filter(|(_, width)| *width > 0) {
            tiles.insert(id, self.tile(id, width).await?);
        }
        let missing = TileId { level: 1, index: size >> 16 };
        Edge::of(size, |id| tiles.remove(&id)).ok_or(LogError::Tile(missing))
    }
}

/// The published checkpoint, where this key signed it: after a restore that was accepted the log has another name.
fn signed(state: &LogState, key: &SignerKey) -> Option<SignedCheckpoint> {
    let note = Note::parse(&state.published.as_ref()?.note).ok()?;
    SignedCheckpoint::check(note, &key.verifier(Algorithm::Ed25519)).ok()
}

/// The leaves of one tile of rows, each of which must fit the chain; the state goes on by this tile.
fn fitting(state: &mut LogState, rows: &[Journalled]) -> Result<Vec<Leaf>, LogError> {
    let mut head = Head { size: state.rows(), hash: state.chain };
    let mut leaves = Vec::with_capacity(rows.len());
    for row in rows {
        let leaf = leaf(row.entry());
        let position = head.size;
        head = head.after(leaf);
        if row.place != (Place::At { position, head: head.hash }) {
            return Err(LogError::Row { position });
        }
        leaves.push(leaf);
    }
    if leaves.len() != usize::from(WIDTH) {
        return Err(LogError::Row { position: head.size });
    }
    state.tiles = state.tiles.saturating_add(1);
    state.chain = head.hash;
    Ok(leaves)
}

#[cfg(test)]
mod tests;
