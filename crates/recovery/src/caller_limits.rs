//! Limits on calls about document numbers that do not exist, against probing by phone (PROTOCOLS.md 10).
//!
//! The agent does not see the counting: a call about an unknown number goes on with decoy questions and ends neutrally.

#[cfg(test)]
mod tests;

use crate::effect::{Alarm, Effect, Step};
use crate::event::JournalEvent;
use crate::id::{CentreId, StaffId};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::staff::{Role, StaffMember};
use crate::time::{Instants, Timestamp};

/// The calls about unknown document numbers that one agent has had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentLimit {
    pub agent: StaffId,
    /// When the agent typed document numbers that do not exist.
    pub unknown: Instants,
    /// Whether the limit was passed: the agent takes no calls until released.
    pub stopped: bool,
}

/// The calls that one centre has had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CentreLimit {
    pub centre: CentreId,
    /// When the centre's agents had calls.
    pub calls: Instants,
    /// When they typed document numbers that do not exist.
    pub unknown: Instants,
    /// Whether the limit was passed: the centre takes no calls until released.
    pub stopped: bool,
}

impl AgentLimit {
    /// An agent of whom no call was counted yet.
    #[must_use]
    pub const fn new(agent: StaffId) -> Self {
        Self { agent, unknown: Instants::EMPTY, stopped: false }
    }

    /// Refuses a call to an agent who was stopped.
    ///
    /// # Errors
    ///
    /// [`Rejection::AgentStopped`].
    pub const fn check(&self) -> Result<(), Rejection> {
        if self.stopped { Err(Rejection::AgentStopped) } else { Ok(()) }
    }

    /// Counts a call. More unknown document numbers than the limit in 24 hours stop the agent.
    pub fn count(&self, unknown_number: bool, policy: &Policy, now: Timestamp) -> Step<Self> {
        if !unknown_number {
            return Step::to(self.clone());
        }
        let rules = &policy.callers;
        let unknown = self.unknown.with(now, rules.window);
        let count = as_count(unknown.count_within(rules.window, now));
        let limit = u64::from(rules.agent_unknown_numbers_max);
        let over = count > limit;
        let stopped = self.stopped || over;
        let step = Step::to(Self { agent: self.agent, unknown, stopped });
        let step = alarmed(step, count, limit, policy);
        if over && !self.stopped {
            step.saying(JournalEvent::AgentStopped { agent: self.agent })
        } else {
            step
        }
    }

    /// Releases a stopped agent by a supervisor who is somebody else; the count starts anew.
    ///
    /// # Errors
    ///
    /// [`Rejection::RoleNotAllowed`], [`Rejection::OwnCase`].
    pub fn release(&self, by: &StaffMember) -> Result<Step<Self>, Rejection> {
        by.require(Role::Supervisor)?;
        if by.id == self.agent {
            return Err(Rejection::OwnCase);
        }
        Ok(Step::to(Self::new(self.agent))
            .saying(JournalEvent::AgentReleased { agent: self.agent, by: by.id }))
    }
}

impl CentreLimit {
    /// A centre of which no call was counted yet.
    #[must_use]
    pub const fn new(centre: CentreId) -> Self {
        Self { centre, calls: Instants::EMPTY, unknown: Instants::EMPTY, stopped: false }
    }

    /// Refuses a call to a centre that was stopped.
    ///
    /// # Errors
    ///
    /// [`Rejection::CentreStopped`].
    pub const fn check(&self) -> Result<(), Rejection> {
        if self.stopped { Err(Rejection::CentreStopped) } else { Ok(()) }
    }

    /// Counts a call. The limit of unknown document numbers is the larger of a fixed number and a share of the centre's
    /// calls; an alarm is raised before the limit is reached.
    pub fn count(&self, unknown_number: bool, policy: &Policy, now: Timestamp) -> Step<Self> {
        let rules = &policy.callers;
        let calls = self.calls.with(now, rules.window);
        if !unknown_number {
            return Step::to(Self { calls, ..self.clone() });
        }
        let unknown = self.unknown.with(now, rules.window);
        let count = as_count(unknown.count_within(rules.window, now));
        let all = as_count(calls.count_within(rules.window, now));
        let share = all.saturating_mul(u64::from(rules.centre_unknown_permille_max)) / 1_000;
        let limit = u64::from(rules.centre_unknown_numbers_max).max(share);
        let over = count > limit;
        let stopped = self.stopped || over;
        let step = Step::to(Self { centre: self.centre, calls, unknown, stopped });
        let step = alarmed(step, count, limit, policy);
        if over && !self.stopped {
            step.saying(JournalEvent::CentreStopped { centre: self.centre })
        } else {
            step
        }
    }

    /// Releases a stopped centre by a supervisor; its unknown document numbers are counted anew.
    ///
    /// # Errors
    ///
    /// [`Rejection::RoleNotAllowed`].
    pub fn release(&self, by: &StaffMember) -> Result<Step<Self>, Rejection> {
        by.require(Role::Supervisor)?;
        let next = Self { unknown: Instants::EMPTY, stopped: false, ..self.clone() };
        Ok(Step::to(next).saying(JournalEvent::CentreReleased { centre: self.centre, by: by.id }))
    }
}

/// Adds one alarm when the count nears the limit, and one when it passes it.
fn alarmed<A>(step: Step<A>, count: u64, limit: u64, policy: &Policy) -> Step<A> {
    let near = limit.saturating_mul(u64::from(policy.callers.alarm_percent)).div_ceil(100);
    if count == limit.saturating_add(1) {
        step.owing(Effect::Alarm { alarm: Alarm::UnknownNumbersLimit })
    } else if count == near {
        step.owing(Effect::Alarm { alarm: Alarm::UnknownNumbersNearLimit })
    } else {
        step
    }
}

fn as_count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
