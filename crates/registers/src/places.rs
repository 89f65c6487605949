//! The names of municipalities and other places.

use std::{collections::BTreeMap, fmt};

use zeroize::Zeroize;

/// The built-in table: the present municipalities of Denmark and Greenland.
const MUNICIPALITIES: &str = include_str!("../data/municipalities.csv");

/// A municipality's four digits (Denmark 0101–0860, Greenland 0955–0960).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize)]
pub struct MunicipalityCode(u16);

impl MunicipalityCode {
    /// Reads one to four digits; `None` for anything else and for `0000`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().filter(|code| *code != 0).map(Self)
    }

    /// Whether the municipality is in Greenland.
    pub const fn is_greenlandic(self) -> bool {
        matches!(self.0, 900..=999)
    }
}

impl fmt::Display for MunicipalityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl fmt::Debug for MunicipalityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// The names by which an answer may call a municipality.
#[derive(Clone, Debug)]
pub struct Places(BTreeMap<MunicipalityCode, Vec<String>>);

impl Places {
    /// The present municipalities. Municipalities from before 2007 come from the operator's own table (`code,name`),
    /// through [`Places::add`].
    pub fn built_in() -> Self {
        let mut places = Self(BTreeMap::new());
        for line in MUNICIPALITIES.lines().skip(1) {
            if let Some((code, name)) = line.split_once(',')
                && let Some(code) = MunicipalityCode::parse(code)
            {
                places.add(code, name);
            }
        }
        places
    }

    /// Adds one more name for a code; the first name of a code is the one that is shown.
    pub fn add(&mut self, code: MunicipalityCode, name: &str) {
        let names = self.0.entry(code).or_default();
        let name = name.trim();
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }

    /// Every name of a municipality; empty for an unknown code.
    pub fn names(&self, code: MunicipalityCode) -> &[String] {
        self.0.get(&code).map_or(&[], Vec::as_slice)
    }

    /// All codes with their names, in order of code.
    pub fn iter(&self) -> impl Iterator<Item = (MunicipalityCode, &[String])> {
        self.0.iter().map(|(code, names)| (*code, names.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_holds_every_municipality_of_denmark_and_greenland() {
        let places = Places::built_in();

        assert_eq!(places.iter().count(), 104);
        assert_eq!(places.names(MunicipalityCode::parse("0751").unwrap()), ["Aarhus"]);
        assert_eq!(places.iter().filter(|(code, _)| code.is_greenlandic()).count(), 5);
    }

    #[test]
    fn a_code_is_one_to_four_digits_and_not_zero() {
        for wrong in ["", "0000", "12345", "01o1", "-101", "+101"] {
            assert_eq!(MunicipalityCode::parse(wrong), None, "{wrong}");
        }
        assert_eq!(MunicipalityCode::parse("101").unwrap().to_string(), "0101");
    }
}
