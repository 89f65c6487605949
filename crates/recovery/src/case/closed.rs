//! How a case ends.

use super::Ground;
use crate::id::{InstanceId, PersonId};
use crate::route::{RefusalReason, Route};
use crate::time::Timestamp;

/// How a case ended. No event is taken any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// A new PIN was set.
    Completed { person: PersonId, ground: Ground, instance: InstanceId, at: Timestamp },
    /// The person was refused, for `reason`.
    Refused { person: Option<PersonId>, route: Route, reason: RefusalReason, at: Timestamp },
    /// A veto link or the person stopped the case.
    Stopped { person: PersonId, route: Route, at: Timestamp },
    /// The case was open longer than the policy allows.
    Lapsed { person: Option<PersonId>, route: Route },
}

impl Closed {
    /// The stable code of the ending.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Completed { .. } => "completed",
            Self::Refused { .. } => "refused",
            Self::Stopped { .. } => "stopped",
            Self::Lapsed { .. } => "lapsed",
        }
    }

    /// The route that the case took.
    #[must_use]
    pub const fn route(&self) -> Route {
        match self {
            Self::Completed { ground, .. } => ground.route(),
            Self::Refused { route, .. }
            | Self::Stopped { route, .. }
            | Self::Lapsed { route, .. } => *route,
        }
    }

    /// The person that the case was about, where that became known.
    #[must_use]
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::Completed { person, .. } | Self::Stopped { person, .. } => Some(*person),
            Self::Refused { person, .. } | Self::Lapsed { person, .. } => *person,
        }
    }
}
