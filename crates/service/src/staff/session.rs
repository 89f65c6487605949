//! The sessions of staff.

use super::{SESSION_IDLE_MAX, SESSION_LIFETIME};
use recovery::id::StaffId;
use recovery::policy::Policy;
use recovery::time::Timestamp;
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};

/// A session at a console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub(super) id: u128,
    /// The member of staff.
    pub staff: StaffId,
    /// When the session began.
    pub begun_at: Timestamp,
    /// When the last request was made, to within half a minute.
    pub seen_at: Timestamp,
    /// When the provider last confirmed the session; `None` for a session by passkey.
    pub confirmed_at: Option<Timestamp>,
}

impl Session {
    /// When the session ends.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.begun_at.plus(SESSION_LIFETIME).min(self.seen_at.plus(SESSION_IDLE_MAX))
    }
}

impl Aggregate for Session {
    const KIND: Kind = kinds::STAFF_SESSION;
    /// Schema 2 added `confirmed_at`.
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until())
    }
}

store::stored! { struct Session { id, staff, begun_at, seen_at } since 2 { confirmed_at } }
