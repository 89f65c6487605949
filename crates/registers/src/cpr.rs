//! The Danish national number, `DDMMYY-SSSS`.

use std::fmt;

use jiff::civil::Date;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The weights of the modulus-11 check, one for each digit.
const MODULUS_11_WEIGHTS: [u32; 10] = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];

/// A replacement number has 60 added to its day, so it can never be a real person's.
const REPLACEMENT_DAY_OFFSET: i8 = 60;

/// A national number whose first six digits are a date that exists.
///
/// The modulus-11 check is a hint and never an error: numbers issued since 2007 may fail it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Cpr([u8; 10]);

/// The sex that the last digit of a national number and the register state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// An even last digit; `K` in the register.
    Female,
    /// An odd last digit; `M` in the register.
    Male,
}

/// Why a text is not a national number. The error never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CprError {
    /// The text is not ten digits, with or without a hyphen after the sixth.
    #[error("a national number has ten digits, with or without a hyphen after the sixth")]
    Form,
    /// The first six digits and the seventh name no day of the calendar.
    #[error("the first six digits of a national number are a date")]
    NoSuchDate,
}

impl Cpr {
    /// Reads `DDMMYY-SSSS` or `DDMMYYSSSS`; spaces around the number are ignored.
    ///
    /// # Errors
    ///
    /// [`CprError`] where the form or the date is wrong.
    pub fn parse(text: &str) -> Result<Self, CprError> {
        let text = text.trim().as_bytes();
        let mut digits = [0_u8; 10];
        let (head, tail) = match text.len() {
            10 => text.split_at(6),
            11 if text.get(6) == Some(&b'-') => {
                let (head, tail) = text.split_at(6);
                (head, tail.get(1..).unwrap_or_default())
            }
            _ => return Err(CprError::Form),
        };
        for (digit, byte) in digits.iter_mut().zip(head.iter().chain(tail)) {
            if !byte.is_ascii_digit() {
                return Err(CprError::Form);
            }
            *digit = *byte;
        }
        let cpr = Self(digits);
        cpr.date().map(|_| cpr).ok_or(CprError::NoSuchDate)
    }

    /// Makes a replacement number from a birth date and a serial (the last four digits), as generators of test data do.
    ///
    /// # Errors
    ///
    /// [`CprError::NoSuchDate`] where the serial's first digit belongs to another century, and [`CprError::Form`] where
    /// the serial has more than four digits.
    pub fn replacement(born: Date, serial: u16) -> Result<Self, CprError> {
        let cpr = Self::parse(&format!(
            "{:02}{:02}{:02}{serial:04}",
            born.day().saturating_add(REPLACEMENT_DAY_OFFSET),
            born.month(),
            born.year().rem_euclid(100),
        ))?;
        if cpr.birth_date() == born { Ok(cpr) } else { Err(CprError::NoSuchDate) }
    }

    /// The ten digits without a hyphen. They are personal data: show them only where they are needed.
    pub fn digits(&self) -> &str {
        // Only digits are ever stored, so the text is never replaced by the empty one.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The number in the form `DDMMYY-SSSS`.
    pub fn hyphenated(&self) -> String {
        let (date, serial) = self.digits().split_at(6);
        format!("{date}-{serial}")
    }

    /// The birth date in the number. Where the date in the register differs, the register's is the right one.
    pub fn birth_date(&self) -> Date {
        self.date().unwrap_or(Date::ZERO)
    }

    /// Whether the day has 60 added; such a number is never a real person's.
    pub const fn is_replacement(&self) -> bool {
        self.0[0] >= b'6'
    }

    /// The sex by the last digit: odd is male, even is female.
    pub const fn sex(&self) -> Sex {
        if self.0[9] % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// Whether the modulus-11 check holds. This is a hint: numbers issued since 2007 may fail it.
    pub fn passes_modulus_11(&self) -> bool {
        let sum: u32 = self
            .0
            .iter()
            .zip(MODULUS_11_WEIGHTS)
            .map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight)
            .sum();
        sum.is_multiple_of(11)
    }

    /// The birth date, with the century by the seventh digit.
    fn date(&self) -> Option<Date> {
        let [d1, d2, m1, m2, y1, y2, century, ..] = self.0.map(|byte| byte.wrapping_sub(b'0'));
        let two = |tens: u8, ones: u8| i8::try_from(tens * 10 + ones).ok();
        let mut day = two(d1, d2)?;
        if day > REPLACEMENT_DAY_OFFSET {
            day -= REPLACEMENT_DAY_OFFSET;
        }
        let year_in_century = i16::from(two(y1, y2)?);
        let base = match (century, year_in_century) {
            (0..=3, _) | (4 | 9, 37..) => 1900,
            (4 | 9, _) | (5..=8, ..=57) => 2000,
            (_, _) => 1800,
        };
        Date::new(base + year_in_century, two(m1, m2)?, day).ok()
    }
}

impl fmt::Debug for Cpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests;
