//! Citizen Service: the list of the day, check-in, documents, questions or a witness, and a temporary PIN (SERVICE.md
//! section 3).
//!
//! The clerk brings evidence and the policy decides; nothing here lets a clerk grant.

mod chip;
mod documents;
mod handover;
mod notes;
mod proof;
mod view;

pub use self::chip::{ChipFinding, DeskChip, DeskChipSeen};
pub use ::chip::date::Date as Day;
pub use documents::Shown;
pub use handover::Issued;
pub use view::{DeskCase, DeskStep, Expected, OpenCase, Today, WitnessAsked};

use crate::caller::Clerk;
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use notes::DeskNotes;
use recovery::Step;
use recovery::case::{Case, DeskEvent, DeskRefusal, DeskStage, Event};
use recovery::id::CaseId;
use recovery::rejection::Rejection;
use store::Id;
use store::appointment::StoredAppointment;
use store::case::StoredCase;
use store::facade::Loaded;

/// The one answer to an unknown case and to a case of another centre.
const NOT_FOUND: RefusalCode = RefusalCode::NotFound;

impl Service {
    /// Checks in a person who booked, and opens the case. A person without a booking has to book first.
    ///
    /// # Errors
    ///
    /// `no-such-booking` (also for a booking at another centre), `not-check-in-time`.
    pub async fn check_in(&self, clerk: &Clerk, reference: &str) -> Result<CaseId, Failure> {
        attempt!(self, |work| work.check_in(clerk, reference).await)
    }

    /// A case at the clerk's own centre, as far as this clerk may see it.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-your-case`.
    pub async fn desk_case(&self, clerk: &Clerk, case: CaseId) -> Result<DeskCase, Failure> {
        let mut work = Work::begin(self).await?;
        let at_desk = work.at_desk(clerk, case).await?;
        work.desk_view(clerk, &at_desk).await
    }

    /// Refuses the case, with a reason and a next step for the person.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-your-case`, `case-closed`.
    pub async fn refuse_at_desk(
        &self,
        clerk: &Clerk,
        case: CaseId,
        reason: DeskRefusal,
    ) -> Result<DeskCase, Failure> {
        attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            work.apply_desk(&at_desk, DeskEvent::Refused { by: clerk.member(), reason })?;
            Ok(())
        })?;
        self.desk_case(clerk, case).await
    }

    /// Ends the case because the clerk suspects fraud; to the person it looks like any refusal.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-your-case`, `case-closed`.
    pub async fn flag_desk_case(&self, clerk: &Clerk, case: CaseId) -> Result<DeskCase, Failure> {
        attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            work.apply_desk(&at_desk, Event::FraudFlagged { by: clerk.member() })?;
            Ok(())
        })?;
        self.desk_case(clerk, case).await
    }

    /// Hands a visit over to a colleague of the same centre before any document was seen: its clerk met the own family's
    /// case, or has left the desk.
    ///
    /// # Errors
    ///
    /// `not-found`, `same-clerk`, `out-of-order`, `staff-person-missing`.
    pub async fn take_over(&self, clerk: &Clerk, case: CaseId) -> Result<DeskCase, Failure> {
        attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            work.standing(clerk.member().id).await?;
            work.apply_desk(&at_desk, DeskEvent::TakenOver { by: clerk.member() })?;
            let notes = DeskNotes { clerk: clerk.member().id, ..at_desk.notes.value.clone() };
            work.put(&at_desk.notes, &notes);
            Ok(())
        })?;
        self.desk_case(clerk, case).await
    }

    /// Records that a second clerk of the same centre saw the same (PROTOCOLS.md section 11).
    ///
    /// # Errors
    ///
    /// `not-found`, `same-clerk`, `own-case`, `out-of-order`.
    pub async fn second_clerk(&self, clerk: &Clerk, case: CaseId) -> Result<(), Failure> {
        let outcome = attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            let by = match at_desk.case.value.case.person() {
                Some(person) => work.beside(clerk.member(), person).await?,
                None => clerk.member().clone(),
            };
            work.apply_desk(&at_desk, DeskEvent::SecondClerk { by: &by })?;
            Ok(())
        });
        self.noting_own_case(outcome, case, clerk.member().id).await
    }
}

/// A case with the notes that the desk keeps beside it.
pub(crate) struct AtDesk {
    pub(crate) case: Loaded<StoredCase>,
    pub(crate) notes: Loaded<DeskNotes>,
}

impl AtDesk {
    pub(crate) const fn id(&self) -> CaseId {
        self.case.value.case.id
    }

    /// The stage of the visit; `None` where the case is no longer at the desk.
    pub(crate) const fn stage(&self) -> Option<&DeskStage> {
        self.case.value.case.desk()
    }

    /// Under what the journal files entries about the case: the person once identified, else the id of the case.
    fn subject(&self) -> Subject {
        self.case
            .value
            .case
            .person()
            .map_or(Subject::Nobody { matter: self.id().0 }, Subject::Person)
    }
}

impl Work<'_> {
    async fn check_in(&mut self, clerk: &Clerk, reference: &str) -> Result<CaseId, Failure> {
        let policy = self.service.parts().policy.clone();
        let now = self.now();
        let by = clerk.member();
        let stored = self.booking_by_reference(reference).await?.ok_or(Rejection::NoSuchBooking)?;
        let appointment = &stored.value.appointment;
        let id = CaseId(self.service.draw_id());
        let standing = self.standing(by.id).await?;
        let opened = Case::open_at_desk(id, by, Some(appointment.id), now)?;
        let step = appointment.check_in(id, by, &policy, now)?;
        let next = self.take(crate::appointment::matter(appointment.id), step);
        self.put(&stored, &StoredAppointment { appointment: next, ..stored.value.clone() });
        let case = self.take(Subject::Nobody { matter: id.0 }, opened);
        self.sample(id, by.id, &standing);
        self.insert(&DeskNotes::begin(id, by, &stored.value.reference, now)?);
        self.insert(&StoredCase::begin(case));
        Ok(id)
    }

    /// A case of the clerk's centre; a case of another centre is refused like an unknown one.
    pub(crate) async fn at_desk(&mut self, clerk: &Clerk, id: CaseId) -> Result<AtDesk, Failure> {
        let no = || Failure::refused(NOT_FOUND);
        let notes = self.load::<DeskNotes>(Id(id.0)).await?.ok_or_else(no)?;
        if clerk.member().centre != Some(notes.value.centre) {
            return Err(no());
        }
        let case = self.load::<StoredCase>(Id(id.0)).await?.ok_or_else(no)?;
        Ok(AtDesk { case, notes })
    }

    /// Applies one event to the case and saves the step.
    pub(crate) fn apply_desk<'a>(
        &mut self,
        at_desk: &AtDesk,
        event: impl Into<Event<'a>>,
    ) -> Result<Case, Failure> {
        let step = self.step_desk(at_desk, event)?;
        Ok(self.save_desk(at_desk, step))
    }

    pub(crate) fn step_desk<'a>(
        &self,
        at_desk: &AtDesk,
        event: impl Into<Event<'a>>,
    ) -> Result<Step<Case>, Failure> {
        let policy = self.service.parts().policy.clone();
        Ok(at_desk.case.value.case.apply(event, &policy, self.now())?)
    }

    pub(crate) fn save_desk(&mut self, at_desk: &AtDesk, step: Step<Case>) -> Case {
        let subject = match at_desk.subject() {
            // The step that finds the person is already about the person.
            Subject::Nobody { matter } => {
                step.next.person().map_or(Subject::Nobody { matter }, Subject::Person)
            }
            known @ (Subject::Person(_) | Subject::Erased(_)) => known,
        };
        let next = self.take(subject, step);
        self.put(&at_desk.case, &at_desk.case.value.after(next.clone()));
        next
    }
}

#[cfg(test)]
mod tests;
