//! The `Range` header (RFC 9110 section 14, docs/adr/own-byte-ranges.md). Safari plays no film from a server that does
//! not support it.

use std::ops::Range;

/// The part of a file that a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The whole file: for no range, a range that is not understood, or several ranges. A server may always answer with
    /// the whole file.
    Whole,
    /// A range of bytes, never empty.
    Part(Range<usize>),
    /// A range outside the file, which cannot be satisfied.
    Nothing,
}

/// Evaluates the header for a file of this length in bytes.
pub(crate) fn read(header: &[u8], length: usize) -> Selection {
    let Some(range) = parse(header) else { return Selection::Whole };
    let part = match range {
        RequestedRange::From(first, last) => {
            first..last.map_or(length, |last| last.saturating_add(1).min(length))
        }
        RequestedRange::Last(count) => length.saturating_sub(count)..length,
    };
    if part.is_empty() { Selection::Nothing } else { Selection::Part(part) }
}

/// A range as the header states it.
enum RequestedRange {
    /// From this byte, to the last one where the header names it.
    From(usize, Option<usize>),
    /// The last bytes of the file, so many.
    Last(usize),
}

fn parse(header: &[u8]) -> Option<RequestedRange> {
    let text = std::str::from_utf8(header).ok()?;
    let (unit, range) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    match (first, last) {
        ("", last) => Some(RequestedRange::Last(count(last)?)),
        (first, "") => Some(RequestedRange::From(count(first)?, None)),
        (first, last) => {
            let (first, last) = (count(first)?, count(last)?);
            (first <= last).then_some(RequestedRange::From(first, Some(last)))
        }
    }
}

/// Parses a number that consists of digits only. One that is too large for `usize` becomes the largest, because no file
/// is that long.
fn count(digits: &str) -> Option<usize> {
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Selection, read};

    #[test]
    fn ranges_are_read_as_rfc_9110_section_14_1_2_says() {
        for (header, wanted) in [
            ("bytes=0-1", Selection::Part(0..2)),
            ("bytes=0-", Selection::Part(0..100)),
            ("Bytes=90-200", Selection::Part(90..100)),
            ("bytes=99-99", Selection::Part(99..100)),
            ("bytes=-10", Selection::Part(90..100)),
            ("bytes=-1000", Selection::Part(0..100)),
            ("bytes=0-99999999999999999999999", Selection::Part(0..100)),
            ("bytes=100-", Selection::Nothing),
            ("bytes=99999999999999999999999-", Selection::Nothing),
            ("bytes=-0", Selection::Nothing),
            ("bytes=5-4", Selection::Whole),
            ("bytes=0-1,5-6", Selection::Whole),
            ("bytes=", Selection::Whole),
            ("bytes=-", Selection::Whole),
            ("bytes=+1-2", Selection::Whole),
            ("seconds=0-1", Selection::Whole),
            ("\u{e6}", Selection::Whole),
        ] {
            assert_eq!(read(header.as_bytes(), 100), wanted, "{header}");
        }
        assert_eq!(read(b"bytes=0-0", 0), Selection::Nothing);
        assert_eq!(read(&[0xff, b'=', b'-'], 100), Selection::Whole);
    }
}
