//! Members of staff and their roles. No role can grant a recovery.

use crate::id::{CentreId, PersonId, StaffId};
use crate::policy::{DAY, Policy};
use crate::rejection::Rejection;
use crate::time::{Instants, Timestamp};

/// One signed-in member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffMember {
    pub id: StaffId,
    pub roles: Vec<Role>,
    pub centre: Option<CentreId>,
    /// The persons in the case at hand whose case this member must not handle: themselves, or family by the population
    /// register. The caller looks them up for each case; staff are never told whose record said so.
    pub kin: Vec<PersonId>,
}

crate::codes! {
    /// What a member of staff may do. None of them can grant a recovery.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Role {
        /// Takes calls.
        Agent => "agent",
        /// Receives people at a Citizen Service desk.
        Clerk => "clerk",
        /// Releases stopped agents and centres.
        Supervisor => "supervisor",
        /// Sees the statistics of the service.
        Operator => "operator",
        /// Reads the journal.
        Auditor => "auditor",
    }
}

impl StaffMember {
    /// Refuses a member who does not have the role.
    ///
    /// # Errors
    ///
    /// [`Rejection::RoleNotAllowed`].
    pub fn require(&self, role: Role) -> Result<(), Rejection> {
        if self.roles.contains(&role) { Ok(()) } else { Err(Rejection::RoleNotAllowed) }
    }

    /// Refuses a member of staff their own case and those of their family (CHECKLIST attack 10).
    ///
    /// # Errors
    ///
    /// [`Rejection::OwnCase`].
    pub fn keep_away_from(&self, person: PersonId) -> Result<(), Rejection> {
        if self.kin.contains(&person) { Err(Rejection::OwnCase) } else { Ok(()) }
    }
}

/// Counts a temporary PIN that a clerk has shown on a screen or printed, and returns the instants that still count.
///
/// # Errors
///
/// [`Rejection::CodesShownCapReached`] where the clerk has had as many shown in 24 hours as the policy allows.
pub fn count_code_shown(
    shown: &Instants,
    policy: &Policy,
    now: Timestamp,
) -> Result<Instants, Rejection> {
    let max = usize::from(policy.desk.codes_shown_per_clerk_per_day_max);
    if shown.count_within(DAY, now) >= max {
        return Err(Rejection::CodesShownCapReached);
    }
    Ok(shown.with(now, DAY))
}
