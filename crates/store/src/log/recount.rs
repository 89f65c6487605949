//! Computes the log anew from the leaves of the journal, and compares it with what is kept and what was published.

use super::{LogError, LogRows, LogState, LogTile, tile_row};
use audit::tile::{Edge, TileId};
use audit::tree::TreeHash;
use audit::{Head, Leaf};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// A log that is computed anew, leaf by leaf. It remembers 32 bytes of each tile.
#[derive(Debug)]
pub struct Recount {
    edge: Edge,
    state: LogState,
    tiles: BTreeMap<TileId, [u8; 32]>,
    /// The heads at the sizes that were asked for.
    heads: BTreeMap<u64, Option<Head>>,
}

fn digest(hashes: &[TreeHash]) -> [u8; 32] {
    let mut digest = Sha256::new();
    hashes.iter().for_each(|hash| digest.update(hash.0));
    digest.finalize().into()
}

impl Recount {
    /// Begins before the first leaf. The heads at these sizes are remembered.
    #[must_use]
    pub fn new(state: LogState, sizes: impl IntoIterator<Item = u64>) -> Self {
        let mut begun = Self {
            edge: Edge::new(),
            state,
            tiles: BTreeMap::new(),
            heads: sizes.into_iter().map(|size| (size, None)).collect(),
        };
        begun.note_head();
        begun
    }

    fn note_head(&mut self) {
        if let Some(head) = self.heads.get_mut(&self.edge.size()) {
            *head = Some(Head { size: self.edge.size(), hash: self.edge.root().0 });
        }
        if self.edge.size() == self.state.rows() {
            let open = self.edge.open().map(|(id, hashes)| (id, digest(hashes)));
            self.tiles.extend(open);
        }
    }

    /// Takes the next leaf of the journal.
    pub fn leaf(&mut self, leaf: Leaf) {
        let kept = self.edge.size() < self.state.rows();
        let tiles = &mut self.tiles;
        self.edge.push(TreeHash::of_leaf(leaf), |id, hashes| {
            if kept {
                tiles.insert(id, digest(hashes));
            }
        });
        self.note_head();
    }

    /// The size of the log and its root, as computed.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { size: self.edge.size(), hash: self.edge.root().0 }
    }

    /// Compares a head that was published or kept elsewhere; its size must have been asked for at the beginning.
    ///
    /// # Errors
    ///
    /// [`LogError::Forked`] where the journal does not go on from it.
    pub fn check(&self, published: Head) -> Result<(), LogError> {
        if self.heads.get(&published.size) == Some(&Some(published)) {
            return Ok(());
        }
        Err(LogError::Forked { size: published.size })
    }

    /// Compares every tile that is kept; returns how many there are.
    ///
    /// # Errors
    ///
    /// [`LogError::Tile`] where one is missing or another than the journal makes, or a store error.
    pub async fn check_tiles(&self, log: &LogRows<'_>) -> Result<usize, LogError> {
        let mut tiles = 0_usize;
        for (id, width) in TileId::all(self.state.rows()) {
            let kept = log.load::<LogTile>(tile_row(id)).await?.map(|tile| tile.value);
            let fits = kept.is_some_and(|kept| {
                kept.id == id
                    && kept.hashes.len() == usize::from(width)
                    && self.tiles.get(&id) == Some(&digest(&kept.hashes))
            });
            if !fits {
                return Err(LogError::Tile(id));
            }
            tiles = tiles.saturating_add(1);
        }
        Ok(tiles)
    }
}
