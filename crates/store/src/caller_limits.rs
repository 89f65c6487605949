//! Rows of what agents and centres have asked for.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{read_instants, write_instants};
use crate::kinds;
use crate::{Id, Kind};
use recovery::caller_limits::{AgentLimit, CentreLimit};
use recovery::id::{CentreId, StaffId};

impl Aggregate for AgentLimit {
    const KIND: Kind = kinds::AGENT_LIMIT;

    fn id(&self) -> Id {
        Id(self.agent.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.agent.0);
        write_instants(w, &self.unknown);
        w.bool(self.stopped);
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            agent: StaffId(r.u128("agent")?),
            unknown: read_instants(r, "unknown numbers")?,
            stopped: r.bool("stopped")?,
        })
    }
}

impl Aggregate for CentreLimit {
    const KIND: Kind = kinds::CENTRE_LIMIT;

    fn id(&self) -> Id {
        Id(self.centre.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.centre.0);
        write_instants(w, &self.calls);
        write_instants(w, &self.unknown);
        w.bool(self.stopped);
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            centre: CentreId(r.u128("centre")?),
            calls: read_instants(r, "calls")?,
            unknown: read_instants(r, "unknown numbers")?,
            stopped: r.bool("stopped")?,
        })
    }
}
