//! The key derivation function of Doc 9303-11 §9.7.1.

use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::symmetric::{Cipher, Key, LengthError};

/// What a derived key is for; the number goes into the derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Encryption, counter 1.
    Encryption,
    /// Message authentication, counter 2.
    Mac,
    /// The key K-pi that protects PACE's nonce, counter 3.
    Password,
}

impl Purpose {
    const fn counter(self) -> u32 {
        match self {
            Self::Encryption => 1,
            Self::Mac => 2,
            Self::Password => 3,
        }
    }
}

/// The session keys of one secure-messaging session.
#[derive(Clone, Debug)]
pub struct SessionKeys {
    /// Encrypts.
    pub encryption: Key,
    /// Authenticates.
    pub mac: Key,
}

/// Derives one key:
///
/// ```text
/// 3DES, AES-128:     SHA-1(secret || counter), first 16 octets; 3DES: odd parity in every octet
/// AES-192, AES-256:  SHA-256(secret || counter), first 24 or all 32 octets
/// ```
///
/// # Errors
///
/// Never in practice: the hashes are as long as the keys.
pub fn derive(cipher: Cipher, secret: &[u8], purpose: Purpose) -> Result<Key, LengthError> {
    let counter = purpose.counter().to_be_bytes();
    let mut octets = Zeroizing::new(match cipher {
        Cipher::TripleDes | Cipher::Aes128 => {
            Sha1::new().chain_update(secret).chain_update(counter).finalize().to_vec()
        }
        Cipher::Aes192 | Cipher::Aes256 => {
            Sha256::new().chain_update(secret).chain_update(counter).finalize().to_vec()
        }
    });
    octets.truncate(cipher.key_bytes());
    if cipher == Cipher::TripleDes {
        for octet in octets.iter_mut() {
            let even = u8::from(octet.count_ones() % 2 == 0);
            *octet ^= even;
        }
    }
    Key::new(cipher, &octets)
}

/// Derives both session keys from a shared secret.
///
/// # Errors
///
/// As [`derive()`].
pub fn session_keys(cipher: Cipher, secret: &[u8]) -> Result<SessionKeys, LengthError> {
    Ok(SessionKeys {
        encryption: derive(cipher, secret, Purpose::Encryption)?,
        mac: derive(cipher, secret, Purpose::Mac)?,
    })
}
