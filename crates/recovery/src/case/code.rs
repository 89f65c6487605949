//! What every route ends in: a temporary PIN or a grant, and then a new PIN.

use crate::case::{Case, CaseState, Delivery, Event, Ground, Issue, RefusalReason, Route};
use crate::chaining::admit;
use crate::effect::{Effect, Notice, Step};
use crate::event::JournalEvent;
use crate::grant::{Origin, SpentGrant};
use crate::id::{CaseId, GrantId, InstanceId, PersonId, VetoId};
use crate::person::{NumberRefusal, PastRecovery, Person};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::temporary_pin::Redeemed;
use crate::time::Timestamp;

impl Case {
    /// Opens a self-service case: a wait that can be stopped, then a temporary PIN.
    ///
    /// # Errors
    ///
    /// The [`RefusalReason`] where the person may not go this way now.
    pub fn open_self_service(
        id: CaseId,
        person: &Person,
        veto: VetoId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, RefusalReason> {
        admit(person, Route::SelfService, policy, now)?;
        if !policy.temporary_pin.sms {
            return Err(RefusalReason::RouteClosed);
        }
        let until = now.plus(policy.self_service.wait);
        let state = CaseState::Waiting { person: person.id, until };
        Ok(Step::to(Self { id, opened_at: now, state })
            .owing(Effect::NotifyEveryChannel {
                person: person.id,
                case: id,
                notice: Notice::WaitBegun { veto },
            })
            .saying(JournalEvent::CaseOpened { case: id, route: Route::SelfService })
            .saying(JournalEvent::WaitBegun { case: id, until }))
    }

    pub(super) fn apply_code(
        &self,
        event: Event<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        match (&self.state, event) {
            (CaseState::Waiting { until, .. }, Event::WaitOver { issue }) => {
                if now < *until {
                    return Err(Rejection::StillWaiting);
                }
                self.issue(Handover::by_sms(Ground::SelfService), issue, policy, now)
            }
            (
                CaseState::CodeIssued { ground, temporary_pin, instance, .. },
                Event::Redeemed { redeemed, person, grant, veto },
            ) => {
                let fits = redeemed.case() == self.id
                    && redeemed.temporary_pin() == *temporary_pin
                    && instance.is_none_or(|only| only == redeemed.instance());
                if !fits {
                    return Err(Rejection::TemporaryPinInvalid);
                }
                self.redeem((redeemed, ground), person, GrantOf { grant, veto }, policy, now)
            }
            (CaseState::Granted { ground, grant, .. }, Event::PinSet { spent, person, veto }) => {
                if spent.grant() != *grant || spent.origin() != Origin::Case(self.id) {
                    return Err(Rejection::GrantOfAnotherApp);
                }
                self.complete((spent, ground), person, veto, policy, now)
            }
            _ => Err(Rejection::OutOfOrder),
        }
    }

    /// Issues a temporary PIN on this ground, or refuses. The same checks on every route.
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
        let state = CaseState::CodeIssued {
            person: person.id,
            ground,
            temporary_pin,
            instance,
            issued_at: now,
        };
        Ok(Step::to(self.in_state(state))
            .owing(delivered)
            .owing(self.notify(person.id, Notice::TemporaryPinIssued { veto: issue.veto })))
    }

    /// Whether a code may appear on a screen or on paper: where the rules refused a text message before anybody at the
    /// desk touched a channel, or where two clerks saw the same (PROTOCOLS.md 15).
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

    /// Grants on this ground. Nothing else does.
    pub(super) fn grant(
        &self,
        person: PersonId,
        ground: Ground,
        instance: InstanceId,
        granted: GrantOf,
        now: Timestamp,
    ) -> Step<Self> {
        let GrantOf { grant, veto } = granted;
        let state = CaseState::Granted { person, ground, instance, grant, at: now };
        Step::to(self.in_state(state))
            .owing(self.notify(person, Notice::NewPinAllowed { veto }))
            .saying(JournalEvent::Granted { case: self.id, grant, instance })
    }

    fn redeem(
        &self,
        (redeemed, ground): (Redeemed, &Ground),
        person: &Person,
        granted: GrantOf,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        if self.person() != Some(person.id) || !person.has_app(redeemed.instance()) {
            return Err(Rejection::TemporaryPinInvalid);
        }
        // Another recovery or a freeze may have come in between.
        if let Err(reason) = still_admitted(person, ground, policy, now) {
            return Ok(self.refuse(reason, now));
        }
        Ok(self.grant(person.id, ground.clone(), redeemed.instance(), granted, now))
    }

    fn complete(
        &self,
        (spent, ground): (SpentGrant, &Ground),
        person: &Person,
        veto: VetoId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        if self.person() != Some(person.id) || spent.person() != person.id {
            return Err(Rejection::GrantOfAnotherApp);
        }
        if still_admitted(person, ground, policy, now).is_err() {
            return Err(Rejection::RecoveredRecently);
        }
        let route = ground.route();
        let state = CaseState::Completed {
            person: person.id,
            ground: ground.clone(),
            instance: spent.instance(),
            at: now,
        };
        Ok(Step::to(self.in_state(state))
            .owing(self.notify(person.id, Notice::Recovered { veto }))
            .saying(JournalEvent::Completed { case: self.id, person: person.id, route }))
    }

    /// What the person remembers of a completed case: hand it to [`Person::recovered`].
    #[must_use]
    pub fn past_recovery(&self) -> Option<PastRecovery> {
        let CaseState::Completed { ground, at, .. } = &self.state else { return None };
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

/// On which ground a code goes out, how, and for which app.
pub(super) struct Handover {
    pub(super) ground: Ground,
    pub(super) delivery: Delivery,
    /// The app that a clerk named.
    pub(super) instance: Option<InstanceId>,
}

impl Handover {
    /// To the registered number, for the first app that redeems it.
    pub(super) const fn by_sms(ground: Ground) -> Self {
        Self { ground, delivery: Delivery::Sms, instance: None }
    }
}

/// The ids that the caller drew for a grant and its notice.
#[derive(Clone, Copy, Debug)]
pub(super) struct GrantOf {
    pub(super) grant: GrantId,
    pub(super) veto: VetoId,
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
