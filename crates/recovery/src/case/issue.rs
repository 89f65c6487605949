//! The stages that all routes share: a temporary PIN or a grant, and then a new PIN.

use crate::case::{Call, Case, ChipEvidence, Closed, Delivery, DeskProof, Issue, Stage, Visit};
use crate::chaining::admit;
use crate::decision::Decision;
use crate::effect::{Effect, Notice, Step};
use crate::event::JournalEvent;
use crate::evidence::SeenAtDesk;
use crate::grant::{self, Grant, Origin, SpentGrant};
use crate::id::{CaseId, GrantId, InstanceId, PCodeId, PersonId, StaffId, TemporaryPinId, VetoId};
use crate::p_code::PCode;
use crate::person::{NumberRefusal, PastRecovery, Person};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::route::{RefusalReason, Route};
use crate::temporary_pin::{Code, Redeemed, TemporaryPin};
use crate::time::Timestamp;

/// The stage of a case whose temporary PIN was issued and not yet redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub person: PersonId,
    pub ground: Ground,
    pub temporary_pin: TemporaryPinId,
    /// The app instance that a clerk named; `None` where any app of the person may redeem the code.
    pub instance: Option<InstanceId>,
    pub issued_at: Timestamp,
}

/// The stage of a case that allows one new PIN in one app instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub person: PersonId,
    pub ground: Ground,
    pub instance: InstanceId,
    pub grant: GrantId,
    pub at: Timestamp,
}

/// The evidence on which a temporary PIN or a grant was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    ChipFace { chip: ChipEvidence, face_tries: u8 },
    Phone { call: Call },
    Desk { visit: Visit, seen: SeenAtDesk, proof: DeskProof, second_clerk: Option<StaffId> },
    SelfService,
}

impl Ground {
    /// The route on which the evidence was collected.
    #[must_use]
    pub const fn route(&self) -> Route {
        match self {
            Self::ChipFace { .. } => Route::ChipFace,
            Self::Phone { .. } => Route::Phone,
            Self::Desk { .. } => Route::Desk,
            Self::SelfService => Route::SelfService,
        }
    }

    /// The P code whose use is counted when a recovery on this evidence completes (PROTOCOLS.md 9).
    #[must_use]
    pub const fn p_code(&self) -> Option<PCodeId> {
        match self {
            Self::ChipFace { chip, .. } => chip.p_code,
            Self::Phone { .. } | Self::Desk { .. } | Self::SelfService => None,
        }
    }
}

impl Case {
    /// Issues a temporary PIN on this evidence, or refuses; the checks are the same on every route.
    pub(super) fn issue(
        &self,
        handover: Handover,
        issue: Issue<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        let Handover { ground, delivery, instance } = handover;
        let person = issue.person;
        if self.person() != Some(person.id) || issue.slot.person != person.id {
            return Err(Rejection::OutOfOrder);
        }
        if instance.is_some_and(|instance| !person.has_app(instance)) {
            return Err(Rejection::Unbound);
        }
        if matches!(delivery, Delivery::Reveal(_))
            && !self.may_be_shown(&ground, person, policy, now)
        {
            return Err(Rejection::SecondClerkNeeded);
        }
        let Issue { code, veto, .. } = issue;
        let (temporary_pin, person_id) = (code.id, person.id);
        let placed =
            Code { id: temporary_pin, case: self.id, instance, hash: code.hash, issued_at: now };
        let (delivered, placed) = match may_issue(&ground, issue, (placed, delivery), policy, now) {
            Ok(issued) => issued,
            Err(reason) => return Ok(self.refuse(reason, now)),
        };
        let issued = Issued { person: person_id, ground, temporary_pin, instance, issued_at: now };
        Ok(self
            .to(issued)
            .owing(delivered)
            .owing(self.notify(person_id, Notice::TemporaryPinIssued { veto }))
            .with(placed))
    }

    /// Whether a temporary PIN may appear on a screen or on paper: either the rules already refused a text message
    /// before anybody at the desk changed a channel, or two clerks saw the same (PROTOCOLS.md 15).
    fn may_be_shown(
        &self,
        ground: &Ground,
        person: &Person,
        policy: &Policy,
        now: Timestamp,
    ) -> bool {
        let two = match ground {
            Ground::Desk { second_clerk, .. } => second_clerk.is_some(),
            Ground::ChipFace { .. } | Ground::Phone { .. } | Ground::SelfService => false,
        };
        two || person.sms_was_refused(policy, self.opened_at, now)
    }

    /// Grants one new PIN on this evidence. No other function grants.
    pub(super) fn grant(
        &self,
        person: PersonId,
        ground: Ground,
        instance: InstanceId,
        granted: GrantOf,
        now: Timestamp,
    ) -> Decision<Self> {
        let GrantOf { grant, veto } = granted;
        let granted = Granted { person, ground, instance, grant, at: now };
        let released = Step::to(Grant::of(self.id, &granted));
        self.to(granted)
            .owing(self.notify(person, Notice::NewPinAllowed { veto }))
            .saying(JournalEvent::Granted { case: self.id, grant, instance })
            .with(released)
    }

    /// Grants one new PIN in the app instance in which the temporary PIN was redeemed.
    pub(super) fn redeem(
        &self,
        (at, redeemed): (&Issued, Redeemed),
        person: &Person,
        granted: GrantOf,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        let instance = redeemed.instance();
        let fits = redeemed.case() == self.id
            && redeemed.temporary_pin() == at.temporary_pin
            && at.instance.is_none_or(|only| only == instance)
            && at.person == person.id
            && person.has_app(instance);
        if !fits {
            return Err(Rejection::TemporaryPinInvalid);
        }
        // Another recovery or a freeze may have come in between.
        if let Err(reason) = still_admitted(person, &at.ground, policy, now) {
            return Ok(self.refuse(reason, now));
        }
        Ok(self.grant(person.id, at.ground.clone(), instance, granted, now))
    }

    /// Completes the case: a new PIN was set with its grant.
    pub(super) fn complete(
        &self,
        (at, spent): (&Granted, SpentGrant),
        (person, p_code): (&Person, Option<&PCode>),
        veto: VetoId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        let fits = spent.grant() == at.grant
            && spent.origin() == Origin::Case(self.id)
            && at.person == person.id
            && spent.person() == person.id;
        if !fits {
            return Err(Rejection::GrantOfAnotherApp);
        }
        if still_admitted(person, &at.ground, policy, now).is_err() {
            return Err(Rejection::RecoveredRecently);
        }
        let (ground, instance) = (at.ground.clone(), spent.instance());
        let route = ground.route();
        let used = match ground.p_code() {
            Some(id) => {
                let p_code = p_code.filter(|it| it.id == id).ok_or(Rejection::PCodeInvalid)?;
                Some(p_code.count_use(policy, now)?)
            }
            None => None,
        };
        let completed = self
            .to(Closed::Completed { person: person.id, ground, instance, at: now })
            .owing(self.notify(person.id, Notice::Recovered { veto }))
            .saying(JournalEvent::Completed { case: self.id, person: person.id, route });
        let completed = match completed.next.past_recovery() {
            Some(past) => completed.with(person.recovered(past)),
            None => completed,
        };
        Ok(match used {
            Some(used) => completed.with(used),
            None => completed,
        })
    }

    /// The record of a completed case that [`Person::recovered`] takes; `None` for any other case.
    #[must_use]
    pub fn past_recovery(&self) -> Option<PastRecovery> {
        let Stage::Closed(Closed::Completed { ground, at, .. }) = &self.stage else { return None };
        let without_presence = match ground {
            Ground::ChipFace { chip, .. } => chip.document_without_presence(),
            Ground::Phone { .. } | Ground::Desk { .. } | Ground::SelfService => None,
        };
        Some(PastRecovery { case: self.id, route: ground.route(), at: *at, without_presence })
    }

    fn notify(&self, person: PersonId, notice: Notice) -> Effect {
        Effect::NotifyEveryChannel { person, case: self.id, notice }
    }
}

impl Grant {
    /// The grant of a case that has granted a new PIN.
    ///
    /// # Errors
    ///
    /// [`Rejection::OutOfOrder`] where the case has granted nothing.
    pub fn of_case(case: &Case) -> Result<Self, Rejection> {
        let Stage::Granted(granted) = &case.stage else { return Err(Rejection::OutOfOrder) };
        Ok(Self::of(case.id, granted))
    }

    const fn of(case: CaseId, granted: &Granted) -> Self {
        Self {
            id: granted.grant,
            person: granted.person,
            instance: granted.instance,
            origin: Origin::Case(case),
            issued_at: granted.at,
            state: grant::State::Open,
        }
    }
}

/// The evidence on which a temporary PIN is issued, how it reaches the person, and for which app instance.
pub(super) struct Handover {
    pub(super) ground: Ground,
    pub(super) delivery: Delivery,
    /// The app instance that a clerk named.
    pub(super) instance: Option<InstanceId>,
}

impl Handover {
    /// A text message to the registered phone number; any app of the person may redeem the code.
    pub(super) const fn by_sms(ground: Ground) -> Self {
        Self { ground, delivery: Delivery::Sms, instance: None }
    }
}

/// The ids that the caller drew for a grant and for the veto links in its notices.
#[derive(Clone, Copy, Debug)]
pub struct GrantOf {
    pub grant: GrantId,
    pub veto: VetoId,
}

fn may_issue(
    ground: &Ground,
    issue: Issue<'_>,
    (placed, delivery): (Code, Delivery),
    policy: &Policy,
    now: Timestamp,
) -> Result<(Effect, Step<TemporaryPin>), RefusalReason> {
    let Issue { person, slot, code, .. } = issue;
    still_admitted(person, ground, policy, now)?;
    let placed = slot.issue(placed, policy, now).map_err(|_| RefusalReason::IssueCapReached)?;
    let (temporary_pin, digits) = (code.id, code.digits.clone());
    let until = now.plus(policy.temporary_pin.lifetime);
    let effect = match delivery {
        Delivery::Sms if !policy.temporary_pin.sms => return Err(RefusalReason::RouteClosed),
        Delivery::Sms => {
            let channel = person.number_for_code(policy, now).map_err(|refusal| match refusal {
                NumberRefusal::NoNumber => RefusalReason::NoNumber,
                NumberRefusal::TooNew => RefusalReason::NumberTooNew,
                NumberRefusal::Paused => RefusalReason::NumberPaused,
            })?;
            let person = person.id;
            Effect::SendTemporaryPin { temporary_pin, person, channel, digits, until }
        }
        Delivery::Reveal(medium) => {
            Effect::RevealOnce { temporary_pin, person: person.id, medium, digits, until }
        }
    };
    Ok((effect, placed))
}

fn still_admitted(
    person: &Person,
    ground: &Ground,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), RefusalReason> {
    let admission = admit(person, ground.route(), policy, now)?;
    let second_clerk = match ground {
        Ground::Desk { second_clerk, .. } => second_clerk.is_some(),
        Ground::ChipFace { .. } | Ground::Phone { .. } | Ground::SelfService => false,
    };
    if admission.two_clerks() && !second_clerk {
        return Err(RefusalReason::RecoveredRecently);
    }
    Ok(())
}
