//! The head of the chain.

use crate::leaf::Leaf;
use sha2::{Digest, Sha256};

/// A length of the chain and the head there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many leaves it covers.
    pub size: u64,
    /// The hash over them.
    pub hash: [u8; 32],
}

impl Head {
    /// The chain before its first leaf.
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
