//! Slips of a hand or a scan in a whole zone, put right where the check digits prove it.

use super::{Checked, Mrz, tidied};
use crate::sensitive::Sensitive;

/// Letters in a number field that may be digits, at most: more leave the proof to chance.
const DOUBTFUL_MAX: usize = 6;

/// Where the check digits of a format stand, and what they guard; places from 0 in the lines run together.
struct Layout {
    chars: usize,
    line_chars: usize,
    number: usize,
    number_digit: usize,
    /// Dates and check digits: nothing but digits and fillers.
    digits: &'static [std::ops::Range<usize>],
}

const LAYOUTS: [Layout; 3] = [
    Layout {
        chars: 90,
        line_chars: 30,
        number: 5,
        number_digit: 14,
        digits: &[14..15, 30..37, 38..45, 59..60],
    },
    Layout {
        chars: 72,
        line_chars: 36,
        number: 36,
        number_digit: 45,
        digits: &[45..46, 49..56, 57..64, 71..72],
    },
    Layout {
        chars: 88,
        line_chars: 44,
        number: 44,
        number_digit: 53,
        digits: &[53..54, 57..64, 65..72, 86..88],
    },
];

/// The one zone that was meant; `None` where no way or more than one makes every check digit fit.
pub(super) fn repaired(text: &str) -> Option<Mrz> {
    let tidy = Sensitive::new(tidied(text));
    let tidy = tidy.expose();
    if !tidy.is_ascii() {
        return None;
    }
    let mut found: Option<Mrz> = None;
    for layout in &LAYOUTS {
        for whole in layout.whole(tidy) {
            for candidate in layout.readings(whole.expose()) {
                let Ok(mrz) = Mrz::read(candidate.expose()) else { continue };
                if !mrz.failures().is_empty() {
                    continue;
                }
                match &found {
                    Some(other) if !other.opens_as(&mrz) => return None,
                    Some(_) => {}
                    None => found = Some(mrz),
                }
            }
        }
    }
    found
}

impl Mrz {
    /// Whether both open the same chip.
    fn opens_as(&self, other: &Self) -> bool {
        self.password().ok() == other.password().ok()
    }
}

impl Layout {
    /// The text in its full length: as it is, or with one filler that was lost from a run of them, or from a line's end.
    fn whole(&self, tidy: &str) -> Vec<Sensitive<String>> {
        if tidy.len() == self.chars {
            return vec![Sensitive::new(tidy.to_owned())];
        }
        if tidy.len().checked_add(1) != Some(self.chars) {
            return Vec::new();
        }
        let octets = tidy.as_bytes();
        let ends_run = |at: usize| {
            octets.get(at.wrapping_sub(1)) == Some(&b'<') && octets.get(at) != Some(&b'<')
        };
        let ends_line = |at: usize| at.checked_add(1).is_some_and(|at| at % self.line_chars == 0);
        (1..=tidy.len())
            .filter(|at| ends_run(*at) || ends_line(*at))
            .filter_map(|at| {
                let (before, after) = tidy.split_at_checked(at)?;
                Some(Sensitive::new(format!("{before}<{after}")))
            })
            .collect()
    }

    /// The text as it is, with digits where only digits can stand, and with every reading of doubtful letters in the
    /// number.
    fn readings(&self, whole: &str) -> Vec<Sensitive<String>> {
        let mut octets = whole.as_bytes().to_vec();
        for range in self.digits {
            for octet in octets.get_mut(range.clone()).into_iter().flatten() {
                *octet = match *octet {
                    b'O' => b'0',
                    b'I' => b'1',
                    other => other,
                };
            }
        }
        let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).ok().map(Sensitive::new);
        let as_it_is = text(&octets);
        let number_fits = as_it_is
            .as_ref()
            .and_then(|text| Mrz::read(text.expose()).ok())
            .is_some_and(|mrz| !mrz.failures().contains(&Checked::DocumentNumber));
        let doubtful: Vec<usize> = (self.number..self.number_digit)
            .filter(|at| matches!(octets.get(*at), Some(b'O' | b'0' | b'I' | b'1')))
            .collect();
        let mut all: Vec<Sensitive<String>> = as_it_is.into_iter().collect();
        if number_fits || doubtful.len() > DOUBTFUL_MAX {
            return all;
        }
        // The fewest changes first, and no more than one: two can prove anything.
        for at in doubtful {
            let mut other = octets.clone();
            if let Some(octet) = other.get_mut(at) {
                *octet = match *octet {
                    b'O' => b'0',
                    b'0' => b'O',
                    b'I' => b'1',
                    _ => b'I',
                };
            }
            all.extend(text(&other));
        }
        all
    }
}
