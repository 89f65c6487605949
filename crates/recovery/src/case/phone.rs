//! The phone route: a number typed twice, questions, and a code that the agent never sees.

use crate::alarm::Alarm;
use crate::case::code::Handover;
use crate::case::{Case, CaseState, Event, Ground, RefusalReason};
use crate::effect::{Effect, Step};
use crate::event::JournalEvent;
use crate::id::{CaseId, CentreId, PersonId, StaffId};
use crate::policy::{Policy, QuestionWeight};
use crate::questions::{Answered, CallSubject, QuestionRun, Verdict};
use crate::rejection::Rejection;
use crate::staff::{Role, StaffMember};
use crate::time::Timestamp;

/// Who took the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    pub agent: StaffId,
    pub centre: CentreId,
}

impl Case {
    /// Opens a call. Only somebody who rings gets this far: a written request never does (R11).
    ///
    /// # Errors
    ///
    /// [`Rejection::RoleNotAllowed`], [`Rejection::RouteClosed`].
    pub fn open_call(
        id: CaseId,
        by: &StaffMember,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        by.require(Role::Agent)?;
        let centre = by.centre.ok_or(Rejection::RoleNotAllowed)?;
        if !policy.phone.open || policy.questions.weight == QuestionWeight::NotUsed {
            return Err(Rejection::RouteClosed);
        }
        let call = Call { agent: by.id, centre };
        let case = Self { id, opened_at: now, state: CaseState::AwaitingNumber { call } };
        let route = case.route();
        Ok(Step::to(case).saying(JournalEvent::CaseOpened { case: id, route }))
    }

    pub(super) fn apply_phone(
        &self,
        event: Event<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        match (&self.state, event) {
            (CaseState::AwaitingNumber { call }, Event::NumberTyped { by, subject }) => {
                self.check_staff(by)?;
                self.number_typed(*call, by, subject)
            }
            (CaseState::Asking { call, person, run }, Event::QuestionPut { by }) => {
                self.check_staff(by)?;
                let run = run.put_next()?;
                let said = JournalEvent::QuestionPut { case: self.id, number: run.put };
                let state = CaseState::Asking { call: *call, person: *person, run };
                Ok(Step::to(self.in_state(state)).saying(said))
            }
            (CaseState::Asking { call, person, run }, Event::Answered { by, given }) => {
                self.check_staff(by)?;
                let answered = run.answer(given, policy.questions.name_edits_max)?;
                Ok(self.answered_on_the_phone(*call, *person, answered, now))
            }
            (CaseState::EnoughAnswers { call, .. }, Event::SendTemporaryPin { by, issue }) => {
                self.check_staff(by)?;
                let ground = Ground::Phone { call: *call };
                self.issue(Handover::by_sms(ground), issue, policy, now)
            }
            _ => Err(Rejection::OutOfOrder),
        }
    }

    fn number_typed(
        &self,
        call: Call,
        by: &StaffMember,
        subject: CallSubject,
    ) -> Result<Step<Self>, Rejection> {
        let person = subject.person();
        if let Some(person) = person {
            by.keep_away_from(person)?;
        }
        let of_family = subject.is_of_agents_family();
        let run = QuestionRun::new(subject.into_set());
        let step = Step::to(self.in_state(CaseState::Asking { call, person, run }))
            .saying(JournalEvent::NumberTyped { case: self.id, agent: call.agent });
        Ok(match person {
            None if of_family => step
                .owing(Effect::Alarm { alarm: Alarm::OwnOrFamilyCase })
                .saying(JournalEvent::OwnCaseMet { case: self.id, staff: call.agent }),
            Some(_) => step,
            None => step.saying(JournalEvent::NumberUnknown {
                case: self.id,
                agent: call.agent,
                centre: call.centre,
            }),
        })
    }

    fn answered_on_the_phone(
        &self,
        call: Call,
        person: Option<PersonId>,
        answered: Answered,
        now: Timestamp,
    ) -> Step<Self> {
        let Answered { run, right, verdict } = answered;
        let judged = JournalEvent::AnswerJudged { case: self.id, number: run.judged, right };
        match (verdict, person) {
            (Verdict::GoOn, _) => {
                let state = CaseState::Asking { call, person, run };
                Step::to(self.in_state(state)).saying(judged)
            }
            (Verdict::Enough, Some(person)) => {
                Step::to(self.in_state(CaseState::EnoughAnswers { call, person }))
                    .saying(judged)
                    .saying(JournalEvent::EnoughAnswers { case: self.id })
            }
            // Nobody can answer a decoy right; should it happen, it leads nowhere.
            (Verdict::NotEnough, _) | (Verdict::Enough, None) => {
                let step = self.refuse(RefusalReason::NotEnoughAnswers, now);
                let journal = [judged, JournalEvent::NotEnoughAnswers { case: self.id }];
                let journal = journal.into_iter().chain(step.journal).collect();
                Step { journal, ..step }
            }
        }
    }
}
