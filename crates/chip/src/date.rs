//! Dates as documents carry them, and instants as callers hand them in.

use std::fmt;

use zeroize::Zeroize;

/// An instant: seconds since 1970-01-01T00:00:00Z. `chip` has no clock; callers hand this in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// From seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// The UTC calendar day of this instant.
    #[must_use]
    pub fn date(self) -> Date {
        // Days-to-civil conversion on the proleptic Gregorian calendar, in 400-year eras that
        // begin on 1 March, so that the leap day is the last day of a year.
        let days = self.0.div_euclid(86_400).saturating_add(719_468);
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era.saturating_mul(400) + i64::from(month <= 2);
        Date {
            year: u16::try_from(year.clamp(0, 9999)).unwrap_or(0),
            month: u8::try_from(month).unwrap_or(1),
            day: u8::try_from(day).unwrap_or(1),
        }
    }
}

/// A whole calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The last day of the calendar, in place of the end of a document that has none.
    pub const ENDLESS: Self = Self { year: 9999, month: 12, day: 31 };

    /// A day of the Gregorian calendar, or `None` where there is no such day.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if year > 9999 || day == 0 || day > days {
            return None;
        }
        Some(Self { year, month, day })
    }

    /// Days since 1970-01-01, negative before it.
    #[must_use]
    pub fn days_since_epoch(self) -> i64 {
        // The inverse of `UnixTime::date`: years begin on 1 March.
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let month = i64::from(self.month);
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The first instant of the day, UTC.
    #[must_use]
    pub fn start(self) -> UnixTime {
        UnixTime(self.days_since_epoch().saturating_mul(86_400))
    }

    /// The year, four digits.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A date of birth, of which documents may leave parts unknown (Doc 9303-3 §4.8: `<` or zeros).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PartialDate {
    /// Four digits; the century is inferred where only the MRZ gives the date.
    pub year: Option<u16>,
    /// 1 to 12.
    pub month: Option<u8>,
    /// 1 to 31.
    pub day: Option<u8>,
}

impl PartialDate {
    /// The whole day, where all three parts are known and name a real day.
    #[must_use]
    pub fn whole(&self) -> Option<Date> {
        Date::new(self.year?, self.month?, self.day?)
    }
}

impl From<Date> for PartialDate {
    fn from(date: Date) -> Self {
        Self { year: Some(date.year), month: Some(date.month), day: Some(date.day) }
    }
}

impl Zeroize for PartialDate {
    fn zeroize(&mut self) {
        self.year.zeroize();
        self.month.zeroize();
        self.day.zeroize();
    }
}

impl fmt::Debug for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests {
    use super::{Date, UnixTime};

    #[test]
    fn an_instant_falls_on_its_utc_day() {
        for (secs, year, month, day) in [
            (0, 1970, 1, 1),
            (-1, 1969, 12, 31),
            (951_782_400, 2000, 2, 29),
            (1_709_164_799, 2024, 2, 28),
            (1_709_164_800, 2024, 2, 29),
            (1_795_350_896, 2026, 11, 22),
        ] {
            assert_eq!(Some(UnixTime::from_secs(secs).date()), Date::new(year, month, day));
        }
    }

    #[test]
    fn a_day_starts_at_the_instant_that_falls_on_it() {
        for (year, month, day) in [(1970, 1, 1), (2000, 2, 29), (1969, 12, 31), (2026, 11, 22)] {
            let date = Date::new(year, month, day).unwrap();

            assert_eq!(date.start().date(), date);
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for (year, month, day) in [(2023, 2, 29), (1900, 2, 29), (2024, 13, 1), (2024, 4, 31)] {
            assert_eq!(Date::new(year, month, day), None);
        }
    }
}
