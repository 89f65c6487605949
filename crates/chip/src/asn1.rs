//! What certificates, SODs and lists need of ASN.1 beyond [`crate::tlv`]: identifiers, numbers,
//! times, and BER turned into something with definite lengths.
//!
//! Parsing is lenient about form and strict about meaning: real lists hold negative serial
//! numbers, lower-case countries and lengths in too many octets, and a signature is always checked
//! over the bytes as they stood.

use std::borrow::Cow;
use std::fmt;

use crate::date::{Date, UnixTime};
use crate::tlv::{self, Reader, Tag, Tlv, TlvError};

pub(crate) const BOOLEAN: Tag = Tag::new(0x01);
pub(crate) const INTEGER: Tag = Tag::new(0x02);
pub(crate) const BIT_STRING: Tag = Tag::new(0x03);
pub(crate) const OCTET_STRING: Tag = Tag::new(0x04);
pub(crate) const OID: Tag = Tag::new(0x06);
pub(crate) const UTC_TIME: Tag = Tag::new(0x17);
pub(crate) const GENERALIZED_TIME: Tag = Tag::new(0x18);
pub(crate) const SEQUENCE: Tag = Tag::new(0x30);
pub(crate) const SET: Tag = Tag::new(0x31);

/// The constructed context-specific tag `[n]`.
pub(crate) const fn explicit(n: u8) -> Tag {
    Tag::new(0xA0 | n as u32)
}

/// The primitive context-specific tag `[n]`.
pub(crate) const fn implicit(n: u8) -> Tag {
    Tag::new(0x80 | n as u32)
}

/// An object identifier, as its content octets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Box<[u8]>);

impl Oid {
    /// Takes content octets in.
    #[must_use]
    pub fn new(content: &[u8]) -> Self {
        Self(content.into())
    }

    /// The content octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq<[u8]> for Oid {
    fn eq(&self, other: &[u8]) -> bool {
        *self.0 == *other
    }
}

impl fmt::Display for Oid {
    /// Dotted decimal; an arc that does not fit 64 bits is written `?`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let mut arc = Some(0_u64);
        for octet in &self.0 {
            arc = arc
                .and_then(|arc| arc.checked_mul(128))
                .and_then(|arc| arc.checked_add(u64::from(octet & 0x7F)));
            if octet & 0x80 != 0 {
                continue;
            }
            match (arc, first) {
                (None, _) => f.write_str(".?")?,
                (Some(arc), false) => write!(f, ".{arc}")?,
                (Some(arc), true) => {
                    let root = (arc / 40).min(2);
                    write!(f, "{root}.{}", arc - root * 40)?;
                }
            }
            first = false;
            arc = Some(0);
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

/// Reads one object identifier.
pub(crate) fn oid(reader: &mut Reader<'_>) -> Result<Oid, TlvError> {
    Ok(Oid::new(reader.expect(OID)?.value()))
}

/// `AlgorithmIdentifier`: the identifier and whatever parameters follow it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Algorithm<'a> {
    /// The whole identifier as it stood.
    pub(crate) raw: &'a [u8],
    pub(crate) oid: &'a [u8],
    pub(crate) parameters: Option<Tlv<'a>>,
}

/// Reads an `AlgorithmIdentifier`.
pub(crate) fn algorithm<'a>(reader: &mut Reader<'a>) -> Result<Algorithm<'a>, TlvError> {
    let whole = reader.expect(SEQUENCE)?;
    let mut inside = whole.children()?;
    let oid = inside.expect(OID)?.value();
    Ok(Algorithm { raw: whole.raw(), oid, parameters: inside.read()? })
}

/// The magnitude of an INTEGER that is meant to be positive: without its sign octet.
///
/// Some issuers forget the sign octet, so that a modulus reads as negative; the octets are what
/// counts.
pub(crate) fn magnitude<'a>(integer: &Tlv<'a>) -> &'a [u8] {
    let value = integer.value();
    let zeros = value.iter().take_while(|octet| **octet == 0).count();
    value.get(zeros..).unwrap_or_default()
}

/// A small INTEGER.
pub(crate) fn small(integer: &Tlv<'_>) -> Result<u32, TlvError> {
    let octets = magnitude(integer);
    if octets.len() > 4 {
        return Err(integer.malformed());
    }
    Ok(octets.iter().fold(0, |sum, octet| (sum << 8) | u32::from(*octet)))
}

/// The octets of a BIT STRING and how many bits of the last are unused.
pub(crate) fn bits<'a>(string: &Tlv<'a>) -> Result<(u8, &'a [u8]), TlvError> {
    match string.value().split_first() {
        Some((unused @ 0..=7, octets)) => Ok((*unused, octets)),
        _ => Err(string.malformed()),
    }
}

/// The octets of a BIT STRING that has no unused bits: keys and signatures.
pub(crate) fn octets<'a>(string: &Tlv<'a>) -> Result<&'a [u8], TlvError> {
    match bits(string)? {
        (0, octets) => Ok(octets),
        _ => Err(string.malformed()),
    }
}

/// Reads a `UTCTime` or a `GeneralizedTime`.
pub(crate) fn time(reader: &mut Reader<'_>) -> Result<UnixTime, TlvError> {
    let offset = reader.offset();
    let value = reader.read()?.ok_or(TlvError::Missing { offset, expected: UTC_TIME })?;
    time_of(&value)
}

/// The instant that a `UTCTime` or a `GeneralizedTime` holds.
///
/// Seconds may be missing, fractions of a second are dropped, and an offset from UTC is taken into
/// account: DER forbids all three, issuers use them.
pub(crate) fn time_of(value: &Tlv<'_>) -> Result<UnixTime, TlvError> {
    parse_time(value.tag(), value.value()).ok_or_else(|| value.malformed())
}

/// The instant that the octets of a `GeneralizedTime` spell.
pub(crate) fn generalized_time(text: &[u8]) -> Option<UnixTime> {
    parse_time(GENERALIZED_TIME, text)
}

fn parse_time(tag: Tag, text: &[u8]) -> Option<UnixTime> {
    let mut text = Digits(text);
    let year = if tag == GENERALIZED_TIME {
        text.take(4)?
    } else if tag == UTC_TIME {
        // RFC 5280 §4.1.2.5.1: 50 and later are of the twentieth century.
        let year = text.take(2)?;
        if year < 50 { year + 2000 } else { year + 1900 }
    } else {
        return None;
    };
    let (month, day) = (text.take(2)?, text.take(2)?);
    let (hour, minute) = (text.take(2)?, text.take(2)?);
    let second = text.take(2).unwrap_or(0);
    if let Some((b'.' | b',', rest)) = text.0.split_first() {
        let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
        text.0 = rest.get(digits..)?;
    }
    let offset_minutes = match text.0.split_first() {
        None => 0,
        Some((b'Z', [])) => 0,
        Some((sign @ (b'+' | b'-'), rest)) => {
            let mut rest = Digits(rest);
            let minutes = i64::from(rest.take(2)?) * 60 + i64::from(rest.take(2)?);
            if *sign == b'+' { minutes } else { -minutes }
        }
        Some(_) => return None,
    };
    let date =
        Date::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
    if hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let secs = i64::from(hour * 3600 + minute * 60 + second) - offset_minutes * 60;
    Some(UnixTime::from_secs(date.days_since_epoch() * 86_400 + secs))
}

struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let number = digits.iter().try_fold(0_u32, |sum, octet| {
            octet.is_ascii_digit().then(|| sum * 10 + u32::from(octet - b'0'))
        })?;
        self.0 = rest;
        Some(number)
    }
}

/// How deep BER may nest before it is refused.
const BER_DEPTH_MAX: usize = 24;

/// The same value with every indefinite length made definite and every string in pieces joined.
///
/// What has definite lengths throughout is borrowed as it stands, so that certificates inside keep
/// the very bytes that were signed.
pub(crate) fn definite(bytes: &[u8]) -> Result<Cow<'_, [u8]>, TlvError> {
    let mut out = Vec::new();
    let (_, changed) = definite_object(bytes, 0, 0, &mut out)?;
    Ok(if changed { Cow::Owned(out) } else { Cow::Borrowed(bytes) })
}

/// Whether the value at the start of `bytes` is of indefinite length.
pub(crate) fn is_indefinite(bytes: &[u8]) -> bool {
    matches!(bytes, [first, 0x80, ..] if first & 0x20 != 0 && first & 0x1F != 0x1F)
}

/// How long the value at the start of `bytes` is, whatever its lengths are; `None` where it is not all there.
pub(crate) fn whole_bytes(bytes: &[u8]) -> Option<usize> {
    definite_object(bytes, 0, 0, &mut Vec::new()).ok().map(|(length, _)| length)
}

/// Appends the object at the start of `bytes`; returns how long it was and whether it changed.
fn definite_object(
    bytes: &[u8],
    offset: usize,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(usize, bool), TlvError> {
    if depth > BER_DEPTH_MAX {
        return Err(TlvError::Depth { offset });
    }
    let truncated = TlvError::Truncated { offset };
    let first = *bytes.first().ok_or(truncated)?;
    let indefinite = first & 0x20 != 0 && first & 0x1F != 0x1F && bytes.get(1) == Some(&0x80);
    let (tag, header_bytes, value) = if indefinite {
        (Tag::new(u32::from(first)), 2, bytes.get(2..).ok_or(truncated)?)
    } else {
        let header = tlv::header(bytes).map_err(|_| TlvError::Length { offset })?;
        let total = usize::try_from(header.total_bytes()).map_err(|_| truncated)?;
        let value = bytes.get(header.header_bytes..total).ok_or(truncated)?;
        if !header.tag.is_constructed() {
            out.extend_from_slice(bytes.get(..total).ok_or(truncated)?);
            return Ok((total, false));
        }
        (header.tag, header.header_bytes, value)
    };
    let mut parts = Vec::new();
    let mut at = 0;
    let mut changed = indefinite;
    loop {
        let rest = value.get(at..).ok_or(truncated)?;
        if indefinite && rest.starts_with(&[0, 0]) {
            at += 2;
            break;
        }
        if rest.is_empty() {
            if indefinite {
                return Err(truncated);
            }
            break;
        }
        let (length, inside) =
            definite_object(rest, offset + header_bytes + at, depth + 1, &mut parts)?;
        at += length;
        changed |= inside;
    }
    let total = header_bytes + at;
    if tag == Tag::new(0x24) {
        // An OCTET STRING in pieces (X.690 §8.7.3): its value is theirs, one after the other.
        let mut joined = Vec::new();
        let mut reader = Reader::new(&parts);
        while let Some(piece) = reader.read()? {
            joined.extend_from_slice(piece.value());
        }
        tlv::write(out, OCTET_STRING, &joined);
        return Ok((total, true));
    }
    if changed {
        tlv::write(out, tag, &parts);
    } else {
        out.extend_from_slice(bytes.get(..total).ok_or(truncated)?);
    }
    Ok((total, changed))
}

/// Whether every length in the tree of constructed values is in its shortest definite form.
pub(crate) fn is_der(bytes: &[u8]) -> bool {
    fn walk(mut reader: Reader<'_>) -> bool {
        loop {
            match reader.read() {
                Ok(None) => return true,
                Ok(Some(object)) if object.tag().is_constructed() => {
                    if object.tag() == Tag::new(0x24) || !object.children().is_ok_and(walk) {
                        return false;
                    }
                }
                Ok(Some(_)) => {}
                Err(_) => return false,
            }
        }
    }
    walk(Reader::der(bytes))
}

#[cfg(test)]
mod tests {
    use super::{GENERALIZED_TIME, Oid, UTC_TIME, definite, is_der, parse_time};
    use crate::date::UnixTime;

    #[test]
    fn identifiers_print_dotted() {
        for (content, dotted) in [
            (&b"\x2a\x86\x48\xce\x3d\x03\x01\x07"[..], "1.2.840.10045.3.1.7"),
            (b"\x67\x81\x08\x01\x01\x01", "2.23.136.1.1.1"),
            (b"\x04\x00\x7f\x00\x07\x03\x02\x01", "0.4.0.127.0.7.3.2.1"),
            (b"\x88\x37\x03", "2.999.3"),
        ] {
            assert_eq!(Oid::new(content).to_string(), dotted);
        }
    }

    #[test]
    fn times_are_read_in_every_form_that_issuers_use() {
        for (tag, text, secs) in [
            (UTC_TIME, &b"131216214318Z"[..], 1_387_230_198),
            (UTC_TIME, b"1312162143Z", 1_387_230_180),
            (UTC_TIME, b"131216224318+0100", 1_387_230_198),
            (UTC_TIME, b"500101000000Z", -631_152_000),
            (GENERALIZED_TIME, b"20131216214318Z", 1_387_230_198),
            (GENERALIZED_TIME, b"20131216214318.25Z", 1_387_230_198),
            (GENERALIZED_TIME, b"20491231235959Z", 2_524_607_999),
        ] {
            assert_eq!(parse_time(tag, text), Some(UnixTime::from_secs(secs)), "{text:?}");
        }
        for bad in [&b""[..], b"131316214318Z", b"1312162143181Z", b"13121621431xZ"] {
            assert_eq!(parse_time(UTC_TIME, bad), None, "{bad:?}");
        }
    }

    #[test]
    fn indefinite_lengths_become_definite_and_strings_in_pieces_are_joined() {
        let ber = b"\x30\x80\x24\x80\x04\x02ab\x04\x01c\x00\x00\x02\x01\x05\x00\x00";

        assert_eq!(*definite(ber).unwrap(), *b"\x30\x08\x04\x03abc\x02\x01\x05");
        assert!(!is_der(ber));
        assert!(is_der(b"\x30\x08\x04\x03abc\x02\x01\x05"));
    }

    #[test]
    fn what_is_definite_keeps_its_bytes_even_in_long_form() {
        let long = b"\x30\x81\x03\x02\x01\x05";

        assert_eq!(*definite(long).unwrap(), *long);
        assert!(!is_der(long));
    }

    #[test]
    fn endless_and_bottomless_values_are_refused() {
        assert!(definite(b"\x30\x80\x02\x01\x05").is_err());
        assert!(definite(&[0x30, 0x80].repeat(1000)).is_err());
        assert!(definite(b"\x30\x84\xff\xff\xff\xff\x00").is_err());
    }
}
