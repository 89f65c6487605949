//! The temporary PIN of one person: at most one lives, because there is one place for it.

#[cfg(test)]
mod tests;

use crate::effect::{Effect, Step};
use crate::event::JournalEvent;
use crate::id::{CaseId, InstanceId, PersonId, TemporaryPinId, TicketId};
use crate::policy::{DAY, MONTH, Policy};
use crate::rejection::Rejection;
use crate::sensitive::KeyedHash;
use crate::time::{Instants, Timestamp};

/// The one place that a person's temporary PIN has, and when codes were issued into it.
///
/// Issuing overwrites whatever was there, so the newest is the only one by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryPin {
    pub person: PersonId,
    pub state: State,
    /// Every issue within 30 days, over all routes.
    pub issues: Instants,
}

/// What is in the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// None was issued, or the last one is over.
    Empty,
    /// One can be tried.
    Issued { code: Code, wrong: u8, open: Option<OpenTry> },
    /// The last one was redeemed.
    Redeemed { id: TemporaryPinId, instance: InstanceId, at: Timestamp },
}

/// One issued code: never in clear, bound to person, case and, where a clerk named it, an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub id: TemporaryPinId,
    pub case: CaseId,
    pub instance: Option<InstanceId>,
    /// HMAC over person, case and digits, under a key outside the database.
    pub hash: KeyedHash,
    pub issued_at: Timestamp,
}

/// A reserved try of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenTry {
    pub ticket: TicketId,
    pub instance: InstanceId,
    pub reserved_at: Timestamp,
}

/// Proof that a temporary PIN was redeemed: what [`crate::case::Event::Redeemed`] asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redeemed {
    temporary_pin: TemporaryPinId,
    case: CaseId,
    instance: InstanceId,
}

impl Redeemed {
    #[must_use]
    pub const fn temporary_pin(&self) -> TemporaryPinId {
        self.temporary_pin
    }

    #[must_use]
    pub const fn case(&self) -> CaseId {
        self.case
    }

    #[must_use]
    pub const fn instance(&self) -> InstanceId {
        self.instance
    }
}

/// How a try ended. Both are saved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a try that is not saved did not count"]
pub enum Redemption {
    /// The code was right and is used up; the case goes on to its grant in the same transaction.
    Right(Step<TemporaryPin>, Redeemed),
    /// The code was wrong.
    Wrong(Step<TemporaryPin>),
}

impl TemporaryPin {
    /// The empty place of a person who never had one.
    #[must_use]
    pub const fn none(person: PersonId) -> Self {
        Self { person, state: State::Empty, issues: Instants::EMPTY }
    }

    /// Whether another one may be issued now (3 in 24 hours, 10 in 30 days, sliding).
    ///
    /// # Errors
    ///
    /// [`Rejection::IssueCapReached`].
    pub fn may_issue(&self, policy: &Policy, now: Timestamp) -> Result<(), Rejection> {
        let rules = &policy.temporary_pin;
        let day = self.issues.count_within(DAY, now);
        let month = self.issues.count_within(MONTH, now);
        if day >= usize::from(rules.issues_per_day_max)
            || month >= usize::from(rules.issues_per_month_max)
        {
            return Err(Rejection::IssueCapReached);
        }
        Ok(())
    }

    /// Puts a new code into the place; what was there before is dead, its message withdrawn.
    ///
    /// The case decides whether a code is issued ([`crate::case`]); this enforces the caps again,
    /// because two cases may race.
    ///
    /// # Errors
    ///
    /// [`Rejection::IssueCapReached`].
    pub fn issue(
        &self,
        code: Code,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        self.may_issue(policy, now)?;
        let (id, case) = (code.id, code.case);
        let next = Self {
            person: self.person,
            state: State::Issued { code: Code { issued_at: now, ..code }, wrong: 0, open: None },
            issues: self.issues.with(now, MONTH),
        };
        let mut step = Step::to(next);
        if let State::Issued { code: old, .. } = &self.state {
            step = step
                .owing(Effect::WithdrawCode { temporary_pin: old.id })
                .saying(JournalEvent::TemporaryPinReplaced { temporary_pin: old.id });
        }
        Ok(step.saying(JournalEvent::TemporaryPinIssued {
            temporary_pin: id,
            case,
            person: self.person,
        }))
    }

    /// Reserves a try; the caller saves it before anything is compared.
    ///
    /// # Errors
    ///
    /// [`Rejection::TryInProgress`], or [`Rejection::TemporaryPinInvalid`] where none can be
    /// tried in this instance: none, over, used, worn out and another app's look alike.
    pub fn reserve(
        &self,
        ticket: TicketId,
        instance: InstanceId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        let elapsed = self.elapsed(policy, now);
        match &elapsed.next.state {
            State::Empty | State::Redeemed { .. } => Err(Rejection::TemporaryPinInvalid),
            State::Issued { code, .. } if code.instance.is_some_and(|only| only != instance) => {
                Err(Rejection::TemporaryPinInvalid)
            }
            State::Issued { open: Some(_), .. } => Err(Rejection::TryInProgress),
            State::Issued { code, wrong, open: None } => {
                let open = Some(OpenTry { ticket, instance, reserved_at: now });
                let state = State::Issued { code: code.clone(), wrong: *wrong, open };
                Ok(elapsed
                    .clone()
                    .map(|it| it.in_state(state))
                    .saying(JournalEvent::TryReserved { instance, ticket }))
            }
        }
    }

    /// Settles the reserved try with the keyed hash of what was typed.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchTry`] or [`Rejection::TryExpired`]; the latter counts as wrong.
    pub fn settle(
        &self,
        ticket: TicketId,
        presented: KeyedHash,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Redemption, Rejection> {
        let State::Issued { code, wrong, open: Some(open) } = &self.state else {
            return Err(Rejection::NoSuchTry);
        };
        if open.ticket != ticket {
            return Err(Rejection::NoSuchTry);
        }
        if now >= open.reserved_at.plus(policy.pin.ticket_lifetime) || self.is_over(policy, now) {
            return Err(Rejection::TryExpired);
        }
        if presented == code.hash {
            let redeemed =
                Redeemed { temporary_pin: code.id, case: code.case, instance: open.instance };
            let state = State::Redeemed { id: code.id, instance: open.instance, at: now };
            let step = Step::to(self.in_state(state))
                .owing(Effect::WithdrawCode { temporary_pin: code.id })
                .saying(JournalEvent::TemporaryPinRedeemed {
                    temporary_pin: code.id,
                    instance: open.instance,
                });
            return Ok(Redemption::Right(step, redeemed));
        }
        Ok(Redemption::Wrong(self.after_wrong(code, *wrong, policy)))
    }

    /// Ends the code, because its recovery was stopped or its person erased.
    #[must_use]
    pub fn withdraw(&self) -> Option<Step<Self>> {
        match &self.state {
            State::Issued { code, .. } => Some(self.emptied(code.id)),
            State::Empty | State::Redeemed { .. } => None,
        }
    }

    /// The same, only where the living code is that of `case`.
    #[must_use]
    pub fn withdraw_of(&self, case: CaseId) -> Option<Step<Self>> {
        match &self.state {
            State::Issued { code, .. } if code.case == case => Some(self.emptied(code.id)),
            State::Issued { .. } | State::Empty | State::Redeemed { .. } => None,
        }
    }

    /// The state as time alone has made it: a lost try counted, an old code gone.
    #[must_use]
    pub fn elapse(&self, policy: &Policy, now: Timestamp) -> Option<Step<Self>> {
        match &self.state {
            State::Empty | State::Redeemed { .. } => None,
            State::Issued { code, .. } if self.is_over(policy, now) => Some(self.emptied(code.id)),
            State::Issued { code, wrong, open: Some(open) }
                if now >= open.reserved_at.plus(policy.pin.ticket_lifetime) =>
            {
                Some(self.after_wrong(code, *wrong, policy))
            }
            State::Issued { .. } => None,
        }
    }

    /// When [`Self::elapse`] will next change something, for the store's deadline.
    #[must_use]
    pub fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        match &self.state {
            State::Empty | State::Redeemed { .. } => None,
            State::Issued { code, open, .. } => {
                let over = code.issued_at.plus(policy.temporary_pin.lifetime);
                let lost = open.map(|open| open.reserved_at.plus(policy.pin.ticket_lifetime));
                Some(lost.map_or(over, |lost| lost.min(over)))
            }
        }
    }

    /// The code that can be tried now, whose case the keyed hash has to be made for.
    #[must_use]
    pub fn living(&self, policy: &Policy, now: Timestamp) -> Option<&Code> {
        match &self.state {
            State::Issued { code, .. } if !self.is_over(policy, now) => Some(code),
            State::Issued { .. } | State::Empty | State::Redeemed { .. } => None,
        }
    }

    fn is_over(&self, policy: &Policy, now: Timestamp) -> bool {
        match &self.state {
            State::Issued { code, .. } => now >= code.issued_at.plus(policy.temporary_pin.lifetime),
            State::Empty | State::Redeemed { .. } => false,
        }
    }

    fn elapsed(&self, policy: &Policy, now: Timestamp) -> Step<Self> {
        self.elapse(policy, now).unwrap_or_else(|| Step::to(self.clone()))
    }

    fn after_wrong(&self, code: &Code, wrong: u8, policy: &Policy) -> Step<Self> {
        let wrong = wrong.saturating_add(1);
        let said = JournalEvent::TemporaryPinWrong { temporary_pin: code.id, wrong };
        if wrong >= policy.temporary_pin.tries_max {
            let step = self.emptied(code.id);
            let journal = core::iter::once(said).chain(step.journal).collect();
            return Step { journal, ..step };
        }
        let state = State::Issued { code: code.clone(), wrong, open: None };
        Step::to(self.in_state(state)).saying(said)
    }

    fn emptied(&self, temporary_pin: TemporaryPinId) -> Step<Self> {
        Step::to(self.in_state(State::Empty))
            .owing(Effect::WithdrawCode { temporary_pin })
            .saying(JournalEvent::TemporaryPinEnded { temporary_pin })
    }

    fn in_state(&self, state: State) -> Self {
        Self { state, ..self.clone() }
    }
}

impl State {
    /// Its stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Issued { open: None, .. } => "issued",
            Self::Issued { open: Some(_), .. } => "issued, try open",
            Self::Redeemed { .. } => "redeemed",
        }
    }
}
