//! Cases that are drawn at random for review by a second person: at the policy's rate, and twice as often where the member
//! of staff works on a declared list.

use super::Standing;
use crate::work::{Subject, Work};
use crate::{Failure, Service};
use recovery::event::JournalEvent;
use recovery::id::{CaseId, StaffId};
use store::kinds;
pub use store::rows::sampled_case::SampledCase;

const ROWS: usize = 200;

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
