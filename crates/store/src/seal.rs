//! Sealing of personal data: XChaCha20-Poly1305, bound to the row it belongs to.
//!
//! ```text
//! sealed = version (1 byte, 1) || nonce (24 bytes, random) || ciphertext || tag (16 bytes)
//! ```
//!
//! The caller supplies the random nonce; nonces of 24 bytes do not repeat under one key. Sealed bytes open only under
//! the same [`Binding`], so bytes that were moved to another row, person or field do not open.

use crate::codec::CodecError;
use crate::{EffectKey, Id, JournalRow, Kind, Lookup, Record, Row, Timestamp, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use std::fmt;
use zeroize::Zeroizing;

/// The layout version that is written.
const VERSION: u8 = 1;
/// The size of a nonce, in bytes.
pub const NONCE_BYTES: usize = 24;
/// How many bytes longer sealed bytes are than the clear ones.
pub const SEALED_EXTRA_BYTES: usize = 1 + NONCE_BYTES + 16;

/// A key that seals and opens. It is wiped on drop and never printed.
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

/// A nonce: 24 fresh random bytes, used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce(pub [u8; NONCE_BYTES]);

/// What sealed bytes are bound to; they open under no other binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding(Vec<u8>);

/// Everything that a row holds in clear beside its sealed bytes; the sealed bytes are bound to it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The kind of the row.
    pub kind: Kind,
    /// The id of the row.
    pub id: Id,
    /// The version that the row has once it is saved.
    pub version: Version,
    /// The schema version of the clear bytes.
    pub schema: u16,
    /// When the sweeper must process the row next.
    pub deadline: Option<Timestamp>,
    /// Every look-up of the row, in any order.
    pub lookups: &'a [Lookup],
}

impl<'a> Frame<'a> {
    /// The frame of a row that was read.
    #[must_use]
    pub fn of(row: &'a Row) -> Self {
        Self::saved_as(&row.record, row.version)
    }

    /// The frame of a record that is about to be saved as `version`.
    #[must_use]
    pub fn saved_as(record: &'a Record, version: Version) -> Self {
        let Record { kind, id, schema, state: _, lookups, deadline } = record;
        let (kind, id, schema, deadline) = (*kind, *id, *schema, *deadline);
        Self { kind, id, version, schema, deadline, lookups }
    }
}

impl Binding {
    /// Binds a sealed field of a row to everything that the row holds in clear beside it (PROTOCOLS.md section 14a);
    /// `field` distinguishes several sealed parts of one state:
    ///
    /// ```text
    /// 4 || kind (u16) || id (u128) || field (u16) || version (u64) || schema (u16)
    ///   || 0, or 1 || deadline (i64)
    ///   || number of look-ups (u32) || each: index (u8) || unique (u8) || key (32), sorted
    /// ```
    #[must_use]
    pub fn row(frame: Frame<'_>, field: u16) -> Self {
        let mut bytes = vec![4];
        bytes.extend_from_slice(&frame.kind.code().to_be_bytes());
        bytes.extend_from_slice(&frame.id.0.to_be_bytes());
        bytes.extend_from_slice(&field.to_be_bytes());
        bytes.extend_from_slice(&frame.version.0.to_be_bytes());
        bytes.extend_from_slice(&frame.schema.to_be_bytes());
        bytes.push(u8::from(frame.deadline.is_some()));
        if let Some(deadline) = frame.deadline {
            bytes.extend_from_slice(&deadline.0.to_be_bytes());
        }
        let mut lookups = frame.lookups.to_vec();
        lookups.sort_unstable();
        bytes.extend_from_slice(&u32::try_from(lookups.len()).unwrap_or(u32::MAX).to_be_bytes());
        for Lookup { index, key } in lookups {
            bytes.extend_from_slice(&[index.code(), u8::from(index.is_unique())]);
            bytes.extend_from_slice(&key.0);
        }
        Self(bytes)
    }

    /// Binds a field of a row of the first layout to kind, id and field alone. Nothing is sealed with this binding any
    /// more; `genvej migrate` opens such rows once.
    #[must_use]
    pub(crate) fn row_of_first_layout(kind: Kind, id: Id, field: u16) -> Self {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&kind.code().to_be_bytes());
        bytes.extend_from_slice(&id.0.to_be_bytes());
        bytes.extend_from_slice(&field.to_be_bytes());
        Self(bytes)
    }

    /// Binds a row of the evidence about rows to its kind, its id, which is never used twice, and the epoch.
    #[must_use]
    pub(crate) fn evidence(kind: Kind, id: Id, epoch: u32) -> Self {
        let mut bytes = vec![5];
        bytes.extend_from_slice(&kind.code().to_be_bytes());
        bytes.extend_from_slice(&id.0.to_be_bytes());
        bytes.extend_from_slice(&epoch.to_be_bytes());
        Self(bytes)
    }

    /// Binds the payload of an outbox row to the key of its effect.
    #[must_use]
    pub fn effect(key: EffectKey) -> Self {
        let mut bytes = vec![2];
        bytes.extend_from_slice(&key.owner.0.to_be_bytes());
        bytes.extend_from_slice(&key.version.to_be_bytes());
        bytes.extend_from_slice(&key.index.to_be_bytes());
        Self(bytes)
    }

    /// Binds the ciphertext of a journal row to its id, its subject and its coarse type, so that a row cannot be passed
    /// off as being about somebody else.
    #[must_use]
    pub fn journal(row: &JournalRow) -> Self {
        let mut bytes = vec![3];
        bytes.extend_from_slice(&row.id.0.to_be_bytes());
        bytes.extend_from_slice(&row.subject.0.to_be_bytes());
        bytes.extend_from_slice(&row.coarse.0.to_be_bytes());
        Self(bytes)
    }
}

/// Seals clear bytes under a key and a binding.
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

/// Opens sealed bytes; `what` names the field in an error.
///
/// # Errors
///
/// [`CodecError::Sealed`] where key, binding or bytes are not those of the sealing. There is one error for all three,
/// because they cannot be distinguished.
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

    fn frame(id: u128) -> Frame<'static> {
        let (kind, id, version) = (PERSON, Id(id), Version(3));
        Frame { kind, id, version, schema: 1, deadline: Some(Timestamp(9)), lookups: &[] }
    }

    fn binding(id: u128) -> Binding {
        Binding::row(frame(id), 1)
    }

    #[test]
    fn a_row_opens_under_its_own_version_schema_deadline_and_look_ups_alone() {
        let lookup = |index, fill| Lookup { index, key: crate::LookupKey([fill; 32]) };
        let (one, two) = (crate::Index::shared(1), crate::Index::unique(2));
        let (kept, turned) = ([lookup(one, 1), lookup(two, 2)], [lookup(two, 2), lookup(one, 1)]);
        let bound = Frame { lookups: &kept, ..frame(1) };
        let sealed = seal(&key(1), Nonce([7; 24]), &Binding::row(bound, 1), b"0102037004");
        let opens =
            |frame: Frame<'_>| open(&key(1), &Binding::row(frame, 1), &sealed, "cpr").is_ok();

        assert!(opens(bound));
        assert!(opens(Frame { lookups: &turned, ..bound }), "their order is no matter");
        assert!(!opens(Frame { version: Version(2), ..bound }));
        assert!(!opens(Frame { schema: 2, ..bound }));
        assert!(!opens(Frame { deadline: Some(Timestamp(10)), ..bound }));
        assert!(!opens(Frame { deadline: None, ..bound }));
        assert!(!opens(Frame { lookups: &[], ..bound }));
        for other in [
            vec![lookup(one, 1)],
            vec![lookup(one, 1), lookup(two, 3)],
            vec![lookup(one, 1), lookup(one, 2)],
        ] {
            assert!(!opens(Frame { lookups: &other, ..bound }), "{other:?}");
        }
    }

    #[test]
    fn what_is_sealed_opens_under_the_same_key_and_binding_alone() {
        let sealed = seal(&key(1), Nonce([7; 24]), &binding(1), b"0102037004");

        let field = Binding::row(frame(1), 2);
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
