//! The cap on the codes that one clerk has shown or printed in 24 hours.

use recovery::id::StaffId;
use recovery::policy::{DAY, Policy};
use recovery::time::Instants;
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};

/// The row that counts the codes one clerk has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodesShown {
    pub(crate) clerk: StaffId,
    /// When codes were shown or printed for the clerk.
    pub(crate) at: Instants,
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

    fn deadline(&self, _: &Policy) -> Option<store::Timestamp> {
        self.at.latest().map(|at| at.plus(DAY))
    }
}

store::stored! { struct CodesShown { clerk, at } }
