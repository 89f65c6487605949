//! Rows of challenges for active authentication.

use crate::facade::{Aggregate, Owner};
use crate::stored;
use crate::{Kind, Timestamp, kinds};
use recovery::id::{InstanceId, PersonId};
use recovery::policy::Policy;

crate::row_ids! {
    /// A challenge for a chip: a hash of case and chip session.
    pub ChallengeId;
}

/// The row of one challenge for active authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub id: ChallengeId,
    pub person: PersonId,
    pub instance: InstanceId,
    /// The challenge, RND.IFD, which the chip signs.
    pub bytes: [u8; 8],
    /// When the challenge expires.
    pub until: Timestamp,
}

impl Aggregate for Challenge {
    type Id = ChallengeId;
    const KIND: Kind = kinds::CHALLENGE;

    fn id(&self) -> ChallengeId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until)
    }
}

stored! { struct Challenge { id, person, instance, bytes, until } }
