//! Rows of question sets that were read out to a person: never the same within 90 days.

use crate::facade::{Aggregate, Owner};
use crate::kinds;
use crate::stored;
use crate::{Id, Kind};
use recovery::id::PersonId;
use recovery::questions::UsedSet;

const SETS_MAX: usize = 512;

/// The sets that one person was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedSets {
    /// The person.
    pub person: PersonId,
    /// Oldest first; at most 512 are kept.
    pub sets: Vec<UsedSet>,
}

impl UsedSets {
    /// Nothing was asked yet.
    #[must_use]
    pub const fn none(person: PersonId) -> Self {
        Self { person, sets: Vec::new() }
    }

    /// The same with one more; the oldest goes where there are too many.
    #[must_use]
    pub fn with(&self, set: UsedSet) -> Self {
        let mut sets = self.sets.clone();
        sets.push(set);
        let surplus = sets.len().saturating_sub(SETS_MAX);
        sets.drain(..surplus);
        Self { person: self.person, sets }
    }
}

impl Aggregate for UsedSets {
    const KIND: Kind = kinds::USED_SETS;

    fn id(&self) -> Id {
        Id(self.person.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }
}

stored! { struct UsedSets { person, sets } }
stored! { struct UsedSet { key, at } }
