//! Rows of staff accounts.

use crate::facade::{Aggregate, Owner};
use crate::stored;
use crate::{Kind, kinds};
use recovery::id::{CentreId, StaffId};
use recovery::sensitive::Sensitive;
use recovery::staff::Role;
use recovery::time::Timestamp;

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The member of staff.
    pub id: StaffId,
    /// As shown in the console.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Where they work.
    pub centre: Option<CentreId>,
    /// The operator's ids of the member and of the family, whose cases they are kept away from.
    pub kin: Vec<Sensitive<String>>,
    /// Since when nobody gets in with it, where the operator shut it.
    pub disabled_at: Option<Timestamp>,
    /// A session that began earlier is over.
    pub sessions_from: Timestamp,
}

impl Account {
    /// An account that nobody has used yet.
    #[must_use]
    pub const fn new(id: StaffId, name: String, roles: Vec<Role>) -> Self {
        Self {
            id,
            name,
            roles,
            centre: None,
            kin: Vec::new(),
            disabled_at: None,
            sessions_from: Timestamp(0),
        }
    }

    /// Ends every session that began up to `now`.
    pub fn end_sessions(&mut self, now: Timestamp) {
        self.sessions_from = self.sessions_from.max(Timestamp(now.0.saturating_add(1)));
    }
}

impl Aggregate for Account {
    type Id = StaffId;
    const KIND: Kind = kinds::STAFF_ACCOUNT;
    /// 2: `disabled_at`, `sessions_from`.
    const SCHEMA: u16 = 2;

    fn id(&self) -> StaffId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

stored! {
    struct Account { id, name, roles, centre, kin } since 2 { disabled_at, sessions_from = Timestamp(0) }
}
