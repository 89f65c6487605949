//! The limits on probing for numbers, and the supervisor who releases whom they stopped (PROTOCOLS.md section 10).

use super::drawing::matter;
use crate::caller::Supervisor;
use crate::work::Work;
use crate::{Failure, Service};
use recovery::caller_limits::{AgentLimit, CentreLimit};
use recovery::case::Call;
use recovery::id::{CentreId, StaffId};
use recovery::staff::StaffMember;
use store::kinds;
use store::{Kind, Row};

/// The number of rows that are read at a time.
const BATCH: usize = 200;

/// An agent who was stopped after calls with too many unknown numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedAgent {
    /// The agent.
    pub agent: StaffId,
    /// The agent's name, as the console shows it.
    pub name: String,
}

/// A centre that was stopped after calls with too many unknown numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoppedCentre {
    /// The centre.
    pub centre: CentreId,
}

impl Service {
    /// The agents and centres that are stopped now.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn stopped(
        &self,
        _: &Supervisor,
    ) -> Result<(Vec<StoppedAgent>, Vec<StoppedCentre>), Failure> {
        let mut work = Work::begin(self).await?;
        let (mut agents, mut centres) = (Vec::new(), Vec::new());
        for row in work.all(kinds::AGENT_LIMIT).await? {
            let limit: AgentLimit = work.open(&row).await?;
            if limit.stopped {
                let account = work.account(limit.agent).await?;
                let name = account.map(|it| it.name).unwrap_or_default();
                agents.push(StoppedAgent { agent: limit.agent, name });
            }
        }
        for row in work.all(kinds::CENTRE_LIMIT).await? {
            let limit: CentreLimit = work.open(&row).await?;
            if limit.stopped {
                centres.push(StoppedCentre { centre: limit.centre });
            }
        }
        Ok((agents, centres))
    }

    /// Releases an agent who was stopped. No supervisor releases themselves.
    ///
    /// # Errors
    ///
    /// `own-case`. Releasing an agent who is not stopped is not an error.
    pub async fn release_agent(&self, by: &Supervisor, agent: StaffId) -> Result<(), Failure> {
        attempt!(self, |work| {
            let Some(limit) = work.get::<AgentLimit>(agent).await? else { return Ok(()) };
            if limit.stopped {
                let step = limit.release(by.member())?;
                let next = work.take(matter(agent.0), step);
                work.set(&next);
            }
            Ok(())
        })
    }

    /// Releases a centre that was stopped.
    ///
    /// # Errors
    ///
    /// Store errors. Releasing a centre that is not stopped is not an error.
    pub async fn release_centre(&self, by: &Supervisor, centre: CentreId) -> Result<(), Failure> {
        attempt!(self, |work| {
            let Some(limit) = work.get::<CentreLimit>(centre).await? else { return Ok(()) };
            if limit.stopped {
                let step = limit.release(by.member())?;
                let next = work.take(matter(centre.0), step);
                work.set(&next);
            }
            Ok(())
        })
    }
}

impl Work<'_> {
    pub(super) async fn refuse_stopped(&mut self, by: &StaffMember) -> Result<(), Failure> {
        if let Some(limit) = self.get::<AgentLimit>(by.id).await? {
            limit.check()?;
        }
        if let Some(centre) = by.centre
            && let Some(limit) = self.get::<CentreLimit>(centre).await?
        {
            limit.check()?;
        }
        Ok(())
    }

    /// Counts a call against the limits of agent and centre; only calls with unknown numbers bring a limit nearer.
    pub(super) async fn count_call(&mut self, call: Call, unknown: bool) -> Result<(), Failure> {
        let policy = self.service.parts().policy.clone();
        let now = self.now();
        let limit = self.get::<AgentLimit>(call.agent).await?;
        let limit = limit.unwrap_or_else(|| AgentLimit::new(call.agent));
        let next = self.take(matter(call.agent.0), limit.count(unknown, &policy, now));
        if next != limit {
            self.set(&next);
        }
        let limit = self.get::<CentreLimit>(call.centre).await?;
        let limit = limit.unwrap_or_else(|| CentreLimit::new(call.centre));
        let next = self.take(matter(call.centre.0), limit.count(unknown, &policy, now));
        self.set(&next);
        Ok(())
    }

    async fn all(&mut self, kind: Kind) -> Result<Vec<Row>, Failure> {
        let store = self.service.parts().store.clone();
        let mut rows: Vec<Row> = Vec::new();
        loop {
            let after = rows.last().map(|row| row.record.id);
            let more = store.scan(kind, after, BATCH).await?;
            let last = more.len() < BATCH;
            rows.extend(more);
            if last {
                return Ok(rows);
            }
        }
    }
}
