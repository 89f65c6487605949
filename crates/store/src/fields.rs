//! How the small values that many façades share are written and read.

use crate::codec::{CodecError, Reader, Writer};
use recovery::sensitive::{KeyedHash, Sensitive};
use recovery::time::{Instants, Timestamp};

/// The longest text that any façade takes, in bytes.
pub const TEXT_BYTES_MAX: usize = 4_096;
/// The most instants of one sliding window that are kept.
const INSTANTS_MAX: usize = 65_536;

/// Writes an instant of the domain.
pub fn write_instant(writer: &mut Writer, at: Timestamp) {
    writer.i64(at.0);
}

/// Reads an instant of the domain.
///
/// # Errors
///
/// Too few bytes.
pub fn read_instant(reader: &mut Reader<'_>, what: &'static str) -> Result<Timestamp, CodecError> {
    reader.i64(what).map(Timestamp)
}

/// Writes an instant that may be absent.
pub fn write_maybe_instant(writer: &mut Writer, at: Option<Timestamp>) {
    writer.option(at.as_ref(), |writer, at| writer.i64(at.0));
}

/// Reads an instant that may be absent.
///
/// # Errors
///
/// What does not fit.
pub fn read_maybe_instant(
    reader: &mut Reader<'_>,
    what: &'static str,
) -> Result<Option<Timestamp>, CodecError> {
    reader.option(what, |reader| read_instant(reader, what))
}

/// Writes a keyed hash.
pub fn write_hash(writer: &mut Writer, hash: &KeyedHash) {
    writer.array(&hash.0);
}

/// Reads a keyed hash.
///
/// # Errors
///
/// Too few bytes.
pub fn read_hash(reader: &mut Reader<'_>, what: &'static str) -> Result<KeyedHash, CodecError> {
    reader.array(what).map(KeyedHash)
}

/// Writes hidden text.
pub fn write_hidden(writer: &mut Writer, text: &Sensitive<String>) {
    writer.str(text.expose());
}

/// Reads hidden text.
///
/// # Errors
///
/// What does not fit.
pub fn read_hidden(
    reader: &mut Reader<'_>,
    what: &'static str,
) -> Result<Sensitive<String>, CodecError> {
    reader.str(what, TEXT_BYTES_MAX).map(|text| Sensitive::new(text.to_owned()))
}

/// Reads text.
///
/// # Errors
///
/// What does not fit.
pub fn read_text(reader: &mut Reader<'_>, what: &'static str) -> Result<String, CodecError> {
    reader.str(what, TEXT_BYTES_MAX).map(str::to_owned)
}

/// Writes the instants of a sliding window.
pub fn write_instants(writer: &mut Writer, instants: &Instants) {
    writer.seq(instants.as_slice().iter(), |writer, at| writer.i64(at.0));
}

/// Reads the instants of a sliding window.
///
/// # Errors
///
/// What does not fit.
pub fn read_instants(reader: &mut Reader<'_>, what: &'static str) -> Result<Instants, CodecError> {
    reader.seq(what, INSTANTS_MAX, |reader| read_instant(reader, what)).map(Instants::from_stored)
}

/// A tag that names no variant.
pub(crate) fn unknown(what: &'static str, tag: u8) -> CodecError {
    CodecError::Unknown { what, value: u64::from(tag) }
}
