//! How many codes a clerk had shown or printed in 24 hours.

use recovery::id::StaffId;
use recovery::policy::{DAY, Policy};
use recovery::time::{Instants, Timestamp};
use store::codec::{CodecError, Reader, Writer};
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};

const INSTANTS_MAX: usize = 256;

/// What one clerk had shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodesShown {
    pub(crate) clerk: StaffId,
    pub(crate) at: Instants,
}

impl Aggregate for CodesShown {
    const KIND: Kind = kinds::CODES_SHOWN;

    fn id(&self) -> Id {
        Id(self.clerk.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<store::Timestamp> {
        self.at.latest().map(|at| at.plus(DAY).into())
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.clerk.0);
        w.seq(self.at.as_slice().iter(), |w, at| w.i64(at.0));
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            clerk: StaffId(r.u128("clerk")?),
            at: Instants::from_stored(
                r.seq("instants", INSTANTS_MAX, |r| r.i64("at").map(Timestamp))?,
            ),
        })
    }
}
