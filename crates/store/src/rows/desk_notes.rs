//! The notes that the desk keeps beside a case: the booking, the clerk who checked the person in, and a witness who was
//! asked.

use crate::facade::{Aggregate, Owner};
use crate::rows::sign_in::SignInId;
use crate::stored;
use crate::{Kind, kinds};
use recovery::id::{CaseId, CentreId, PersonId, StaffId};
use recovery::policy::{DAY, Policy};
use recovery::rejection::Rejection;
use recovery::staff::StaffMember;
use recovery::time::Timestamp;

/// The notes of one visit, which are kept for a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskNotes {
    pub case: CaseId,
    pub clerk: StaffId,
    pub centre: CentreId,
    /// The reference of the booking.
    pub reference: String,
    pub begun_at: Timestamp,
    pub witness: Option<AskedWitness>,
    /// Whether the clerk said that the registered number is lost, which a second clerk has to confirm.
    pub number_lost: bool,
}

/// A witness whose app was asked to approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedWitness {
    /// The sign-in that the witness's app has to approve.
    pub sign_in: SignInId,
    /// Absent where the national number belongs to no person of the service: that looks like a witness who does not answer.
    pub person: Option<PersonId>,
    /// When the request to the witness lapses.
    pub until: Timestamp,
}

impl DeskNotes {
    pub fn begin(
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

stored! {
    struct DeskNotes { case, clerk, centre, reference, begun_at, witness } since 2 { number_lost }
}
stored! { struct AskedWitness { sign_in, person, until } }
