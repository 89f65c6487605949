//! Rows of reserved comparisons of faces.

use crate::facade::{Aggregate, Owner};
use crate::stored;
use crate::{Kind, Timestamp, kinds};
use recovery::id::PersonId;
use recovery::policy::Policy;
use recovery::time::Duration;

crate::row_ids! {
    /// A reserved comparison of faces: a hash of case and try.
    pub FaceTryId;
}

/// The row of a face try that is reserved.
#[derive(Clone, Debug)]
pub struct FaceTry {
    pub id: FaceTryId,
    pub person: PersonId,
    /// When the reservation ends, so that the try can be reserved again.
    pub until: Timestamp,
}

impl Aggregate for FaceTry {
    type Id = FaceTryId;
    const KIND: Kind = kinds::FACE_TRY;

    fn id(&self) -> FaceTryId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until.plus(Duration::from_hours(24)))
    }
}

stored! { struct FaceTry { id, person, until } }
