//! The `Range` of a request (RFC 9110 section 14, docs/adr/own-byte-ranges.md): Safari plays no film from a server that does not know it.

use std::ops::Range;

/// What of a file is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it: no range, one that we do not understand, or several at once, which a server may always answer so.
    Whole,
    /// These bytes; never empty.
    Part(Range<usize>),
    /// Bytes that the file does not have.
    Nothing,
}

/// Reads the header for a file of this length.
pub(crate) fn read(header: &[u8], length: usize) -> Wanted {
    let Some(range) = parse(header) else { return Wanted::Whole };
    let part = match range {
        Asked::From(first, last) => {
            first..last.map_or(length, |last| last.saturating_add(1).min(length))
        }
        Asked::Last(count) => length.saturating_sub(count)..length,
    };
    if part.is_empty() { Wanted::Nothing } else { Wanted::Part(part) }
}

enum Asked {
    From(usize, Option<usize>),
    Last(usize),
}

fn parse(header: &[u8]) -> Option<Asked> {
    let text = std::str::from_utf8(header).ok()?;
    let (unit, range) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    match (first, last) {
        ("", last) => Some(Asked::Last(count(last)?)),
        (first, "") => Some(Asked::From(count(first)?, None)),
        (first, last) => {
            let (first, last) = (count(first)?, count(last)?);
            (first <= last).then_some(Asked::From(first, Some(last)))
        }
    }
}

/// Digits alone. A number that no computer counts to is more than any file has.
fn count(digits: &str) -> Option<usize> {
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Wanted, read};

    #[test]
    fn ranges_are_read_as_rfc_9110_section_14_1_2_says() {
        for (header, wanted) in [
            ("bytes=0-1", Wanted::Part(0..2)),
            ("bytes=0-", Wanted::Part(0..100)),
            ("Bytes=90-200", Wanted::Part(90..100)),
            ("bytes=99-99", Wanted::Part(99..100)),
            ("bytes=-10", Wanted::Part(90..100)),
            ("bytes=-1000", Wanted::Part(0..100)),
            ("bytes=0-99999999999999999999999", Wanted::Part(0..100)),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("seconds=0-1", Wanted::Whole),
            ("\u{e6}", Wanted::Whole),
        ] {
            assert_eq!(read(header.as_bytes(), 100), wanted, "{header}");
        }
        assert_eq!(read(b"bytes=0-0", 0), Wanted::Nothing);
        assert_eq!(read(&[0xff, b'=', b'-'], 100), Wanted::Whole);
    }
}
