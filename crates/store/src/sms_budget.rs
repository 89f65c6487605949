//! Rows that count text messages to a phone number or a range of numbers.

use crate::facade::{Aggregate, Owner};
use crate::kinds;
use crate::stored;
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
        Some(self.forgotten_at())
    }
}

stored! { struct SmsBudget { id, newest_hour, sent } }
