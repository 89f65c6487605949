//! What one journal row puts into the log.

use sha2::{Digest, Sha256};

/// What a leaf commits to.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// Random, so that nobody can guess an entry and find its leaf.
    pub salt: &'a [u8; 32],
    /// The sealed event.
    pub ciphertext: &'a [u8],
    /// The coarse type of the event.
    pub coarse: u16,
}

impl std::fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("ciphertext_bytes", &self.ciphertext.len())
            .field("coarse", &self.coarse)
            .finish_non_exhaustive()
    }
}

/// The hash of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leaf(pub [u8; 32]);

/// Hashes an entry (PROTOCOLS.md section 13):
///
/// ```text
/// leaf = SHA-256(salt || ciphertext || coarse)    salt: 32 bytes; coarse: u16, big-endian
/// ```
///
/// The parts before and after the ciphertext have a fixed length, so no two entries share a preimage.
#[must_use]
pub fn leaf(entry: Entry<'_>) -> Leaf {
    let mut hash = Sha256::new();
    hash.update(entry.salt);
    hash.update(entry.ciphertext);
    hash.update(entry.coarse.to_be_bytes());
    Leaf(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Computed apart from this code, with Python's hashlib over bytes 00..1f, "sealed", 0007.
    const KNOWN: [u8; 32] = [
        0xab, 0x91, 0x45, 0x58, 0x3d, 0xc5, 0xbf, 0x53, 0x1c, 0xcb, 0xfa, 0x3c, 0xf1, 0x00, 0x94,
        0xe7, 0x30, 0xe3, 0x4b, 0xb3, 0xbe, 0x46, 0x99, 0xeb, 0x3d, 0xbd, 0x29, 0xbc, 0xc5, 0x8c,
        0x78, 0xeb,
    ];

    #[test]
    fn a_leaf_is_the_hash_of_salt_ciphertext_and_coarse_type() {
        let salt: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).unwrap());

        let found = leaf(Entry { salt: &salt, ciphertext: b"sealed", coarse: 7 });

        assert_eq!(found, Leaf(KNOWN));
    }

    #[test]
    fn each_part_of_an_entry_moves_its_leaf() {
        let entry = Entry { salt: &[1; 32], ciphertext: b"sealed", coarse: 7 };

        assert_ne!(leaf(entry), leaf(Entry { salt: &[2; 32], ..entry }));
        assert_ne!(leaf(entry), leaf(Entry { ciphertext: b"sealee", ..entry }));
        assert_ne!(leaf(entry), leaf(Entry { coarse: 8, ..entry }));
    }
}
