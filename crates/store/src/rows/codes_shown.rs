//! Rows that count the codes one clerk had shown or printed in 24 hours.

use crate::facade::{Aggregate, Owner};
use crate::stored;
use crate::{Kind, Timestamp, kinds};
use recovery::id::StaffId;
use recovery::policy::{DAY, Policy};
use recovery::time::Instants;

/// The row that counts the codes one clerk has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodesShown {
    pub clerk: StaffId,
    /// When codes were shown or printed for the clerk.
    pub at: Instants,
}

impl Aggregate for CodesShown {
    type Id = StaffId;
    const KIND: Kind = kinds::CODES_SHOWN;

    fn id(&self) -> StaffId {
        self.clerk
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        self.at.latest().map(|at| at.plus(DAY))
    }
}

stored! { struct CodesShown { clerk, at } }
