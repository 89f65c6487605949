//! What people type from a document: fillers as other signs, check digits along with their field.

use zeroize::Zeroizing;

use super::{MrzDate, check_digit};

/// Characters of a number in its own field of the zone.
const FIELD_CHARS: usize = 9;

/// Upper case without spaces; signs that keyboards and scans put for a filler are fillers.
pub(crate) fn tidied(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{AB}' | '\u{226A}' => tidy.push_str("<<"),
            '\u{2039}' | '\u{FF1C}' | '\u{3008}' => tidy.push('<'),
            // Marks that no eye sees, as they come with pasted text.
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}' => {}
            character if character.is_whitespace() => {}
            character => tidy.push(character.to_ascii_uppercase()),
        }
    }
    tidy
}

/// A document number as typed, tidied already, without the check digit that a filler tells from it; a card's long number
/// may come as the zone has it. `None` where a check digit stands there and does not fit.
pub(crate) fn number(tidy: &str) -> Option<Zeroizing<String>> {
    let owned = |text: &str| Some(Zeroizing::new(text.to_owned()));
    let (field, rest) = match tidy.split_at_checked(FIELD_CHARS) {
        Some((field, rest)) if tidy.is_ascii() => (field, rest),
        Some(_) | None => return owned(tidy.trim_end_matches('<')),
    };
    let rest = rest.trim_end_matches('<');
    if rest.is_empty() {
        return owned(field.trim_end_matches('<'));
    }
    // Doc 9303-5 §4.2.4: nine characters, a filler, the rest, the check digit of the whole.
    if let Some(overflow) = rest.strip_prefix('<') {
        let (more, digit) = overflow.split_at_checked(overflow.len().checked_sub(1)?)?;
        let whole = format!("{field}{more}");
        return (!more.is_empty() && fits(&whole, digit)).then(|| Zeroizing::new(whole));
    }
    if rest.len() == 1 && field.contains('<') {
        return if fits(field, rest) { owned(field.trim_end_matches('<')) } else { None };
    }
    // A long number of a card has no fillers inside.
    (!field.contains('<')).then(|| Zeroizing::new(tidy.trim_end_matches('<').to_owned()))
}

/// What a number of ten characters may be beside a long number of a card: one of nine with its check digit, which also
/// proves that an O or I in it was meant as a digit. The chip says which.
pub(crate) fn without_check_digit(number: &str) -> Option<Zeroizing<String>> {
    let (field, digit) =
        number.split_at_checked(FIELD_CHARS).filter(|(_, rest)| rest.len() == 1)?;
    if fits(field, digit) { Some(Zeroizing::new(field.to_owned())) } else { mended(field, digit) }
}

/// A date as typed, tidied already: six characters, or seven with its check digit, which alone proves that an O or I was
/// meant as a digit.
pub(crate) fn date(tidy: &str) -> Option<Zeroizing<String>> {
    let six = match tidy.len() {
        6 => Zeroizing::new(tidy.to_owned()),
        7 => {
            let digits = Zeroizing::new(tidy.replace('O', "0").replace('I', "1"));
            let (field, digit) = digits.split_at_checked(6)?;
            if !fits(field, digit) {
                return None;
            }
            Zeroizing::new(field.to_owned())
        }
        _ => return None,
    };
    MrzDate::parse(&six).map(|_| six)
}

/// One O or I that stands for 0 or 1, where the check digit proves it and no other way does.
fn mended(field: &str, digit: &str) -> Option<Zeroizing<String>> {
    let mut found = None;
    for (at, letter) in field.char_indices() {
        let digit_meant = match letter {
            'O' => "0",
            'I' => "1",
            _ => continue,
        };
        let mut other = Zeroizing::new(field.to_owned());
        other.replace_range(at..at.saturating_add(1), digit_meant);
        if fits(&other, digit) && found.replace(other).is_some() {
            return None;
        }
    }
    found
}

fn fits(field: &str, digit: &str) -> bool {
    let due = check_digit(field);
    due.is_some() && digit.chars().eq(due)
}
