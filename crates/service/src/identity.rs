//! The names that others have for a person: the operator's id and the national number, and how the person is found by
//! either.

use crate::Failure;
use crate::work::Work;
use recovery::id::PersonId;
use recovery::person::Person;
use store::rows::identity::{Identity, by_national_number, by_operator};

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
