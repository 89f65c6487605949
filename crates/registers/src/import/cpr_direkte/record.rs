//! Reads the fields of one record of fixed positions.

use jiff::civil::Date;

use crate::{Cpr, HouseNumber, Sensitive};

/// The lengths of the records by type, for files without line breaks.
const LENGTHS: [(&str, usize); 36] = [
    ("000", 35),
    ("001", 106),
    ("002", 306),
    ("003", 249),
    ("004", 37),
    ("005", 200),
    ("006", 203),
    ("007", 26),
    ("008", 193),
    ("009", 37),
    ("010", 30),
    ("011", 25),
    ("012", 95),
    ("013", 36),
    ("014", 23),
    ("015", 147),
    ("016", 58),
    ("017", 272),
    ("018", 60),
    ("019", 75),
    ("020", 47),
    ("021", 63),
    ("022", 45),
    ("023", 96),
    ("024", 218),
    ("025", 40),
    ("026", 173),
    ("027", 44),
    ("028", 36),
    ("029", 109),
    ("030", 48),
    ("031", 269),
    ("032", 269),
    ("033", 269),
    ("099", 45),
    ("910", 157),
];

/// The length of the end record.
const END_LENGTH: usize = 21;

/// The longest line in bytes; the longest record has 306 characters.
const LINE_BYTES_MAX: usize = 2_048;

/// A record. Positions count characters from 1; a field beyond the end of a short line is blank.
pub(super) struct Record {
    pub(super) line: u64,
    chars: Vec<char>,
}

/// The records of a file; an `Err` holds the number of a line that is not a record.
pub(super) fn split(text: &str) -> Box<dyn Iterator<Item = Result<Record, u64>> + '_> {
    if text.trim_end().contains('\n') {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        return Box::new(lines.map(|(place, line)| {
            let number = u64::try_from(place).map_or(u64::MAX, |place| place + 1);
            if line.len() > LINE_BYTES_MAX {
                return Err(number);
            }
            Ok(Record { line: number, chars: line.chars().collect() })
        }));
    }
    Box::new(Unbroken {
        rest: text.trim_end_matches(['\r', '\n']).chars().collect(),
        at: 0,
        line: 0,
    })
}

/// Splits a file in which records follow each other without line breaks.
struct Unbroken {
    rest: Vec<char>,
    at: usize,
    line: u64,
}

impl Iterator for Unbroken {
    type Item = Result<Record, u64>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.get(self.at..).filter(|rest| !rest.is_empty())?;
        self.line += 1;
        let kind: String = rest.iter().take(3).collect();
        let length = match kind.as_str() {
            "999" => Some(END_LENGTH),
            kind => LENGTHS.into_iter().find(|(known, _)| *known == kind).map(|(_, length)| length),
        };
        let Some(length) = length else {
            self.at = self.rest.len();
            return Some(Err(self.line));
        };
        let chars: Vec<char> = rest.iter().take(length).copied().collect();
        self.at += chars.len();
        Some(Ok(Record { line: self.line, chars }))
    }
}

impl Record {
    /// The record type, three digits.
    pub(super) fn kind(&self) -> &str {
        let kind: [char; 3] = [0, 1, 2].map(|at| self.chars.get(at).copied().unwrap_or(' '));
        KINDS.iter().find(|known| known.chars().eq(kind)).copied().unwrap_or("")
    }

    /// The text of a field, without the blanks around it.
    pub(super) fn text(&self, position: usize, length: usize) -> String {
        let field = self.chars.iter().skip(position.saturating_sub(1)).take(length);
        field.collect::<String>().trim().to_owned()
    }

    /// The text of a field as personal data, without the blanks around it.
    pub(super) fn personal(&self, position: usize, length: usize) -> Sensitive<String> {
        Sensitive::new(self.text(position, length))
    }

    /// The house number in a field, in its canonical form.
    pub(super) fn house(&self, position: usize) -> Sensitive<HouseNumber> {
        Sensitive::new(HouseNumber::parse(&self.text(position, 4)))
    }

    /// The national number in a field; `None` where the field is blank, all zeros or not a national number.
    pub(super) fn cpr(&self, position: usize) -> Option<Cpr> {
        Cpr::parse(&self.text(position, 10)).ok()
    }

    /// The date in a field of 8 or 12 digits that begins with `yyyyMMdd`; `None` where it is zeros.
    pub(super) fn plain_day(&self, position: usize) -> Option<Date> {
        let text = self.text(position, 8);
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let part = |from: usize, to: usize| text.get(from..to);
        let year = part(0, 4)?.parse().ok()?;
        Date::new(year, part(4, 6)?.parse().ok()?, part(6, 8)?.parse().ok()?).ok()
    }

    /// The date in a field `yyyyMMddHHmm`; `None` where the mark of uncertainty after it is set.
    pub(super) fn certain_day(&self, position: usize) -> Option<Date> {
        self.certain(position + 12).then(|| self.plain_day(position)).flatten()
    }

    /// The date in a field `yyyy-MM-dd`.
    pub(super) fn hyphenated_day(&self, position: usize) -> Option<Date> {
        super::super::table::parse_day(&self.text(position, 10))
    }

    /// The date in a field `yyyy-MM-dd`; `None` where the mark of uncertainty after it is set.
    pub(super) fn certain_hyphenated_day(&self, position: usize) -> Option<Date> {
        self.certain(position + 10).then(|| self.hyphenated_day(position)).flatten()
    }

    /// Whether the mark of uncertainty at this position is blank.
    fn certain(&self, position: usize) -> bool {
        self.text(position, 1).is_empty()
    }
}

/// Every record type that this importer knows.
const KINDS: [&str; 20] = [
    "000", "001", "002", "003", "004", "005", "008", "009", "010", "012", "014", "015", "017",
    "022", "023", "024", "026", "029", "910", "999",
];
