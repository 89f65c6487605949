//! Cases that are drawn at random for review by a second person: at the policy's rate, and twice as often where the member
//! of staff works on a declared list.

use super::Standing;
use crate::work::{Subject, Work};
use crate::{Failure, Service};
use recovery::event::JournalEvent;
use recovery::id::{CaseId, StaffId};
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};

/// How long the row of a drawn case is kept for its review; the journal keeps that it was drawn.
const KEPT: Duration = Duration::from_days(90);
const ROWS: usize = 200;

/// A case that was drawn for review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampledCase {
    /// The case.
    pub case: CaseId,
    /// The member of staff who holds it.
    pub staff: StaffId,
    /// Whether that member works on a declared list.
    pub declared: bool,
    /// When it was drawn, which is when it was opened.
    pub at: Timestamp,
}

impl Work<'_> {
    /// Draws a random number and marks the case for review if the number is below the rate.
    pub(crate) fn sample(&mut self, case: CaseId, staff: StaffId, standing: &Standing) {
        let declared = standing.is_declared();
        let rate = self.service.parts().policy.conduct.sample_permille;
        let rate = if declared { rate.saturating_mul(2).min(1_000) } else { rate };
        if self.draw_permille() >= rate {
            return;
        }
        self.insert(&SampledCase { case, staff, declared, at: self.now() });
        let said = JournalEvent::CaseSampled { case, staff, reason: "sample", declared };
        self.say(Subject::Nobody { matter: case.0 }, said);
    }

    /// A random number from 0 to 999, without bias.
    fn draw_permille(&self) -> u16 {
        loop {
            let drawn = u16::from_be_bytes(self.service.draw());
            // 65,000 is the largest multiple of a thousand in 16 bits.
            if drawn < 65_000 {
                return drawn % 1_000;
            }
        }
    }
}

impl Service {
    /// Every case that was drawn for review and is still kept, in the order in which they were drawn.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn sampled_cases(&self) -> Result<Vec<SampledCase>, Failure> {
        let mut work = Work::begin(self).await?;
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let rows = self.parts().store.scan(kinds::CASE_SAMPLE, after, ROWS).await?;
            for row in &rows {
                found.push(work.open::<SampledCase>(row).await?);
            }
            after = rows.last().map(|row| row.record.id);
            if rows.len() < ROWS {
                found.sort_by_key(|it| (it.at, it.case));
                return Ok(found);
            }
        }
    }
}

impl Aggregate for SampledCase {
    type Id = CaseId;
    const KIND: Kind = kinds::CASE_SAMPLE;

    fn id(&self) -> CaseId {
        self.case
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.at.plus(KEPT))
    }
}

store::stored! { struct SampledCase { case, staff, declared, at } }
