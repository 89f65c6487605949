//! A recovery case: one attempt to set one new PIN, by one of the routes.
//!
//! Each route has a module with its stages, its events and its transitions; the stages that all routes share are in
//! `issue` and `closed`. The caller loads a case, applies one event, saves the step, and then runs its effects.

mod chip_face;
mod closed;
mod desk;
mod event;
mod issue;
mod phone;
mod self_service;

#[cfg(test)]
mod tests;

pub use chip_face::{CaseApp, ChipEvidence, ChipFaceCase, ChipFaceEvent, ChipFaceStage, Consent};
pub use closed::Closed;
pub use desk::{DeskCase, DeskEvent, DeskProof, DeskRefusal, DeskStage, Visit};
pub use event::{Delivery, Event, Issue, QuestionEvent};
pub use issue::{GrantOf, Granted, Ground, Issued};
pub use phone::{Call, PhoneCase, PhoneEvent, PhoneStage};
pub use self_service::Wait;

use crate::decision::Decision;
use crate::event::JournalEvent;
use crate::id::{CaseId, InstanceId, PersonId, VetoId};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::route::{RefusalReason, Route};
use crate::staff::{Role, StaffMember};
use crate::time::Timestamp;

/// One recovery case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub id: CaseId,
    pub opened_at: Timestamp,
    pub stage: Stage,
}

/// The stage of a case: one of its route, or one that all routes share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The chip + face route, in the app.
    ChipFace(ChipFaceCase),
    /// The phone route, on a call to support.
    Phone(PhoneCase),
    /// The desk route, at a Citizen Service Centre.
    Desk(DeskCase),
    /// The self-service route: the person waits, and the wait can be stopped.
    Waiting(Wait),
    /// A temporary PIN was issued; redeeming it is the next step.
    Issued(Issued),
    /// A new PIN may be set in one app.
    Granted(Granted),
    /// The case has ended, and no event is taken any more.
    Closed(Closed),
}

impl Stage {
    /// The stable code of the stage.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ChipFace(case) => case.stage.code(),
            Self::Phone(case) => case.stage.code(),
            Self::Desk(case) => case.stage.code(),
            Self::Waiting(_) => "waiting",
            Self::Issued(_) => "code-issued",
            Self::Granted(_) => "granted",
            Self::Closed(closed) => closed.code(),
        }
    }

    /// The route that the case is on, or by which it came to this stage.
    #[must_use]
    pub const fn route(&self) -> Route {
        match self {
            Self::ChipFace(_) => Route::ChipFace,
            Self::Phone(_) => Route::Phone,
            Self::Desk(_) => Route::Desk,
            Self::Waiting(_) => Route::SelfService,
            Self::Issued(Issued { ground, .. }) | Self::Granted(Granted { ground, .. }) => {
                ground.route()
            }
            Self::Closed(closed) => closed.route(),
        }
    }

    /// The person that the case is about, where that is known.
    #[must_use]
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::ChipFace(case) => Some(case.app.person),
            Self::Phone(case) => case.stage.person(),
            Self::Desk(case) => case.stage.person(),
            Self::Waiting(Wait { person, .. })
            | Self::Issued(Issued { person, .. })
            | Self::Granted(Granted { person, .. }) => Some(*person),
            Self::Closed(closed) => closed.person(),
        }
    }
}

impl Case {
    /// Applies one event; the caller saves the step, then runs its effects.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] where the case cannot take this event now. Refusing a person is no
    /// rejection: it is a step to [`Closed::Refused`].
    pub fn apply<'a>(
        &self,
        event: impl Into<Event<'a>>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        if self.is_closed() {
            return Err(Rejection::CaseClosed);
        }
        if self.deadline(policy).is_some_and(|deadline| now >= deadline) {
            return Err(Rejection::CaseExpired);
        }
        match (&self.stage, event.into()) {
            (_, Event::Stopped { veto }) => self.stop(veto, now),
            (_, Event::FraudFlagged { by }) => self.flag_fraud(by, now),
            (Stage::ChipFace(at), Event::ChipFace(event)) => {
                self.apply_chip_face(at, event, policy, now)
            }
            (Stage::Phone(at), Event::Phone(event)) => self.apply_phone(at, event, policy, now),
            (Stage::Phone(at), Event::Question(event)) => {
                self.apply_question_on_the_phone(at, event, policy, now)
            }
            (Stage::Desk(at), Event::Desk(event)) => self.apply_desk(at, event, policy, now),
            (Stage::Desk(at), Event::Question(event)) => {
                self.apply_question_at_desk(at, event, policy, now)
            }
            (Stage::Waiting(at), Event::WaitOver { issue }) => {
                self.wait_over(*at, issue, policy, now)
            }
            (Stage::Issued(at), Event::Redeemed { redeemed, person, granted }) => {
                self.redeem((at, redeemed), person, granted, policy, now)
            }
            (Stage::Granted(at), Event::PinSet { spent, person, p_code, veto }) => {
                self.complete((at, spent), (person, p_code), veto, policy, now)
            }
            _ => Err(Rejection::OutOfOrder),
        }
    }

    /// Applies the passing of time: an open case whose time is up lapses. `None` where nothing changes.
    #[must_use]
    pub fn elapse(&self, policy: &Policy, now: Timestamp) -> Option<Decision<Self>> {
        let deadline = self.deadline(policy)?;
        if now < deadline {
            return None;
        }
        let lapsed = Closed::Lapsed { person: self.person(), route: self.route() };
        Some(self.to(lapsed).saying(JournalEvent::CaseLapsed { case: self.id }))
    }

    /// Ends an open case before its time is up: it may have been refused, stopped or completed since a backup which was
    /// restored. `None` for a closed one.
    #[must_use]
    pub fn restored(&self) -> Option<Decision<Self>> {
        if self.is_closed() {
            return None;
        }
        let lapsed = Closed::Lapsed { person: self.person(), route: self.route() };
        Some(self.to(lapsed).saying(JournalEvent::CaseLapsed { case: self.id }))
    }

    /// When the case lapses unless something happens; `None` for a closed one.
    #[must_use]
    pub fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        match &self.stage {
            Stage::ChipFace(_) | Stage::Phone(_) | Stage::Desk(_) => {
                Some(self.opened_at.plus(policy.case.open_max))
            }
            Stage::Waiting(wait) => Some(wait.until.plus(policy.case.open_max)),
            Stage::Issued(issued) => Some(issued.issued_at.plus(policy.temporary_pin.lifetime)),
            Stage::Granted(granted) => Some(granted.at.plus(policy.pin.grant_lifetime)),
            Stage::Closed(_) => None,
        }
    }

    /// Whether the case has ended.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed(_))
    }

    /// The route of the case.
    #[must_use]
    pub const fn route(&self) -> Route {
        self.stage.route()
    }

    /// The person that the case is about, where that is known.
    #[must_use]
    pub const fn person(&self) -> Option<PersonId> {
        self.stage.person()
    }

    /// The app instance that the case was opened in, while it is on the chip + face route.
    #[must_use]
    pub const fn app(&self) -> Option<InstanceId> {
        if let Stage::ChipFace(at) = &self.stage { Some(at.app.instance) } else { None }
    }

    /// The stage of the chip + face route, where the case is on it.
    #[must_use]
    pub const fn chip_face(&self) -> Option<&ChipFaceStage> {
        if let Stage::ChipFace(at) = &self.stage { Some(&at.stage) } else { None }
    }

    /// Whether the next step is to read the chip of the document.
    #[must_use]
    pub const fn awaits_chip(&self) -> bool {
        matches!(self.chip_face(), Some(ChipFaceStage::AwaitingChip { .. }))
    }

    /// The stage of the call, where the case is on the phone route.
    #[must_use]
    pub const fn phone(&self) -> Option<&PhoneStage> {
        if let Stage::Phone(at) = &self.stage { Some(&at.stage) } else { None }
    }

    /// The stage of the visit, where the case is on the desk route.
    #[must_use]
    pub const fn desk(&self) -> Option<&DeskStage> {
        if let Stage::Desk(at) = &self.stage { Some(&at.stage) } else { None }
    }

    /// Refuses staff who do not hold this case, or whose own or family's case it is.
    fn check_staff(&self, by: &StaffMember) -> Result<(), Rejection> {
        let (role, holder) = match &self.stage {
            Stage::Phone(at) => (Role::Agent, at.call.agent),
            Stage::Desk(at) => (Role::Clerk, at.visit.clerk),
            Stage::ChipFace(_)
            | Stage::Waiting(_)
            | Stage::Issued(_)
            | Stage::Granted(_)
            | Stage::Closed(_) => return Err(Rejection::OutOfOrder),
        };
        by.require(role)?;
        if by.id != holder {
            return Err(Rejection::NotYourCase);
        }
        self.person().map_or(Ok(()), |person| by.keep_away_from(person))
    }

    fn stop(&self, veto: Option<VetoId>, now: Timestamp) -> Result<Decision<Self>, Rejection> {
        let Some(person) = self.person() else { return Err(Rejection::OutOfOrder) };
        let stopped = Closed::Stopped { person, route: self.route(), at: now };
        Ok(self.to(stopped).saying(JournalEvent::CaseStopped { case: self.id, veto }))
    }

    fn flag_fraud(&self, by: &StaffMember, now: Timestamp) -> Result<Decision<Self>, Rejection> {
        self.check_staff(by)?;
        let step = self.refuse(RefusalReason::SuspectedFraud, now);
        Ok(step.saying(JournalEvent::FraudFlagged { case: self.id, by: by.id }))
    }

    /// The step to a refusal.
    fn refuse(&self, reason: RefusalReason, now: Timestamp) -> Decision<Self> {
        let (person, route) = (self.person(), self.route());
        let refused = Closed::Refused { person, route, reason, at: now };
        self.to(refused).saying(JournalEvent::Refused { case: self.id, reason })
    }

    /// The step to another stage.
    fn to(&self, stage: impl Into<Stage>) -> Decision<Self> {
        Decision::to(Self { id: self.id, opened_at: self.opened_at, stage: stage.into() })
    }
}

macro_rules! stages {
    ($( $kind:ident => $arm:ident; )+) => {
        $( impl From<$kind> for Stage {
            fn from(at: $kind) -> Self {
                Self::$arm(at)
            }
        } )+
    };
}

stages! {
    ChipFaceCase => ChipFace;
    PhoneCase => Phone;
    DeskCase => Desk;
    Wait => Waiting;
    Issued => Issued;
    Granted => Granted;
    Closed => Closed;
}
