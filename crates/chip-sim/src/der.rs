//! Just enough DER to write certificates and files and to read key files.
//!
//! This is on purpose not the parser of the `chip` crate: what that crate reads was written by
//! somebody else.

use num_bigint::BigUint;

pub(crate) const SEQUENCE: u16 = 0x30;
pub(crate) const SET: u16 = 0x31;
pub(crate) const INTEGER: u16 = 0x02;
pub(crate) const BIT_STRING: u16 = 0x03;
pub(crate) const OCTET_STRING: u16 = 0x04;
pub(crate) const OBJECT: u16 = 0x06;

/// Tag, length and value; a tag above `FF` is written in two bytes.
pub(crate) fn tlv(tag: u16, value: &[u8]) -> Vec<u8> {
    let [high, low] = tag.to_be_bytes();
    let mut out = Vec::with_capacity(value.len().saturating_add(6));
    if high != 0 {
        out.push(high);
    }
    out.push(low);
    out.extend(length(value.len()));
    out.extend_from_slice(value);
    out
}

/// The length octets, shortest form.
pub(crate) fn length(length: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    let significant: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
    match significant.as_slice() {
        [] => vec![0],
        [short] if *short < 0x80 => vec![*short],
        long => {
            let count = u8::try_from(long.len()).unwrap_or(8);
            let mut out = vec![0x80 | count];
            out.extend_from_slice(long);
            out
        }
    }
}

/// A constructed value of parts in the order given.
pub(crate) fn joined(tag: u16, parts: &[&[u8]]) -> Vec<u8> {
    tlv(tag, &parts.concat())
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    joined(SEQUENCE, parts)
}

/// A SET OF with its members in DER order (X.690 §11.6).
pub(crate) fn set_of(tag: u16, mut members: Vec<Vec<u8>>) -> Vec<u8> {
    members.sort();
    tlv(tag, &members.concat())
}

pub(crate) fn integer(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes.first().is_some_and(|b| *b >= 0x80) {
        bytes.insert(0, 0);
    }
    tlv(INTEGER, &bytes)
}

pub(crate) fn small_integer(number: u64) -> Vec<u8> {
    integer(&BigUint::from(number))
}

pub(crate) fn octets(value: &[u8]) -> Vec<u8> {
    tlv(OCTET_STRING, value)
}

pub(crate) fn bits(value: &[u8]) -> Vec<u8> {
    joined(BIT_STRING, &[&[0], value])
}

pub(crate) fn null() -> Vec<u8> {
    vec![0x05, 0x00]
}

/// An object identifier from its dotted form.
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    tlv(OBJECT, &oid_content(dotted))
}

pub(crate) fn oid_content(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted.split('.').map(|arc| arc.parse::<u64>().unwrap_or(0));
    let first = arcs.next().unwrap_or(0);
    let second = arcs.next().unwrap_or(0);
    let mut out = Vec::new();
    push_arc(&mut out, first.saturating_mul(40).saturating_add(second));
    for arc in arcs {
        push_arc(&mut out, arc);
    }
    out
}

fn push_arc(out: &mut Vec<u8>, arc: u64) {
    let mut groups = vec![low_seven_bits(arc)];
    let mut rest = arc >> 7;
    while rest > 0 {
        groups.push(0x80 | low_seven_bits(rest));
        rest >>= 7;
    }
    out.extend(groups.iter().rev());
}

fn low_seven_bits(value: u64) -> u8 {
    u8::try_from(value & 0x7F).unwrap_or(0)
}

/// One value that was read, with the bytes that it stood in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) tag: u16,
    pub(crate) value: &'a [u8],
    pub(crate) raw: &'a [u8],
}

/// Reads one value and moves `input` behind it.
pub(crate) fn read<'a>(input: &mut &'a [u8]) -> Option<Node<'a>> {
    let whole = *input;
    let (first, mut rest) = whole.split_first()?;
    let mut tag = u16::from(*first);
    if first & 0x1F == 0x1F {
        let (second, after) = rest.split_first()?;
        tag = u16::from_be_bytes([*first, *second]);
        rest = after;
    }
    let (form, after) = rest.split_first()?;
    let (length, after) = if *form < 0x80 {
        (usize::from(*form), after)
    } else {
        let (octets, after) = after.split_at_checked(usize::from(form & 0x7F))?;
        if octets.is_empty() || octets.len() > 4 {
            return None;
        }
        let length = octets.iter().fold(0usize, |sum, b| (sum << 8) | usize::from(*b));
        (length, after)
    };
    let (value, after) = after.split_at_checked(length)?;
    let raw = whole.get(..whole.len().checked_sub(after.len())?)?;
    *input = after;
    Some(Node { tag, value, raw })
}

/// Reads all values of a constructed value.
pub(crate) fn children(mut input: &[u8]) -> Option<Vec<Node<'_>>> {
    let mut out = Vec::new();
    while !input.is_empty() {
        out.push(read(&mut input)?);
    }
    Some(out)
}

/// The members of the one value that `input` is.
pub(crate) fn open(mut input: &[u8], tag: u16) -> Option<Vec<Node<'_>>> {
    let node = read(&mut input)?;
    if node.tag != tag || !input.is_empty() {
        return None;
    }
    children(node.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        assert_eq!(length(0x7F), [0x7F]);
        assert_eq!(length(0x80), [0x81, 0x80]);
        assert_eq!(length(0x1234), [0x82, 0x12, 0x34]);
    }

    #[test]
    fn identifiers_are_packed_by_seven_bits() {
        assert_eq!(
            oid_content("2.16.840.1.101.3.4.2.1"),
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]
        );
    }

    #[test]
    fn a_value_that_runs_past_the_end_is_not_read() {
        assert!(read(&mut [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x00].as_slice()).is_none());
        assert!(read(&mut [0x30, 0x03, 0x00].as_slice()).is_none());
    }
}
