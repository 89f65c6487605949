//! A call as its agent may see it: without the person, the right answers, and the reason of a refusal.

use super::notes::{CallNotes, by_agent};
use crate::Failure;
use crate::work::Work;
use recovery::case::{Case, Closed, PhoneStage, Stage};
use recovery::evidence::QuotedDocument;
use recovery::id::CaseId;
use recovery::policy::Policy;
use recovery::questions::FactKind;
use recovery::staff::StaffMember;
use recovery::time::Timestamp;
use store::rows::case::StoredCase;

/// A call as its agent may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallView {
    /// The id of the case.
    pub id: CaseId,
    /// The language that is spoken, BCP 47.
    pub language: String,
    /// Seconds until an open call lapses.
    pub seconds_left: u64,
    /// What the agent has to do next.
    pub step: CallStep,
}

/// What the agent has to do next in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallStep {
    /// Type the number that the caller reads out.
    Number,
    /// Read out a question.
    Question {
        /// The number of the question, counted from 1.
        number: u8,
        /// The largest number of questions.
        of: u8,
        /// The kind of fact that is asked, which chooses the text.
        kind: FactKind,
        /// Which of several facts of this kind is asked.
        ordinal: u8,
    },
    /// Enough answers were right: the temporary PIN can be sent.
    Enough,
    /// The temporary PIN was sent.
    Sent,
    /// It is not possible: the agent reads out the neutral sentence. The reason is hidden from the agent on purpose.
    NotPossible,
    /// The call lapsed.
    Lapsed,
}

/// A call in its agent's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedCall {
    /// The id of the case.
    pub id: CaseId,
    /// When it began.
    pub opened_at: Timestamp,
    /// The kind of document whose number the caller read out.
    pub document: Option<QuotedDocument>,
    /// The outcome of the call.
    pub outcome: Outcome,
}

/// The outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The call is still open.
    Open,
    /// A temporary PIN was sent.
    Sent,
    /// The call ended with the neutral sentence.
    NotPossible,
    /// The call lapsed.
    Lapsed,
}

pub(super) fn of(case: &Case, notes: &CallNotes, policy: &Policy, now: Timestamp) -> CallView {
    let seconds_left = case.deadline(policy).map_or(0, |until| until.seconds_from(now));
    let step = step(case, policy, now);
    CallView { id: case.id, language: notes.language.clone(), seconds_left, step }
}

fn step(case: &Case, policy: &Policy, now: Timestamp) -> CallStep {
    if case.phone().is_some() && case.deadline(policy).is_some_and(|until| now >= until) {
        return CallStep::Lapsed;
    }
    match &case.stage {
        Stage::Phone(at) => match &at.stage {
            PhoneStage::AwaitingNumber => CallStep::Number,
            PhoneStage::Asking { run, .. } => match run.open_question() {
                Some(question) => CallStep::Question {
                    number: run.put,
                    of: u8::try_from(run.set.questions.len()).unwrap_or(u8::MAX),
                    kind: question.kind,
                    ordinal: question.ordinal,
                },
                None => CallStep::NotPossible,
            },
            PhoneStage::EnoughAnswers { .. } => CallStep::Enough,
        },
        // What the person makes of the code is not the agent's to see.
        Stage::Issued(_) | Stage::Granted(_) | Stage::Closed(Closed::Completed { .. }) => {
            CallStep::Sent
        }
        Stage::Closed(Closed::Lapsed { .. }) => CallStep::Lapsed,
        Stage::Closed(Closed::Refused { .. } | Closed::Stopped { .. })
        | Stage::ChipFace(_)
        | Stage::Desk(_)
        | Stage::Waiting(_) => CallStep::NotPossible,
    }
}

impl Work<'_> {
    pub(super) async fn listed_calls(
        &mut self,
        by: &StaffMember,
    ) -> Result<Vec<ListedCall>, Failure> {
        let parts = self.service.parts();
        let (lookup, policy) = (by_agent(&parts.keys, by.id), parts.policy.clone());
        let now = self.now();
        let mut calls = Vec::new();
        for notes in self.find::<CallNotes>(lookup).await? {
            let Some(case) = self.get::<StoredCase>(notes.case).await? else {
                continue;
            };
            let outcome = match step(&case.case, &policy, now) {
                CallStep::Number | CallStep::Question { .. } | CallStep::Enough => Outcome::Open,
                CallStep::Sent => Outcome::Sent,
                CallStep::NotPossible => Outcome::NotPossible,
                CallStep::Lapsed => Outcome::Lapsed,
            };
            calls.push(ListedCall {
                id: notes.case,
                opened_at: notes.opened_at,
                document: notes.document,
                outcome,
            });
        }
        calls.sort_by_key(|call| std::cmp::Reverse(call.opened_at));
        Ok(calls)
    }
}
