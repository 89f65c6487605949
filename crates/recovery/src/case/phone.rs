//! The phone route: a document number typed twice, register questions, and a temporary PIN that the agent never sees.

use crate::alarm::Alarm;
use crate::case::issue::Handover;
use crate::case::{Case, Ground, Issue, QuestionEvent};
use crate::decision::Decision;
use crate::effect::Effect;
use crate::event::JournalEvent;
use crate::id::{CaseId, CentreId, PersonId, StaffId};
use crate::policy::{Policy, QuestionWeight};
use crate::questions::{Answered, CallSubject, QuestionRun, Verdict};
use crate::rejection::Rejection;
use crate::route::{RefusalReason, Route};
use crate::staff::{Role, StaffMember};
use crate::time::Timestamp;

/// The agent who took the call, and the agent's centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    pub agent: StaffId,
    pub centre: CentreId,
}

/// A case on a call, until a temporary PIN is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneCase {
    pub call: Call,
    pub stage: PhoneStage,
}

/// The stage of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneStage {
    /// The agent is to type, twice, the document number that the caller reads out.
    AwaitingNumber,
    /// Register questions are asked one at a time. `person` is `None` for decoy questions; the agent sees no
    /// difference.
    Asking { person: Option<PersonId>, run: QuestionRun },
    /// Enough answers were right; the agent may have the temporary PIN sent.
    EnoughAnswers { person: PersonId },
}

impl PhoneStage {
    /// The stable code of the stage.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AwaitingNumber => "awaiting-number",
            Self::Asking { .. } => "asking",
            Self::EnoughAnswers { .. } => "enough-answers",
        }
    }

    /// The person that the call is about, where that is known.
    #[must_use]
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::AwaitingNumber => None,
            Self::Asking { person, .. } => *person,
            Self::EnoughAnswers { person } => Some(*person),
        }
    }
}

/// What can happen on a call, apart from questions.
#[derive(Clone, Debug)]
pub enum PhoneEvent<'a> {
    /// The agent typed a document number twice alike; `subject` holds the questions that were drawn for it.
    NumberTyped {
        by: &'a StaffMember,
        subject: CallSubject,
    },
    SendTemporaryPin {
        by: &'a StaffMember,
        issue: Issue<'a>,
    },
}

impl PhoneCase {
    const fn with(&self, stage: PhoneStage) -> Self {
        Self { call: self.call, stage }
    }
}

impl Case {
    /// Opens a case for a call. Only a caller on the phone can have one: a written request never opens a case (R11).
    ///
    /// # Errors
    ///
    /// [`Rejection::RoleNotAllowed`], [`Rejection::RouteClosed`].
    pub fn open_call(
        id: CaseId,
        by: &StaffMember,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        by.require(Role::Agent)?;
        let centre = by.centre.ok_or(Rejection::RoleNotAllowed)?;
        if !policy.phone.open || policy.questions.weight == QuestionWeight::NotUsed {
            return Err(Rejection::RouteClosed);
        }
        let call = Call { agent: by.id, centre };
        let stage = PhoneCase { call, stage: PhoneStage::AwaitingNumber }.into();
        Ok(Decision::to(Self { id, opened_at: now, stage })
            .saying(JournalEvent::CaseOpened { case: id, route: Route::Phone }))
    }

    pub(super) fn apply_phone(
        &self,
        at: &PhoneCase,
        event: PhoneEvent<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        match (&at.stage, event) {
            (PhoneStage::AwaitingNumber, PhoneEvent::NumberTyped { by, subject }) => {
                self.check_staff(by)?;
                self.number_typed(at, by, subject)
            }
            (PhoneStage::EnoughAnswers { .. }, PhoneEvent::SendTemporaryPin { by, issue }) => {
                self.check_staff(by)?;
                let ground = Ground::Phone { call: at.call };
                self.issue(Handover::by_sms(ground), issue, policy, now)
            }
            _ => Err(Rejection::OutOfOrder),
        }
    }

    pub(super) fn apply_question_on_the_phone(
        &self,
        at: &PhoneCase,
        event: QuestionEvent<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        let PhoneStage::Asking { person, run } = &at.stage else {
            return Err(Rejection::OutOfOrder);
        };
        match event {
            QuestionEvent::Put { by } => {
                self.check_staff(by)?;
                let run = run.put_next()?;
                let said = JournalEvent::QuestionPut { case: self.id, number: run.put };
                Ok(self.to(at.with(PhoneStage::Asking { person: *person, run })).saying(said))
            }
            QuestionEvent::Answered { by, given, person: caller } => {
                self.check_staff(by)?;
                let answered = run.answer(given, policy.questions.name_edits_max)?;
                let decision = self.answered_on_the_phone(at, *person, answered, now);
                let Some(person) = person.filter(|_| decision.next.is_closed()) else {
                    return Ok(decision);
                };
                let caller = caller.filter(|it| it.id == person).ok_or(Rejection::OutOfOrder)?;
                Ok(decision.with(caller.count_failed_call(policy, now)))
            }
        }
    }

    fn number_typed(
        &self,
        at: &PhoneCase,
        by: &StaffMember,
        subject: CallSubject,
    ) -> Result<Decision<Self>, Rejection> {
        let call = at.call;
        let person = subject.person();
        if let Some(person) = person {
            by.keep_away_from(person)?;
        }
        let of_family = subject.is_of_agents_family();
        let run = QuestionRun::new(subject.into_set());
        let step = self
            .to(at.with(PhoneStage::Asking { person, run }))
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
        at: &PhoneCase,
        person: Option<PersonId>,
        answered: Answered,
        now: Timestamp,
    ) -> Decision<Self> {
        let Answered { run, right, verdict } = answered;
        let judged = JournalEvent::AnswerJudged { case: self.id, number: run.judged, right };
        match (verdict, person) {
            (Verdict::GoOn, _) => {
                self.to(at.with(PhoneStage::Asking { person, run })).saying(judged)
            }
            (Verdict::Enough, Some(person)) => self
                .to(at.with(PhoneStage::EnoughAnswers { person }))
                .saying(judged)
                .saying(JournalEvent::EnoughAnswers { case: self.id }),
            // Nobody can answer a decoy right; should it happen, it leads nowhere.
            (Verdict::NotEnough, _) | (Verdict::Enough, None) => {
                let step = self.refuse(RefusalReason::NotEnoughAnswers, now);
                let journal = [judged, JournalEvent::NotEnoughAnswers { case: self.id }];
                let journal = journal.into_iter().chain(step.journal).collect();
                Decision { journal, ..step }
            }
        }
    }
}
