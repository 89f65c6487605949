//! A recovery case: one attempt to get one new PIN, on one of the routes.
//!
//! One enum carries all routes, so that no step of one can be taken in another. The caller loads,
//! applies one event, saves the step, and runs its effects.

mod chip_face;
mod code;
mod desk;
mod phone;

pub use chip_face::{ChipEvidence, Consent};
pub use desk::{DeskProof, DeskRefusal, Visit};
pub use phone::Call;

use crate::effect::{Medium, Step};
use crate::event::JournalEvent;
use crate::evidence::{ChipJudged, SeenAtDesk, Witness};
use crate::grant::SpentGrant;
use crate::id::{CaseId, GrantId, InstanceId, PCodeId, PersonId, StaffId, TemporaryPinId, VetoId};
use crate::person::Person;
use crate::policy::Policy;
use crate::questions::{CallSubject, QuestionRun, QuestionSet};
use crate::rejection::Rejection;
use crate::staff::{Role, StaffMember};
use crate::temporary_pin::{Redeemed, TemporaryPin};
use crate::time::Timestamp;

/// One recovery case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub id: CaseId,
    pub opened_at: Timestamp,
    pub state: CaseState,
}

/// How a person gets back in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    ChipFace,
    Phone,
    Desk,
    SelfService,
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

/// Why a case was refused: for the journal, the audit and the desk, never for a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalReason {
    ConsentRefused,
    /// The document is not this person's, or does not count; told as a failed read.
    DocumentNotTheirs,
    DocumentExpired,
    DocumentLostOrStolen,
    DocumentStatusMissing,
    PresenceNotProven,
    DocumentUsedRecently,
    ChipNotGenuine,
    PCodeTriesUsed,
    FaceTriesUsed,
    TooManyCases,
    NotEnoughAnswers,
    NumberTooNew,
    NoNumber,
    IssueCapReached,
    NoAppBound,
    RecoveredRecently,
    RecoveryFrozen,
    StatusForbids,
    RouteClosed,
    PictureDiffers,
    DocumentsNotValid,
    NoSecondProof,
    SuspectedFraud,
}

/// What a refused person can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NextStep {
    /// Book a visit to a Citizen Service Centre.
    BookVisit,
    /// Bring what was missing to another visit.
    ComeAgainWithDocuments,
    /// Use another route in the app, or book a visit.
    OtherRoute,
    /// Have an app bound first.
    Enrol,
    /// Wait; the day's limit slides.
    TryLater,
    /// Only the operator can help.
    Operator,
}

/// What can happen to a case.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    // chip + face
    ConsentGiven {
        text_version: u32,
        p_code_given: bool,
    },
    ConsentRefused,
    /// The tag was lost or the phone gave up: costs nothing.
    ChipReadBroken,
    /// The chip was read to the end and is not genuine, or did not prove what it must.
    ChipRefused,
    /// The chip is genuine; `judged` says whose it is and what it buys.
    ChipVerified {
        judged: ChipJudged,
    },
    FaceCompared {
        comparison: &'a face::Comparison,
        /// SHA-256 of the portrait that was compared.
        portrait: [u8; 32],
        person: &'a Person,
        grant: GrantId,
        veto: VetoId,
    },

    // phone
    NumberTyped {
        by: &'a StaffMember,
        subject: CallSubject,
    },
    SendTemporaryPin {
        by: &'a StaffMember,
        issue: Issue<'a>,
    },

    // questions, on the phone and at the desk
    QuestionPut {
        by: &'a StaffMember,
    },
    Answered {
        by: &'a StaffMember,
        given: &'a str,
    },

    // Citizen Service
    DocumentsSeen {
        by: &'a StaffMember,
        person: &'a Person,
        seen: SeenAtDesk,
    },
    QuestionsDrawn {
        by: &'a StaffMember,
        set: QuestionSet,
    },
    WitnessHeard {
        by: &'a StaffMember,
        witness: Witness,
    },
    ChipReadAtDesk {
        by: &'a StaffMember,
        judged: ChipJudged,
    },
    SecondClerk {
        by: &'a StaffMember,
    },
    IssueAtDesk {
        by: &'a StaffMember,
        issue: Issue<'a>,
        delivery: Delivery,
        instance: Option<InstanceId>,
    },
    RefusedAtDesk {
        by: &'a StaffMember,
        reason: DeskRefusal,
    },
    /// Staff may always stop a case that smells; they can never grant one.
    FraudFlagged {
        by: &'a StaffMember,
    },

    // self-service
    WaitOver {
        issue: Issue<'a>,
    },

    // every route
    Redeemed {
        redeemed: Redeemed,
        person: &'a Person,
        grant: GrantId,
        veto: VetoId,
    },
    PinSet {
        spent: SpentGrant,
        person: &'a Person,
        veto: VetoId,
    },
    /// A veto link was used, or the person took the request back.
    Stopped {
        veto: Option<VetoId>,
    },
}

/// What issuing a temporary PIN is judged by, and the ids that the caller drew for it.
#[derive(Clone, Copy, Debug)]
pub struct Issue<'a> {
    pub person: &'a Person,
    pub slot: &'a TemporaryPin,
    pub temporary_pin: TemporaryPinId,
    pub veto: VetoId,
}

/// How a code reaches the person at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// To the registered number, where that is old enough.
    Sms,
    /// On paper or on a screen turned to the person.
    Reveal(Medium),
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

impl Route {
    /// Every route.
    pub const ALL: [Self; 4] = [Self::ChipFace, Self::Phone, Self::Desk, Self::SelfService];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ChipFace => "chip-face",
            Self::Phone => "phone",
            Self::Desk => "desk",
            Self::SelfService => "self-service",
        }
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

impl RefusalReason {
    /// The stable code, for journal, audit and desk.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ConsentRefused => "consent-refused",
            Self::DocumentNotTheirs => "document-not-theirs",
            Self::DocumentExpired => "document-expired",
            Self::DocumentLostOrStolen => "document-lost-or-stolen",
            Self::DocumentStatusMissing => "document-status-missing",
            Self::PresenceNotProven => "presence-not-proven",
            Self::DocumentUsedRecently => "document-used-recently",
            Self::ChipNotGenuine => "chip-not-genuine",
            Self::PCodeTriesUsed => "p-code-tries-used",
            Self::FaceTriesUsed => "face-tries-used",
            Self::TooManyCases => "too-many-cases",
            Self::NotEnoughAnswers => "not-enough-answers",
            Self::NumberTooNew => "number-too-new",
            Self::NoNumber => "no-number",
            Self::IssueCapReached => "issue-cap-reached",
            Self::NoAppBound => "no-app-bound",
            Self::RecoveredRecently => "recovered-recently",
            Self::RecoveryFrozen => "recovery-frozen",
            Self::StatusForbids => "status-forbids",
            Self::RouteClosed => "route-closed",
            Self::PictureDiffers => "picture-differs",
            Self::DocumentsNotValid => "documents-not-valid",
            Self::NoSecondProof => "no-second-proof",
            Self::SuspectedFraud => "suspected-fraud",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub const fn next_step(self) -> NextStep {
        match self {
            Self::ConsentRefused
            | Self::DocumentNotTheirs
            | Self::DocumentExpired
            | Self::DocumentLostOrStolen
            | Self::DocumentStatusMissing
            | Self::PresenceNotProven
            | Self::DocumentUsedRecently
            | Self::ChipNotGenuine
            | Self::PCodeTriesUsed
            | Self::FaceTriesUsed
            | Self::RouteClosed => NextStep::OtherRoute,
            Self::TooManyCases | Self::IssueCapReached => NextStep::TryLater,
            Self::NotEnoughAnswers
            | Self::NumberTooNew
            | Self::NoNumber
            | Self::RecoveredRecently
            | Self::RecoveryFrozen => NextStep::BookVisit,
            Self::NoAppBound => NextStep::Enrol,
            Self::StatusForbids | Self::SuspectedFraud => NextStep::Operator,
            Self::PictureDiffers | Self::DocumentsNotValid | Self::NoSecondProof => {
                NextStep::ComeAgainWithDocuments
            }
        }
    }
}

impl NextStep {
    /// The stable code of its sentence.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BookVisit => "book-visit",
            Self::ComeAgainWithDocuments => "come-again-with-documents",
            Self::OtherRoute => "other-route",
            Self::Enrol => "enrol",
            Self::TryLater => "try-later",
            Self::Operator => "operator",
        }
    }
}
