//! The block ciphers and MACs of Doc 9303-11 §9.8: 3DES with two keys, and AES.

use aes::{Aes128, Aes192, Aes256};
use cipher::array::Array;
use cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use cmac::{Cmac, Mac};
use des::{Des, TdesEde2};
use subtle::ConstantTimeEq;

use crate::sensitive::Sensitive;

/// Octets of every MAC on the line: retail MACs have eight, CMACs are cut to eight.
pub const MAC_BYTES: usize = 8;

/// A cipher with the MAC that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// Two-key 3DES in CBC mode, ISO/IEC 9797-1 MAC algorithm 3 ("retail MAC").
    TripleDes,
    /// AES-128 in CBC mode, CMAC.
    Aes128,
    /// AES-192 in CBC mode, CMAC.
    Aes192,
    /// AES-256 in CBC mode, CMAC.
    Aes256,
}

impl std::fmt::Display for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TripleDes => "3DES",
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
        })
    }
}

impl Cipher {
    /// Octets of a key.
    #[must_use]
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Octets of a block, and of a send sequence counter.
    #[must_use]
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::TripleDes => 8,
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
        }
    }
}

/// A cipher was given a key, a block or a vector of a length that it does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key, vector or data have a length that the cipher does not take")]
pub struct LengthError;

/// A key of one cipher; wiped on drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    cipher: Cipher,
    octets: Sensitive<Vec<u8>>,
}

impl Key {
    /// A key from its octets.
    ///
    /// # Errors
    ///
    /// [`LengthError`] where the cipher's keys have another length.
    pub fn new(cipher: Cipher, octets: &[u8]) -> Result<Self, LengthError> {
        if octets.len() != cipher.key_bytes() {
            return Err(LengthError);
        }
        Ok(Self { cipher, octets: Sensitive::new(octets.to_vec()) })
    }

    /// Which cipher the key is for.
    #[must_use]
    pub const fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// The octets; the caller must not print or log them.
    #[must_use]
    pub const fn expose(&self) -> &Vec<u8> {
        self.octets.expose()
    }

    /// Encrypts whole blocks in CBC mode.
    ///
    /// # Errors
    ///
    /// [`LengthError`] where `vector` is not one block or `data` not whole blocks.
    pub fn encrypt(&self, vector: &[u8], data: &mut [u8]) -> Result<(), LengthError> {
        let key = self.octets.expose();
        match self.cipher {
            Cipher::TripleDes => cbc_encrypt(&keyed::<TdesEde2>(key)?, vector, data),
            Cipher::Aes128 => cbc_encrypt(&keyed::<Aes128>(key)?, vector, data),
            Cipher::Aes192 => cbc_encrypt(&keyed::<Aes192>(key)?, vector, data),
            Cipher::Aes256 => cbc_encrypt(&keyed::<Aes256>(key)?, vector, data),
        }
    }

    /// Decrypts whole blocks in CBC mode.
    ///
    /// # Errors
    ///
    /// [`LengthError`] where `vector` is not one block or `data` not whole blocks.
    pub fn decrypt(&self, vector: &[u8], data: &mut [u8]) -> Result<(), LengthError> {
        let key = self.octets.expose();
        match self.cipher {
            Cipher::TripleDes => cbc_decrypt(&keyed::<TdesEde2>(key)?, vector, data),
            Cipher::Aes128 => cbc_decrypt(&keyed::<Aes128>(key)?, vector, data),
            Cipher::Aes192 => cbc_decrypt(&keyed::<Aes192>(key)?, vector, data),
            Cipher::Aes256 => cbc_decrypt(&keyed::<Aes256>(key)?, vector, data),
        }
    }

    /// The MAC over `data`, which for 3DES must be padded to whole blocks already.
    ///
    /// # Errors
    ///
    /// [`LengthError`] where 3DES is given data that is not whole blocks.
    pub fn mac(&self, data: &[u8]) -> Result<[u8; MAC_BYTES], LengthError> {
        let key = self.octets.expose();
        match self.cipher {
            Cipher::TripleDes => retail_mac(key, data),
            Cipher::Aes128 => cmac_of(keyed::<Cmac<Aes128>>(key)?, data),
            Cipher::Aes192 => cmac_of(keyed::<Cmac<Aes192>>(key)?, data),
            Cipher::Aes256 => cmac_of(keyed::<Cmac<Aes256>>(key)?, data),
        }
    }

    /// Whether `mac` is the MAC over `data`, compared in constant time.
    #[must_use]
    pub fn verify(&self, data: &[u8], mac: &[u8]) -> bool {
        self.mac(data).is_ok_and(|own| own.ct_eq(mac).into())
    }
}

fn keyed<C: KeyInit>(key: &[u8]) -> Result<C, LengthError> {
    C::new_from_slice(key).map_err(|_| LengthError)
}

fn cmac_of<M: Mac>(mac: M, data: &[u8]) -> Result<[u8; MAC_BYTES], LengthError> {
    let full = mac.chain_update(data).finalize().into_bytes();
    full.first_chunk::<MAC_BYTES>().copied().ok_or(LengthError)
}

/// ISO/IEC 9797-1 MAC algorithm 3: DES-CBC under the first half of the key, and the last block
/// decrypted under the second half and encrypted under the first again.
fn retail_mac(key: &[u8], data: &[u8]) -> Result<[u8; MAC_BYTES], LengthError> {
    let (first, second) = key.split_at_checked(8).ok_or(LengthError)?;
    let (first, second) = (keyed::<Des>(first)?, keyed::<Des>(second)?);
    let (blocks, []) = Block::<Des>::slice_as_chunks(data) else { return Err(LengthError) };
    let mut state = Block::<Des>::default();
    for block in blocks {
        exclusive_or(&mut state, block);
        first.encrypt_block(&mut state);
    }
    second.decrypt_block(&mut state);
    first.encrypt_block(&mut state);
    Ok(state.into())
}

fn exclusive_or(state: &mut [u8], other: &[u8]) {
    for (octet, with) in state.iter_mut().zip(other) {
        *octet ^= with;
    }
}

fn cbc_encrypt<C: BlockCipherEncrypt>(
    cipher: &C,
    vector: &[u8],
    data: &mut [u8],
) -> Result<(), LengthError> {
    let mut previous = Block::<C>::try_from(vector).map_err(|_| LengthError)?;
    let (blocks, []) = Array::slice_as_chunks_mut(data) else { return Err(LengthError) };
    for block in blocks {
        exclusive_or(block, &previous);
        cipher.encrypt_block(block);
        previous.clone_from(block);
    }
    Ok(())
}

fn cbc_decrypt<C: BlockCipherDecrypt>(
    cipher: &C,
    vector: &[u8],
    data: &mut [u8],
) -> Result<(), LengthError> {
    let mut previous = Block::<C>::try_from(vector).map_err(|_| LengthError)?;
    let (blocks, []) = Array::slice_as_chunks_mut(data) else { return Err(LengthError) };
    for block in blocks {
        let encrypted = block.clone();
        cipher.decrypt_block(block);
        exclusive_or(block, &previous);
        previous = encrypted;
    }
    Ok(())
}

/// Pads to whole blocks as ISO/IEC 9797-1 padding method 2: `80`, then zeros.
pub fn pad(data: &mut Vec<u8>, block_bytes: usize) {
    data.push(0x80);
    data.resize(data.len().next_multiple_of(block_bytes), 0);
}

/// Takes the padding of [`pad`] off again; `None` where there is none. Call it only on data whose MAC
/// was checked: otherwise the answer tells an attacker about the clear text.
#[must_use]
pub fn unpadded(data: &[u8]) -> Option<&[u8]> {
    let end = data.iter().rposition(|&octet| octet != 0)?;
    let (clear, padding) = data.split_at_checked(end)?;
    (padding.first() == Some(&0x80)).then_some(clear)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_comes_off_as_it_went_on() {
        for length in 0..20 {
            let clear = vec![0x80; length];
            let mut padded = clear.clone();
            pad(&mut padded, 8);

            assert_eq!(padded.len() % 8, 0);
            assert_eq!(unpadded(&padded), Some(&clear[..]));
        }
        assert_eq!(unpadded(&[1, 2, 3]), None);
        assert_eq!(unpadded(&[0; 8]), None);
        assert_eq!(unpadded(&[]), None);
    }

    #[test]
    fn cbc_decrypts_what_it_encrypted_under_every_cipher() {
        for cipher in [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes192, Cipher::Aes256] {
            let octets: Vec<u8> = (1..).take(cipher.key_bytes()).collect();
            let key = Key::new(cipher, &octets).unwrap();
            let vector = vec![7; cipher.block_bytes()];
            let mut data = vec![0x5A; 48];

            key.encrypt(&vector, &mut data).unwrap();
            assert_ne!(data, [0x5A; 48]);
            key.decrypt(&vector, &mut data).unwrap();

            assert_eq!(data, [0x5A; 48]);
            assert_eq!(key.encrypt(&vector, &mut [0; 15]), Err(LengthError));
            assert_eq!(key.encrypt(&[0; 3], &mut [0; 16]), Err(LengthError));
        }
    }

    #[test]
    fn cmac_is_that_of_rfc_4493_4_example_2() {
        let key = 0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c_u128.to_be_bytes();
        let message = 0x6bc1_bee2_2e40_9f96_e93d_7e11_7393_172a_u128.to_be_bytes();
        let key = Key::new(Cipher::Aes128, &key).unwrap();

        assert_eq!(key.mac(&message).unwrap(), 0x070a_16b4_6b4d_4144_u64.to_be_bytes());
        assert!(!key.verify(&message, &[0; 8]));
    }
}
