//! P-256 keys behind byte arrays.

use std::fmt;

use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// SEC 1 uncompressed point: `04 ‖ x ‖ y`.
pub const PUBLIC_KEY_BYTES: usize = 65;
/// A secret scalar, big-endian.
pub const SECRET_KEY_BYTES: usize = 32;
/// `r ‖ s`, each 32 bytes big-endian.
pub const SIGNATURE_BYTES: usize = 64;

/// The public half of a device key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The bytes are not a P-256 key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not a P-256 key")]
pub struct InvalidKey;

/// A device key held in memory: for tests, and for phones on a desk whose key store is a file. A
/// phone in the hand keeps its key in hardware and signs there.
pub struct SoftwareKey(SigningKey);

impl PublicKey {
    /// Takes an uncompressed point.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] for every other form, a point off the curve and the point at infinity.
    pub fn from_bytes(bytes: &[u8; PUBLIC_KEY_BYTES]) -> Result<Self, InvalidKey> {
        if bytes.first() != Some(&4) {
            return Err(InvalidKey);
        }
        VerifyingKey::from_sec1_bytes(bytes).map(Self).map_err(|_| InvalidKey)
    }

    /// The uncompressed point.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; PUBLIC_KEY_BYTES] {
        uncompressed(&self.0)
    }

    /// Whether `signature` (`r ‖ s`) is this key's over SHA-256 of `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

impl SoftwareKey {
    /// Draws a key from a handed-in source.
    pub fn generate(random: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut bytes = Zeroizing::new([0; SECRET_KEY_BYTES]);
        loop {
            random(bytes.as_mut_slice());
            // One draw in 2^32 lies outside the group's order.
            if let Ok(key) = Self::from_bytes(&bytes) {
                return key;
            }
        }
    }

    /// Loads a key.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] for zero and for numbers outside the group's order.
    pub fn from_bytes(bytes: &[u8; SECRET_KEY_BYTES]) -> Result<Self, InvalidKey> {
        SigningKey::from_slice(bytes).map(Self).map_err(|_| InvalidKey)
    }

    /// The secret scalar, for a sealed key file.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; SECRET_KEY_BYTES]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// Signs SHA-256 of `message`; the nonce of the signature is derived (RFC 6979).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let signature: Signature = self.0.sign(message);
        signature.to_bytes().into()
    }
}

/// Names a key before the server has an id for it: lower-case hex of SHA-256 of the point.
#[must_use]
pub fn thumbprint(public_key: &[u8; PUBLIC_KEY_BYTES]) -> String {
    hex::encode(Sha256::digest(public_key))
}

fn uncompressed(key: &VerifyingKey) -> [u8; PUBLIC_KEY_BYTES] {
    let point = key.to_sec1_point(false);
    let mut bytes = [0; PUBLIC_KEY_BYTES];
    bytes.copy_from_slice(point.as_bytes());
    bytes
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", thumbprint(&self.to_bytes()))
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SoftwareKey([hidden])")
    }
}
