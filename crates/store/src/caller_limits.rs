//! Rows of the limits on calls of agents and centres about unknown document numbers.

use crate::facade::{Aggregate, Owner};
use crate::kinds;
use crate::stored;
use crate::{Id, Kind};
use recovery::caller_limits::{AgentLimit, CentreLimit};

impl Aggregate for AgentLimit {
    const KIND: Kind = kinds::AGENT_LIMIT;

    fn id(&self) -> Id {
        Id(self.agent.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

stored! { struct AgentLimit { agent, unknown, stopped } }

impl Aggregate for CentreLimit {
    const KIND: Kind = kinds::CENTRE_LIMIT;

    fn id(&self) -> Id {
        Id(self.centre.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

stored! { struct CentreLimit { centre, calls, unknown, stopped } }
