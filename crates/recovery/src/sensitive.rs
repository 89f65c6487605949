//! Values that must never appear in a log, an error or the name of a test.

use core::fmt;

use subtle::ConstantTimeEq;

pub use chip::sensitive::Sensitive;

/// A keyed hash (HMAC-SHA-256) that the caller made under a key outside the database.
///
/// It stands for a code, a document number or a request. A comparison takes the same time wherever two hashes differ.
#[derive(Clone, Copy, Eq)]
pub struct KeyedHash(pub [u8; 32]);

impl PartialEq for KeyedHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[keyed hash]")
    }
}
