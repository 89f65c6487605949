//! Tiles: the tree in pieces that never change once they are full, as C2SP tlog-tiles serves them.
//!
//! A tile of level `l` holds up to 256 consecutive hashes of the tree's level `8 l`. A full one is one hash of the tile
//! above it, so that the whole tree is kept by one write for each 256 leaves.

use crate::tree::{LEAVES_MAX, Span, Subtree, TreeHash};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The height of a tile.
pub const HEIGHT: u8 = 8;
/// The number of hashes in a full tile.
pub const WIDTH: u16 = 1 << HEIGHT;
/// The number of levels that a tree of at most [`LEAVES_MAX`] leaves can have.
pub const LEVELS: u8 = 8;

/// The place of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// The level; tiles of level 0 hold the hashes of leaves.
    pub level: u8,
    /// The number of tiles of this level before it.
    pub index: u64,
}

impl TileId {
    /// The number of hashes that the tile has in a tree of this size; 0 where the tree has no such tile.
    #[must_use]
    pub fn width(self, size: u64) -> u16 {
        let hashes = size.checked_shr(u32::from(self.level) * u32::from(HEIGHT)).unwrap_or(0);
        let width = u64::from(WIDTH);
        let before = self.index.saturating_mul(width);
        u16::try_from(hashes.saturating_sub(before).min(width)).unwrap_or(0)
    }

    /// The tile that holds a subtree.
    #[must_use]
    pub const fn of(subtree: Subtree) -> Self {
        let above = HEIGHT - subtree.level % HEIGHT;
        Self { level: subtree.level / HEIGHT, index: subtree.index >> above }
    }

    /// Every tile of a tree of this size with its width, from the leaves up.
    pub fn all(size: u64) -> impl Iterator<Item = (Self, u16)> {
        (0..LEVELS).flat_map(move |level| {
            (0..).map_while(move |index| {
                let id = Self { level, index };
                let width = id.width(size);
                (width > 0).then_some((id, width))
            })
        })
    }
}

/// Tiles that were fetched, for computing hashes of a tree.
#[derive(Clone, Debug, Default)]
pub struct Tiles(BTreeMap<TileId, Vec<TreeHash>>);

impl Tiles {
    /// Adds a tile.
    pub fn insert(&mut self, id: TileId, hashes: Vec<TreeHash>) {
        self.0.insert(id, hashes);
    }

    /// The tiles that the hashes of these nodes are computed from.
    #[must_use]
    pub fn needed(spans: &[Span]) -> Vec<TileId> {
        let mut ids: Vec<TileId> =
            spans.iter().flat_map(|span| span.subtrees()).map(TileId::of).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The hash of a complete subtree; `None` where its tile is not here or is too short.
    #[must_use]
    pub fn subtree(&self, subtree: Subtree) -> Option<TreeHash> {
        let hashes = self.0.get(&TileId::of(subtree))?;
        let height = subtree.level % HEIGHT;
        let count = 1_usize << height;
        let within = subtree.index & ((1 << (HEIGHT - height)) - 1);
        let first = usize::try_from(within).ok()?.checked_mul(count)?;
        joined(hashes.get(first..first.checked_add(count)?)?)
    }

    /// The hashes of some nodes, in their order; `None` where a tile is missing.
    #[must_use]
    pub fn hashes(&self, spans: &[Span]) -> Option<Vec<TreeHash>> {
        spans.iter().map(|span| span.hash(|subtree| self.subtree(subtree))).collect()
    }

    /// The hash of the whole tree of this size; `None` where a tile is missing.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<TreeHash> {
        Span::whole(size).hash(|subtree| self.subtree(subtree))
    }
}

/// The hash over a power of two of hashes that stand beside each other.
fn joined(hashes: &[TreeHash]) -> Option<TreeHash> {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        let pairs = row.chunks_exact(2).filter_map(|pair| match pair {
            [left, right] => Some(TreeHash::of_pair(*left, *right)),
            _ => None,
        });
        row = pairs.collect();
    }
    row.pop()
}

/// The right edge of a tree that grows: of each level the tile that is not full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<TreeHash>>,
}

impl Edge {
    /// The edge of an empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of a tree of this size, from the tile of each level that is not full; `None` where a tile has not the
    /// width that it must have.
    #[must_use]
    pub fn of(size: u64, mut tile: impl FnMut(TileId) -> Option<Vec<TreeHash>>) -> Option<Self> {
        if size > LEAVES_MAX {
            return None;
        }
        let levels = Self::tiles(size)
            .map(|(id, width)| {
                let mut hashes = if width == 0 { Vec::new() } else { tile(id)? };
                hashes.truncate(usize::from(width));
                (hashes.len() == usize::from(width)).then_some(hashes)
            })
            .collect::<Option<_>>()?;
        Some(Self { size, levels })
    }

    /// The tile of each level that is not full in a tree of this size, with its width, which may be 0.
    pub fn tiles(size: u64) -> impl Iterator<Item = (TileId, u16)> {
        let used = move |level: &u8| size >> (u32::from(*level) * u32::from(HEIGHT)) > 0;
        (0..LEVELS).take_while(used).map(move |level| {
            let hashes = size >> (u32::from(level) * u32::from(HEIGHT));
            let id = TileId { level, index: hashes >> HEIGHT };
            (id, id.width(size))
        })
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf. `filled` is told each tile that became full by it, from the leaves up.
    pub fn push(&mut self, leaf: TreeHash, mut filled: impl FnMut(TileId, &[TreeHash])) {
        self.size = self.size.saturating_add(1);
        let mut next = leaf;
        for level in 0..LEVELS {
            let at = usize::from(level);
            if self.levels.len() <= at {
                self.levels.push(Vec::with_capacity(usize::from(WIDTH)));
            }
            let Some(hashes) = self.levels.get_mut(at) else { return };
            hashes.push(next);
            if hashes.len() < usize::from(WIDTH) {
                return;
            }
            let full = std::mem::take(hashes);
            let count = self.size >> (u32::from(level) * u32::from(HEIGHT)) >> HEIGHT;
            let id = TileId { level, index: count.saturating_sub(1) };
            filled(id, &full);
            let Some(hash) = joined(&full) else { return };
            next = hash;
        }
    }

    /// The tiles that are not full and not empty, from the leaves up.
    pub fn open(&self) -> impl Iterator<Item = (TileId, &[TreeHash])> {
        Self::tiles(self.size)
            .zip(&self.levels)
            .filter(|((_, width), _)| *width > 0)
            .map(|((id, _), hashes)| (id, hashes.as_slice()))
    }

    /// The hash of the whole tree.
    #[must_use]
    pub fn root(&self) -> TreeHash {
        let mut tiles = Tiles::default();
        self.open().for_each(|(id, hashes)| tiles.insert(id, hashes.to_vec()));
        let root = tiles.root(self.size);
        root.unwrap_or_else(|| {
            unreachable!("the edge holds every subtree that is not below another")
        })
    }
}

/// What tlog-tiles serves under the prefix of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The newest signed checkpoint.
    Checkpoint,
    /// A tile, or its first hashes.
    Tile {
        /// The place of the tile.
        id: TileId,
        /// How many of its hashes.
        width: u16,
    },
    /// The entries below a tile of level 0, or the first of them.
    Entries {
        /// The index of the tile.
        index: u64,
        /// How many entries.
        width: u16,
    },
}

impl Resource {
    /// The path below the prefix, such as `tile/0/x001/234.p/5`.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::Checkpoint => "checkpoint".to_owned(),
            Self::Tile { id, width } => format!("tile/{}/{}", id.level, place(id.index, width)),
            Self::Entries { index, width } => format!("tile/entries/{}", place(index, width)),
        }
    }

    /// Reads a path; each resource has one path alone.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let found = match path.strip_prefix("tile/") {
            None => Self::Checkpoint,
            Some(rest) => {
                let (level, rest) = rest.split_once('/')?;
                let (index, width) = read_place(rest)?;
                match level {
                    "entries" => Self::Entries { index, width },
                    _ => Self::Tile { id: TileId { level: level.parse().ok()?, index }, width },
                }
            }
        };
        (found.path() == path).then_some(found)
    }

    /// Whether a tree of this size has the resource.
    #[must_use]
    pub fn is_in(self, size: u64) -> bool {
        match self {
            Self::Checkpoint => true,
            Self::Tile { id, width } => (1..=id.width(size)).contains(&width),
            Self::Entries { index, width } => {
                (1..=TileId { level: 0, index }.width(size)).contains(&width)
            }
        }
    }

    /// Everything that is served of a tree of this size.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let tiles = TileId::all(size).flat_map(|(id, width)| {
            let entries = Self::Entries { index: id.index, width };
            [Some(Self::Tile { id, width }), (id.level == 0).then_some(entries)]
        });
        std::iter::once(Self::Checkpoint).chain(tiles.flatten())
    }
}

/// `x001/x234/067` for 1234067; `.p/5` after it for the first five hashes alone.
fn place(index: u64, width: u16) -> String {
    let mut thousands = vec![index % 1_000];
    let mut rest = index / 1_000;
    while rest > 0 {
        thousands.push(rest % 1_000);
        rest /= 1_000;
    }
    let last = thousands.len().saturating_sub(1);
    let mut text = String::new();
    for (at, part) in thousands.iter().rev().enumerate() {
        let (before, after) = if at < last { ("x", "/") } else { ("", "") };
        let _ = write!(text, "{before}{part:03}{after}");
    }
    if width < WIDTH {
        let _ = write!(text, ".p/{width}");
    }
    text
}

fn read_place(text: &str) -> Option<(u64, u16)> {
    let (index, width) = match text.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok().filter(|width| *width < WIDTH)?),
        None => (text, WIDTH),
    };
    let mut found = 0_u64;
    for part in index.split('/') {
        let part: u64 = part.strip_prefix('x').unwrap_or(part).parse().ok()?;
        found = found.checked_mul(1_000)?.checked_add(part)?;
    }
    Some((found, width))
}

#[cfg(test)]
mod tests;
