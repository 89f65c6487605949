//! The desk route at a Citizen Service Centre: documents, and questions or a witness.

use crate::case::issue::Handover;
use crate::case::{Case, ChipEvidence, Delivery, Ground, Issue, QuestionEvent};
use crate::chaining::admit;
use crate::decision::Decision;
use crate::event::JournalEvent;
use crate::evidence::{ChipJudged, JudgedChip, SeenAtDesk, Witness};
use crate::id::{AppointmentId, CaseId, CentreId, InstanceId, PersonId, StaffId};
use crate::person::Person;
use crate::policy::Policy;
use crate::questions::{Answered, QuestionRun, QuestionSet, SetKey, Verdict};
use crate::rejection::Rejection;
use crate::route::{RefusalReason, Route};
use crate::staff::{Role, StaffMember};
use crate::time::Timestamp;

/// The clerk and centre that receive a person, and the booking that the person came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Visit {
    pub clerk: StaffId,
    pub centre: CentreId,
    pub appointment: Option<AppointmentId>,
}

/// What identified the person besides the documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskProof {
    /// Enough right answers to this set of register questions.
    Questions(SetKey),
    /// Somebody vouched for the person.
    Witness(Witness),
    /// The chip of the document proved at the desk that it is genuine; the policy says whether this suffices.
    Chip(Box<ChipEvidence>),
}

/// Why a clerk refuses a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeskRefusal {
    /// The picture in the document does not show the person.
    PictureDiffers,
    DocumentsNotValid,
    /// Neither questions nor a witness nor a chip identified the person.
    NoSecondProof,
}

/// A case at a desk, until a temporary PIN is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskCase {
    pub visit: Visit,
    pub stage: DeskStage,
}

/// The stage of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskStage {
    /// The person is at the desk; no documents were accepted yet.
    AtDesk,
    /// The documents are valid; questions or a witness come next.
    DocumentsAccepted { person: PersonId, seen: SeenAtDesk },
    /// Register questions are asked at the desk.
    Asking { person: PersonId, seen: SeenAtDesk, run: QuestionRun },
    /// The person is identified: a temporary PIN may be issued, after a second clerk where the policy requires one.
    Identified {
        person: PersonId,
        seen: SeenAtDesk,
        proof: DeskProof,
        second_clerk: Option<StaffId>,
    },
}

impl DeskStage {
    /// The stable code of the stage.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AtDesk => "at-desk",
            Self::DocumentsAccepted { .. } => "documents-accepted",
            Self::Asking { .. } => "asking-at-desk",
            Self::Identified { .. } => "identified",
        }
    }

    /// The person at the desk, once valid documents have named one.
    #[must_use]
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::AtDesk => None,
            Self::DocumentsAccepted { person, .. }
            | Self::Asking { person, .. }
            | Self::Identified { person, .. } => Some(*person),
        }
    }
}

/// What can happen at a desk, apart from questions.
#[derive(Clone, Debug)]
pub enum DeskEvent<'a> {
    /// A colleague of the same centre takes over a visit before any document was accepted, because the first clerk may
    /// not handle the case or has left the desk.
    TakenOver { by: &'a StaffMember },
    /// A clerk accepted documents of this person.
    DocumentsSeen { by: &'a StaffMember, person: &'a Person, seen: SeenAtDesk },
    /// A set of register questions was drawn for the person.
    QuestionsDrawn { by: &'a StaffMember, set: QuestionSet },
    /// A clerk heard a witness whom the rules accept; `heard` is the person who vouched.
    WitnessHeard { by: &'a StaffMember, witness: Witness, heard: &'a Person },
    /// The chip of the person's document was read at the desk.
    ChipRead { by: &'a StaffMember, judged: ChipJudged },
    /// A second clerk confirms what the first one saw.
    SecondClerk { by: &'a StaffMember },
    /// A clerk has a temporary PIN issued, where named for one app instance of the person.
    Issue {
        by: &'a StaffMember,
        issue: Issue<'a>,
        delivery: Delivery,
        instance: Option<InstanceId>,
    },
    /// A clerk refuses the person.
    Refused { by: &'a StaffMember, reason: DeskRefusal },
}

impl DeskCase {
    const fn with(&self, stage: DeskStage) -> Self {
        Self { visit: self.visit, stage }
    }
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
    ) -> Result<Decision<Self>, Rejection> {
        by.require(Role::Clerk)?;
        let centre = by.centre.ok_or(Rejection::RoleNotAllowed)?;
        let visit = Visit { clerk: by.id, centre, appointment };
        let stage = DeskCase { visit, stage: DeskStage::AtDesk }.into();
        Ok(Decision::to(Self { id, opened_at: now, stage })
            .saying(JournalEvent::CaseOpened { case: id, route: Route::Desk })
            .saying(JournalEvent::CheckedIn { case: id, clerk: by.id, centre }))
    }

    pub(super) fn apply_desk(
        &self,
        at: &DeskCase,
        event: DeskEvent<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        use DeskEvent as E;
        use DeskStage as S;
        match (&at.stage, event) {
            (S::AtDesk, E::TakenOver { by }) => self.taken_over(at.visit, by),
            (S::AtDesk, E::DocumentsSeen { by, person, seen }) => {
                self.check_staff(by)?;
                by.keep_away_from(person.id)?;
                Ok(match admit(person, Route::Desk, policy, now) {
                    Ok(_) => self.documents_accepted(at, person.id, seen),
                    Err(reason) => self.refuse(reason, now),
                })
            }
            (S::DocumentsAccepted { person, seen }, E::QuestionsDrawn { by, set }) => {
                self.check_staff(by)?;
                if !policy.desk.questions_asked {
                    return Err(Rejection::RouteClosed);
                }
                let (person, seen, run) = (*person, seen.clone(), QuestionRun::new(set));
                Ok(self.to(at.with(S::Asking { person, seen, run })))
            }
            (S::DocumentsAccepted { person, seen }, E::WitnessHeard { by, witness, heard }) => {
                self.check_staff(by)?;
                by.keep_away_from(witness.person())?;
                if witness.person() == *person {
                    return Err(Rejection::WitnessNotAccepted);
                }
                if witness.person() != heard.id {
                    return Err(Rejection::OutOfOrder);
                }
                let (case, witness_id) = (self.id, witness.person());
                Ok(self
                    .identified(at, (*person, seen), DeskProof::Witness(witness))
                    .saying(JournalEvent::WitnessHeard { case, clerk: by.id, witness: witness_id })
                    .with(heard.count_witnessed(policy, now)))
            }
            (S::DocumentsAccepted { person, seen }, E::ChipRead { by, judged }) => {
                self.check_staff(by)?;
                if judged.person() != *person {
                    return Err(Rejection::OutOfOrder);
                }
                self.chip_read_at_desk(at, (*person, seen), judged.into_outcome(), policy, now)
            }
            (S::Identified { person, seen, proof, .. }, E::SecondClerk { by }) => {
                self.second_clerk(at, by, (*person, seen, proof))
            }
            (
                S::Identified { seen, proof, second_clerk, .. },
                E::Issue { by, issue, delivery, instance },
            ) => {
                self.check_staff(by)?;
                let (visit, second_clerk) = (at.visit, *second_clerk);
                let (seen, proof) = (seen.clone(), proof.clone());
                let ground = Ground::Desk { visit, seen, proof, second_clerk };
                self.issue(Handover { ground, delivery, instance }, issue, policy, now)
            }
            (_, E::Refused { by, reason }) => {
                self.check_staff(by)?;
                Ok(self.refuse(reason.into(), now))
            }
            _ => Err(Rejection::OutOfOrder),
        }
    }

    pub(super) fn apply_question_at_desk(
        &self,
        at: &DeskCase,
        event: QuestionEvent<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        let DeskStage::Asking { person, seen, run } = &at.stage else {
            return Err(Rejection::OutOfOrder);
        };
        match event {
            QuestionEvent::Put { by } => {
                self.check_staff(by)?;
                let run = run.put_next()?;
                let said = JournalEvent::QuestionPut { case: self.id, number: run.put };
                let (person, seen) = (*person, seen.clone());
                Ok(self.to(at.with(DeskStage::Asking { person, seen, run })).saying(said))
            }
            QuestionEvent::Answered { by, given, person: _ } => {
                self.check_staff(by)?;
                let answered = run.answer(given, policy.questions.name_edits_max)?;
                Ok(self.answered_at_desk(at, (*person, seen), answered, now))
            }
        }
    }

    /// Passes the visit to another clerk of the centre, before any document was accepted.
    fn taken_over(&self, visit: Visit, by: &StaffMember) -> Result<Decision<Self>, Rejection> {
        by.require(Role::Clerk)?;
        if by.centre != Some(visit.centre) {
            return Err(Rejection::NotYourCase);
        }
        if by.id == visit.clerk {
            return Err(Rejection::SameClerk);
        }
        let visit = Visit { clerk: by.id, ..visit };
        let said = JournalEvent::CheckedIn { case: self.id, clerk: by.id, centre: visit.centre };
        Ok(self.to(DeskCase { visit, stage: DeskStage::AtDesk }).saying(said))
    }

    /// Records that a second clerk, who is another person, saw the same (PROTOCOLS.md 11).
    fn second_clerk(
        &self,
        at: &DeskCase,
        by: &StaffMember,
        (person, seen, proof): (PersonId, &SeenAtDesk, &DeskProof),
    ) -> Result<Decision<Self>, Rejection> {
        by.require(Role::Clerk)?;
        by.keep_away_from(person)?;
        if by.id == at.visit.clerk {
            return Err(Rejection::SameClerk);
        }
        let (seen, proof, second_clerk) = (seen.clone(), proof.clone(), Some(by.id));
        Ok(self
            .to(at.with(DeskStage::Identified { person, seen, proof, second_clerk }))
            .saying(JournalEvent::SecondClerk { case: self.id, clerk: by.id }))
    }

    fn documents_accepted(
        &self,
        at: &DeskCase,
        person: PersonId,
        seen: SeenAtDesk,
    ) -> Decision<Self> {
        let proof = seen.cpr_proof().map(|proof| proof.code());
        let codes = core::iter::once(seen.picture().code()).chain(proof).collect();
        let said = JournalEvent::DocumentsSeen { case: self.id, clerk: at.visit.clerk, codes };
        self.to(at.with(DeskStage::DocumentsAccepted { person, seen })).saying(said)
    }

    fn identified(
        &self,
        at: &DeskCase,
        (person, seen): (PersonId, &SeenAtDesk),
        proof: DeskProof,
    ) -> Decision<Self> {
        let seen = seen.clone();
        self.to(at.with(DeskStage::Identified { person, seen, proof, second_clerk: None }))
    }

    fn answered_at_desk(
        &self,
        at: &DeskCase,
        (person, seen): (PersonId, &SeenAtDesk),
        answered: Answered,
        now: Timestamp,
    ) -> Decision<Self> {
        let Answered { run, right, verdict } = answered;
        let judged = JournalEvent::AnswerJudged { case: self.id, number: run.judged, right };
        let step = match verdict {
            Verdict::GoOn => {
                self.to(at.with(DeskStage::Asking { person, seen: seen.clone(), run }))
            }
            Verdict::Enough => {
                let proof = DeskProof::Questions(SetKey::of(&run.set.questions));
                self.identified(at, (person, seen), proof)
                    .saying(JournalEvent::EnoughAnswers { case: self.id })
            }
            Verdict::NotEnough => self
                .refuse(RefusalReason::NotEnoughAnswers, now)
                .saying(JournalEvent::NotEnoughAnswers { case: self.id }),
        };
        let journal = core::iter::once(judged).chain(step.journal).collect();
        Decision { journal, ..step }
    }

    fn chip_read_at_desk(
        &self,
        at: &DeskCase,
        known: (PersonId, &SeenAtDesk),
        outcome: JudgedChip,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        let chip = match outcome {
            JudgedChip::Theirs(chip) => chip,
            JudgedChip::WrongPCode => return Err(Rejection::PCodeInvalid),
            JudgedChip::Refused(reason) => return Ok(self.refuse(reason, now)),
        };
        let proven = chip.document_without_presence().is_none();
        let step = if policy.desk.chip_is_second_proof && proven {
            self.identified(at, known, DeskProof::Chip(Box::new(chip)))
        } else {
            // Good to know, and no second proof.
            Decision::to(self.clone())
        };
        Ok(step.saying(JournalEvent::ChipVerified { case: self.id }))
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
