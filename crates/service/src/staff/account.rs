//! The accounts of staff.

use recovery::id::{CentreId, StaffId};
use recovery::sensitive::Sensitive;
use recovery::staff::Role;
use recovery::time::Timestamp;
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};

/// The longest name that is stored, in characters.
pub(super) const NAME_CHARS_MAX: usize = 80;
/// The longest id that the operator has for a person, in bytes.
pub(super) const PERSON_BYTES_MAX: usize = 64;

/// An account with which a member of staff signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The member of staff.
    pub id: StaffId,
    /// The name that the console shows.
    pub name: String,
    /// The roles.
    pub roles: Vec<Role>,
    /// The centre where the member of staff works.
    pub centre: Option<CentreId>,
    /// The operator's ids of the member of staff and of their family, whose cases they must not handle.
    pub kin: Vec<Sensitive<String>>,
    /// Since when the account is disabled, where the operator disabled it.
    pub disabled_at: Option<Timestamp>,
    /// Sessions that began before this instant have ended.
    pub sessions_from: Timestamp,
}

impl Account {
    /// Makes an account that has not been used yet.
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

    /// Ends every session of the account that began up to `now`.
    pub(crate) fn end_sessions(&mut self, now: Timestamp) {
        self.sessions_from = self.sessions_from.max(Timestamp(now.0.saturating_add(1)));
    }
}

impl Aggregate for Account {
    const KIND: Kind = kinds::STAFF_ACCOUNT;
    /// Schema 2 added `disabled_at` and `sessions_from`.
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

store::stored! {
    struct Account { id, name, roles, centre, kin } since 2 { disabled_at, sessions_from = Timestamp(0) }
}
