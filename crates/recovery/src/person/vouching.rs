//! Vouching for another person as a witness (SERVICE.md section 5).

use super::{Person, Status};
use crate::effect::Step;
use crate::policy::Policy;
use crate::time::Timestamp;

impl Person {
    /// Whether this person may be a witness for another.
    #[must_use]
    pub fn is_in_good_standing(&self) -> bool {
        let alive = match self.status {
            Status::Active | Status::Protected | Status::Emigrated => true,
            Status::Administrative
            | Status::Guardianship
            | Status::Disappeared
            | Status::Dead
            | Status::Annulled => false,
        };
        alive && self.freeze.is_none()
    }

    /// Counts that this person was a witness for another.
    pub fn count_witnessed(&self, policy: &Policy, now: Timestamp) -> Step<Self> {
        let witnessed = self.witnessed.with(now, policy.desk.witness_window);
        Step::to(Self { witnessed, ..self.clone() })
    }
}
