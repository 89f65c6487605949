//! The phone route: a number typed twice, questions one at a time, and a code that the agent never sees (SERVICE.md section
//! 3).
//!
//! Until the end the agent sees the same whether the number belongs to a person or not, and the end is one neutral sentence.
//! Each request is safe to send twice: what was done already is shown as it stands.

mod drawing;
mod limits;
mod notes;
mod view;

pub use limits::{StoppedAgent, StoppedCentre};
pub use notes::Caller;
pub use view::{CallStep, CallView, ListedCall, Outcome};

use crate::caller::Agent;
use crate::enrolment::{status, today};
use crate::identity::Identity;
use crate::numbers::NumberNews;
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use notes::CallNotes;
use recovery::Step;
use recovery::case::{Case, Closed, Event, Issue, PhoneEvent, PhoneStage, QuestionEvent, Stage};
use recovery::event::JournalEvent;
use recovery::evidence::{QuotedDocument, TypedNumber};
use recovery::id::{CaseId, PersonId, TemporaryPinId};
use recovery::person::{Person, Status};
use recovery::staff::StaffMember;
use registers::PersonRef;
use std::time::Duration;
use store::Id;
use store::case::StoredCase;
use store::facade::Loaded;

/// The one answer to an unknown call and to a call of another agent.
const NOT_FOUND: RefusalCode = RefusalCode::NotFound;
/// The shortest time after which a typed number is answered, whether there was anything to look up or not.
const NUMBER_ANSWERED_AFTER: Duration = Duration::from_millis(350);

impl Service {
    /// Draws the id of a call that a page offers to open, so that sending the page twice opens one call.
    #[must_use]
    pub fn draw_call_id(&self) -> CaseId {
        CaseId(self.draw_id())
    }

    /// Opens a call.
    ///
    /// # Errors
    ///
    /// `agent-stopped`, `centre-stopped`, `route-closed`, `role-not-allowed`; `staff-person-missing` and
    /// `staff-declaration-waiting` for an agent who holds no case yet.
    pub async fn open_call(
        &self,
        agent: &Agent,
        id: CaseId,
        caller: Caller,
    ) -> Result<CallView, Failure> {
        attempt!(self, |work| {
            if work.load::<CallNotes>(Id(id.0)).await?.is_some() {
                return Ok(());
            }
            let by = agent.member();
            work.refuse_stopped(by).await?;
            let standing = work.standing(by.id).await?;
            let policy = work.service.parts().policy.clone();
            let step = Case::open_call(id, by, &policy, work.now())?;
            let case = work.take(Subject::Nobody { matter: id.0 }, step);
            work.sample(id, by.id, &standing);
            work.insert(&StoredCase::begin(case));
            work.insert(&CallNotes::begin(id, by.id, &caller, work.now()));
            Ok(())
        })?;
        self.call(agent, id).await
    }

    /// The present state of a call of this agent.
    ///
    /// # Errors
    ///
    /// `not-found`, also for a call of another agent.
    pub async fn call(&self, agent: &Agent, id: CaseId) -> Result<CallView, Failure> {
        let mut work = Work::begin(self).await?;
        let call = work.call(agent.member(), id).await?;
        Ok(view::of(&call.case.value.case, &call.notes.value, &self.parts().policy, work.now()))
    }

    /// Takes the number that the caller read out, typed twice. The first question follows, whoever's number it is.
    ///
    /// # Errors
    ///
    /// `numbers-differ` and `number-malformed`, which depend only on what was typed; `agent-stopped`, `centre-stopped`.
    pub async fn quote_number(
        &self,
        agent: &Agent,
        id: CaseId,
        document: QuotedDocument,
        typed: (&str, &str),
    ) -> Result<CallView, Failure> {
        let typed = TypedNumber::twice(document, typed.0, typed.1)?;
        let (done, ()) = tokio::join!(
            self.number_typed(agent, id, &typed),
            tokio::time::sleep(NUMBER_ANSWERED_AFTER)
        );
        done?;
        self.call(agent, id).await
    }

    async fn number_typed(
        &self,
        agent: &Agent,
        id: CaseId,
        typed: &TypedNumber,
    ) -> Result<(), Failure> {
        let quoted = self.whose(typed).await?;
        attempt!(self, |work| {
            let call = work.call(agent.member(), id).await?;
            if !matches!(call.stage(), Some(PhoneStage::AwaitingNumber)) {
                return Ok(());
            }
            work.refuse_stopped(agent.member()).await?;
            work.number_typed(agent.member(), &call, typed, quoted.as_ref()).await
        })
    }

    /// Takes the caller's answer to question `number`; an empty answer means that the caller does not know. The next
    /// question follows by itself.
    ///
    /// # Errors
    ///
    /// `answer-too-long`, `case-expired`.
    pub async fn answer_call(
        &self,
        agent: &Agent,
        id: CaseId,
        number: u8,
        given: &str,
    ) -> Result<CallView, Failure> {
        attempt!(self, |work| {
            let call = work.call(agent.member(), id).await?;
            let Some(PhoneStage::Asking { run, .. }) = call.stage() else { return Ok(()) };
            // An answer sent twice must not answer the next question.
            if run.put != number || run.judged >= number {
                return Ok(());
            }
            work.answered(agent.member(), &call, given).await
        })?;
        self.call(agent, id).await
    }

    /// Issues the temporary PIN by SMS, if the rules allow it. The reason of a refusal stands in the journal alone.
    ///
    /// # Errors
    ///
    /// `case-expired`, `own-case`.
    pub async fn send_temporary_pin(&self, agent: &Agent, id: CaseId) -> Result<CallView, Failure> {
        let fresh = self.fresh_status(agent, id).await?;
        let news = match self.who_answered(agent, id).await? {
            Some(person) => self.ask_about_number(person).await?,
            None => None,
        };
        attempt!(self, |work| {
            let call = work.call(agent.member(), id).await?;
            let Some(&PhoneStage::EnoughAnswers { person }) = call.stage() else {
                return Ok(());
            };
            work.send(agent.member(), &call, person, (fresh, news)).await
        })?;
        self.call(agent, id).await
    }

    /// Ends the case because the agent suspects fraud; to the caller it looks like any ending.
    ///
    /// # Errors
    ///
    /// `case-expired`.
    pub async fn flag_call(&self, agent: &Agent, id: CaseId) -> Result<CallView, Failure> {
        attempt!(self, |work| {
            let call = work.call(agent.member(), id).await?;
            if call.stage().is_none() {
                return Ok(());
            }
            work.apply_call(&call, Event::FraudFlagged { by: agent.member() })?;
            Ok(())
        })?;
        self.call(agent, id).await
    }

    /// The calls that this agent took in the last 24 hours, newest first, without the people they were about.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn calls_today(&self, agent: &Agent) -> Result<Vec<ListedCall>, Failure> {
        let mut work = Work::begin(self).await?;
        work.listed_calls(agent.member()).await
    }

    /// The person whose answers were enough, where a code is about to be sent.
    async fn who_answered(&self, agent: &Agent, id: CaseId) -> Result<Option<PersonId>, Failure> {
        let mut work = Work::begin(self).await?;
        let call = work.call(agent.member(), id).await?;
        let Some(&PhoneStage::EnoughAnswers { person }) = call.stage() else {
            return Ok(None);
        };
        Ok(Some(person))
    }

    /// The person's status in the register, read again before a code is issued.
    async fn fresh_status(&self, agent: &Agent, id: CaseId) -> Result<Option<Status>, Failure> {
        let mut work = Work::begin(self).await?;
        let call = work.call(agent.member(), id).await?;
        let Some(&PhoneStage::EnoughAnswers { person }) = call.stage() else {
            return Ok(None);
        };
        let identity = work
            .load::<Identity>(Id(person.0))
            .await?
            .ok_or_else(|| Failure::fault("a person has no identity", "missing identity"))?;
        let Ok(reference) = PersonRef::parse(identity.value.operator_id.expose()) else {
            return Ok(None);
        };
        let found = self.register_record(&reference).await?;
        let day = today(work.now());
        Ok(found.map(|found| status(&found, day)))
    }
}

/// A call with the notes that are kept beside its case.
pub(crate) struct OpenCall {
    pub(crate) case: Loaded<StoredCase>,
    pub(crate) notes: Loaded<CallNotes>,
}

impl OpenCall {
    const fn id(&self) -> CaseId {
        self.case.value.case.id
    }

    /// The stage of the call; `None` where nothing more is to be done on the phone.
    const fn stage(&self) -> Option<&PhoneStage> {
        self.case.value.case.phone()
    }
}

impl Work<'_> {
    /// A call of this agent; a call of another agent is refused like an unknown one.
    async fn call(&mut self, by: &StaffMember, id: CaseId) -> Result<OpenCall, Failure> {
        let no = || Failure::refused(NOT_FOUND);
        let notes = self.load::<CallNotes>(Id(id.0)).await?.ok_or_else(no)?;
        if notes.value.agent != by.id {
            return Err(no());
        }
        let case = self.load::<StoredCase>(Id(id.0)).await?.ok_or_else(no)?;
        Ok(OpenCall { case, notes })
    }

    fn save_call(&mut self, call: &OpenCall, step: Step<Case>) -> Case {
        let known = call.case.value.case.person().or_else(|| step.next.person());
        let subject = known.map_or(Subject::Nobody { matter: call.id().0 }, Subject::Person);
        let next = self.take(subject, step);
        self.put(&call.case, &call.case.value.after(next.clone()));
        next
    }

    fn apply_call<'a>(
        &mut self,
        call: &OpenCall,
        event: impl Into<Event<'a>>,
    ) -> Result<Case, Failure> {
        let policy = self.service.parts().policy.clone();
        let step = call.case.value.case.apply(event, &policy, self.now())?;
        Ok(self.save_call(call, step))
    }

    async fn answered(
        &mut self,
        by: &StaffMember,
        call: &OpenCall,
        given: &str,
    ) -> Result<(), Failure> {
        let policy = self.service.parts().policy.clone();
        let now = self.now();
        let step =
            call.case.value.case.apply(QuestionEvent::Answered { by, given }, &policy, now)?;
        let step = if matches!(step.next.phone(), Some(PhoneStage::Asking { .. })) {
            let put = step.next.apply(QuestionEvent::Put { by }, &policy, now)?;
            joined(step, put)
        } else {
            step
        };
        let next = self.save_call(call, step);
        if let Stage::Closed(Closed::Refused { person: Some(person), .. }) = next.stage {
            let person = self.load_person(person).await?;
            let step = person.value.count_failed_call(&policy, now);
            let counted = self.take(person.value.id, step);
            self.put(&person, &counted);
        }
        Ok(())
    }

    async fn send(
        &mut self,
        by: &StaffMember,
        call: &OpenCall,
        person: PersonId,
        (fresh, news): (Option<Status>, Option<NumberNews>),
    ) -> Result<(), Failure> {
        let loaded = self.load_person(person).await?;
        let mut person: Person = self.learn_of_number(&loaded, news)?;
        if let Some(status) = fresh.filter(|status| *status != person.status) {
            person.status = status;
            self.say(person.id, JournalEvent::StatusChanged { person: person.id });
        }
        if person == loaded.value {
            self.expect(&loaded);
        } else {
            self.put(&loaded, &person);
        }
        let (_, slot) = self.temporary_pin_of(person.id).await?;
        let temporary_pin = TemporaryPinId(self.service.draw_id());
        let veto = self.new_veto(call.id());
        let issue = Issue { person: &person, slot: &slot, temporary_pin, veto };
        let next = self.apply_call(call, PhoneEvent::SendTemporaryPin { by, issue })?;
        if matches!(next.stage, Stage::Issued(_)) {
            self.place_code(person.id, call.id(), temporary_pin, None).await?;
        }
        Ok(())
    }
}

/// Two steps of a case joined into one, so that they are saved together.
fn joined(first: Step<Case>, then: Step<Case>) -> Step<Case> {
    Step {
        next: then.next,
        effects: first.effects.into_iter().chain(then.effects).collect(),
        journal: first.journal.into_iter().chain(then.journal).collect(),
    }
}

#[cfg(test)]
mod tests;
