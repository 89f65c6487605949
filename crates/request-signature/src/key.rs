//! P-256 keys behind byte arrays.

use std::fmt;

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// SEC 1 uncompressed point: `04 ‖ x ‖ y`.
pub const PUBLIC_KEY_BYTES: usize = 65;
/// A secret scalar, big-endian.
pub const SECRET_KEY_BYTES: usize = 32;
/// `r ‖ s`, each 32 bytes big-endian.
pub const SIGNATURE_BYTES: usize = 64;

/// The public half of a device key: a point of the curve, uncompressed.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey([u8; PUBLIC_KEY_BYTES]);

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
        VerifyingKey::from_sec1_bytes(bytes).map(|_| Self(*bytes)).map_err(|_| InvalidKey)
    }

    /// The uncompressed point.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; PUBLIC_KEY_BYTES] {
        self.0
    }

    /// Whether `signature` (`r ‖ s`) is this key's over SHA-256 of `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0).verify(message, signature).is_ok()
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
        PublicKey(uncompressed(self.0.verifying_key()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use p256::ecdsa::signature::Verifier;
    use proptest::prelude::*;

    /// The order of the group (SEC 2, secp256r1).
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    fn another_says(key: &PublicKey, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        let key = VerifyingKey::from_sec1_bytes(&key.to_bytes()).unwrap();
        Signature::from_slice(signature).is_ok_and(|it| key.verify(message, &it).is_ok())
    }

    /// `s` and `order - s` verify the same message.
    fn mirrored(mut signature: [u8; SIGNATURE_BYTES]) -> [u8; SIGNATURE_BYTES] {
        let mut borrow = 0_u16;
        for (byte, of_order) in signature.iter_mut().rev().zip(ORDER.iter().rev()) {
            let less = u16::from(*byte) + borrow;
            borrow = u16::from(less > u16::from(*of_order));
            let rest = (borrow << 8) + u16::from(*of_order) - less;
            *byte = u8::try_from(rest).unwrap();
        }
        signature
    }

    proptest! {
        /// The crate that makes the signatures of tests and phones on a desk is another than the one that verifies.
        #[test]
        fn two_libraries_agree_on_every_signature(
            secret in prop::array::uniform32(1_u8..),
            message in prop::collection::vec(any::<u8>(), 0..200),
            at in 0_usize..SIGNATURE_BYTES,
            flip in any::<u8>(),
        ) {
            let key = SoftwareKey::from_bytes(&secret).unwrap_or_else(|_| SoftwareKey::from_bytes(&[1; 32]).unwrap());
            let public = key.public_key();
            let signature = key.sign(&message);
            prop_assert!(public.verifies(&message, &signature));
            prop_assert!(public.verifies(&message, &mirrored(signature)));
            let mut changed = signature;
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= flip;
            }
            prop_assert_eq!(public.verifies(&message, &changed), flip == 0);
            prop_assert_eq!(another_says(&public, &message, &changed), flip == 0);
        }
    }

    #[test]
    fn numbers_outside_of_the_group_are_no_signature() {
        let key = SoftwareKey::from_bytes(&[1; 32]).unwrap();
        let good = key.sign(b"message");
        let zero = [0; 32];
        for outside in [zero, ORDER, [0xff; 32]] {
            for half in [0, 32] {
                let mut bad = good;
                bad.get_mut(half..half + 32).unwrap().copy_from_slice(&outside);
                assert!(!key.public_key().verifies(b"message", &bad));
                assert!(!another_says(&key.public_key(), b"message", &bad));
            }
        }
    }
}
