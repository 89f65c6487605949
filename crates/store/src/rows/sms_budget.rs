//! Rows that count text messages to a phone number or a range of numbers.

use crate::facade::{Aggregate, Owner};
use crate::kinds;
use crate::stored;
use crate::{Kind, SmsBudgetId};
use recovery::policy::Policy;
use recovery::sms_budget::SmsBudget;

impl Aggregate for SmsBudget {
    type Id = SmsBudgetId;
    const KIND: Kind = kinds::SMS_BUDGET;

    fn id(&self) -> SmsBudgetId {
        SmsBudgetId(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<crate::Timestamp> {
        Some(self.forgotten_at())
    }
}

stored! { struct SmsBudget { id, newest_hour, sent } }
