//! Rows of how many text messages went to a number or a range of numbers.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::kinds;
use crate::{Id, Kind};
use recovery::policy::Policy;
use recovery::sms_budget::SmsBudget;

impl Aggregate for SmsBudget {
    const KIND: Kind = kinds::SMS_BUDGET;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<crate::Timestamp> {
        Some(self.forgotten_at().into())
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id);
        w.i64(self.newest_hour);
        for sent in self.sent {
            w.u16(sent);
        }
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut budget = Self::new(r.u128("number")?);
        budget.newest_hour = r.i64("newest hour")?;
        for sent in &mut budget.sent {
            *sent = r.u16("messages of an hour")?;
        }
        Ok(budget)
    }
}
