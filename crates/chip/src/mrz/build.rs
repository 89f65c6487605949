//! Writing a machine-readable zone.

use super::{Format, MrzDate, Sex, check_digit, transliteration};

/// What goes into a machine-readable zone. Names may be in any letters of the transliteration table.
#[derive(Clone, PartialEq, Eq)]
pub struct Fields<'a> {
    /// Size and layout.
    pub format: Format,
    /// One or two characters.
    pub document_code: &'a str,
    /// One to three letters.
    pub issuing_state: &'a str,
    /// Up to nine characters; a TD1 takes 22, a TD2 fourteen.
    pub document_number: &'a str,
    /// One to three letters.
    pub nationality: &'a str,
    /// Date of birth; parts may be unknown.
    pub birth: MrzDate,
    /// Sex.
    pub sex: Sex,
    /// Date of expiry.
    pub expiry: MrzDate,
    /// Optional data.
    pub optional_data: &'a str,
    /// The second optional data of a TD1.
    pub optional_data_2: &'a str,
    /// Primary identifier.
    pub primary: &'a str,
    /// Secondary identifier.
    pub secondary: &'a str,
}

impl std::fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fields").field("format", &self.format).finish_non_exhaustive()
    }
}

/// Which field does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The document code.
    #[error("the document code does not fit")]
    DocumentCode,
    /// A state or nationality.
    #[error("the state or nationality does not fit")]
    State,
    /// The document number.
    #[error("the document number does not fit")]
    DocumentNumber,
    /// The optional data.
    #[error("the optional data does not fit")]
    OptionalData,
    /// A name with a letter that has no transliteration, or no name.
    #[error("the name cannot be written in the letters of the zone")]
    Name,
}

/// Writes the lines, each with its check digits.
///
/// # Errors
///
/// [`BuildError`] naming the field that does not fit.
pub fn build(fields: &Fields<'_>) -> Result<Vec<String>, BuildError> {
    let code = field(fields.document_code, 2).ok_or(BuildError::DocumentCode)?;
    let state = field(fields.issuing_state, 3).ok_or(BuildError::State)?;
    let nationality = field(fields.nationality, 3).ok_or(BuildError::State)?;
    let (birth, expiry) = (guarded(&date(fields.birth)), guarded(&date(fields.expiry)));
    let sex = match fields.sex {
        Sex::Female => 'F',
        Sex::Male => 'M',
        Sex::Unspecified => '<',
    };
    let (number, optional) = number_and_optional(fields)?;
    match fields.format {
        Format::Td1 => {
            let second = field(fields.optional_data_2, 11).ok_or(BuildError::OptionalData)?;
            let one = format!("{code}{state}{number}{optional}");
            let checked = [one.get(5..).unwrap_or_default(), &birth, &expiry, &second].concat();
            let two = format!("{birth}{sex}{expiry}{nationality}{second}{}", digit(&checked));
            Ok(vec![one, two, name(fields, 30)?])
        }
        Format::Td2 | Format::Td3 | Format::MrvA | Format::MrvB => {
            let name = name(fields, fields.format.line_chars().saturating_sub(5))?;
            let one = format!("{code}{state}{name}");
            let mut two = format!("{number}{nationality}{birth}{sex}{expiry}{optional}");
            if matches!(fields.format, Format::Td2 | Format::Td3) {
                let checked = [number.as_str(), &birth, &expiry, &optional].concat();
                two.push(digit(&checked));
            }
            Ok(vec![one, two])
        }
    }
}

/// The number with its check digit, and the optional data with what overflows into it.
fn number_and_optional(fields: &Fields<'_>) -> Result<(String, String), BuildError> {
    let chars: usize = match fields.format {
        Format::Td1 => 15,
        Format::Td2 => 7,
        Format::Td3 => 14,
        Format::MrvA => 16,
        Format::MrvB => 8,
    };
    let number = fields.document_number;
    let number_chars = number.len().max(9);
    let number = field(number, number_chars).ok_or(BuildError::DocumentNumber)?;
    if let Some((head, tail)) = number.split_at_checked(9)
        && !tail.is_empty()
    {
        // Doc 9303-5 §4.2.4: nine characters, a filler, the rest, its check digit, a filler.
        let overflows = matches!(fields.format, Format::Td1 | Format::Td2);
        if !overflows || tail.len() >= chars || number.contains('<') {
            return Err(BuildError::DocumentNumber);
        }
        let data = format!("{tail}{}<{}", digit(&number), fields.optional_data);
        let data = if fields.optional_data.is_empty() { data.trim_end_matches('<') } else { &data };
        let optional = field(data, chars).ok_or(BuildError::OptionalData)?;
        return Ok((format!("{head}<"), optional));
    }
    let optional = field(fields.optional_data, chars).ok_or(BuildError::OptionalData)?;
    let optional = if fields.format == Format::Td3 { guarded(&optional) } else { optional };
    Ok((guarded(&number), optional))
}

/// Upper case, spaces as fillers, filled up; `None` where it is too long or has other characters.
fn field(text: &str, chars: usize) -> Option<String> {
    let filled: String = text
        .chars()
        .map(|character| if character == ' ' { '<' } else { character.to_ascii_uppercase() })
        .collect();
    let fits = filled.bytes().all(|octet| matches!(octet, b'A'..=b'Z' | b'0'..=b'9' | b'<'));
    (fits && filled.len() <= chars).then(|| format!("{filled:<<chars$}"))
}

fn digit(text: &str) -> char {
    check_digit(text).unwrap_or('<')
}

fn guarded(text: &str) -> String {
    format!("{text}{}", digit(text))
}

fn date(date: MrzDate) -> String {
    let part = |value: Option<u8>| match value {
        Some(value) => format!("{:02}", value % 100),
        None => "<<".to_owned(),
    };
    [part(date.year), part(date.month), part(date.day)].concat()
}

/// The name field, cut as Doc 9303-3 §4.6 and -4 §4.2.3 want it: a cut name ends in a letter.
fn name(fields: &Fields<'_>, chars: usize) -> Result<String, BuildError> {
    let mrz = |text: &str| transliteration::to_mrz(text).ok_or(BuildError::Name);
    let (primary, secondary) = (mrz(fields.primary)?, mrz(fields.secondary)?);
    if primary.is_empty() {
        return Err(BuildError::Name);
    }
    let whole =
        if secondary.is_empty() { primary.clone() } else { format!("{primary}<<{secondary}") };
    if whole.len() <= chars {
        return Ok(format!("{whole:<<chars$}"));
    }
    if secondary.is_empty() {
        return Ok(cut(&primary, chars));
    }
    let primary = cut(&primary, chars.saturating_sub(3).min(primary.len()));
    let room = chars.saturating_sub(primary.len()).saturating_sub(2);
    Ok(format!("{primary}<<{}", cut(&secondary, room)))
}

/// The first characters, so that the last is a letter: where a word would end at the edge it is shortened by
/// one, and the next one's initial stands there.
fn cut(text: &str, chars: usize) -> String {
    let mut head: String = text.chars().take(chars).collect();
    if head.ends_with('<') {
        let initial: String = text.chars().skip(chars).take(1).collect();
        head.truncate(head.len().saturating_sub(2));
        head = format!("{head}<{initial}");
    }
    head
}
