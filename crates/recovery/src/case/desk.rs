//! Citizen Service: a person at a desk, documents, and questions or a witness.

use crate::case::code::Handover;
use crate::case::{Case, CaseState, Event, Ground, RefusalReason, Route};
use crate::chaining::admit;
use crate::effect::Step;
use crate::event::JournalEvent;
use crate::evidence::{JudgedChip, SeenAtDesk, Witness};
use crate::id::{AppointmentId, CaseId, CentreId, PersonId, StaffId};
use crate::policy::Policy;
use crate::questions::{Answered, QuestionRun, SetKey, Verdict};
use crate::rejection::Rejection;
use crate::staff::{Role, StaffMember};
use crate::time::Timestamp;

/// Who stands where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Visit {
    pub clerk: StaffId,
    pub centre: CentreId,
    pub appointment: Option<AppointmentId>,
}

/// What identified the person beside the documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskProof {
    Questions(SetKey),
    Witness(Witness),
    /// The chip of the document proved itself at the desk (by policy only).
    Chip(Box<super::ChipEvidence>),
}

/// Why a clerk sends a person away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeskRefusal {
    PictureDiffers,
    DocumentsNotValid,
    NoSecondProof,
}

impl Case {
    /// Opens a case for a person who was checked in at a desk.
    ///
    /// # Errors
    ///
    /// [`Rejection::RoleNotAllowed`].
    pub fn open_at_desk(
        id: CaseId,
        by: &StaffMember,
        appointment: Option<AppointmentId>,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        by.require(Role::Clerk)?;
        let centre = by.centre.ok_or(Rejection::RoleNotAllowed)?;
        let visit = Visit { clerk: by.id, centre, appointment };
        let case = Self { id, opened_at: now, state: CaseState::AtDesk { visit } };
        Ok(Step::to(case)
            .saying(JournalEvent::CaseOpened { case: id, route: Route::Desk })
            .saying(JournalEvent::CheckedIn { case: id, clerk: by.id, centre }))
    }

    pub(super) fn apply_desk(
        &self,
        event: Event<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        if let Event::SecondClerk { by } = event {
            return self.second_clerk(by);
        }
        if let Event::TakenOver { by } = event {
            return self.taken_over(by);
        }
        match (&self.state, event) {
            (CaseState::AtDesk { visit }, Event::DocumentsSeen { by, person, seen }) => {
                self.check_staff(by)?;
                by.keep_away_from(person.id)?;
                if let Err(reason) = admit(person, Route::Desk, policy, now) {
                    let step = self.refuse(reason, now);
                    return Ok(step);
                }
                Ok(self.documents_accepted(*visit, person.id, seen))
            }
            (
                CaseState::DocumentsAccepted { visit, person, seen },
                Event::QuestionsDrawn { by, set },
            ) => {
                self.check_staff(by)?;
                if !policy.desk.questions_asked {
                    return Err(Rejection::RouteClosed);
                }
                let (visit, person, seen) = (*visit, *person, seen.clone());
                let run = QuestionRun::new(set);
                let state = CaseState::AskingAtDesk { visit, person, seen, run };
                Ok(Step::to(self.in_state(state)))
            }
            (CaseState::AskingAtDesk { visit, person, seen, run }, Event::QuestionPut { by }) => {
                self.check_staff(by)?;
                let run = run.put_next()?;
                let said = JournalEvent::QuestionPut { case: self.id, number: run.put };
                let (visit, person, seen) = (*visit, *person, seen.clone());
                let state = CaseState::AskingAtDesk { visit, person, seen, run };
                Ok(Step::to(self.in_state(state)).saying(said))
            }
            (CaseState::AskingAtDesk { run, .. }, Event::Answered { by, given }) => {
                self.check_staff(by)?;
                let answered = run.answer(given, policy.questions.name_edits_max)?;
                self.answered_at_desk(answered, now)
            }
            (CaseState::DocumentsAccepted { .. }, Event::WitnessHeard { by, witness }) => {
                self.check_staff(by)?;
                by.keep_away_from(witness.person())?;
                self.witness_heard(by, witness)
            }
            (CaseState::DocumentsAccepted { .. }, Event::ChipReadAtDesk { by, judged }) => {
                self.check_staff(by)?;
                if self.person() != Some(judged.person()) {
                    return Err(Rejection::OutOfOrder);
                }
                self.chip_read_at_desk(judged.into_outcome(), policy, now)
            }
            (
                CaseState::Identified { visit, seen, proof, second_clerk, .. },
                Event::IssueAtDesk { by, issue, delivery, instance },
            ) => {
                self.check_staff(by)?;
                let ground = Ground::Desk {
                    visit: *visit,
                    seen: seen.clone(),
                    proof: proof.clone(),
                    second_clerk: *second_clerk,
                };
                self.issue(Handover { ground, delivery, instance }, issue, policy, now)
            }
            (
                CaseState::AtDesk { .. }
                | CaseState::DocumentsAccepted { .. }
                | CaseState::AskingAtDesk { .. }
                | CaseState::Identified { .. },
                Event::RefusedAtDesk { by, reason },
            ) => {
                self.check_staff(by)?;
                Ok(self.refuse(reason.into(), now))
            }
            _ => Err(Rejection::OutOfOrder),
        }
    }

    /// Another clerk of the centre goes on with a visit of which nothing is known yet.
    fn taken_over(&self, by: &StaffMember) -> Result<Step<Self>, Rejection> {
        let CaseState::AtDesk { visit } = &self.state else { return Err(Rejection::OutOfOrder) };
        by.require(Role::Clerk)?;
        if by.centre != Some(visit.centre) {
            return Err(Rejection::NotYourCase);
        }
        if by.id == visit.clerk {
            return Err(Rejection::SameClerk);
        }
        let visit = Visit { clerk: by.id, ..*visit };
        let said = JournalEvent::CheckedIn { case: self.id, clerk: by.id, centre: visit.centre };
        Ok(Step::to(self.in_state(CaseState::AtDesk { visit })).saying(said))
    }

    fn documents_accepted(&self, visit: Visit, person: PersonId, seen: SeenAtDesk) -> Step<Self> {
        let proof = seen.cpr_proof().map(|proof| proof.code());
        let codes = core::iter::once(seen.picture().code()).chain(proof).collect();
        let said = JournalEvent::DocumentsSeen { case: self.id, clerk: visit.clerk, codes };
        Step::to(self.in_state(CaseState::DocumentsAccepted { visit, person, seen })).saying(said)
    }

    fn answered_at_desk(
        &self,
        answered: Answered,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        let CaseState::AskingAtDesk { visit, person, seen, .. } = &self.state else {
            return Err(Rejection::OutOfOrder);
        };
        let Answered { run, right, verdict } = answered;
        let (visit, person, seen) = (*visit, *person, seen.clone());
        let judged = JournalEvent::AnswerJudged { case: self.id, number: run.judged, right };
        let step = match verdict {
            Verdict::GoOn => {
                let state = CaseState::AskingAtDesk { visit, person, seen, run };
                Step::to(self.in_state(state))
            }
            Verdict::Enough => {
                let proof = DeskProof::Questions(SetKey::of(&run.set.questions));
                let state =
                    CaseState::Identified { visit, person, seen, proof, second_clerk: None };
                Step::to(self.in_state(state)).saying(JournalEvent::EnoughAnswers { case: self.id })
            }
            Verdict::NotEnough => self
                .refuse(RefusalReason::NotEnoughAnswers, now)
                .saying(JournalEvent::NotEnoughAnswers { case: self.id }),
        };
        let journal = core::iter::once(judged).chain(step.journal).collect();
        Ok(Step { journal, ..step })
    }

    fn witness_heard(&self, by: &StaffMember, witness: Witness) -> Result<Step<Self>, Rejection> {
        let CaseState::DocumentsAccepted { visit, person, seen } = &self.state else {
            return Err(Rejection::OutOfOrder);
        };
        if witness.person() == *person {
            return Err(Rejection::WitnessNotAccepted);
        }
        let said =
            JournalEvent::WitnessHeard { case: self.id, clerk: by.id, witness: witness.person() };
        let state = CaseState::Identified {
            visit: *visit,
            person: *person,
            seen: seen.clone(),
            proof: DeskProof::Witness(witness),
            second_clerk: None,
        };
        Ok(Step::to(self.in_state(state)).saying(said))
    }

    fn chip_read_at_desk(
        &self,
        outcome: JudgedChip,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        let CaseState::DocumentsAccepted { visit, person, seen } = &self.state else {
            return Err(Rejection::OutOfOrder);
        };
        let chip = match outcome {
            JudgedChip::Theirs(chip) => chip,
            JudgedChip::WrongPCode => return Err(Rejection::PCodeInvalid),
            JudgedChip::Refused(reason) => return Ok(self.refuse(reason, now)),
        };
        let said = JournalEvent::ChipVerified { case: self.id };
        let proven = chip.document_without_presence().is_none();
        if !(policy.desk.chip_is_second_proof && proven) {
            // Good to know, and no second proof.
            return Ok(Step::to(self.clone()).saying(said));
        }
        let state = CaseState::Identified {
            visit: *visit,
            person: *person,
            seen: seen.clone(),
            proof: DeskProof::Chip(Box::new(chip)),
            second_clerk: None,
        };
        Ok(Step::to(self.in_state(state)).saying(said))
    }

    /// A second clerk, another person, saw the same (PROTOCOLS.md 11).
    fn second_clerk(&self, by: &StaffMember) -> Result<Step<Self>, Rejection> {
        let CaseState::Identified { visit, person, seen, proof, .. } = &self.state else {
            return Err(Rejection::OutOfOrder);
        };
        by.require(Role::Clerk)?;
        by.keep_away_from(*person)?;
        if by.id == visit.clerk {
            return Err(Rejection::SameClerk);
        }
        let state = CaseState::Identified {
            visit: *visit,
            person: *person,
            seen: seen.clone(),
            proof: proof.clone(),
            second_clerk: Some(by.id),
        };
        Ok(Step::to(self.in_state(state))
            .saying(JournalEvent::SecondClerk { case: self.id, clerk: by.id }))
    }
}

impl From<DeskRefusal> for RefusalReason {
    fn from(refusal: DeskRefusal) -> Self {
        match refusal {
            DeskRefusal::PictureDiffers => Self::PictureDiffers,
            DeskRefusal::DocumentsNotValid => Self::DocumentsNotValid,
            DeskRefusal::NoSecondProof => Self::NoSecondProof,
        }
    }
}
