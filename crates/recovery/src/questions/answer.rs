//! Judges answers: forgiving in form, not in substance.

mod address;
mod fold;
mod numbers;

use crate::sensitive::Sensitive;

use self::address::same_address;
use self::fold::{fold, letters};
use self::numbers::{Moment, dates_in, months_in, number_in, years_in};

/// The right answer to a question, as the register writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A decoy question: no answer is right.
    Nothing,
    /// Any of these names; small slips of spelling are forgiven.
    AnyName(Vec<Sensitive<String>>),
    /// Any of these municipalities, parishes or towns.
    AnyPlace(Vec<Sensitive<String>>),
    /// Any of these addresses: street and house number; floor and door do not matter.
    AnyAddress(Vec<Sensitive<String>>),
    Date(Sensitive<[u16; 3]>),
    /// Year and month.
    Month(Sensitive<[u16; 2]>),
    Year(Sensitive<u16>),
    Number(Sensitive<u16>),
}

/// Whether the answer is right. For a decoy question this does the same work as for a name, and the answer is never
/// right.
#[must_use]
pub fn judge(expected: &Expected, given: &str, name_edits_max: u8) -> bool {
    let folded = fold(given);
    if folded.expose().is_empty() {
        return false;
    }
    match expected {
        Expected::Nothing => {
            let _ = same_name("decoy", folded.expose(), name_edits_max);
            false
        }
        Expected::AnyName(names) => {
            any(names, |name| same_name(fold(name).expose(), folded.expose(), name_edits_max))
        }
        Expected::AnyPlace(places) => {
            any(places, |place| place_of(fold(place).expose()) == place_of(folded.expose()))
        }
        Expected::AnyAddress(addresses) => {
            any(addresses, |address| same_address(fold(address).expose(), folded.expose()))
        }
        Expected::Date(date) => {
            let [year, month, day] = *date.expose();
            dates_in(folded.expose())
                .iter()
                .any(|said| said.day == Some(day) && said.is_in(year, Some(month)))
        }
        Expected::Month(month) => {
            let [year, month] = *month.expose();
            months_in(folded.expose()).iter().any(|said: &Moment| said.is_in(year, Some(month)))
        }
        Expected::Year(year) => {
            years_in(folded.expose()).iter().any(|said| said.is_in(*year.expose(), None))
        }
        Expected::Number(number) => number_in(folded.expose()) == Some(*number.expose()),
    }
}

/// Whether any candidate fits. All are compared, also after a hit, so that the time does not tell which one it was.
fn any(candidates: &[Sensitive<String>], same: impl Fn(&str) -> bool) -> bool {
    candidates.iter().fold(false, |hit, candidate| same(candidate.expose()) | hit)
}

fn same_name(own: &str, given: &str, edits_max: u8) -> bool {
    let (own, given) = (letters(own), letters(given));
    if own.is_empty() {
        return false;
    }
    // A slip in a name of three letters makes another name.
    let allowed = if own.chars().count() < 4 { 0 } else { usize::from(edits_max) };
    edit_distance(&own, &given) <= allowed
}

/// The name of a municipality without the word for municipality and without the genitive, in its Danish or English
/// form.
fn place_of(folded: &str) -> String {
    let words: Vec<_> = folded
        .split(' ')
        .filter(|word| !matches!(*word, "kommune" | "municipality" | "of" | "sogn" | "parish"))
        .collect();
    let joined = words.concat();
    let bare = joined.strip_suffix('s').unwrap_or(&joined);
    match bare {
        "copenhagen" => "koebenhavn".to_owned(),
        "elsinore" => "helsingoer".to_owned(),
        "funen" => "fyn".to_owned(),
        bare => bare.to_owned(),
    }
}

/// The number of insertions, deletions, substitutions and swaps of neighbouring letters between two short texts.
fn edit_distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i.saturating_add(1)];
        for (j, b) in right.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX);
            let changed = at(&last, j).saturating_add(usize::from(a != b));
            let deleted = at(&last, j.saturating_add(1)).saturating_add(1);
            let inserted = at(&row, j).saturating_add(1);
            let mut best = changed.min(deleted).min(inserted);
            let swapped = i > 0
                && j > 0
                && left.get(i.wrapping_sub(1)) == Some(b)
                && right.get(j.wrapping_sub(1)) == Some(a);
            if swapped {
                best = best.min(at(&before_last, j.wrapping_sub(1)).saturating_add(1));
            }
            row.push(best);
        }
        before_last = core::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}
