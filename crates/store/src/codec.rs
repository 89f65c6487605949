//! The bytes of a saved state: hand-written, bounded, the same for every backend.
//!
//! Numbers are big-endian; byte strings and sequences carry their length first. Every read is
//! bounded by what is there and by what the façade allows, and [`decode`] reports a state that does
//! not decode with its kind, id and schema version.

mod stored;

pub use stored::{Element, SEQUENCE_MAX, Stored, TEXT_BYTES_MAX, from_bytes, to_bytes};

use crate::{Row, StoreError, Timestamp};
use zeroize::{Zeroize, Zeroizing};

/// Bytes that are no state of the schema they claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end too early.
    #[error("{what}: {wanted} bytes wanted at byte {at}, {left} left")]
    Truncated {
        /// The field.
        what: &'static str,
        /// Where it begins.
        at: usize,
        /// How much it needs.
        wanted: usize,
        /// How much is there.
        left: usize,
    },
    /// A length is over its limit.
    #[error("{what}: length {len} is over the limit of {max}")]
    TooLong {
        /// The field.
        what: &'static str,
        /// The length that stands there.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// A tag names no variant, or a value is outside its range.
    #[error("{what}: {value} is none of its values")]
    Unknown {
        /// The field.
        what: &'static str,
        /// What stands there.
        value: u64,
    },
    /// Text that is not UTF-8.
    #[error("{what}: not UTF-8")]
    NotUtf8 {
        /// The field.
        what: &'static str,
    },
    /// Bytes are left over.
    #[error("{left} bytes left over at the end")]
    Trailing {
        /// The number of bytes that nothing has read.
        left: usize,
    },
    /// The façade knows no such schema version: the row was written by a newer program.
    #[error("schema version {found} is newer than {known}")]
    Newer {
        /// The version of the row.
        found: u16,
        /// The newest that this program knows.
        known: u16,
    },
    /// A value that parses and contradicts itself.
    #[error("{what}: invalid")]
    Invalid {
        /// The field.
        what: &'static str,
    },
    /// A sealed part does not open: another key, another row, or changed bytes.
    #[error("{what}: the sealed bytes do not open")]
    Sealed {
        /// The field.
        what: &'static str,
    },
}

impl CodecError {
    /// A tag that names no variant.
    #[must_use]
    pub fn unknown(what: &'static str, tag: u8) -> Self {
        Self::Unknown { what, value: u64::from(tag) }
    }
}

/// Writes a state. What it held is wiped when it is dropped.
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
    /// Begins with no bytes and room for a usual state, so that growing leaves no copies behind.
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

    /// Writes a truth value.
    pub fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    /// Writes a number.
    pub fn u16(&mut self, value: u16) {
        self.push(&value.to_be_bytes());
    }

    /// Writes a number.
    pub fn u32(&mut self, value: u32) {
        self.push(&value.to_be_bytes());
    }

    /// Writes a number.
    pub fn u64(&mut self, value: u64) {
        self.push(&value.to_be_bytes());
    }

    /// Writes a number.
    pub fn i64(&mut self, value: i64) {
        self.push(&value.to_be_bytes());
    }

    /// Writes an id.
    pub fn u128(&mut self, value: u128) {
        self.push(&value.to_be_bytes());
    }

    /// Writes an instant.
    pub fn time(&mut self, value: Timestamp) {
        self.i64(value.0);
    }

    /// Writes bytes whose number both sides know.
    pub fn array<const N: usize>(&mut self, value: &[u8; N]) {
        self.push(value);
    }

    /// Writes bytes after their number.
    pub fn bytes(&mut self, value: &[u8]) {
        self.len(value.len());
        self.push(value);
    }

    /// Writes text after its length in bytes.
    pub fn str(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// Writes the number of elements that follow.
    ///
    /// A length over `u32::MAX` is written as `u32::MAX`, which no reader's limit lets in; a
    /// transaction's own limit on states stops it long before.
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

    /// Writes a sequence: its length, then each element.
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

    /// The bytes, for a state that holds nothing personal in clear.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes.to_vec()
    }

    /// The bytes, wiped on drop: for what is sealed next.
    #[must_use]
    pub fn finish_hidden(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

/// Reads a state.
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
    /// Begins at the first byte of what this version of the program wrote.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self::of_schema(u16::MAX, bytes)
    }

    /// Begins at the first byte of a state that was written in this schema version.
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

    /// Reads bytes whose number both sides know.
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

    /// Reads a number.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, CodecError> {
        Ok(u16::from_be_bytes(self.array(what)?))
    }

    /// Reads a number.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, CodecError> {
        Ok(u32::from_be_bytes(self.array(what)?))
    }

    /// Reads a number.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, CodecError> {
        Ok(u64::from_be_bytes(self.array(what)?))
    }

    /// Reads a number.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn i64(&mut self, what: &'static str) -> Result<i64, CodecError> {
        Ok(i64::from_be_bytes(self.array(what)?))
    }

    /// Reads an id.
    ///
    /// # Errors
    ///
    /// Too few bytes.
    pub fn u128(&mut self, what: &'static str) -> Result<u128, CodecError> {
        Ok(u128::from_be_bytes(self.array(what)?))
    }

    /// Reads an instant.
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
    /// A byte that is neither 0 nor 1, or what `read` says.
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
    /// A length over `max`, or what `read` says.
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

    /// The end: nothing may be left.
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

/// Decodes the whole state of a row; `read` gets the schema version it was saved with.
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
