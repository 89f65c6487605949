//! What a clerk sees: times, references and states. Of a person nothing that the person has not shown at the desk.

use crate::appointment::{date_in, on_clock, zone_of};
use crate::caller::Clerk;
use crate::desk::AtDesk;
use crate::screen::PairedScreenView;
use crate::sign_in::{Decision, SignIn};
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use jiff::Zoned;
use jiff::civil::Date;
use recovery::appointment::State;
use recovery::case::{Case, Closed, DeskStage, Stage};
use recovery::chaining::admit;
use recovery::id::CaseId;
use recovery::person::BoundApp;
use recovery::questions::FactKind;
use recovery::rejection::Rejection;
use recovery::route::{RefusalReason, Route};
use store::rows::appointment::{StoredAppointment, StoredCentre};
use store::rows::case::{StoredCase, open_at_desk};
use store::rows::desk_notes::DeskNotes;

/// The visits of one day at a clerk's centre.
#[derive(Clone, Debug)]
pub struct Today {
    /// The centre.
    pub centre: StoredCentre,
    /// The day on the centre's own calendar.
    pub day: Date,
    /// The visits that are booked, ordered by time.
    pub expected: Vec<Expected>,
    /// The cases that are open at the centre's desks.
    pub open: Vec<OpenCase>,
}

/// One booked visit in the list of the day. It holds no personal data.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The beginning of the visit, on the centre's own clock.
    pub at: Zoned,
    /// The reference of the booking, which the person shows.
    pub reference: String,
    /// The state of the booking.
    pub state: State,
    /// Whether the person can be checked in now.
    pub can_check_in: bool,
}

/// A case that a clerk of this centre has open.
#[derive(Clone, Debug)]
pub struct OpenCase {
    /// The case.
    pub case: CaseId,
    /// The reference of the visit's booking.
    pub reference: String,
    /// Whether the asking clerk has the case.
    pub mine: bool,
    /// Whether the case waits for a second clerk, other than the one who has it.
    pub wants_second_clerk: bool,
    /// Whether a colleague may take the case over, since no document was seen yet.
    pub can_be_taken_over: bool,
}

/// A case as its clerk sees it.
#[derive(Clone, Debug)]
pub struct DeskCase {
    /// The case.
    pub case: CaseId,
    /// The reference of the visit's booking.
    pub reference: String,
    /// Whether the asking clerk has the case; a colleague may only look and confirm.
    pub mine: bool,
    /// Seconds until the case lapses.
    pub seconds_left: u64,
    /// How far the case has come.
    pub step: DeskStep,
}

/// How far a case at the desk has come.
#[derive(Clone, Debug)]
pub enum DeskStep {
    /// The clerk has to see documents.
    Documents,
    /// The person has to answer questions or bring a witness.
    SecondProof {
        /// Whether the policy asks questions here.
        questions: bool,
        /// The witness whose app was asked, if any.
        witness: Option<WitnessAsked>,
    },
    /// A question is open.
    Question {
        /// The number of the question, counted from 1.
        number: u8,
        /// The largest number of questions.
        of: u8,
        /// The kind of fact that is asked, which chooses the text.
        kind: FactKind,
        /// Which of several facts of this kind is asked, such as the first or the second child.
        ordinal: u8,
    },
    /// The person is identified and the code can be issued.
    Identified {
        /// The person's apps, of which the clerk names one.
        apps: Vec<BoundApp>,
        /// Whether the registered number is old enough to receive the code.
        by_sms: bool,
        /// Whether a colleague has to see the same first.
        second_clerk_needed: bool,
        /// Whether a colleague has seen the same.
        second_clerk_seen: bool,
        /// Whether a code may be shown on a screen: by the rules, or because two clerks saw the same.
        may_be_shown: bool,
        /// The paired screens of the centre that can show it.
        screens: Vec<PairedScreenView>,
    },
    /// A temporary PIN was issued and waits to be used.
    CodeIssued,
    /// A new PIN may be set, or was set.
    Done,
    /// The case was refused.
    Refused {
        /// Why it was refused.
        reason: RefusalReason,
    },
    /// Somebody stopped the case by the link in a notice.
    Stopped,
    /// The case lapsed.
    Lapsed,
}

/// The state of a witness whose app was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessAsked {
    /// The witness has not answered yet.
    Waiting {
        /// The number that the witness types in the own app.
        number: String,
    },
    /// The witness approved with the PIN.
    Approved,
    /// The witness refused, or gave no answer in time.
    Over,
}

impl Service {
    /// The visits of the present day at the clerk's own centre.
    ///
    /// # Errors
    ///
    /// `role-not-allowed` where the clerk belongs to no centre, `centre-not-found`.
    pub async fn desk_today(&self, clerk: &Clerk) -> Result<Today, Failure> {
        let mut work = Work::begin(self).await?;
        let id = clerk.member().centre.ok_or(Rejection::RoleNotAllowed)?;
        let centre = work
            .get::<StoredCentre>(id)
            .await?
            .ok_or_else(|| Failure::refused(RefusalCode::CentreNotFound))?;
        let zone = zone_of(&centre);
        let (policy, now) = (self.parts().policy.clone(), work.now());
        let day = date_in(now, &zone);
        let mut expected = Vec::new();
        for slot in work.slots_between(id, day, 1, &zone).await? {
            for appointment in slot.taken_by {
                let Some(stored) = work.get::<StoredAppointment>(appointment).await? else {
                    continue;
                };
                let it = &stored.appointment;
                let can_check_in = it.check_in(CaseId(0), clerk.member(), &policy, now).is_ok();
                expected.push(Expected {
                    at: on_clock(it.begins_at, &zone),
                    reference: stored.reference.clone(),
                    state: it.state,
                    can_check_in,
                });
            }
        }
        let mut open = Vec::new();
        for case in work.find::<StoredCase>(open_at_desk(&self.parts().keys, id)).await? {
            let lapsed = case.case.elapse(&policy, now).is_some();
            let Some(notes) = work.get::<DeskNotes>(case.case.id).await? else {
                continue;
            };
            if lapsed || case.case.desk().is_none() {
                continue;
            }
            let mine = notes.clerk == clerk.member().id;
            let wants_second_clerk = !mine && work.wants_second_clerk(&case.case, &notes).await?;
            open.push(OpenCase {
                case: notes.case,
                reference: notes.reference,
                mine,
                wants_second_clerk,
                can_be_taken_over: !mine && matches!(case.case.desk(), Some(DeskStage::AtDesk)),
            });
        }
        Ok(Today { centre, day, expected, open })
    }
}

impl Work<'_> {
    async fn wants_second_clerk(
        &mut self,
        case: &Case,
        notes: &DeskNotes,
    ) -> Result<bool, Failure> {
        let Some(DeskStage::Identified { person, second_clerk: None, .. }) = case.desk() else {
            return Ok(false);
        };
        if notes.number_lost {
            return Ok(true);
        }
        let person = self.load_person(*person).await?;
        let policy = self.service.parts().policy.clone();
        Ok(admit(&person, Route::Desk, &policy, self.now()).is_ok_and(|it| it.two_clerks()))
    }

    pub(crate) async fn desk_view(
        &mut self,
        clerk: &Clerk,
        at_desk: &AtDesk,
    ) -> Result<DeskCase, Failure> {
        let notes = &at_desk.notes;
        let mine = notes.clerk == clerk.member().id;
        let policy = self.service.parts().policy.clone();
        let stored = &at_desk.case.case;
        let case =
            stored.elapse(&policy, self.now()).map_or_else(|| stored.clone(), |step| step.next);
        let step = self.step_of(&case.stage, notes).await?;
        // A colleague may only look at what waits for a second clerk.
        if !mine && !matches!(step, DeskStep::Identified { second_clerk_needed: true, .. }) {
            return Err(Rejection::NotYourCase.into());
        }
        if let Some(person) = case.person()
            && !mine
        {
            self.beside(clerk.member(), person).await?.keep_away_from(person)?;
        }
        let seconds_left = case.deadline(&policy).map_or(0, |at| at.seconds_from(self.now()));
        Ok(DeskCase { case: case.id, reference: notes.reference.clone(), mine, seconds_left, step })
    }

    async fn step_of(&mut self, stage: &Stage, notes: &DeskNotes) -> Result<DeskStep, Failure> {
        Ok(match stage {
            Stage::Desk(at) => return self.step_at_desk(&at.stage, notes).await,
            Stage::Issued(_) => DeskStep::CodeIssued,
            Stage::Granted(_) | Stage::Closed(Closed::Completed { .. }) => DeskStep::Done,
            Stage::Closed(Closed::Refused { reason, .. }) => DeskStep::Refused { reason: *reason },
            Stage::Closed(Closed::Stopped { .. }) => DeskStep::Stopped,
            Stage::Closed(Closed::Lapsed { .. }) => DeskStep::Lapsed,
            Stage::ChipFace(_) | Stage::Phone(_) | Stage::Waiting(_) => {
                return Err(Failure::refused(RefusalCode::NotFound));
            }
        })
    }

    async fn step_at_desk(
        &mut self,
        stage: &DeskStage,
        notes: &DeskNotes,
    ) -> Result<DeskStep, Failure> {
        let policy = self.service.parts().policy.clone();
        Ok(match stage {
            DeskStage::AtDesk => DeskStep::Documents,
            DeskStage::DocumentsAccepted { .. } => DeskStep::SecondProof {
                questions: policy.desk.questions_asked,
                witness: self.witness_of(notes).await?,
            },
            DeskStage::Asking { run, .. } => match run.open_question() {
                Some(question) => DeskStep::Question {
                    number: run.put,
                    of: u8::try_from(run.set.questions.len()).unwrap_or(u8::MAX),
                    kind: question.kind,
                    ordinal: question.ordinal,
                },
                None => {
                    return Err(Failure::fault(
                        "a set at the desk has no open question",
                        "no open question",
                    ));
                }
            },
            DeskStage::Identified { person, second_clerk, .. } => {
                let person = self.load_person(*person).await?;
                let two = admit(&person, Route::Desk, &policy, self.now())
                    .is_ok_and(|it| it.two_clerks());
                let seen = second_clerk.is_some();
                let refused = person.sms_was_refused(&policy, notes.begun_at, self.now());
                DeskStep::Identified {
                    by_sms: policy.temporary_pin.sms
                        && person.number_for_code(&policy, self.now()).is_ok(),
                    apps: person.instances,
                    second_clerk_needed: (two || notes.number_lost) && !seen,
                    second_clerk_seen: seen,
                    may_be_shown: seen || refused,
                    screens: self.screens_at(notes.centre).await?,
                }
            }
        })
    }

    async fn witness_of(&mut self, notes: &DeskNotes) -> Result<Option<WitnessAsked>, Failure> {
        let Some(asked) = notes.witness else { return Ok(None) };
        let Some(sign_in) = self.get::<SignIn>(asked.sign_in).await? else {
            return Ok(Some(WitnessAsked::Over));
        };
        Ok(Some(match sign_in.decision {
            Decision::Approved => WitnessAsked::Approved,
            Decision::None if self.now() < asked.until => {
                WitnessAsked::Waiting { number: sign_in.number_shown() }
            }
            Decision::None | Decision::Refused | Decision::Replaced | Decision::NumberWrong => {
                WitnessAsked::Over
            }
        }))
    }
}
