//! BER-TLV as chips speak it: a bounded reader and a writer.
//!
//! The reader borrows from the bytes it is given and never allocates, so a chip that claims four
//! gigabytes gains nothing by it. Indefinite lengths, tags over three octets, lengths over four and
//! nesting deeper than [`DEPTH_MAX`] are refused. Two dialects exist: [`Reader::new`] takes lengths
//! in more octets than needed (ISO/IEC 7816-4 §5.2.2.2 permits them, and chips send them);
//! [`Reader::der`] does not.

use std::fmt;

mod writer;

pub use writer::{constructed, object, write};

/// How deep values may nest; the deepest structure of Doc 9303-10 needs seven levels.
pub const DEPTH_MAX: usize = 16;

/// A tag of one to three octets, as a number: `0x61`, `0x5F1F`, `0x7F2E`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u32);

impl Tag {
    /// The tag with these octets, most significant first; leading zero octets are not part of it.
    #[must_use]
    pub const fn new(octets: u32) -> Self {
        Self(octets)
    }

    /// The octets as a number, most significant first.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Whether the value is itself made of TLV objects (bit 6 of the first octet).
    #[must_use]
    pub const fn is_constructed(self) -> bool {
        let first = match self.0 {
            0..=0xFF => self.0,
            0x100..=0xFFFF => self.0 >> 8,
            0x1_0000..=u32::MAX => self.0 >> 16,
        };
        first & 0x20 != 0
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({:X})", self.0)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

/// Why bytes are not the TLV that was looked for. Offsets count from the outermost reader's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlvError {
    /// The bytes end inside a tag, a length or a value.
    #[error("the bytes end inside the object at offset {offset}")]
    Truncated {
        /// Where the object starts.
        offset: usize,
    },
    /// A tag of more than three octets, or one that is not minimal.
    #[error("the tag at offset {offset} is longer than three octets or not minimal")]
    Tag {
        /// Where the tag starts.
        offset: usize,
    },
    /// An indefinite length, one of more than four octets, or (DER) one that is not minimal.
    #[error("the length of the object at offset {offset} is not in a permitted form")]
    Length {
        /// Where the object starts.
        offset: usize,
    },
    /// Another tag stands where `expected` was due.
    #[error("tag {expected} was expected at offset {offset}, found {found}")]
    Unexpected {
        /// Where the object starts.
        offset: usize,
        /// What was due.
        expected: Tag,
        /// What stands there.
        found: Tag,
    },
    /// No object where `expected` was due.
    #[error("tag {expected} was expected at offset {offset}, where the bytes end")]
    Missing {
        /// Where the object was due.
        offset: usize,
        /// What was due.
        expected: Tag,
    },
    /// Bytes are left over.
    #[error("bytes are left over at offset {offset}")]
    Trailing {
        /// The first byte too many.
        offset: usize,
    },
    /// Nested deeper than [`DEPTH_MAX`].
    #[error("the object at offset {offset} is nested too deep")]
    Depth {
        /// Where the object starts.
        offset: usize,
    },
    /// The value does not have the form its tag calls for.
    #[error("the value at offset {offset} does not have the form its tag calls for")]
    Value {
        /// Where the value starts.
        offset: usize,
    },
}

impl TlvError {
    /// The offset that the error names.
    #[must_use]
    pub const fn offset(&self) -> usize {
        match self {
            Self::Truncated { offset }
            | Self::Tag { offset }
            | Self::Length { offset }
            | Self::Unexpected { offset, .. }
            | Self::Missing { offset, .. }
            | Self::Trailing { offset }
            | Self::Depth { offset }
            | Self::Value { offset } => *offset,
        }
    }
}

/// Tag and claimed length of an object, before its value has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The tag.
    pub tag: Tag,
    /// Octets that tag and length take.
    pub header_bytes: usize,
    /// Octets that the value takes, as claimed: believe it only after comparing with a limit.
    pub value_bytes: u32,
}

impl Header {
    /// Octets of the whole object as claimed.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        u64::from(self.value_bytes).saturating_add(u64::try_from(self.header_bytes).unwrap_or(8))
    }
}

/// Reads the header at the start of `bytes`, for instance of a file's first block.
///
/// # Errors
///
/// [`TlvError`] where tag or length is cut off or not in a permitted form.
pub fn header(bytes: &[u8]) -> Result<Header, TlvError> {
    parse_header(bytes, 0, false)
}

fn parse_header(bytes: &[u8], offset: usize, der: bool) -> Result<Header, TlvError> {
    let truncated = TlvError::Truncated { offset };
    let (&first, rest) = bytes.split_first().ok_or(truncated)?;
    let mut tag = u32::from(first);
    let mut rest = rest;
    if first & 0x1F == 0x1F {
        for position in 0.. {
            let (&octet, after) = rest.split_first().ok_or(truncated)?;
            rest = after;
            // ISO/IEC 7816-4 §5.2.2.1: at most three octets, the first after the lead not 80.
            if position == 2 || (position == 0 && octet == 0x80) {
                return Err(TlvError::Tag { offset });
            }
            tag = (tag << 8) | u32::from(octet);
            if octet & 0x80 == 0 {
                break;
            }
        }
    }
    let (&first, rest_after) = rest.split_first().ok_or(truncated)?;
    rest = rest_after;
    let value_bytes = if first < 0x80 {
        u32::from(first)
    } else {
        let count = usize::from(first & 0x7F);
        if !(1..=4).contains(&count) {
            return Err(TlvError::Length { offset });
        }
        let (octets, after) = rest.split_at_checked(count).ok_or(truncated)?;
        rest = after;
        let value = octets.iter().fold(0_u32, |sum, &octet| (sum << 8) | u32::from(octet));
        if der && (value < 0x80 || octets.first() == Some(&0)) {
            return Err(TlvError::Length { offset });
        }
        value
    };
    let header_bytes = bytes.len().saturating_sub(rest.len());
    Ok(Header { tag: Tag(tag), header_bytes, value_bytes })
}

/// One object: its tag, its value, and where it stood.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    tag: Tag,
    raw: &'a [u8],
    value: &'a [u8],
    offset: usize,
    depth: usize,
    der: bool,
}

impl fmt::Debug for Tlv<'_> {
    /// Values may be personal: only tag, place and size are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tlv")
            .field("tag", &self.tag)
            .field("offset", &self.offset)
            .field("bytes", &self.value.len())
            .finish()
    }
}

impl<'a> Tlv<'a> {
    /// The tag.
    #[must_use]
    pub const fn tag(&self) -> Tag {
        self.tag
    }

    /// The value without tag and length.
    #[must_use]
    pub const fn value(&self) -> &'a [u8] {
        self.value
    }

    /// Tag, length and value as they stood, for hashing and MACs.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Where the object starts.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Where the value starts.
    #[must_use]
    pub const fn value_offset(&self) -> usize {
        self.offset.saturating_add(self.raw.len().saturating_sub(self.value.len()))
    }

    /// A reader over the objects inside the value.
    ///
    /// # Errors
    ///
    /// [`TlvError::Depth`] below [`DEPTH_MAX`].
    pub const fn children(&self) -> Result<Reader<'a>, TlvError> {
        if self.depth >= DEPTH_MAX {
            return Err(TlvError::Depth { offset: self.offset });
        }
        Ok(Reader {
            rest: self.value,
            offset: self.value_offset(),
            depth: self.depth + 1,
            der: self.der,
        })
    }

    /// The error that says this object's value is malformed.
    #[must_use]
    pub const fn malformed(&self) -> TlvError {
        TlvError::Value { offset: self.value_offset() }
    }
}

/// Reads a sequence of objects, one after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
    depth: usize,
    der: bool,
}

impl<'a> Reader<'a> {
    /// A reader that also takes lengths in more octets than needed.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0, depth: 0, der: false }
    }

    /// A reader that takes lengths in their shortest form only.
    #[must_use]
    pub const fn der(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0, depth: 0, der: true }
    }

    /// The bytes not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Where the next object starts.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next object, or `None` at the end. Not an `Iterator`: an error must end the reading.
    ///
    /// # Errors
    ///
    /// [`TlvError`] where the object is cut off or not in a permitted form.
    pub fn read(&mut self) -> Result<Option<Tlv<'a>>, TlvError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let offset = self.offset;
        let truncated = TlvError::Truncated { offset };
        let header = parse_header(self.rest, offset, self.der)?;
        let total = usize::try_from(header.total_bytes()).map_err(|_| truncated)?;
        let (raw, rest) = self.rest.split_at_checked(total).ok_or(truncated)?;
        let value = raw.get(header.header_bytes..).ok_or(truncated)?;
        self.rest = rest;
        self.offset = offset.saturating_add(total);
        Ok(Some(Tlv { tag: header.tag, raw, value, offset, depth: self.depth, der: self.der }))
    }

    /// The next object, which must have this tag.
    ///
    /// # Errors
    ///
    /// [`TlvError::Unexpected`] or [`TlvError::Missing`] where it has not, else as [`Reader::read`].
    pub fn expect(&mut self, expected: Tag) -> Result<Tlv<'a>, TlvError> {
        let offset = self.offset;
        match self.read()? {
            Some(object) if object.tag == expected => Ok(object),
            Some(object) => Err(TlvError::Unexpected { offset, expected, found: object.tag }),
            None => Err(TlvError::Missing { offset, expected }),
        }
    }

    /// The next object if it has this tag; otherwise nothing is read.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`].
    pub fn optional(&mut self, tag: Tag) -> Result<Option<Tlv<'a>>, TlvError> {
        let mut ahead = self.clone();
        match ahead.read()? {
            Some(object) if object.tag == tag => {
                *self = ahead;
                Ok(Some(object))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// The first object with this tag among those left; earlier ones are passed over.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`].
    pub fn find(&mut self, tag: Tag) -> Result<Option<Tlv<'a>>, TlvError> {
        while let Some(object) = self.read()? {
            if object.tag == tag {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }

    /// Ends the reading.
    ///
    /// # Errors
    ///
    /// [`TlvError::Trailing`] where bytes are left.
    pub const fn finish(self) -> Result<(), TlvError> {
        if self.rest.is_empty() { Ok(()) } else { Err(TlvError::Trailing { offset: self.offset }) }
    }
}

/// Reads the one object that `bytes` must consist of.
///
/// # Errors
///
/// [`TlvError`] where it has another tag, is malformed, or something follows it.
pub fn single(bytes: &[u8], tag: Tag) -> Result<Tlv<'_>, TlvError> {
    let mut reader = Reader::new(bytes);
    let object = reader.expect(tag)?;
    reader.finish()?;
    Ok(object)
}

#[cfg(test)]
mod tests;
