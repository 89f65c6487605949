//! The names that others have for a person: the operator's id and the national number, and how the person is found by
//! either.

use crate::Failure;
use crate::work::Work;
use recovery::id::PersonId;
use recovery::person::Person;
use recovery::sensitive::Sensitive;
use store::facade::{Aggregate, Owner};
use store::keys::Keys;
use store::kinds;
use store::{Index, Kind, Lookup};

const BY_OPERATOR: Index = Index::unique(1);
const BY_NATIONAL_NUMBER: Index = Index::unique(2);

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

store::stored! { struct Identity { person, operator_id, national_numbers } }

pub(crate) fn by_operator(keys: &Keys, id: &str) -> Lookup {
    Lookup { index: BY_OPERATOR, key: keys.lookup_key(kinds::IDENTITY, BY_OPERATOR, id.as_bytes()) }
}

pub(crate) fn by_national_number(keys: &Keys, digits: &str) -> Lookup {
    Lookup {
        index: BY_NATIONAL_NUMBER,
        key: keys.lookup_key(kinds::IDENTITY, BY_NATIONAL_NUMBER, digits.as_bytes()),
    }
}

impl Work<'_> {
    /// The person with this operator's id.
    pub(crate) async fn identity_of(
        &mut self,
        operator_id: &str,
    ) -> Result<Option<Identity>, Failure> {
        let lookup = by_operator(&self.service.parts().keys, operator_id);
        self.find_one(lookup).await
    }

    /// The person with this national number of ten digits, current or earlier.
    pub(crate) async fn identity_by_national_number(
        &mut self,
        digits: &str,
    ) -> Result<Option<Identity>, Failure> {
        let lookup = by_national_number(&self.service.parts().keys, digits);
        self.find_one(lookup).await
    }

    /// The row of a person who must exist; a fault where it is missing.
    pub(crate) async fn load_person(&mut self, person: PersonId) -> Result<Person, Failure> {
        self.get::<Person>(person)
            .await?
            .ok_or_else(|| Failure::fault("a person has no row", "missing person"))
    }

    /// The person as they were before this work, of whom the commit requires nothing. Whoever calls says why.
    pub(crate) async fn glance_at_person(&mut self, person: PersonId) -> Result<Person, Failure> {
        self.glance::<Person>(person)
            .await?
            .ok_or_else(|| Failure::fault("a person has no row", "missing person"))
    }
}
