//! Rows of cases that were drawn for review.

use crate::facade::{Aggregate, Owner};
use crate::stored;
use crate::{Kind, Timestamp, kinds};
use recovery::id::{CaseId, StaffId};
use recovery::policy::Policy;
use recovery::time::Duration;

/// How long the row of a drawn case is kept for its review; the journal keeps that it was drawn.
const KEPT: Duration = Duration::from_days(90);

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

stored! { struct SampledCase { case, staff, declared, at } }
