//! Rows of P codes.

use crate::facade::{Aggregate, Owner};
use crate::keys::Keys;
use crate::kinds;
use crate::stored;
use crate::{Index, Kind, Lookup, Timestamp};
use recovery::id::{PCodeId, PersonId};
use recovery::p_code::{PCode, State};
use recovery::policy::Policy;
use recovery::sensitive::KeyedHash;

const BY_CODE: Index = Index::unique(1);
const OF_PERSON: Index = Index::shared(2);

/// A P code with the keyed hash of its digits, by which it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPCode {
    /// The P code as the domain knows it.
    pub p_code: PCode,
    /// The keyed hash of the code's digits.
    pub code: KeyedHash,
}

/// The look-up of a P code by the keyed hash of its digits.
#[must_use]
pub fn by_code(keys: &Keys, code: &KeyedHash) -> Lookup {
    Lookup { index: BY_CODE, key: keys.lookup_key(kinds::P_CODE, BY_CODE, &code.0) }
}

/// The look-up of all P codes of a person.
#[must_use]
pub fn of_person(keys: &Keys, person: PersonId) -> Lookup {
    Lookup {
        index: OF_PERSON,
        key: keys.lookup_key(kinds::P_CODE, OF_PERSON, &person.0.to_be_bytes()),
    }
}

impl Aggregate for StoredPCode {
    type Id = PCodeId;
    const KIND: Kind = kinds::P_CODE;

    fn id(&self) -> PCodeId {
        self.p_code.id
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.p_code.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.p_code.lapses_at(policy))
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        vec![by_code(keys, &self.code), of_person(keys, self.p_code.person)]
    }
}

stored! { struct StoredPCode { p_code, code } }
stored! { struct PCode { id, person, document, issued_at, state } }
stored! { enum State { 0 => Usable { uses }, 1 => UsedUp, 2 => Withdrawn } }
