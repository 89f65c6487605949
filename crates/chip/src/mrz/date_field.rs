//! Six digits for a date, without a century.

use crate::date::{Date, PartialDate};

/// A date of the MRZ: two digits each, any part of a birth date unknown (`<` or `00`).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct MrzDate {
    /// Year of the century, 0 to 99.
    pub year: Option<u8>,
    /// 1 to 12.
    pub month: Option<u8>,
    /// 1 to 31.
    pub day: Option<u8>,
}

impl std::fmt::Debug for MrzDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// The first passports with chips were issued in August 2004.
const FIRST_CHIPS: Date = match Date::new(2004, 8, 1) {
    Some(day) => day,
    None => unreachable!(),
};

impl MrzDate {
    /// A date of birth in full: the latest century in which the holder was born `years_min` years before `by` at the
    /// latest. `by` is the day of issue where it is known: nobody is born after their document.
    #[must_use]
    pub fn birth(self, by: Date, years_min: u16) -> PartialDate {
        let latest = by.year().saturating_sub(years_min);
        let year = self.year.map(|year| {
            let century = latest - latest % 100 + u16::from(year);
            let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
            let after = (century, month, day) > (latest, by.month(), by.day());
            if after { century.saturating_sub(100) } else { century }
        });
        PartialDate { year, month: self.month, day: self.day }
    }

    /// Whether it says that the document has no end: all fillers or zeros (Moldova), 1 January 9999 (Spain, for holders
    /// over 70), 31 December 9999 (Italy).
    #[must_use]
    pub const fn is_endless(self) -> bool {
        matches!(
            self,
            Self { year: None | Some(0), month: None, day: None }
                | Self { year: Some(99), month: Some(1), day: Some(1) }
                | Self { year: Some(99), month: Some(12), day: Some(31) }
        )
    }

    /// The last day of validity in full: in the first century in which it does not lie before the day of issue, or,
    /// where that is not known, before there were chips. An unknown day or month is the last one; [`Date::ENDLESS`]
    /// stands for none. `None` where there is no such day.
    #[must_use]
    pub fn expiry(self, issued: Option<Date>) -> Option<Date> {
        if self.is_endless() {
            return Some(Date::ENDLESS);
        }
        let floor = issued.unwrap_or(FIRST_CHIPS);
        let month = self.month.unwrap_or(12);
        let century = floor.year() - floor.year() % 100 + u16::from(self.year?);
        let in_year = |year: u16| match self.day {
            Some(day) => Date::new(year, month, day),
            None => (28..=31).rev().find_map(|day| Date::new(year, month, day)),
        };
        match in_year(century) {
            Some(date) if date >= floor => Some(date),
            Some(_) | None => in_year(century.saturating_add(100)),
        }
    }

    /// Six characters; `None` where there is no such date in any century.
    pub(super) fn parse(field: &str) -> Option<Self> {
        let part = |range: std::ops::Range<usize>| -> Option<Option<u8>> {
            let text = field.get(range)?;
            let digits = text.bytes().all(|octet| octet.is_ascii_digit());
            if text == "<<" {
                Some(None)
            } else if digits {
                text.parse().ok().map(Some)
            } else {
                None
            }
        };
        if field.len() != 6 {
            return None;
        }
        let (year, month, day) = (part(0..2)?, part(2..4)?, part(4..6)?);
        let known = |value: Option<u8>, max: u8| match value {
            Some(0) | None => Some(None),
            Some(value) if value <= max => Some(Some(value)),
            Some(_) => None,
        };
        let date = Self { year, month: known(month, 12)?, day: known(day, 31)? };
        if let (Some(month), Some(day)) = (date.month, date.day) {
            // 29 February in a year that may be a leap year; the centuries of documents are.
            let year = 2000_u16.saturating_add(date.year.map_or(0, u16::from));
            Date::new(year, month, day)?;
        }
        Some(date)
    }
}
