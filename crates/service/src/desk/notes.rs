//! What the desk keeps beside a case: who checked in whom, and a witness who was asked.

use recovery::case::CaseState;
use recovery::id::{CaseId, CentreId, PersonId, StaffId};
use recovery::policy::{DAY, Policy};
use recovery::rejection::Rejection;
use recovery::staff::StaffMember;
use recovery::time::Timestamp;
use store::codec::{CodecError, Reader, Writer};
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};

use crate::sign_in::SignInId;

const REFERENCE_MAX: usize = 32;

/// What the desk keeps for a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeskNotes {
    pub(crate) case: CaseId,
    pub(crate) clerk: StaffId,
    pub(crate) centre: CentreId,
    pub(crate) reference: String,
    pub(crate) begun_at: Timestamp,
    pub(crate) witness: Option<AskedWitness>,
    /// The clerk said that the number is lost, which a second clerk has to see too.
    pub(crate) number_lost: bool,
}

/// A witness whose app was asked to approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AskedWitness {
    pub(crate) sign_in: SignInId,
    /// Absent where the number is nobody's: it looks like a witness who does not answer.
    pub(crate) person: Option<PersonId>,
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
    const KIND: Kind = kinds::DESK_NOTES;
    /// 2: `number_lost`.
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.case.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<store::Timestamp> {
        Some(self.begun_at.plus(DAY).into())
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.case.0);
        w.u128(self.clerk.0);
        w.u128(self.centre.0);
        w.str(&self.reference);
        w.i64(self.begun_at.0);
        w.option(self.witness.as_ref(), |w, witness| {
            w.u128(witness.sign_in.0);
            w.option(witness.person.as_ref(), |w, person| w.u128(person.0));
            w.i64(witness.until.0);
        });
        w.bool(self.number_lost);
    }

    fn read(schema: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            case: CaseId(r.u128("case")?),
            clerk: StaffId(r.u128("clerk")?),
            centre: CentreId(r.u128("centre")?),
            reference: r.str("reference", REFERENCE_MAX)?.to_owned(),
            begun_at: Timestamp(r.i64("begun at")?),
            witness: r.option("witness", |r| {
                Ok(AskedWitness {
                    sign_in: SignInId(r.u128("sign-in")?),
                    person: r.option("person", |r| r.u128("person").map(PersonId))?,
                    until: Timestamp(r.i64("until")?),
                })
            })?,
            number_lost: schema >= 2 && r.bool("number lost")?,
        })
    }
}

/// Whether the person is still at the desk: nothing was issued, refused or stopped.
pub(crate) const fn is_at_desk(state: &CaseState) -> bool {
    match state {
        CaseState::AtDesk { .. }
        | CaseState::DocumentsAccepted { .. }
        | CaseState::AskingAtDesk { .. }
        | CaseState::Identified { .. } => true,
        CaseState::AwaitingConsent { .. }
        | CaseState::AwaitingChip { .. }
        | CaseState::AwaitingFace { .. }
        | CaseState::AwaitingNumber { .. }
        | CaseState::Asking { .. }
        | CaseState::EnoughAnswers { .. }
        | CaseState::Waiting { .. }
        | CaseState::CodeIssued { .. }
        | CaseState::Granted { .. }
        | CaseState::Completed { .. }
        | CaseState::Refused { .. }
        | CaseState::Stopped { .. }
        | CaseState::Lapsed { .. } => false,
    }
}
