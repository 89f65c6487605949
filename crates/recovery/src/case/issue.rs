//! The stages that all routes share: a temporary PIN or a grant, and then a new PIN.

use crate::case::{Call, Case, ChipEvidence, Closed, Delivery, DeskProof, Issue, Stage, Visit};
use crate::chaining::admit;
use crate::effect::{Effect, Notice, Step};
use crate::event::JournalEvent;
use crate::evidence::SeenAtDesk;
use crate::grant::{Origin, SpentGrant};
use crate::id::{GrantId, InstanceId, PCodeId, PersonId, StaffId, TemporaryPinId, VetoId};
use crate::person::{NumberRefusal, PastRecovery, Person};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::route::{RefusalReason, Route};
use crate::temporary_pin::Redeemed;
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
    ) -> Result<Step<Self>, Rejection> {
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
        let delivered = match may_issue(&ground, issue, delivery, policy, now) {
            Ok(delivered) => delivered,
            Err(reason) => return Ok(self.refuse(reason, now)),
        };
        let temporary_pin = issue.temporary_pin;
        let person_id = person.id;
        let issued = Issued { person: person_id, ground, temporary_pin, instance, issued_at: now };
        Ok(self
            .to(issued)
            .owing(delivered)
            .owing(self.notify(person_id, Notice::TemporaryPinIssued { veto: issue.veto })))
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
    ) -> Step<Self> {
        let GrantOf { grant, veto } = granted;
        self.to(Granted { person, ground, instance, grant, at: now })
            .owing(self.notify(person, Notice::NewPinAllowed { veto }))
            .saying(JournalEvent::Granted { case: self.id, grant, instance })
    }

    /// Grants one new PIN in the app instance in which the temporary PIN was redeemed.
    pub(super) fn redeem(
        &self,
        (at, redeemed): (&Issued, Redeemed),
        person: &Person,
        granted: GrantOf,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
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
        person: &Person,
        veto: VetoId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
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
        Ok(self
            .to(Closed::Completed { person: person.id, ground, instance, at: now })
            .owing(self.notify(person.id, Notice::Recovered { veto }))
            .saying(JournalEvent::Completed { case: self.id, person: person.id, route }))
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
    delivery: Delivery,
    policy: &Policy,
    now: Timestamp,
) -> Result<Effect, RefusalReason> {
    still_admitted(issue.person, ground, policy, now)?;
    issue.slot.may_issue(policy, now).map_err(|_| RefusalReason::IssueCapReached)?;
    let temporary_pin = issue.temporary_pin;
    let until = now.plus(policy.temporary_pin.lifetime);
    match delivery {
        Delivery::Sms if !policy.temporary_pin.sms => Err(RefusalReason::RouteClosed),
        Delivery::Sms => match issue.person.number_for_code(policy, now) {
            Ok(channel) => Ok(Effect::SendTemporaryPin { temporary_pin, channel, until }),
            Err(NumberRefusal::NoNumber) => Err(RefusalReason::NoNumber),
            Err(NumberRefusal::TooNew) => Err(RefusalReason::NumberTooNew),
            Err(NumberRefusal::Paused) => Err(RefusalReason::NumberPaused),
        },
        Delivery::Reveal(medium) => Ok(Effect::RevealOnce { temporary_pin, medium, until }),
    }
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
