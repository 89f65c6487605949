//! A recovery case: one attempt to get one new PIN, on one of the routes.
//!
//! One enum carries all routes, so that no step of one can be taken in another. The caller loads,
//! applies one event, saves the step, and runs its effects.

mod chip_face;
mod code;
mod desk;
mod event;
mod phone;
mod refusal;

#[cfg(test)]
mod tests;

pub use chip_face::{ChipEvidence, Consent};
pub use desk::{DeskProof, DeskRefusal, Visit};
pub use event::{Delivery, Event, Issue};
pub use phone::Call;
pub use refusal::{NextStep, RefusalReason};

use crate::effect::Step;
use crate::event::JournalEvent;
use crate::evidence::SeenAtDesk;
use crate::id::{CaseId, GrantId, InstanceId, PCodeId, PersonId, StaffId, TemporaryPinId, VetoId};
use crate::policy::Policy;
use crate::questions::QuestionRun;
use crate::rejection::Rejection;
use crate::staff::{Role, StaffMember};
use crate::time::Timestamp;

/// One recovery case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub id: CaseId,
    pub opened_at: Timestamp,
    pub state: CaseState,
}

crate::codes! {
    /// How a person gets back in.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Route {
        ChipFace => "chip-face",
        Phone => "phone",
        Desk => "desk",
        SelfService => "self-service",
    }
}

/// Where a case stands, with what is true there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseState {
    // chip + face
    /// The face is compared only with explicit consent.
    AwaitingConsent { app: CaseApp },
    /// The document is to be read.
    AwaitingChip { app: CaseApp, consent: Consent, p_code_given: bool, wrong_p_codes: u8 },
    /// The chip is genuine and the document theirs; the face is to be compared.
    AwaitingFace { app: CaseApp, consent: Consent, chip: ChipEvidence, tries: u8 },

    // phone
    /// The agent is to type the number that the caller reads out, twice.
    AwaitingNumber { call: Call },
    /// Questions are put one at a time. `person` is absent for a decoy; nothing shows it.
    Asking { call: Call, person: Option<PersonId>, run: QuestionRun },
    /// Enough right answers; the agent may have the code sent.
    EnoughAnswers { call: Call, person: PersonId },

    // Citizen Service
    /// The person stands at the desk.
    AtDesk { visit: Visit },
    /// The documents are valid; questions or a witness come next.
    DocumentsAccepted { visit: Visit, person: PersonId, seen: SeenAtDesk },
    /// Questions are put at the desk.
    AskingAtDesk { visit: Visit, person: PersonId, seen: SeenAtDesk, run: QuestionRun },
    /// Identified; a code may be issued, by two clerks where the rules want two.
    Identified {
        visit: Visit,
        person: PersonId,
        seen: SeenAtDesk,
        proof: DeskProof,
        second_clerk: Option<StaffId>,
    },

    // self-service
    /// The wait that can be stopped.
    Waiting { person: PersonId, until: Timestamp },

    // every route
    /// A temporary PIN is out; redeeming it is the next step.
    CodeIssued {
        person: PersonId,
        ground: Ground,
        temporary_pin: TemporaryPinId,
        /// The app that a clerk named; else the first that redeems.
        instance: Option<InstanceId>,
        issued_at: Timestamp,
    },
    /// A new PIN may be set in one app.
    Granted {
        person: PersonId,
        ground: Ground,
        instance: InstanceId,
        grant: GrantId,
        at: Timestamp,
    },
    /// A new PIN was set.
    Completed { person: PersonId, ground: Ground, instance: InstanceId, at: Timestamp },
    /// The answer was no.
    Refused { person: Option<PersonId>, route: Route, reason: RefusalReason, at: Timestamp },
    /// A veto, or the person, stopped it.
    Stopped { person: PersonId, route: Route, at: Timestamp },
    /// Nothing happened in time.
    Lapsed { person: Option<PersonId>, route: Route },
}

/// The person and app that opened a chip + face case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CaseApp {
    pub person: PersonId,
    pub instance: InstanceId,
}

/// The evidence that a code or grant rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    ChipFace { chip: ChipEvidence, face_tries: u8 },
    Phone { call: Call },
    Desk { visit: Visit, seen: SeenAtDesk, proof: DeskProof, second_clerk: Option<StaffId> },
    SelfService,
}

impl Case {
    /// Applies one event; the caller saves the step, then runs its effects.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] where the case cannot take this event now. Refusing a person is no
    /// rejection: it is a step to [`CaseState::Refused`].
    pub fn apply(
        &self,
        event: Event<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        if self.is_closed() {
            return Err(Rejection::CaseClosed);
        }
        if self.deadline(policy).is_some_and(|deadline| now >= deadline) {
            return Err(Rejection::CaseExpired);
        }
        if let Event::Stopped { veto } = event {
            return self.stop(veto, now);
        }
        if let Event::FraudFlagged { by } = event {
            return self.flag_fraud(by, now);
        }
        match &self.state {
            CaseState::AwaitingConsent { .. }
            | CaseState::AwaitingChip { .. }
            | CaseState::AwaitingFace { .. } => self.apply_chip_face(event, policy, now),
            CaseState::AwaitingNumber { .. }
            | CaseState::Asking { .. }
            | CaseState::EnoughAnswers { .. } => self.apply_phone(event, policy, now),
            CaseState::AtDesk { .. }
            | CaseState::DocumentsAccepted { .. }
            | CaseState::AskingAtDesk { .. }
            | CaseState::Identified { .. } => self.apply_desk(event, policy, now),
            CaseState::Waiting { .. }
            | CaseState::CodeIssued { .. }
            | CaseState::Granted { .. } => self.apply_code(event, policy, now),
            CaseState::Completed { .. }
            | CaseState::Refused { .. }
            | CaseState::Stopped { .. }
            | CaseState::Lapsed { .. } => Err(Rejection::CaseClosed),
        }
    }

    /// The state as time alone has made it: an open case whose time is up has lapsed.
    #[must_use]
    pub fn elapse(&self, policy: &Policy, now: Timestamp) -> Option<Step<Self>> {
        let deadline = self.deadline(policy)?;
        if now < deadline {
            return None;
        }
        let state = CaseState::Lapsed { person: self.person(), route: self.route() };
        Some(Step::to(self.in_state(state)).saying(JournalEvent::CaseLapsed { case: self.id }))
    }

    /// When the case lapses unless something happens; none for a closed one.
    #[must_use]
    pub fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        match &self.state {
            CaseState::AwaitingConsent { .. }
            | CaseState::AwaitingChip { .. }
            | CaseState::AwaitingFace { .. }
            | CaseState::AwaitingNumber { .. }
            | CaseState::Asking { .. }
            | CaseState::EnoughAnswers { .. }
            | CaseState::AtDesk { .. }
            | CaseState::DocumentsAccepted { .. }
            | CaseState::AskingAtDesk { .. }
            | CaseState::Identified { .. } => Some(self.opened_at.plus(policy.case.open_max)),
            CaseState::Waiting { until, .. } => Some(until.plus(policy.case.open_max)),
            CaseState::CodeIssued { issued_at, .. } => {
                Some(issued_at.plus(policy.temporary_pin.lifetime))
            }
            CaseState::Granted { at, .. } => Some(at.plus(policy.pin.grant_lifetime)),
            CaseState::Completed { .. }
            | CaseState::Refused { .. }
            | CaseState::Stopped { .. }
            | CaseState::Lapsed { .. } => None,
        }
    }

    /// Whether nothing can happen to it any more.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        match &self.state {
            CaseState::Completed { .. }
            | CaseState::Refused { .. }
            | CaseState::Stopped { .. }
            | CaseState::Lapsed { .. } => true,
            CaseState::AwaitingConsent { .. }
            | CaseState::AwaitingChip { .. }
            | CaseState::AwaitingFace { .. }
            | CaseState::AwaitingNumber { .. }
            | CaseState::Asking { .. }
            | CaseState::EnoughAnswers { .. }
            | CaseState::AtDesk { .. }
            | CaseState::DocumentsAccepted { .. }
            | CaseState::AskingAtDesk { .. }
            | CaseState::Identified { .. }
            | CaseState::Waiting { .. }
            | CaseState::CodeIssued { .. }
            | CaseState::Granted { .. } => false,
        }
    }

    /// The route it is on.
    #[must_use]
    pub const fn route(&self) -> Route {
        match &self.state {
            CaseState::AwaitingConsent { .. }
            | CaseState::AwaitingChip { .. }
            | CaseState::AwaitingFace { .. } => Route::ChipFace,
            CaseState::AwaitingNumber { .. }
            | CaseState::Asking { .. }
            | CaseState::EnoughAnswers { .. } => Route::Phone,
            CaseState::AtDesk { .. }
            | CaseState::DocumentsAccepted { .. }
            | CaseState::AskingAtDesk { .. }
            | CaseState::Identified { .. } => Route::Desk,
            CaseState::Waiting { .. } => Route::SelfService,
            CaseState::CodeIssued { ground, .. }
            | CaseState::Granted { ground, .. }
            | CaseState::Completed { ground, .. } => ground.route(),
            CaseState::Refused { route, .. }
            | CaseState::Stopped { route, .. }
            | CaseState::Lapsed { route, .. } => *route,
        }
    }

    /// Whose case it is, where that is known.
    #[must_use]
    pub const fn person(&self) -> Option<PersonId> {
        match &self.state {
            CaseState::AwaitingConsent { app }
            | CaseState::AwaitingChip { app, .. }
            | CaseState::AwaitingFace { app, .. } => Some(app.person),
            CaseState::AwaitingNumber { .. } | CaseState::AtDesk { .. } => None,
            CaseState::Asking { person, .. }
            | CaseState::Refused { person, .. }
            | CaseState::Lapsed { person, .. } => *person,
            CaseState::EnoughAnswers { person, .. }
            | CaseState::DocumentsAccepted { person, .. }
            | CaseState::AskingAtDesk { person, .. }
            | CaseState::Identified { person, .. }
            | CaseState::Waiting { person, .. }
            | CaseState::CodeIssued { person, .. }
            | CaseState::Granted { person, .. }
            | CaseState::Completed { person, .. }
            | CaseState::Stopped { person, .. } => Some(*person),
        }
    }

    /// Refuses staff who do not hold this case, or whose own or family's case it is.
    fn check_staff(&self, by: &StaffMember) -> Result<(), Rejection> {
        let (role, holder) = match &self.state {
            CaseState::AwaitingNumber { call }
            | CaseState::Asking { call, .. }
            | CaseState::EnoughAnswers { call, .. } => (Role::Agent, call.agent),
            CaseState::AtDesk { visit }
            | CaseState::DocumentsAccepted { visit, .. }
            | CaseState::AskingAtDesk { visit, .. }
            | CaseState::Identified { visit, .. } => (Role::Clerk, visit.clerk),
            CaseState::AwaitingConsent { .. }
            | CaseState::AwaitingChip { .. }
            | CaseState::AwaitingFace { .. }
            | CaseState::Waiting { .. }
            | CaseState::CodeIssued { .. }
            | CaseState::Granted { .. }
            | CaseState::Completed { .. }
            | CaseState::Refused { .. }
            | CaseState::Stopped { .. }
            | CaseState::Lapsed { .. } => return Err(Rejection::OutOfOrder),
        };
        by.require(role)?;
        if by.id != holder {
            return Err(Rejection::NotYourCase);
        }
        self.person().map_or(Ok(()), |person| by.keep_away_from(person))
    }

    fn stop(&self, veto: Option<VetoId>, now: Timestamp) -> Result<Step<Self>, Rejection> {
        let Some(person) = self.person() else { return Err(Rejection::OutOfOrder) };
        let state = CaseState::Stopped { person, route: self.route(), at: now };
        Ok(Step::to(self.in_state(state)).saying(JournalEvent::CaseStopped { case: self.id, veto }))
    }

    fn flag_fraud(&self, by: &StaffMember, now: Timestamp) -> Result<Step<Self>, Rejection> {
        self.check_staff(by)?;
        let step = self.refuse(RefusalReason::SuspectedFraud, now);
        Ok(step.saying(JournalEvent::FraudFlagged { case: self.id, by: by.id }))
    }

    /// The step to a refusal.
    fn refuse(&self, reason: RefusalReason, now: Timestamp) -> Step<Self> {
        let (person, route) = (self.person(), self.route());
        let state = CaseState::Refused { person, route, reason, at: now };
        Step::to(self.in_state(state)).saying(JournalEvent::Refused { case: self.id, reason })
    }

    fn in_state(&self, state: CaseState) -> Self {
        Self { state, ..self.clone() }
    }
}

impl Ground {
    /// The route it comes from.
    #[must_use]
    pub const fn route(&self) -> Route {
        match self {
            Self::ChipFace { .. } => Route::ChipFace,
            Self::Phone { .. } => Route::Phone,
            Self::Desk { .. } => Route::Desk,
            Self::SelfService => Route::SelfService,
        }
    }

    /// The P code whose use counts with this ground (PROTOCOLS.md 9).
    #[must_use]
    pub const fn p_code(&self) -> Option<PCodeId> {
        match self {
            Self::ChipFace { chip, .. } => chip.p_code,
            Self::Phone { .. } | Self::Desk { .. } | Self::SelfService => None,
        }
    }
}

impl CaseState {
    /// Its stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AwaitingConsent { .. } => "awaiting-consent",
            Self::AwaitingChip { .. } => "awaiting-chip",
            Self::AwaitingFace { .. } => "awaiting-face",
            Self::AwaitingNumber { .. } => "awaiting-number",
            Self::Asking { .. } => "asking",
            Self::EnoughAnswers { .. } => "enough-answers",
            Self::AtDesk { .. } => "at-desk",
            Self::DocumentsAccepted { .. } => "documents-accepted",
            Self::AskingAtDesk { .. } => "asking-at-desk",
            Self::Identified { .. } => "identified",
            Self::Waiting { .. } => "waiting",
            Self::CodeIssued { .. } => "code-issued",
            Self::Granted { .. } => "granted",
            Self::Completed { .. } => "completed",
            Self::Refused { .. } => "refused",
            Self::Stopped { .. } => "stopped",
            Self::Lapsed { .. } => "lapsed",
        }
    }
}
