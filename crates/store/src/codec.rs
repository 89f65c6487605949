//! The byte format of a saved state: written by hand, bounded, and the same for every backend.
//!
//! Numbers are big-endian; byte strings and sequences are preceded by their length. Every read is bounded by the bytes
//! that are left and by the limits of the façade. [`decode`] reports a state that does not decode with its kind, id and
//! schema version.

mod stored;

pub use stored::{Element, SEQUENCE_MAX, Stored, TEXT_BYTES_MAX, from_bytes, to_bytes};

use crate::{Row, StoreError, Timestamp};
use zeroize::{Zeroize, Zeroizing};

/// Why bytes are not a state of the schema that they claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end before the field does.
    #[error("{what}: {wanted} bytes wanted at byte {at}, {left} left")]
    Truncated {
        /// The name of the field.
        what: &'static str,
        /// The position of the field's first byte.
        at: usize,
        /// The number of bytes that the field needs.
        wanted: usize,
        /// The number of bytes that are left.
        left: usize,
    },
    /// A length is over its limit.
    #[error("{what}: length {len} is over the limit of {max}")]
    TooLong {
        /// The name of the field.
        what: &'static str,
        /// The length that was read.
        len: usize,
        /// The longest length that is allowed.
        max: usize,
    },
    /// A tag names no variant, or a value is outside its range.
    #[error("{what}: {value} is none of its values")]
    Unknown {
        /// The name of the field.
        what: &'static str,
        /// The value that was read.
        value: u64,
    },
    /// Text that is not UTF-8.
    #[error("{what}: not UTF-8")]
    NotUtf8 {
        /// The name of the field.
        what: &'static str,
    },
    /// Bytes are left over after the last field.
    #[error("{left} bytes left over at the end")]
    Trailing {
        /// The number of bytes that were not read.
        left: usize,
    },
    /// The row has a schema version that this program does not know, because a newer program wrote it.
    #[error("schema version {found} is newer than {known}")]
    Newer {
        /// The schema version of the row.
        found: u16,
        /// The newest schema version that this program knows.
        known: u16,
    },
    /// A value could be parsed but contradicts itself.
    #[error("{what}: invalid")]
    Invalid {
        /// The name of the field.
        what: &'static str,
    },
    /// A sealed part does not open: it was sealed under another key or for another row, or its bytes were changed.
    #[error("{what}: the sealed bytes do not open")]
    Sealed {
        /// The name of the field.
        what: &'static str,
    },
}

impl CodecError {
    /// The error for a tag that names no variant.
    #[must_use]
    pub fn unknown(what: &'static str, tag: u8) -> Self {
        Self::Unknown { what, value: u64::from(tag) }
    }
}

/// Writes the bytes of a state. They are wiped when the writer is dropped.
#[derive(Default)]
pub struct Writer {
    bytes: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writer({} bytes)", self.bytes.len())
    }
}

impl Writer {
    /// A writer without bytes, with room for a usual state, so that growing leaves no copies in memory.
    #[must_use]
    pub fn new() -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(1_024)) }
    }

    fn push(&mut self, more: &[u8]) {
        let wanted = self.bytes.len().saturating_add(more.len());
        if wanted > self.bytes.capacity() {
            let mut larger = Vec::with_capacity(wanted.saturating_mul(2));
            larger.extend_from_slice(&self.bytes);
            self.bytes.zeroize();
            *self.bytes = larger;
        }
        self.bytes.extend_from_slice(more);
    }

    /// Writes a byte; also the tag of an enum.
    pub fn u8(&mut self, value: u8) {
        self.push(&[value]);
    }

    /// Writes a truth value as one byte.
    pub fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    /// Writes a number of 2 bytes.
    pub fn u16(&mut self, value: u16) {
        self.push(&value.to_be_bytes());
    }

    /// Writes a number of 4 bytes.
    pub fn u32(&mut self, value: u32) {
        self.push(&value.to_be_bytes());
    }

    /// Writes a number of 8 bytes.
    pub fn u64(&mut self, value: u64) {
        self.push(&value.to_be_bytes());
    }

    /// Writes a signed number of 8 bytes.
    pub fn i64(&mut self, value: i64) {
        self.push(&value.to_be_bytes());
    }

    /// Writes an id of 16 bytes.
    pub fn u128(&mut self, value: u128) {
        self.push(&value.to_be_bytes());
    }

    /// Writes an instant in milliseconds, 8 bytes.
    pub fn time(&mut self, value: Timestamp) {
        self.i64(value.0);
    }

    /// Writes bytes without a length, because the schema fixes how many they are.
    pub fn array<const N: usize>(&mut self, value: &[u8; N]) {
        self.push(value);
    }

    /// Writes bytes, preceded by their length.
    pub fn bytes(&mut self, value: &[u8]) {
        self.len(value.len());
        self.push(value);
    }

    /// Writes text, preceded by its length in bytes.
    pub fn str(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// Writes the number of elements that follow.
    ///
    /// A length over `u32::MAX` is written as `u32::MAX`, which no reader accepts; the size limit of a transaction
    /// stops such a state long before.
    pub fn len(&mut self, len: usize) {
        self.u32(u32::try_from(len).unwrap_or(u32::MAX));
    }

    /// Writes whether there is a value, then the value.
    pub fn option<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// Writes a sequence: its length, and then each element.
    pub fn seq<'a, T: 'a>(
        &mut self,
        values: impl ExactSizeIterator<Item = &'a T>,
        mut write: impl FnMut(&mut Self, &T),
    ) {
        self.len(values.len());
        for value in values {
            write(self, value);
        }
    }

    /// The bytes of a state that holds nothing personal in clear.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes.to_vec()
    }

    /// The bytes of a state that is about to be sealed; they are wiped on drop.
    #[must_use]
    pub fn finish_hidden(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

/// Reads the bytes of a state.
#[derive(Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
    schema: u16,
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reader(at {}, {} left)", self.at, self.rest.len())
    }
}

impl<'a> Reader<'a> {
    /// A reader of bytes that were written in the present schema version.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self::of_schema(u16::MAX, bytes)
    }

    /// A reader of a state that was written in this schema version.
    #[must_use]
    pub const fn of_schema(schema: u16, bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0, schema }
    }

    /// Whether the state was written in this schema version or a later one.
    #[must_use]
    pub const fn has(&self, schema: u16) -> bool {
        self.schema >= schema
    }

    fn take(&mut self, what: &'static str, wanted: usize) -> Result<&'a [u8], CodecError> {
        let Some((taken, rest)) = self.rest.split_at_checked(wanted) else {
            let left = self.rest.len();
            return Err(CodecError::Truncated { what, at: self.at, wanted, left });
        };
        self.rest = rest;
        self.at = self.at.saturating_add(wanted);
        Ok(taken)
    }

    /// Reads bytes without a length, because the schema fixes how many they are.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], CodecError> {
        let left = self.rest.len();
        let at = self.at;
        let taken = self.take(what, N)?;
        taken.try_into().map_err(|_| CodecError::Truncated { what, at, wanted: N, left })
    }

    /// Reads a byte.
    ///
    /// # Errors
    ///
    /// No bytes left.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, CodecError> {
        Ok(u8::from_be_bytes(self.array(what)?))
    }

    /// Reads a truth value.
    ///
    /// # Errors
    ///
    /// No bytes left, or a byte that is neither 0 nor 1.
    pub fn bool(&mut self, what: &'static str) -> Result<bool, CodecError> {
        match self.u8(what)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(CodecError::Unknown { what, value: u64::from(other) }),
        }
    }

    /// Reads a number of 2 bytes.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, CodecError> {
        Ok(u16::from_be_bytes(self.array(what)?))
    }

    /// Reads a number of 4 bytes.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, CodecError> {
        Ok(u32::from_be_bytes(self.array(what)?))
    }

    /// Reads a number of 8 bytes.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, CodecError> {
        Ok(u64::from_be_bytes(self.array(what)?))
    }

    /// Reads a signed number of 8 bytes.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn i64(&mut self, what: &'static str) -> Result<i64, CodecError> {
        Ok(i64::from_be_bytes(self.array(what)?))
    }

    /// Reads an id of 16 bytes.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn u128(&mut self, what: &'static str) -> Result<u128, CodecError> {
        Ok(u128::from_be_bytes(self.array(what)?))
    }

    /// Reads an instant in milliseconds, 8 bytes.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn time(&mut self, what: &'static str) -> Result<Timestamp, CodecError> {
        self.i64(what).map(Timestamp)
    }

    /// Reads the number of elements that follow, at most `max`.
    ///
    /// # Errors
    ///
    /// Too few bytes, or more elements than `max`.
    pub fn len(&mut self, what: &'static str, max: usize) -> Result<usize, CodecError> {
        let len = usize::try_from(self.u32(what)?).unwrap_or(usize::MAX);
        if len > max { Err(CodecError::TooLong { what, len, max }) } else { Ok(len) }
    }

    /// Reads at most `max` bytes.
    ///
    /// # Errors
    ///
    /// Too few bytes, or a length over `max`.
    pub fn bytes(&mut self, what: &'static str, max: usize) -> Result<&'a [u8], CodecError> {
        let len = self.len(what, max)?;
        self.take(what, len)
    }

    /// Reads text of at most `max` bytes.
    ///
    /// # Errors
    ///
    /// Too few bytes, a length over `max`, or bytes that are not UTF-8.
    pub fn str(&mut self, what: &'static str, max: usize) -> Result<&'a str, CodecError> {
        std::str::from_utf8(self.bytes(what, max)?).map_err(|_| CodecError::NotUtf8 { what })
    }

    /// Reads a value that may be absent.
    ///
    /// # Errors
    ///
    /// A byte that is neither 0 nor 1, or an error of `read`.
    pub fn option<T>(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, CodecError>,
    ) -> Result<Option<T>, CodecError> {
        if self.bool(what)? { read(self).map(Some) } else { Ok(None) }
    }

    /// Reads a sequence of at most `max` elements.
    ///
    /// # Errors
    ///
    /// A length over `max`, or an error of `read`.
    pub fn seq<T>(
        &mut self,
        what: &'static str,
        max: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, CodecError>,
    ) -> Result<Vec<T>, CodecError> {
        let len = self.len(what, max)?;
        // Not reserved ahead: a length is only a claim, the bytes behind it are the bound.
        let mut values = Vec::new();
        for _ in 0..len {
            values.push(read(self)?);
        }
        Ok(values)
    }

    /// Ends the reading; no bytes may be left over.
    ///
    /// # Errors
    ///
    /// Bytes are left over.
    pub const fn finish(self) -> Result<(), CodecError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(CodecError::Trailing { left: self.rest.len() })
        }
    }
}

/// Decodes the whole state of a row; `read` is given the schema version in which it was saved.
///
/// # Errors
///
/// [`StoreError::Corrupt`] with kind, id and schema version.
pub fn decode<T>(
    row: &Row,
    read: impl FnOnce(u16, &mut Reader<'_>) -> Result<T, CodecError>,
) -> Result<T, StoreError> {
    let record = &row.record;
    let mut reader = Reader::of_schema(record.schema, &record.state);
    let value = read(record.schema, &mut reader);
    value.and_then(|value| reader.finish().map(|()| value)).map_err(|source| StoreError::Corrupt {
        kind: record.kind,
        id: record.id,
        schema: record.schema,
        source: Box::new(source),
    })
}

#[cfg(test)]
mod tests;
