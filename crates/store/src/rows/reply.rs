//! Rows of replies to commands.

use crate::facade::{Aggregate, Owner};
use crate::stored;
use crate::{Kind, Timestamp, kinds};
use recovery::id::PersonId;
use recovery::policy::Policy;
use recovery::sensitive::KeyedHash;

crate::row_ids! {
    /// The reply to a command: a keyed hash of the caller and its idempotency key.
    pub ReplyId;
}

/// The row that remembers the result of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub id: ReplyId,
    /// The person under whose key the row is sealed; absent where the command is about no person.
    pub person: Option<PersonId>,
    /// The keyed hash of the command's content: another command under the same key is refused.
    pub command: KeyedHash,
    /// When the row expires.
    pub until: Timestamp,
    /// The result, encoded by the use case, which alone can read it.
    pub outcome: Vec<u8>,
}

impl Aggregate for Reply {
    type Id = ReplyId;
    const KIND: Kind = kinds::REPLY;

    fn id(&self) -> ReplyId {
        self.id
    }

    fn owner(&self) -> Owner {
        self.person.map_or(Owner::Service, Owner::Person)
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until)
    }
}

stored! { struct Reply { id, person, command, until, outcome } }
