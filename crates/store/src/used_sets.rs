//! Rows of question sets that were read out to a person: never the same within 90 days.

use crate::case::{read_set_key, write_set_key};
use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{read_instant, write_instant};
use crate::kinds;
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

    fn write(&self, w: &mut Writer) {
        w.u128(self.person.0);
        w.seq(self.sets.iter(), |w, set| {
            write_set_key(w, &set.key);
            write_instant(w, set.at);
        });
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            person: PersonId(r.u128("person")?),
            sets: r.seq("sets", SETS_MAX, |r| {
                Ok(UsedSet { key: read_set_key(r)?, at: read_instant(r, "used at")? })
            })?,
        })
    }
}
