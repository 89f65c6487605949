//! The machine-readable zone: TD1, TD2, TD3, MRV-A and MRV-B (Doc 9303-3 to -7).
//!
//! [`Mrz::read`] takes what stands there and lists the check digits that fail; [`Mrz::parse`] insists
//! that none does, and mends the slips of a hand or a scan that the check digits prove. [`build`] writes one.

use crate::sensitive::Sensitive;

pub mod build;
mod date_field;
mod holder;
mod repair;
pub mod transliteration;
mod typed;

pub use date_field::MrzDate;
pub use holder::{HolderName, Sex};
pub(crate) use typed::{date as typed_date, number as typed_number, tidied, without_check_digit};

/// The sizes and layouts of a machine-readable zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A card: three lines of 30.
    Td1,
    /// A card: two lines of 36.
    Td2,
    /// A passport: two lines of 44.
    Td3,
    /// A visa: two lines of 44.
    MrvA,
    /// A visa: two lines of 36.
    MrvB,
}

impl Format {
    /// Characters of a line.
    #[must_use]
    pub const fn line_chars(self) -> usize {
        match self {
            Self::Td1 => 30,
            Self::Td2 | Self::MrvB => 36,
            Self::Td3 | Self::MrvA => 44,
        }
    }

    /// Lines.
    #[must_use]
    pub const fn lines(self) -> usize {
        match self {
            Self::Td1 => 3,
            Self::Td2 | Self::MrvB | Self::Td3 | Self::MrvA => 2,
        }
    }
}

/// A field that a check digit guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Checked {
    /// The document number.
    DocumentNumber,
    /// The date of birth.
    BirthDate,
    /// The date of expiry.
    ExpiryDate,
    /// A passport's optional data.
    OptionalData,
    /// All of them together.
    Composite,
    /// The issuing state, which no check digit guards: a digit there is a slip.
    IssuingState,
    /// The nationality, which no check digit guards: a digit there is a slip.
    Nationality,
}

/// Why text is not a machine-readable zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MrzError {
    /// Neither 88, 72 nor 90 characters.
    #[error("the machine-readable zone has {0} characters; 72, 88 or 90 are possible")]
    Length(usize),
    /// A character other than `A` to `Z`, `0` to `9` and `<`.
    #[error("character {position} of line {line} cannot stand in a machine-readable zone")]
    Character {
        /// From 1.
        line: usize,
        /// From 1.
        position: usize,
    },
    /// A date with letters in it, or a day or month that no calendar has.
    #[error("the {0:?} is not a date")]
    Date(Checked),
    /// There is no document number.
    #[error("the document number is missing")]
    Number,
    /// There is no name.
    #[error("the name is missing")]
    Name,
    /// Check digits that do not fit: a slip of the scan or of the hand.
    #[error("check digits do not fit: {0:?}")]
    CheckDigits(Vec<Checked>),
}

/// A machine-readable zone taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mrz {
    /// Size and layout.
    pub format: Format,
    /// `P`, `PD`, `I`, `ID`, `V`, without fillers.
    pub document_code: String,
    /// As it stands there, without fillers; Germany's is `D`.
    pub issuing_state: String,
    /// Whole, with what overflows into a card's optional data; without fillers at its end.
    pub document_number: Sensitive<String>,
    /// As it stands there, without fillers.
    pub nationality: String,
    /// Date of birth.
    pub birth: MrzDate,
    /// Sex.
    pub sex: Sex,
    /// Date of expiry.
    pub expiry: MrzDate,
    /// Optional data without what belongs to the number; fillers inside are spaces.
    pub optional_data: Sensitive<String>,
    /// The second optional data of a TD1; else empty.
    pub optional_data_2: Sensitive<String>,
    /// Name of the holder; fillers are spaces.
    pub name: HolderName,
    /// The date of birth as it stands there: a part of the password.
    pub(crate) birth_field: Sensitive<String>,
    /// The date of expiry as it stands there: a part of the password.
    pub(crate) expiry_field: Sensitive<String>,
    failures: Vec<Checked>,
}

/// The check digit of Doc 9303-3 §4.9: weights 7 3 1, letters from 10, fillers zero. `None` where a character
/// cannot stand in an MRZ.
#[must_use]
pub fn check_digit(field: &str) -> Option<char> {
    let mut sum = 0_u32;
    for (octet, weight) in field.bytes().zip([7_u32, 3, 1].into_iter().cycle()) {
        let value = match octet {
            b'0'..=b'9' => octet - b'0',
            b'A'..=b'Z' => octet - b'A' + 10,
            b'<' => 0,
            _ => return None,
        };
        sum = sum.wrapping_add(u32::from(value).wrapping_mul(weight));
    }
    char::from_digit(sum % 10, 10)
}

/// A state in three letters: Germany's `D` is `DEU`; Kosovo and the European Union are written in several ways.
/// Everything else stays.
#[must_use]
pub fn three_letters(state: &str) -> &str {
    match state {
        "D" => "DEU",
        "XK" | "XKX" | "KS" | "XKS" => "RKS",
        "EU" | "XEU" => "EUE",
        other => other,
    }
}

/// A line with its fields by position, from 1 as Doc 9303 counts.
struct Line<'a>(&'a str);

impl<'a> Line<'a> {
    fn field(&self, first: usize, last: usize) -> &'a str {
        self.0.get(first.saturating_sub(1)..last).unwrap_or_default()
    }
}

impl Mrz {
    /// Reads what was typed or scanned, and insists on every check digit. A filler that was lost, and O and I for 0 and
    /// 1 or the reverse, are put right where one way alone makes every check digit fit.
    ///
    /// # Errors
    ///
    /// [`MrzError`] naming the place or the check digits.
    pub fn parse(text: &str) -> Result<Self, MrzError> {
        let failure = match Self::read(text) {
            Ok(mrz) if mrz.failures.is_empty() => return Ok(mrz),
            Ok(mrz) => MrzError::CheckDigits(mrz.failures),
            Err(error) => error,
        };
        repair::repaired(text).ok_or(failure)
    }

    /// Reads what stands there: lines may be apart or run together, in lower case, with spaces between.
    ///
    /// # Errors
    ///
    /// [`MrzError`] where the size, a character or a date is impossible.
    pub fn read(text: &str) -> Result<Self, MrzError> {
        let tidy = Sensitive::new(tidied(text));
        let tidy = tidy.expose();
        let is_visa = tidy.starts_with('V');
        let format = match tidy.chars().count() {
            90 => Format::Td1,
            72 if is_visa => Format::MrvB,
            72 => Format::Td2,
            88 if is_visa => Format::MrvA,
            88 => Format::Td3,
            length => return Err(MrzError::Length(length)),
        };
        let chars = format.line_chars();
        for (index, character) in tidy.chars().enumerate() {
            if !matches!(character, 'A'..='Z' | '0'..='9' | '<') {
                let (line, position) = (index / chars + 1, index % chars + 1);
                return Err(MrzError::Character { line, position });
            }
        }
        // Only ASCII from here on, so characters are octets.
        let line =
            |index: usize| Line(tidy.get(index * chars..(index + 1) * chars).unwrap_or_default());
        match format {
            Format::Td1 => Self::card(&line(0), &line(1), &line(2)),
            Format::Td2 | Format::Td3 | Format::MrvA | Format::MrvB => {
                Self::two_lines(format, &line(0), &line(1))
            }
        }
    }

    /// Doc 9303-5 §4.2.
    fn card(one: &Line<'_>, two: &Line<'_>, three: &Line<'_>) -> Result<Self, MrzError> {
        let number = Number::of(one.field(6, 14), one.field(15, 15), one.field(16, 30));
        let mut failures = Vec::new();
        let composite =
            [one.field(6, 30), two.field(1, 7), two.field(9, 15), two.field(19, 29)].concat();
        check(&mut failures, Checked::DocumentNumber, &number.text, &number.digit);
        check(&mut failures, Checked::BirthDate, two.field(1, 6), two.field(7, 7));
        check(&mut failures, Checked::ExpiryDate, two.field(9, 14), two.field(15, 15));
        check(&mut failures, Checked::Composite, &composite, two.field(30, 30));
        letters(&mut failures, Checked::IssuingState, one.field(3, 5));
        letters(&mut failures, Checked::Nationality, two.field(16, 18));
        Self {
            format: Format::Td1,
            document_code: stripped(one.field(1, 2)),
            issuing_state: stripped(one.field(3, 5)),
            document_number: Sensitive::new(stripped(&number.text)),
            nationality: stripped(two.field(16, 18)),
            birth: date(two.field(1, 6), Checked::BirthDate)?,
            sex: sex(two.field(8, 8)),
            expiry: date(two.field(9, 14), Checked::ExpiryDate)?,
            optional_data: Sensitive::new(spaced(&number.rest)),
            optional_data_2: Sensitive::new(spaced(two.field(19, 29))),
            name: name(three.field(1, 30)),
            birth_field: Sensitive::new(two.field(1, 6).to_owned()),
            expiry_field: Sensitive::new(two.field(9, 14).to_owned()),
            failures,
        }
        .complete()
    }

    /// Doc 9303-4 §4.2, -6 §4.2, -7 §4.2: one layout in two widths, with what each leaves out.
    fn two_lines(format: Format, one: &Line<'_>, two: &Line<'_>) -> Result<Self, MrzError> {
        let number_field = (two.field(1, 9), two.field(10, 10));
        let (number, optional) = match format {
            Format::Td2 => {
                let number = Number::of(number_field.0, number_field.1, two.field(29, 35));
                let rest = number.rest.clone();
                (number, rest)
            }
            Format::Td3 => {
                (Number::plain(number_field.0, number_field.1), two.field(29, 42).to_owned())
            }
            Format::Td1 | Format::MrvA | Format::MrvB => (
                Number::plain(number_field.0, number_field.1),
                two.field(29, format.line_chars()).to_owned(),
            ),
        };
        let mut failures = Vec::new();
        check(&mut failures, Checked::DocumentNumber, &number.text, &number.digit);
        check(&mut failures, Checked::BirthDate, two.field(14, 19), two.field(20, 20));
        check(&mut failures, Checked::ExpiryDate, two.field(22, 27), two.field(28, 28));
        match format {
            Format::Td3 => {
                let (data, digit) = (two.field(29, 42), two.field(43, 43));
                // Doc 9303-4 §4.2.2: an empty field may have a filler for its check digit.
                let filler = digit == "<" && data.bytes().all(|octet| octet == b'<');
                if !filler {
                    check(&mut failures, Checked::OptionalData, data, digit);
                }
                composite(&mut failures, two, 43);
            }
            Format::Td2 => composite(&mut failures, two, 35),
            Format::Td1 | Format::MrvA | Format::MrvB => {}
        }
        letters(&mut failures, Checked::IssuingState, one.field(3, 5));
        letters(&mut failures, Checked::Nationality, two.field(11, 13));
        Self {
            format,
            document_code: stripped(one.field(1, 2)),
            issuing_state: stripped(one.field(3, 5)),
            document_number: Sensitive::new(stripped(&number.text)),
            nationality: stripped(two.field(11, 13)),
            birth: date(two.field(14, 19), Checked::BirthDate)?,
            sex: sex(two.field(21, 21)),
            expiry: date(two.field(22, 27), Checked::ExpiryDate)?,
            optional_data: Sensitive::new(spaced(&optional)),
            optional_data_2: Sensitive::default(),
            name: name(one.field(6, format.line_chars())),
            birth_field: Sensitive::new(two.field(14, 19).to_owned()),
            expiry_field: Sensitive::new(two.field(22, 27).to_owned()),
            failures,
        }
        .complete()
    }

    /// A zone without a number, or without any name, identifies nothing.
    fn complete(self) -> Result<Self, MrzError> {
        if self.document_number.expose().is_empty() {
            return Err(MrzError::Number);
        }
        if self.name.primary.expose().is_empty() && self.name.secondary.expose().is_empty() {
            return Err(MrzError::Name);
        }
        Ok(self)
    }

    /// Check digits that do not fit.
    #[must_use]
    pub fn failures(&self) -> &[Checked] {
        &self.failures
    }
}

/// A document number with its check digit, and what follows it in the optional data.
struct Number {
    text: String,
    digit: String,
    rest: String,
}

impl Number {
    fn plain(field: &str, digit: &str) -> Self {
        Self { text: field.to_owned(), digit: digit.to_owned(), rest: String::new() }
    }

    /// Doc 9303-5 §4.2.4 and -6 §4.2.2: `<` for a check digit says that the number goes on in the optional data, up to
    /// the next filler, and that its last character is the check digit of the whole.
    fn of(field: &str, digit: &str, optional: &str) -> Self {
        let (overflow, rest) = match optional.split_once('<') {
            Some((overflow, rest)) => (overflow, rest),
            None => (optional, ""),
        };
        let split = overflow.len().saturating_sub(1);
        match overflow.split_at_checked(split) {
            Some((more, last)) if digit == "<" && !more.is_empty() && is_full(field) => Self {
                text: format!("{field}{more}"),
                digit: last.to_owned(),
                rest: rest.to_owned(),
            },
            Some(_) | None => Self { rest: optional.to_owned(), ..Self::plain(field, digit) },
        }
    }
}

fn is_full(field: &str) -> bool {
    !field.contains('<')
}

fn check(failures: &mut Vec<Checked>, what: Checked, field: &str, digit: &str) {
    let due = check_digit(field);
    // Some issuers write a filler where the digit would be zero (CHIP-CASES.md case 17).
    let fits = match digit.chars().next() {
        Some('<') => due == Some('0'),
        found => due.is_some() && found == due,
    };
    if !fits {
        failures.push(what);
    }
}

/// States and nationalities are letters.
fn letters(failures: &mut Vec<Checked>, what: Checked, field: &str) {
    if field.bytes().any(|octet| octet.is_ascii_digit()) {
        failures.push(what);
    }
}

fn composite(failures: &mut Vec<Checked>, two: &Line<'_>, last: usize) {
    let text = [two.field(1, 10), two.field(14, 20), two.field(22, last)].concat();
    check(failures, Checked::Composite, &text, two.field(last + 1, last + 1));
}

fn date(field: &str, what: Checked) -> Result<MrzDate, MrzError> {
    MrzDate::parse(field).ok_or(MrzError::Date(what))
}

fn sex(field: &str) -> Sex {
    match field {
        "F" => Sex::Female,
        "M" => Sex::Male,
        _ => Sex::Unspecified,
    }
}

fn stripped(field: &str) -> String {
    field.trim_end_matches('<').to_owned()
}

fn spaced(field: &str) -> String {
    field.trim_matches('<').replace('<', " ")
}

fn name(field: &str) -> HolderName {
    let (primary, secondary) = field.split_once("<<").unwrap_or((field, ""));
    let words = |text: &str| {
        let words: Vec<&str> = text.split('<').filter(|word| !word.is_empty()).collect();
        Sensitive::new(words.join(" "))
    };
    HolderName { primary: words(primary), secondary: words(secondary) }
}

#[cfg(test)]
mod tests;
