//! Which PINs are refused before they are registered.
//!
//! The server never sees a PIN and cannot check this; a modified client can only weaken its own
//! holder's PIN.

mod commonest;

use crate::code::{PIN_DIGITS, Pin};
use commonest::COMMONEST;

/// A PIN with fewer distinct digits is refused.
const DISTINCT_DIGITS_MIN: usize = 3;

/// Why a PIN is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPin {
    /// Fewer than three distinct digits.
    #[error("the PIN repeats too few digits")]
    FewDigits,
    /// Digits in a row, up or down, past 9 and 0 too.
    #[error("the PIN is a straight run of digits")]
    StraightRun,
    /// The holder's birth date, or a piece of it.
    #[error("the PIN is the holder's birth date")]
    BirthDate,
    /// Among the 100 commonest.
    #[error("the PIN is among the commonest")]
    Common,
}

/// The holder's birth date as the chip or the grant gave it. MRZ dates have no century and may
/// have an unknown day or month, written as 0.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BirthDate {
    day: u8,
    month: u8,
    year_of_century: u8,
    century: Option<u8>,
}

/// Not a calendar date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a birth date")]
pub struct NotADate;

impl BirthDate {
    /// A full date, as a register gives it.
    ///
    /// # Errors
    ///
    /// [`NotADate`] for a day over 31, a month over 12 or a year that has not four digits.
    pub fn full(year: u16, month: u8, day: u8) -> Result<Self, NotADate> {
        if !(1000..=9999).contains(&year) {
            return Err(NotADate);
        }
        let century = u8::try_from(year / 100).map_err(|_| NotADate)?;
        let year_of_century = u8::try_from(year % 100).map_err(|_| NotADate)?;
        Self { day, month, year_of_century, century: Some(century) }.checked()
    }

    /// A date without a century, as an MRZ gives it (Doc 9303-3 §4.8).
    ///
    /// # Errors
    ///
    /// [`NotADate`] for a day over 31, a month over 12 or a year over 99.
    pub fn mrz(year_of_century: u8, month: u8, day: u8) -> Result<Self, NotADate> {
        Self { day, month, year_of_century, century: None }.checked()
    }

    fn checked(self) -> Result<Self, NotADate> {
        if self.day > 31 || self.month > 12 || self.year_of_century > 99 {
            return Err(NotADate);
        }
        Ok(self)
    }

    /// Every six-digit window of every order of the date's parts, with and without leading zeros.
    fn spellings(self) -> Vec<String> {
        let mut days = vec![format!("{:02}", self.day), self.day.to_string()];
        let mut months = vec![format!("{:02}", self.month), self.month.to_string()];
        days.dedup();
        months.dedup();
        let mut years = vec![format!("{:02}", self.year_of_century)];
        // Without a century both that a living person can have been born in are tried.
        let centuries = self.century.map_or_else(|| vec![19, 20], |century| vec![century]);
        years.extend(centuries.iter().map(|c| format!("{c:02}{:02}", self.year_of_century)));
        let mut spellings = Vec::new();
        for day in &days {
            for month in &months {
                for year in &years {
                    for order in [
                        [day, month, year],
                        [day, year, month],
                        [month, day, year],
                        [month, year, day],
                        [year, day, month],
                        [year, month, day],
                    ] {
                        spellings.push(order.map(String::as_str).concat());
                    }
                    spellings.push([year.as_str(), day].concat());
                    spellings.push([day.as_str(), year].concat());
                    spellings.push([year.as_str(), month].concat());
                    spellings.push([month.as_str(), year].concat());
                }
            }
        }
        spellings
    }
}

impl std::fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BirthDate([hidden])")
    }
}

/// Refuses a PIN that a stranger would try first. Without a birth date that rule is left out.
///
/// # Errors
///
/// The first rule of [`WeakPin`] that the PIN breaks.
pub fn check(pin: &Pin, birth_date: Option<BirthDate>) -> Result<(), WeakPin> {
    let digits = pin.digits();
    let mut distinct = digits.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < DISTINCT_DIGITS_MIN {
        return Err(WeakPin::FewDigits);
    }
    if is_run(digits, 1) || is_run(digits, 9) {
        return Err(WeakPin::StraightRun);
    }
    let Ok(typed) = std::str::from_utf8(digits) else {
        return Ok(()); // `Pin::parse` lets ASCII alone in
    };
    if birth_date
        .is_some_and(|date| date.spellings().iter().any(|spelling| spelling.contains(typed)))
    {
        return Err(WeakPin::BirthDate);
    }
    if COMMONEST.contains(&typed) {
        return Err(WeakPin::Common);
    }
    Ok(())
}

/// Whether each digit is the one before plus `step`, modulo 10.
fn is_run(digits: &[u8; PIN_DIGITS], step: u8) -> bool {
    digits
        .iter()
        .zip(digits.iter().skip(1))
        .all(|(one, next)| (one - b'0' + step) % 10 == next - b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(typed: &str, date: Option<BirthDate>) -> Result<(), WeakPin> {
        check(&Pin::parse(typed).unwrap(), date)
    }

    #[test]
    fn fewer_than_three_distinct_digits_are_refused() {
        for typed in ["000000", "111112", "121212", "787878"] {
            assert_eq!(judged(typed, None), Err(WeakPin::FewDigits), "{typed}");
        }
        assert_eq!(judged("771881", None), Ok(()));
    }

    #[test]
    fn straight_runs_up_and_down_are_refused_past_nine_too() {
        for typed in ["123456", "456789", "654321", "987654", "567890", "890123", "321098"] {
            assert_eq!(judged(typed, None), Err(WeakPin::StraightRun), "{typed}");
        }
        assert_eq!(judged("123465", None), Err(WeakPin::Common));
        assert_eq!(judged("234568", None), Ok(()));
    }

    #[test]
    fn the_birth_date_is_refused_in_any_order() {
        let born = BirthDate::full(1968, 4, 17).unwrap();

        for typed in [
            "170468", "041768", "680417", "681704", "046817", "176804", "170419", "196804",
            "681968", "041719", "041968", "171968", "196817", "704196", "741968", "174196",
            "417196", "171968", "968041",
        ] {
            let expected = if typed == "681968" { Ok(()) } else { Err(WeakPin::BirthDate) };
            assert_eq!(judged(typed, Some(born)), expected, "{typed}");
        }
        assert_eq!(judged("170468", None), Ok(()));
        assert_eq!(judged("170469", Some(born)), Ok(()));
    }

    #[test]
    fn an_mrz_date_has_both_centuries() {
        let born = BirthDate::mrz(7, 12, 31).unwrap();

        for typed in ["311207", "200712", "190712", "311220", "122007", "120731"] {
            assert_eq!(judged(typed, Some(born)), Err(WeakPin::BirthDate), "{typed}");
        }
    }

    #[test]
    fn the_hundred_commonest_are_refused_by_some_rule() {
        assert_eq!(COMMONEST.len(), 100);
        for typed in COMMONEST {
            assert!(judged(typed, None).is_err(), "{typed}");
        }
        assert_eq!(judged("159753", None), Err(WeakPin::Common));
    }

    #[test]
    fn dates_that_are_none_are_refused() {
        assert_eq!(BirthDate::full(968, 4, 17), Err(NotADate));
        assert_eq!(BirthDate::full(1968, 13, 1), Err(NotADate));
        assert_eq!(BirthDate::mrz(68, 4, 32), Err(NotADate));
        assert!(BirthDate::mrz(68, 0, 0).is_ok(), "unknown day and month are legal in an MRZ");
    }
}
