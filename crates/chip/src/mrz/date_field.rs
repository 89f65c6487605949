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

impl MrzDate {
    /// A date of birth in full: the latest century in which it does not lie after `today`.
    #[must_use]
    pub fn birth(self, today: Date) -> PartialDate {
        let year = self.year.map(|year| {
            let this_century = today.year() - today.year() % 100 + u16::from(year);
            let whole = Date::new(this_century, self.month.unwrap_or(1), self.day.unwrap_or(1));
            let after = whole.map_or(this_century > today.year(), |date| date > today);
            if after { this_century.saturating_sub(100) } else { this_century }
        });
        PartialDate { year, month: self.month, day: self.day }
    }

    /// A date of expiry in full: the century that brings it within fifty years of `today`. `None` where a part is
    /// missing or there is no such day.
    #[must_use]
    pub fn expiry(self, today: Date) -> Option<Date> {
        let base = today.year() - today.year() % 100 + u16::from(self.year?);
        let year = if base > today.year().saturating_add(50) {
            base.saturating_sub(100)
        } else if base.saturating_add(50) < today.year() {
            base.saturating_add(100)
        } else {
            base
        };
        Date::new(year, self.month?, self.day?)
    }

    pub(super) fn parse(field: &str) -> Option<Self> {
        let part = |range: std::ops::Range<usize>| -> Option<Option<u8>> {
            let text = field.get(range)?;
            if text == "<<" { Some(None) } else { text.parse().ok().map(Some) }
        };
        let (year, month, day) = (part(0..2)?, part(2..4)?, part(4..6)?);
        let known = |value: Option<u8>, max: u8| match value {
            Some(0) | None => Some(None),
            Some(value) if value <= max => Some(Some(value)),
            Some(_) => None,
        };
        Some(Self { year, month: known(month, 12)?, day: known(day, 31)? })
    }
}
