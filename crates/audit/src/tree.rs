//! The Merkle tree over the leaves of the journal, as RFC 6962 section 2.1 defines it.
//!
//! The entries of the tree are the leaves of the journal, 32 bytes each, which hide what they stand for.

use crate::leaf::Leaf;
use sha2::{Digest, Sha256};

/// The largest number of leaves: beyond it no proof can be checked.
pub const LEAVES_MAX: u64 = 1 << 62;

/// The hash of a node of the tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeHash(pub [u8; 32]);

impl std::fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl TreeHash {
    /// The hash of a tree without leaves: `MTH({}) = SHA-256()` (RFC 6962 section 2.1).
    #[must_use]
    pub fn of_nothing() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The hash of a leaf of the tree, whose entry is the leaf of a journal row.
    #[must_use]
    pub fn of_leaf(leaf: Leaf) -> Self {
        Self::of_entry(&leaf.0)
    }

    /// The hash of a leaf of the tree: `MTH({d(0)}) = SHA-256(0x00 || d(0))` (RFC 6962 section 2.1).
    fn of_entry(entry: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
    }

    /// The hash of a node from those below it: `SHA-256(0x01 || left || right)` (RFC 6962 section 2.1).
    #[must_use]
    pub fn of_pair(left: Self, right: Self) -> Self {
        let hash = Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0);
        Self(hash.finalize().into())
    }

    /// The hash over subtrees that stand beside each other from the largest to the smallest.
    fn of_row(peaks: impl DoubleEndedIterator<Item = Self>) -> Self {
        let joined = peaks.rev().reduce(|right, left| Self::of_pair(left, right));
        joined.unwrap_or_else(Self::of_nothing)
    }
}

/// A complete subtree: its leaves are `index << level .. (index + 1) << level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subtree {
    /// The height of the subtree; 0 for a leaf.
    pub level: u8,
    /// How many subtrees of this height stand before it.
    pub index: u64,
}

/// Consecutive leaves below one node of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The position of the first leaf.
    pub start: u64,
    /// The position after the last leaf.
    pub end: u64,
}

impl Span {
    /// The leaves of a whole tree.
    #[must_use]
    pub const fn whole(size: u64) -> Self {
        Self { start: 0, end: size }
    }

    const fn size(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// The complete subtrees below this node, from left to right.
    pub fn subtrees(self) -> impl DoubleEndedIterator<Item = Subtree> {
        let size = self.size();
        (0..63_u8).rev().filter(move |level| (size >> level) & 1 == 1).map(move |level| {
            // The leaves before this subtree are those of the larger subtrees.
            let before = size >> level >> 1 << 1;
            Subtree { level, index: (self.start >> level).saturating_add(before) }
        })
    }

    /// The hash of this node; `None` where `hash` does not know one of the subtrees.
    pub fn hash(self, hash: impl Fn(Subtree) -> Option<TreeHash>) -> Option<TreeHash> {
        let peaks: Option<Vec<TreeHash>> = self.subtrees().map(hash).collect();
        peaks.map(|peaks| TreeHash::of_row(peaks.into_iter()))
    }

    /// The two nodes below this one: the left one holds the largest power of two that is smaller than the number of
    /// leaves (`k` of RFC 6962 section 2.1). `None` for a leaf.
    fn halves(self) -> Option<(Self, Self)> {
        let last = self.size().checked_sub(1).filter(|last| *last > 0)?;
        let middle = self.start.saturating_add(1 << last.ilog2());
        Some((Self { end: middle, ..self }, Self { start: middle, ..self }))
    }
}

/// The nodes of `PATH(index, D[size])`, which prove that a leaf is in a tree, from the leaf up (RFC 6962 section 2.1.1);
/// `None` where the tree has no such leaf.
#[must_use]
pub fn inclusion(index: u64, size: u64) -> Option<Vec<Span>> {
    if index >= size || size > LEAVES_MAX {
        return None;
    }
    let (mut at, mut path) = (Span::whole(size), Vec::new());
    while let Some((left, right)) = at.halves() {
        let (inner, other) = if index < right.start { (left, right) } else { (right, left) };
        path.push(other);
        at = inner;
    }
    path.reverse();
    Some(path)
}

/// The nodes of `PROOF(old, D[size])`, which prove that a tree goes on from an older one (RFC 6962 section 2.1.2);
/// `None` where the older one is larger or empty.
#[must_use]
pub fn consistency(old: u64, size: u64) -> Option<Vec<Span>> {
    if old == 0 || old > size || size > LEAVES_MAX {
        return None;
    }
    let (mut at, mut path) = (Span::whole(size), Vec::new());
    while at.end != old {
        let (left, right) = at.halves()?;
        let (inner, other) = if old <= right.start { (left, right) } else { (right, left) };
        path.push(other);
        at = inner;
    }
    // The verifier knows this node already where it is the whole of the older tree.
    if at.start != 0 {
        path.push(at);
    }
    path.reverse();
    Some(path)
}

#[cfg(test)]
mod tests;
