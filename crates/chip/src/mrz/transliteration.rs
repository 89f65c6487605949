//! National letters and the MRZ's twenty-six: the tables of Doc 9303-3 §6, both ways.
//!
//! A letter may have several spellings (Ö is OE, O or OXX; Å is AA or A), because states choose. [`to_mrz`]
//! writes the recommended one; [`matches()`] takes any, so that a register's name can be held against a
//! document's.

mod tables;
#[cfg(test)]
mod tests;

use tables::{ARABIC, CYRILLIC, LATIN};

/// Written over a letter that counts twice.
const SHADDA: char = '\u{651}';

/// At the end of a name the second spelling (Doc 9303-3 Appendix B).
const TEH_MARBUTA: char = 'ة';

/// Characters of a name at most: longer ones are not looked at.
pub const NAME_CHARS_MAX: usize = 256;

/// The spellings of one letter in upper case, the recommended one first; empty where it has none.
fn spellings(letter: char) -> &'static [&'static str] {
    [LATIN, CYRILLIC, ARABIC]
        .into_iter()
        .flatten()
        .find(|(national, _)| *national == letter)
        .map_or(&[], |(_, spellings)| spellings)
}

/// A name as upper-case letters and word ends; `None` where a character is no part of a name.
fn letters(name: &str) -> impl Iterator<Item = char> {
    // U+1E9E and U+00DF stay: upper-casing the small sharp s would give two letters before the table sees it.
    name.chars().take(NAME_CHARS_MAX).flat_map(|letter| {
        let kept = (letter == 'ß' || letter == 'ı' || letter == 'ĸ').then_some(letter);
        let upper = if kept.is_some() { None } else { Some(letter.to_uppercase()) };
        kept.into_iter().chain(upper.into_iter().flatten())
    })
}

fn is_left_out(letter: char) -> bool {
    // Doc 9303-3 §4.6: apostrophes and full stops vanish; combining marks have been seen to in the base letter.
    matches!(letter, '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | 'ʹ' | '.' | '\u{300}'..='\u{36F}' | '\u{64B}'..='\u{650}' | '\u{652}' | '\u{670}' | '\u{640}')
}

fn is_word_end(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '‐' | '‑' | '–' | '<' | ',')
}

/// A name in the letters of the MRZ, words parted by one filler; `None` where a letter has no spelling.
#[must_use]
pub fn to_mrz(name: &str) -> Option<String> {
    let mut out = String::new();
    let mut last = "";
    let mut letters = letters(name).peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_uppercase() {
            out.push(letter);
            last = "";
        } else if is_word_end(letter) {
            if !out.is_empty() && !out.ends_with('<') {
                out.push('<');
            }
            last = "";
        } else if letter == SHADDA {
            out.push_str(last);
        } else if !is_left_out(letter) {
            let ends = letters.peek().is_none_or(|next| is_word_end(*next));
            let spellings = spellings(letter);
            let usual = spellings.first()?;
            last = if letter == TEH_MARBUTA && ends { spellings.last()? } else { usual };
            out.push_str(last);
        }
    }
    out.truncate(out.trim_end_matches('<').len());
    Some(out)
}

/// The national letters that an MRZ may have meant by this spelling, such as Æ and Ä by `AE`.
#[must_use]
pub fn from_mrz(spelling: &str) -> Vec<char> {
    [LATIN, CYRILLIC, ARABIC]
        .into_iter()
        .flatten()
        .filter(|(_, spellings)| spellings.contains(&spelling))
        .map(|(letter, _)| *letter)
        .collect()
}

/// Whether a document that spells a name `mrz` may be that of somebody whose name is written `name`.
///
/// Any spelling of any letter counts; case, accents, hyphens and doubled spaces do not. Where the document's field was too
/// short, words may be cut or missing (Doc 9303-4 §4.2.3): pass `cut` when the field was full.
#[must_use]
pub fn matches(name: &str, mrz: &str, cut: bool) -> bool {
    let target: Vec<char> = normalised(mrz);
    // Which prefixes of the target the letters so far can spell; sets, so that no name takes exponential time.
    let mut reached = vec![false; target.len().saturating_add(1)];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    // The same, with the rest of the current word left out.
    let mut skipping = vec![false; reached.len()];
    let mut complete = false;
    let mut previous = ' ';
    for letter in normalised(name) {
        if letter == ' ' {
            merge(&mut reached, &skipping);
            skipping.fill(false);
        } else if cut {
            let begun = |position: usize| {
                position.checked_sub(1).and_then(|last| target.get(last)).is_some_and(|c| *c != ' ')
            };
            for (position, slot) in skipping.iter_mut().enumerate() {
                *slot |= begun(position) && reached.get(position) == Some(&true);
            }
        }
        if letter == SHADDA {
            // Doubled in the document, or left out like the other marks.
            let twice = spelled(previous, &target, &reached);
            merge(&mut reached, &twice);
        } else {
            reached = spelled(letter, &target, &reached);
            previous = letter;
        }
        complete |= cut && (reached.last() == Some(&true) || skipping.last() == Some(&true));
    }
    complete || reached.last() == Some(&true)
}

fn merge(into: &mut [bool], from: &[bool]) {
    for (slot, other) in into.iter_mut().zip(from) {
        *slot |= other;
    }
}

/// Where the target stands after one more letter.
fn spelled(letter: char, target: &[char], reached: &[bool]) -> Vec<bool> {
    let plain = [letter.to_string()];
    let own = spellings(letter);
    let options: Vec<&str> =
        if own.is_empty() { plain.iter().map(String::as_str).collect() } else { own.to_vec() };
    let mut next = vec![false; reached.len()];
    for (position, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
        let rest = target.get(position..).unwrap_or_default();
        for option in &options {
            let length = option.chars().count();
            if option.chars().zip(rest).filter(|(a, b)| a == *b).count() == length
                && let Some(slot) = next.get_mut(position.saturating_add(length))
            {
                *slot = true;
            }
        }
    }
    next
}

fn normalised(name: &str) -> Vec<char> {
    let mut out: Vec<char> = Vec::new();
    for letter in letters(name) {
        if is_word_end(letter) {
            if out.last().is_some_and(|last| *last != ' ') {
                out.push(' ');
            }
        } else if !is_left_out(letter) && spellings(letter) != [""] {
            // A soft sign alone is no word, nor is a mark without its letter: they leave nothing in the document.
            let marks_nothing = letter == SHADDA && out.last().is_none_or(|last| *last == ' ');
            if !marks_nothing {
                out.push(letter);
            }
        }
    }
    if out.last() == Some(&' ') {
        out.pop();
    }
    out
}
