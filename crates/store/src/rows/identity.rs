//! Rows of the names that others have for persons, by which they are found.

use crate::facade::{Aggregate, Owner};
use crate::keys::Keys;
use crate::stored;
use crate::{Index, Kind, Lookup, kinds};
use recovery::id::PersonId;
use recovery::sensitive::Sensitive;

const BY_OPERATOR: Index = Index::unique(1);
const BY_NATIONAL_NUMBER: Index = Index::unique(2);

/// The look-up of the person with this id of the operator.
#[must_use]
pub fn by_operator(keys: &Keys, id: &str) -> Lookup {
    Lookup { index: BY_OPERATOR, key: keys.lookup_key(kinds::IDENTITY, BY_OPERATOR, id.as_bytes()) }
}

/// The look-up of the person with this national number.
#[must_use]
pub fn by_national_number(keys: &Keys, digits: &str) -> Lookup {
    Lookup {
        index: BY_NATIONAL_NUMBER,
        key: keys.lookup_key(kinds::IDENTITY, BY_NATIONAL_NUMBER, digits.as_bytes()),
    }
}

/// The names that others have for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The service's own id of the person.
    pub person: PersonId,
    /// The operator's id of the person.
    pub operator_id: Sensitive<String>,
    /// National numbers, ten digits each; the current one first. Empty for a person without one.
    pub national_numbers: Vec<Sensitive<String>>,
}

impl Aggregate for Identity {
    type Id = PersonId;
    const KIND: Kind = kinds::IDENTITY;

    fn id(&self) -> PersonId {
        self.person
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        std::iter::once(by_operator(keys, self.operator_id.expose()))
            .chain(
                self.national_numbers
                    .iter()
                    .map(|number| by_national_number(keys, number.expose())),
            )
            .collect()
    }
}

stored! { struct Identity { person, operator_id, national_numbers } }
