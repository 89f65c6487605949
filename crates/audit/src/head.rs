//! The head of the hash chain.

use crate::leaf::Leaf;
use sha2::{Digest, Sha256};

/// The head of the chain at one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of leaves that the head covers.
    pub size: u64,
    /// The hash over these leaves.
    pub hash: [u8; 32],
}

impl Head {
    /// The head of the empty chain.
    pub const EMPTY: Self = Self { size: 0, hash: [0; 32] };

    /// The head after one more leaf (PROTOCOLS.md section 13):
    ///
    /// ```text
    /// head = SHA-256(previous head || leaf)    both 32 bytes; before the first leaf: 32 zero bytes
    /// ```
    #[must_use]
    pub fn after(self, leaf: Leaf) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.hash);
        hash.update(leaf.0);
        Self { size: self.size.saturating_add(1), hash: hash.finalize().into() }
    }
}
