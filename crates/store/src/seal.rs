//! Sealing of personal data: XChaCha20-Poly1305, bound to the row it belongs to.
//!
//! ```text
//! sealed = version (1 byte, 1) || nonce (24 bytes, random) || ciphertext || tag (16 bytes)
//! ```
//!
//! The random nonce is handed in; 24 bytes of it never repeat under one key. What is sealed opens
//! only under the same [`Binding`], so bytes moved to another row, person or field do not open.

use crate::codec::CodecError;
use crate::{EffectKey, Id, JournalRow, Kind};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use std::fmt;
use zeroize::Zeroizing;

/// The layout that is written.
const VERSION: u8 = 1;
/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 24;
/// By how much sealed bytes are longer than clear ones.
pub const SEALED_EXTRA_BYTES: usize = 1 + NONCE_BYTES + 16;

/// A key that seals and opens. Wiped on drop, never printed.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A key of 32 random bytes.
    #[must_use]
    pub const fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self(secret)
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// 24 fresh random bytes; used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce(pub [u8; NONCE_BYTES]);

/// What sealed bytes belong to; they open under no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding(Vec<u8>);

impl Binding {
    /// A field of an aggregate; `field` tells several sealed parts of one state apart.
    #[must_use]
    pub fn row(kind: Kind, id: Id, field: u16) -> Self {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&kind.code().to_be_bytes());
        bytes.extend_from_slice(&id.0.to_be_bytes());
        bytes.extend_from_slice(&field.to_be_bytes());
        Self(bytes)
    }

    /// The payload of an outbox row.
    #[must_use]
    pub fn effect(key: EffectKey) -> Self {
        let mut bytes = vec![2];
        bytes.extend_from_slice(&key.owner.0.to_be_bytes());
        bytes.extend_from_slice(&key.version.to_be_bytes());
        bytes.extend_from_slice(&key.index.to_be_bytes());
        Self(bytes)
    }

    /// The ciphertext of a journal row: its id, its subject and its coarse type, so that a row
    /// cannot be made to speak of somebody else.
    #[must_use]
    pub fn journal(row: &JournalRow) -> Self {
        let mut bytes = vec![3];
        bytes.extend_from_slice(&row.id.0.to_be_bytes());
        bytes.extend_from_slice(&row.subject.0.to_be_bytes());
        bytes.extend_from_slice(&row.coarse.0.to_be_bytes());
        Self(bytes)
    }
}

/// Seals clear bytes.
#[must_use]
pub fn seal(key: &DataKey, nonce: Nonce, binding: &Binding, clear: &[u8]) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(key.secret().into());
    let payload = Payload { msg: clear, aad: &binding.0 };
    let Ok(ciphertext) = cipher.encrypt(XNonce::from_slice(&nonce.0), payload) else {
        unreachable!("the cipher takes up to 256 GiB, a state has at most 1 MiB")
    };
    let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + ciphertext.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce.0);
    sealed.extend_from_slice(&ciphertext);
    sealed
}

/// Opens sealed bytes; `what` names the field in the error.
///
/// # Errors
///
/// [`CodecError::Sealed`] where key, binding or bytes are not those of the sealing: one error for
/// all three, since they cannot be told apart.
pub fn open(
    key: &DataKey,
    binding: &Binding,
    sealed: &[u8],
    what: &'static str,
) -> Result<Zeroizing<Vec<u8>>, CodecError> {
    let (&version, rest) = sealed.split_first().ok_or(CodecError::Sealed { what })?;
    if version != VERSION {
        return Err(CodecError::Unknown { what, value: u64::from(version) });
    }
    let (nonce, ciphertext) =
        rest.split_at_checked(NONCE_BYTES).ok_or(CodecError::Sealed { what })?;
    let cipher = XChaCha20Poly1305::new(key.secret().into());
    let payload = Payload { msg: ciphertext, aad: &binding.0 };
    cipher
        .decrypt(XNonce::from_slice(nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| CodecError::Sealed { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: Kind = Kind::new(901, "test person");

    fn key(fill: u8) -> DataKey {
        DataKey::new(Zeroizing::new([fill; 32]))
    }

    fn binding(id: u128) -> Binding {
        Binding::row(PERSON, Id(id), 1)
    }

    #[test]
    fn what_is_sealed_opens_under_the_same_key_and_binding_alone() {
        let sealed = seal(&key(1), Nonce([7; 24]), &binding(1), b"0102037004");

        let field = Binding::row(PERSON, Id(1), 2);
        let no = Err(CodecError::Sealed { what: "cpr" });
        assert_eq!(sealed.len(), 10 + SEALED_EXTRA_BYTES);
        assert_eq!(open(&key(1), &binding(1), &sealed, "cpr").unwrap().as_slice(), b"0102037004");
        assert_eq!(open(&key(2), &binding(1), &sealed, "cpr"), no);
        assert_eq!(open(&key(1), &binding(2), &sealed, "cpr"), no);
        assert_eq!(open(&key(1), &field, &sealed, "cpr"), no);
    }

    #[test]
    fn any_changed_or_missing_byte_keeps_it_shut() {
        let sealed = seal(&key(1), Nonce([7; 24]), &binding(1), b"0102037004");

        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 0x40;
            assert!(open(&key(1), &binding(1), &changed, "cpr").is_err(), "byte {at}");
            assert!(open(&key(1), &binding(1), &sealed[..at], "cpr").is_err(), "{at} bytes");
        }
    }

    /// draft-irtf-cfrg-xchacha-03, Appendix A.3.1: the AEAD under this module's layout.
    #[test]
    fn the_cipher_is_xchacha20_poly1305() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len())
                .step_by(2)
                .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
                .collect()
        };
        let secret: [u8; 32] = std::array::from_fn(|i| 0x80 + u8::try_from(i).unwrap());
        let nonce: [u8; 24] = std::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap());
        let aad = Binding(hex("50515253c0c1c2c3c4c5c6c7"));
        let clear = b"Ladies and Gentlemen of the class of '99: If I could offer you only one \
            tip for the future, sunscreen would be it.";

        let sealed = seal(&DataKey::new(Zeroizing::new(secret)), Nonce(nonce), &aad, clear);

        assert_eq!(sealed[25..41], hex("bd6d179d3e83d43b9576579493c0e939"));
        assert_eq!(sealed[sealed.len() - 16..], hex("c0875924c1c7987947deafd8780acf49"));
    }
}
