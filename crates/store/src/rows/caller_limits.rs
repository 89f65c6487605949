//! Rows of the limits on calls of agents and centres about unknown document numbers.

use crate::Kind;
use crate::facade::{Aggregate, Owner};
use crate::kinds;
use crate::stored;
use recovery::caller_limits::{AgentLimit, CentreLimit};
use recovery::id::{CentreId, StaffId};

impl Aggregate for AgentLimit {
    type Id = StaffId;
    const KIND: Kind = kinds::AGENT_LIMIT;

    fn id(&self) -> StaffId {
        self.agent
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

stored! { struct AgentLimit { agent, unknown, stopped } }

impl Aggregate for CentreLimit {
    type Id = CentreId;
    const KIND: Kind = kinds::CENTRE_LIMIT;

    fn id(&self) -> CentreId {
        self.centre
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

stored! { struct CentreLimit { centre, calls, unknown, stopped } }
