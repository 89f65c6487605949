//! What a clerk sees: times, references and states; of a person nothing that the person has not laid on the desk.

use crate::appointment::{date_in, on_clock, zone_of};
use crate::caller::Clerk;
use crate::desk::AtDesk;
use crate::desk::notes::DeskNotes;
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
use store::Id;
use store::appointment::{StoredAppointment, StoredCentre};
use store::case::{StoredCase, open_at_desk};

/// The day of a clerk's centre.
#[derive(Clone, Debug)]
pub struct Today {
    /// The centre.
    pub centre: StoredCentre,
    /// The day on the centre's own calendar.
    pub day: Date,
    /// Who is expected, by time.
    pub expected: Vec<Expected>,
    /// Cases at the centre's desks.
    pub open: Vec<OpenCase>,
}

/// One line of the day's list. No personal data stands in it.
#[derive(Clone, Debug)]
pub struct Expected {
    /// On the centre's own clock.
    pub at: Zoned,
    /// What the person shows.
    pub reference: String,
    /// Where the booking stands.
    pub state: State,
    /// Whether the person can be checked in now.
    pub can_check_in: bool,
}

/// A case that somebody at this centre has open.
#[derive(Clone, Debug)]
pub struct OpenCase {
    /// The case.
    pub case: CaseId,
    /// Whose visit.
    pub reference: String,
    /// Whether it is the asking clerk's own.
    pub mine: bool,
    /// Whether it waits for a second clerk, other than the one who has it.
    pub wants_second_clerk: bool,
    /// Whether a colleague may go on with it: no document was seen yet.
    pub can_be_taken_over: bool,
}

/// A case as its clerk sees it.
#[derive(Clone, Debug)]
pub struct DeskCase {
    /// The case.
    pub case: CaseId,
    /// Whose visit.
    pub reference: String,
    /// Whether the asking clerk has it; a colleague may only look and confirm.
    pub mine: bool,
    /// Seconds until it lapses.
    pub seconds_left: u64,
    /// Where it stands.
    pub step: DeskStep,
}

/// Where a case at the desk stands.
#[derive(Clone, Debug)]
pub enum DeskStep {
    /// Documents are to be seen.
    Documents,
    /// Questions or a witness.
    SecondProof {
        /// Whether the policy asks questions here.
        questions: bool,
        /// A witness whose app was asked.
        witness: Option<WitnessAsked>,
    },
    /// A question is open.
    Question {
        /// Counted from 1.
        number: u8,
        /// How many there can be.
        of: u8,
        /// Names the text.
        kind: FactKind,
        /// Which child.
        ordinal: u8,
    },
    /// Identified: the code may go out.
    Identified {
        /// The person's apps, for a clerk to name one.
        apps: Vec<BoundApp>,
        /// Whether the registered number is old enough.
        by_sms: bool,
        /// Whether a colleague has to see the same first.
        second_clerk_needed: bool,
        /// Whether one has.
        second_clerk_seen: bool,
        /// Whether a code may be shown: by the rules, or because two clerks saw the same.
        may_be_shown: bool,
        /// The screens of the centre that can show it.
        screens: Vec<PairedScreenView>,
    },
    /// A code is out.
    CodeIssued,
    /// A new PIN may be set, or was.
    Done,
    /// The answer was no.
    Refused {
        /// Why it was refused.
        reason: RefusalReason,
    },
    /// Somebody stopped it by the link in a notice.
    Stopped,
    /// Time ran out.
    Lapsed,
}

/// A witness whose app was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessAsked {
    /// No answer yet.
    Waiting {
        /// What the witness types in the own app.
        number: String,
    },
    /// Approved with the PIN.
    Approved,
    /// Refused, or no answer in time.
    Over,
}

impl Service {
    /// The list of the clerk's own centre.
    ///
    /// # Errors
    ///
    /// `role-not-allowed` where the clerk belongs to no centre, `centre-not-found`.
    pub async fn desk_today(&self, clerk: &Clerk) -> Result<Today, Failure> {
        let mut work = Work::begin(self).await?;
        let id = clerk.member().centre.ok_or(Rejection::RoleNotAllowed)?;
        let centre = work
            .load::<StoredCentre>(Id(id.0))
            .await?
            .ok_or_else(|| Failure::refused(RefusalCode::CentreNotFound))?
            .value;
        let zone = zone_of(&centre);
        let (policy, now) = (self.parts().policy.clone(), work.now());
        let day = date_in(now, &zone);
        let mut expected = Vec::new();
        for slot in work.slots_between(id, day, 1, &zone).await? {
            for appointment in slot.taken_by {
                let Some(stored) = work.load::<StoredAppointment>(Id(appointment.0)).await? else {
                    continue;
                };
                let it = &stored.value.appointment;
                let can_check_in = it.check_in(CaseId(0), clerk.member(), &policy, now).is_ok();
                expected.push(Expected {
                    at: on_clock(it.begins_at, &zone),
                    reference: stored.value.reference.clone(),
                    state: it.state,
                    can_check_in,
                });
            }
        }
        let mut open = Vec::new();
        for case in work.find::<StoredCase>(open_at_desk(&self.parts().keys, id)).await? {
            let lapsed = case.value.case.elapse(&policy, now).is_some();
            let Some(notes) = work.load::<DeskNotes>(Id(case.value.case.id.0)).await? else {
                continue;
            };
            if lapsed || case.value.case.desk().is_none() {
                continue;
            }
            let mine = notes.value.clerk == clerk.member().id;
            let wants_second_clerk =
                !mine && work.wants_second_clerk(&case.value.case, &notes.value).await?;
            open.push(OpenCase {
                case: notes.value.case,
                reference: notes.value.reference.clone(),
                mine,
                wants_second_clerk,
                can_be_taken_over: !mine
                    && matches!(case.value.case.desk(), Some(DeskStage::AtDesk)),
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
        Ok(admit(&person.value, Route::Desk, &policy, self.now()).is_ok_and(|it| it.two_clerks()))
    }

    pub(crate) async fn desk_view(
        &mut self,
        clerk: &Clerk,
        at_desk: &AtDesk,
    ) -> Result<DeskCase, Failure> {
        let notes = &at_desk.notes.value;
        let mine = notes.clerk == clerk.member().id;
        let policy = self.service.parts().policy.clone();
        let stored = &at_desk.case.value.case;
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
                let person = self.load_person(*person).await?.value;
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
        let Some(sign_in) = self.load::<SignIn>(Id(asked.sign_in.0)).await? else {
            return Ok(Some(WitnessAsked::Over));
        };
        Ok(Some(match sign_in.value.decision {
            Decision::Approved => WitnessAsked::Approved,
            Decision::None if self.now() < asked.until => {
                WitnessAsked::Waiting { number: sign_in.value.number_shown() }
            }
            Decision::None | Decision::Refused | Decision::Replaced | Decision::NumberWrong => {
                WitnessAsked::Over
            }
        }))
    }
}
