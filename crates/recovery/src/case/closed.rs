//! How a case ends.

use super::Ground;
use crate::id::{InstanceId, PersonId};
use crate::route::{RefusalReason, Route};
use crate::time::Timestamp;

/// A case to which nothing can happen any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// A new PIN was set.
    Completed { person: PersonId, ground: Ground, instance: InstanceId, at: Timestamp },
    /// The answer was no.
    Refused { person: Option<PersonId>, route: Route, reason: RefusalReason, at: Timestamp },
    /// A veto, or the person, stopped it.
    Stopped { person: PersonId, route: Route, at: Timestamp },
    /// Nothing happened in time.
    Lapsed { person: Option<PersonId>, route: Route },
}

impl Closed {
    /// Its stable name.
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

    /// Whose it was, where that became known.
    #[must_use]
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::Completed { person, .. } | Self::Stopped { person, .. } => Some(*person),
            Self::Refused { person, .. } | Self::Lapsed { person, .. } => *person,
        }
    }
}
