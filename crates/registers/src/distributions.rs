//! How easily a stranger can guess a fact about a person.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use crate::{FactKind, FactValue, Facts, Person, Places};

/// How many equally likely days of the year a birthday is worth to a guesser: fewer than 365, because births favour
/// some seasons and registers hold too many firsts of January.
const DAYS_OF_YEAR_EFFECTIVE: u64 = 250;

/// A share of people: `hits` out of `people`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The number of people to whom it applies.
    pub hits: u64,
    /// The number of all people that were counted; never zero.
    pub people: u64,
}

impl Share {
    /// Everybody: the share that is assumed where the register knows nothing.
    pub const ALL: Self = Self { hits: 1, people: 1 };

    /// The share in parts per billion, rounded up, so that no guess looks harder than it is.
    pub const fn parts_per_billion(self) -> u64 {
        let people = if self.people == 0 { 1 } else { self.people };
        let scaled = self.hits.saturating_mul(1_000_000_000).div_ceil(people);
        if scaled > 1_000_000_000 { 1_000_000_000 } else { scaled }
    }
}

/// How many people share each value of one kind of fact.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    /// The number of people of whom a fact of this kind is known.
    people: u64,
    /// The number of people with each value. One person counts once for each different value.
    counts: HashMap<FactValue, u64>,
    /// For dates of birth of parents: the number of people by the parent's age in whole years at the person's birth.
    ages: BTreeMap<i16, u64>,
}

impl Distribution {
    /// The number of people of whom a fact of this kind is known.
    pub const fn people(&self) -> u64 {
        self.people
    }

    /// The number of different values.
    pub fn values(&self) -> usize {
        self.counts.len()
    }

    /// The share of people who have this value.
    pub fn share_of(&self, value: &FactValue) -> Share {
        let hits = self.counts.get(value).copied().unwrap_or(0);
        Share { hits, people: self.people.max(1) }
    }

    /// The chance of the best single guess by somebody who knows the register as a whole and the person's own birth
    /// date, but nothing else about the person.
    pub fn best_guess(&self) -> Share {
        if self.people == 0 {
            return Share::ALL;
        }
        match self.ages.values().max() {
            // A parent's birth date: the commonest age gives the year, the day stays free.
            Some(&commonest) => Share {
                hits: commonest,
                people: self.people.saturating_mul(DAYS_OF_YEAR_EFFECTIVE),
            },
            None => Share {
                hits: self.counts.values().copied().max().unwrap_or(1),
                people: self.people,
            },
        }
    }
}

/// The distribution of every kind of fact, computed from the register itself.
#[derive(Clone, Debug, Default)]
pub struct Distributions(BTreeMap<FactKind, Distribution>);

impl Distributions {
    /// Computes the distributions over all residents; other people are not asked questions.
    pub fn of<'a>(people: impl IntoIterator<Item = &'a Person>, places: &Places) -> Self {
        let mut kinds: BTreeMap<FactKind, Distribution> = BTreeMap::new();
        for person in people.into_iter().filter(|person| person.status.is_resident()) {
            let mut facts = Facts::of(person, places).0;
            // One person counts once for each different value.
            facts.sort_by(|a, b| (a.kind, &a.value).cmp(&(b.kind, &b.value)));
            facts.dedup_by(|a, b| a.kind == b.kind && a.value == b.value);
            let mut last = None;
            for fact in facts {
                let distribution = kinds.entry(fact.kind).or_default();
                if last != Some(fact.kind) {
                    distribution.people += 1;
                    last = Some(fact.kind);
                }
                if let FactValue::Day(day) = &fact.value {
                    let age = age_at(*day, person.born());
                    *distribution.ages.entry(age).or_default() += 1;
                }
                *distribution.counts.entry(fact.value).or_default() += 1;
            }
        }
        Self(kinds)
    }

    /// The distribution of one kind of fact, or `None` where nobody has such a fact.
    pub fn of_kind(&self, kind: FactKind) -> Option<&Distribution> {
        self.0.get(&kind)
    }

    /// The chance of the best single guess at one kind of fact; [`Share::ALL`] where nothing is known.
    pub fn best_guess(&self, kind: FactKind) -> Share {
        self.of_kind(kind).map_or(Share::ALL, Distribution::best_guess)
    }
}

/// Whole years between a parent's birth and the person's.
fn age_at(parent: Date, born: Option<Date>) -> i16 {
    born.map_or(0, |born| born.year().saturating_sub(parent.year()))
}

#[cfg(test)]
mod tests;
