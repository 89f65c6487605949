//! Rows of what was used and can be used once.

use crate::facade::{Aggregate, Owner};
use crate::stored;
use crate::{Kind, Timestamp, kinds};
use recovery::policy::Policy;

crate::row_ids! {
    /// What can be used once.
    pub OnceId;
}

/// Remembers that something was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedOnce {
    pub id: OnceId,
    pub until: Timestamp,
}

impl Aggregate for UsedOnce {
    type Id = OnceId;
    const KIND: Kind = kinds::USED_ONCE;

    fn id(&self) -> OnceId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until)
    }
}

stored! { struct UsedOnce { id, until } }
