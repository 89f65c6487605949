//! The notes that the desk keeps beside a case: the booking, the clerk who checked the person in, and a witness who was
//! asked.

use recovery::id::{CaseId, CentreId, PersonId, StaffId};
use recovery::policy::{DAY, Policy};
use recovery::rejection::Rejection;
use recovery::staff::StaffMember;
use recovery::time::Timestamp;
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};

use crate::sign_in::SignInId;

/// The notes of one visit, which are kept for a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeskNotes {
    pub(crate) case: CaseId,
    pub(crate) clerk: StaffId,
    pub(crate) centre: CentreId,
    /// The reference of the booking.
    pub(crate) reference: String,
    pub(crate) begun_at: Timestamp,
    pub(crate) witness: Option<AskedWitness>,
    /// Whether the clerk said that the registered number is lost, which a second clerk has to confirm.
    pub(crate) number_lost: bool,
}

/// A witness whose app was asked to approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AskedWitness {
    /// The sign-in that the witness's app has to approve.
    pub(crate) sign_in: SignInId,
    /// Absent where the national number belongs to no person of the service: that looks like a witness who does not answer.
    pub(crate) person: Option<PersonId>,
    /// When the request to the witness lapses.
    pub(crate) until: Timestamp,
}

impl DeskNotes {
    pub(crate) fn begin(
        case: CaseId,
        by: &StaffMember,
        reference: &str,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        let centre = by.centre.ok_or(Rejection::RoleNotAllowed)?;
        Ok(Self {
            case,
            clerk: by.id,
            centre,
            reference: reference.to_owned(),
            begun_at: now,
            witness: None,
            number_lost: false,
        })
    }
}

impl Aggregate for DeskNotes {
    type Id = CaseId;
    const KIND: Kind = kinds::DESK_NOTES;
    /// Version 2 added `number_lost`.
    const SCHEMA: u16 = 2;

    fn id(&self) -> CaseId {
        self.case
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.begun_at.plus(DAY))
    }
}

store::stored! {
    struct DeskNotes { case, clerk, centre, reference, begun_at, witness } since 2 { number_lost }
}
store::stored! { struct AskedWitness { sign_in, person, until } }
