//! Rows of the question sets that were used for a person: no set is used again within 90 days.

use crate::Kind;
use crate::facade::{Aggregate, Owner};
use crate::kinds;
use crate::stored;
use recovery::id::PersonId;
use recovery::questions::UsedSet;

const SETS_MAX: usize = 512;

/// The question sets that were used for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedSets {
    /// The person who was asked.
    pub person: PersonId,
    /// The sets that were used, oldest first; at most 512 are kept.
    pub sets: Vec<UsedSet>,
}

impl UsedSets {
    /// No set was used for the person yet.
    #[must_use]
    pub const fn none(person: PersonId) -> Self {
        Self { person, sets: Vec::new() }
    }

    /// Adds a set that was used; where there are too many, the oldest one is dropped.
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
    type Id = PersonId;
    const KIND: Kind = kinds::USED_SETS;

    fn id(&self) -> PersonId {
        self.person
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }
}

stored! { struct UsedSets { person, sets } }
stored! { struct UsedSet { key, at } }
