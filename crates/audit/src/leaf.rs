//! The leaf of a journal row.

use sha2::{Digest, Sha256};

/// The fields of a row over which its leaf is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// The salt, ciphertext and coarse type. Changes of the instant, id and subject are not detected.
    First,
    /// All fields of the row.
    Second,
}

impl Layout {
    /// The layout with this stored number.
    #[must_use]
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::First),
            2 => Some(Self::Second),
            _ => None,
        }
    }
}

/// The content of a journal row, to which its leaf commits.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// The fields that are hashed.
    pub layout: Layout,
    /// The random id of the row.
    pub id: u128,
    /// The random id of the row's subject.
    pub subject: u128,
    /// When the row was committed, in milliseconds since 1970 UTC.
    pub instant: i64,
    /// A random salt, so that nobody can guess an entry and find its leaf.
    pub salt: &'a [u8; 32],
    /// The sealed event.
    pub ciphertext: &'a [u8],
    /// The coarse type of the event.
    pub coarse: u16,
}

impl std::fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("layout", &self.layout)
            .field("ciphertext_bytes", &self.ciphertext.len())
            .field("coarse", &self.coarse)
            .finish_non_exhaustive()
    }
}

/// The hash of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leaf(pub [u8; 32]);

impl Leaf {
    /// The leaf of an entry, from its [`preimage`].
    #[must_use]
    pub fn of(preimage: &[u8]) -> Self {
        Self(Sha256::digest(preimage).into())
    }
}

/// Hashes an entry (PROTOCOLS.md section 13):
///
/// ```text
/// first:  leaf = SHA-256(salt || ciphertext || coarse)
/// second: leaf = SHA-256(2 || id || subject || instant || coarse || salt || ciphertext)
///
/// 2: one byte; id, subject: u128; instant: i64; coarse: u16; all big-endian; salt: 32 bytes
/// ```
///
/// Every part but the ciphertext has a fixed length, so no two entries of one layout share a preimage.
/// Two entries of different layouts could; the verifier lets no row of the first layout follow one of
/// the second, and the change from one to the other is a journalled event.
#[must_use]
pub fn leaf(entry: Entry<'_>) -> Leaf {
    Leaf::of(&preimage(entry))
}

/// What the leaf of an entry is the SHA-256 of: whoever has it can recompute the leaf.
#[must_use]
pub fn preimage(entry: Entry<'_>) -> Vec<u8> {
    let coarse = entry.coarse.to_be_bytes();
    match entry.layout {
        Layout::First => [&entry.salt[..], entry.ciphertext, &coarse].concat(),
        Layout::Second => [
            &[2][..],
            &entry.id.to_be_bytes(),
            &entry.subject.to_be_bytes(),
            &entry.instant.to_be_bytes(),
            &coarse,
            entry.salt,
            entry.ciphertext,
        ]
        .concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Computed independently with Python's hashlib over the bytes 00..1f, "sealed" and 0007.
    const KNOWN: [u8; 32] = [
        0xab, 0x91, 0x45, 0x58, 0x3d, 0xc5, 0xbf, 0x53, 0x1c, 0xcb, 0xfa, 0x3c, 0xf1, 0x00, 0x94,
        0xe7, 0x30, 0xe3, 0x4b, 0xb3, 0xbe, 0x46, 0x99, 0xeb, 0x3d, 0xbd, 0x29, 0xbc, 0xc5, 0x8c,
        0x78, 0xeb,
    ];
    // Computed in the same way over 02, id 1, subject 2, instant 3, coarse type 7, the salt and "sealed".
    const KNOWN_SECOND: [u8; 32] = [
        0x95, 0xc3, 0x1e, 0x72, 0xde, 0xb1, 0x99, 0xa6, 0xdc, 0xc8, 0xf1, 0x06, 0xde, 0xb5, 0x23,
        0x63, 0x29, 0x54, 0x00, 0xcc, 0xb2, 0x02, 0xd7, 0x70, 0x42, 0xcb, 0xcf, 0x7a, 0x1f, 0x6a,
        0xe1, 0xb8,
    ];

    fn entry<'a>(layout: Layout, salt: &'a [u8; 32]) -> Entry<'a> {
        let ciphertext = b"sealed";
        Entry { layout, id: 1, subject: 2, instant: 3, salt, ciphertext, coarse: 7 }
    }

    #[test]
    fn a_leaf_of_the_first_layout_is_the_hash_of_salt_ciphertext_and_coarse_type() {
        let salt: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).unwrap());

        assert_eq!(leaf(entry(Layout::First, &salt)), Leaf(KNOWN));
    }

    #[test]
    fn a_leaf_of_the_second_layout_is_the_hash_of_all_that_stands_in_the_row() {
        let salt: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).unwrap());

        assert_eq!(leaf(entry(Layout::Second, &salt)), Leaf(KNOWN_SECOND));
    }

    #[test]
    fn each_part_of_an_entry_moves_its_leaf() {
        let entry = entry(Layout::Second, &[1; 32]);

        assert_ne!(leaf(entry), leaf(Entry { layout: Layout::First, ..entry }));
        assert_ne!(leaf(entry), leaf(Entry { id: 2, ..entry }));
        assert_ne!(leaf(entry), leaf(Entry { subject: 3, ..entry }));
        assert_ne!(leaf(entry), leaf(Entry { instant: 4, ..entry }));
        assert_ne!(leaf(entry), leaf(Entry { salt: &[2; 32], ..entry }));
        assert_ne!(leaf(entry), leaf(Entry { ciphertext: b"sealee", ..entry }));
        assert_ne!(leaf(entry), leaf(Entry { coarse: 8, ..entry }));
    }
}
