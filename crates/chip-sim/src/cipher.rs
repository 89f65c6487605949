//! Block ciphers, MACs and key derivation of Doc 9303-11 §9.7 and §9.8, the card's own copy.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use des::{Des, TdesEde2};

use crate::digest::Digest;
use crate::protocol::Cipher;

/// A cipher with its key.
#[derive(Clone)]
enum Keyed {
    TripleDes(Box<TdesEde2>),
    Aes128(Box<Aes128>),
    Aes192(Box<Aes192>),
    Aes256(Box<Aes256>),
}

/// Encryption and MAC under one key each.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) cipher: Cipher,
    pub(crate) encryption: Vec<u8>,
    pub(crate) mac: Vec<u8>,
}

impl Cipher {
    pub(crate) fn block_bytes(self) -> usize {
        match self {
            Self::TripleDes => 8,
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
        }
    }

    /// `KDF(secret, counter)`, Doc 9303-11 §9.7.1.
    pub(crate) fn derive(self, secret: &[u8], counter: u32) -> Vec<u8> {
        let (digest, length) = match self {
            Self::TripleDes | Self::Aes128 => (Digest::Sha1, 16),
            Self::Aes192 => (Digest::Sha256, 24),
            Self::Aes256 => (Digest::Sha256, 32),
        };
        let mut key = digest.of(&[secret, &counter.to_be_bytes()]);
        key.truncate(length);
        key
    }

    /// Session keys: counter 1 for encryption, 2 for the MAC.
    pub(crate) fn session_keys(self, secret: &[u8]) -> Keys {
        Keys { cipher: self, encryption: self.derive(secret, 1), mac: self.derive(secret, 2) }
    }

    /// CBC without padding.
    pub(crate) fn encrypt(self, key: &[u8], iv: &[u8], plain: &[u8]) -> Vec<u8> {
        let Some(keyed) = self.keyed(key) else { return Vec::new() };
        let mut last = iv.to_vec();
        let mut out = Vec::with_capacity(plain.len());
        for block in plain.chunks(self.block_bytes()) {
            let mut mixed = exclusive_or(block, &last);
            keyed.encrypt(&mut mixed);
            out.extend_from_slice(&mixed);
            last = mixed;
        }
        out
    }

    /// CBC without padding.
    pub(crate) fn decrypt(self, key: &[u8], iv: &[u8], sealed: &[u8]) -> Vec<u8> {
        let Some(keyed) = self.keyed(key) else { return Vec::new() };
        let mut last = iv.to_vec();
        let mut out = Vec::with_capacity(sealed.len());
        for block in sealed.chunks(self.block_bytes()) {
            let mut opened = block.to_vec();
            keyed.decrypt(&mut opened);
            out.extend(exclusive_or(&opened, &last));
            last = block.to_vec();
        }
        out
    }

    /// The 8-byte MAC. Retail MAC wants whole blocks; CMAC pads by itself.
    pub(crate) fn mac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        let mut mac = match self {
            Self::TripleDes => retail_mac(key, message),
            Self::Aes128 | Self::Aes192 | Self::Aes256 => self.cmac(key, message),
        };
        mac.truncate(8);
        mac
    }

    /// CMAC, RFC 4493.
    fn cmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        let mut subkey = doubled(&self.encrypt(key, &[0; 16], &[0; 16]));
        let whole = !message.is_empty() && message.len().is_multiple_of(16);
        let message = if whole {
            message.to_vec()
        } else {
            subkey = doubled(&subkey);
            padded(message, 16)
        };
        let split = message.len().saturating_sub(16);
        let (head, tail) = message.split_at(split);
        let message = [head, &exclusive_or(tail, &subkey)].concat();
        let sealed = self.encrypt(key, &[0; 16], &message);
        sealed.get(split..).unwrap_or_default().to_vec()
    }

    fn keyed(self, key: &[u8]) -> Option<Keyed> {
        Some(match self {
            Self::TripleDes => Keyed::TripleDes(Box::new(TdesEde2::new_from_slice(key).ok()?)),
            Self::Aes128 => Keyed::Aes128(Box::new(Aes128::new_from_slice(key).ok()?)),
            Self::Aes192 => Keyed::Aes192(Box::new(Aes192::new_from_slice(key).ok()?)),
            Self::Aes256 => Keyed::Aes256(Box::new(Aes256::new_from_slice(key).ok()?)),
        })
    }
}

impl Keyed {
    fn encrypt(&self, block: &mut [u8]) {
        match self {
            Self::TripleDes(cipher) => encrypt_block(cipher.as_ref(), block),
            Self::Aes128(cipher) => encrypt_block(cipher.as_ref(), block),
            Self::Aes192(cipher) => encrypt_block(cipher.as_ref(), block),
            Self::Aes256(cipher) => encrypt_block(cipher.as_ref(), block),
        }
    }

    fn decrypt(&self, block: &mut [u8]) {
        match self {
            Self::TripleDes(cipher) => decrypt_block(cipher.as_ref(), block),
            Self::Aes128(cipher) => decrypt_block(cipher.as_ref(), block),
            Self::Aes192(cipher) => decrypt_block(cipher.as_ref(), block),
            Self::Aes256(cipher) => decrypt_block(cipher.as_ref(), block),
        }
    }
}

fn encrypt_block<C: BlockCipherEncrypt>(cipher: &C, block: &mut [u8]) {
    if let Ok(block) = <&mut Array<u8, C::BlockSize>>::try_from(block) {
        cipher.encrypt_block(block);
    }
}

fn decrypt_block<C: BlockCipherDecrypt>(cipher: &C, block: &mut [u8]) {
    if let Ok(block) = <&mut Array<u8, C::BlockSize>>::try_from(block) {
        cipher.decrypt_block(block);
    }
}

/// ISO/IEC 9797-1 MAC algorithm 3 with DES, over whole blocks.
fn retail_mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let Some((left, right)) = key.split_at_checked(8) else { return Vec::new() };
    let (Ok(left), Ok(right)) = (Des::new_from_slice(left), Des::new_from_slice(right)) else {
        return Vec::new();
    };
    let mut state = vec![0; 8];
    for block in message.chunks(8) {
        state = exclusive_or(block, &state);
        encrypt_block(&left, &mut state);
    }
    decrypt_block(&right, &mut state);
    encrypt_block(&left, &mut state);
    state
}

/// Multiplication by x in GF(2^128).
fn doubled(block: &[u8]) -> Vec<u8> {
    let carry = block.first().is_some_and(|b| b & 0x80 != 0);
    let mut out: Vec<u8> = block
        .iter()
        .zip(block.iter().skip(1).chain(std::iter::once(&0)))
        .map(|(byte, next)| byte << 1 | next >> 7)
        .collect();
    if let Some(last) = out.last_mut().filter(|_| carry) {
        *last ^= 0x87;
    }
    out
}

fn exclusive_or(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter().zip(right).map(|(l, r)| l ^ r).collect()
}

/// ISO/IEC 9797-1 padding method 2: `80`, then zeros up to a whole block.
pub(crate) fn padded(data: &[u8], block_bytes: usize) -> Vec<u8> {
    let mut out = data.to_vec();
    out.push(0x80);
    while !out.len().is_multiple_of(block_bytes) {
        out.push(0);
    }
    out
}

/// Undoes [`padded`].
pub(crate) fn unpadded(data: &[u8]) -> Option<Vec<u8>> {
    let end = data.iter().rposition(|byte| *byte != 0)?;
    (data.get(end) == Some(&0x80)).then(|| data.get(..end).unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        crate::curve::padded(&crate::curve::number(text), text.len() / 2)
    }

    #[test]
    fn rfc_4493_4_cmac_examples() {
        let key = hex("2b7e151628aed2a6abf7158809cf4f3c");
        let message =
            hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411");

        assert_eq!(Cipher::Aes128.cmac(&key, &[]), hex("bb1d6929e95937287fa37d129b756746"));
        assert_eq!(
            Cipher::Aes128.cmac(&key, &message[..16]),
            hex("070a16b46b4d4144f79bdd9dd04a287c")
        );
        assert_eq!(Cipher::Aes128.cmac(&key, &message), hex("dfa66747de9ae63030ca32611497c827"));
    }

    #[test]
    fn doc_9303_11_appendix_d_3_the_cards_cryptogram_carries_its_mac() {
        let key = hex("7962d9ece03d1acd4c76089dce131543");
        let cryptogram = hex("72c29c2371cc9bdb65b779b8e8d37b29ecc154aa56a8799fae2f498f76ed92f2");

        let mac = Cipher::TripleDes.mac(&key, &padded(&cryptogram, 8));

        assert_eq!(mac, hex("5f1448eea8ad90a7"));
    }

    #[test]
    fn padding_is_undone() {
        assert_eq!(unpadded(&padded(&[1, 2, 0], 8)), Some(vec![1, 2, 0]));
        assert_eq!(unpadded(&[0; 8]), None);
    }
}
