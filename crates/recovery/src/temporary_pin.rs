//! The temporary PIN of one person. At most one is valid at a time, because there is one place for it.

#[cfg(test)]
mod tests;

use crate::effect::{Effect, Step};
use crate::event::JournalEvent;
use crate::id::{CaseId, InstanceId, PersonId, TemporaryPinId, TicketId};
use crate::policy::{DAY, MONTH, Policy};
use crate::rejection::Rejection;
use crate::sensitive::{KeyedHash, Sensitive};
use crate::time::{Instants, Timestamp};

/// The one place for a person's temporary PIN, and the record of when temporary PINs were issued.
///
/// Issuing a new one overwrites the old, so at most the newest is ever valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryPin {
    pub person: PersonId,
    pub state: State,
    /// When temporary PINs were issued within the last 30 days, on all routes.
    pub issues: Instants,
}

/// The state of the place for a temporary PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// No temporary PIN was issued, or the last one has ended.
    Empty,
    /// A temporary PIN can be tried. Each bound app has its own tries, so that a stolen phone uses up none but its own.
    Issued { code: Code, tries: Vec<InstanceTries> },
    /// The last temporary PIN was redeemed.
    Redeemed { id: TemporaryPinId, instance: InstanceId, at: Timestamp },
}

/// A temporary PIN as the server keeps it: a hash that is bound to person, case and, where a clerk named one, an app
/// instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub id: TemporaryPinId,
    pub case: CaseId,
    /// The only app instance that may redeem the code; `None` where any bound app may.
    pub instance: Option<InstanceId>,
    /// HMAC over person, case and digits, under a key that is kept outside the database.
    pub hash: KeyedHash,
    pub issued_at: Timestamp,
}

/// The tries of a temporary PIN in one app instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceTries {
    pub instance: InstanceId,
    pub wrong: u8,
    /// The try that is reserved and not settled yet.
    pub open: Option<OpenTry>,
}

/// A reserved try of a temporary PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenTry {
    pub ticket: TicketId,
    pub reserved_at: Timestamp,
}

/// Proof that a temporary PIN was redeemed; [`crate::case::Event::Redeemed`] requires it.
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

/// How a try of a temporary PIN ended. The step is saved in both cases.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a try that is not saved did not count"]
pub enum Redemption {
    /// The code was right and is used up; the case continues to its grant in the same transaction.
    Right(Step<TemporaryPin>, Redeemed),
    /// The code was wrong, and the try is counted.
    Wrong(Step<TemporaryPin>),
}

/// A temporary PIN that the caller drew, for a decision that may issue it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnCode {
    pub id: TemporaryPinId,
    /// What the person types.
    pub digits: Sensitive<String>,
    /// The keyed hash of person, case and digits.
    pub hash: KeyedHash,
}

impl TemporaryPin {
    /// The empty place of a person who never had a temporary PIN.
    #[must_use]
    pub const fn none(person: PersonId) -> Self {
        Self { person, state: State::Empty, issues: Instants::EMPTY }
    }

    /// Whether another temporary PIN may be issued now (3 in 24 hours, 10 in 30 days, sliding windows).
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

    /// Issues a new temporary PIN. An earlier one is no longer valid, and its message is withdrawn.
    ///
    /// Whether a code is issued is decided by the case ([`crate::case`]). The caps are checked here again, because two
    /// cases may race.
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
            state: State::Issued { code: Code { issued_at: now, ..code }, tries: Vec::new() },
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

    /// Reserves a try. The caller saves the step before any code is compared.
    ///
    /// # Errors
    ///
    /// [`Rejection::TryInProgress`], or [`Rejection::TemporaryPinInvalid`] where no code can be tried in this app
    /// instance. No code, an expired or used one, one without tries left, and one for another app look alike.
    pub fn reserve(
        &self,
        ticket: TicketId,
        instance: InstanceId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        let elapsed = self.elapsed(policy, now);
        let State::Issued { code, tries } = &elapsed.next.state else {
            return Err(Rejection::TemporaryPinInvalid);
        };
        if code.instance.is_some_and(|only| only != instance) {
            return Err(Rejection::TemporaryPinInvalid);
        }
        let own = tries.iter().find(|own| own.instance == instance);
        if own.is_some_and(|own| own.open.is_some()) {
            return Err(Rejection::TryInProgress);
        }
        let wrong = own.map_or(0, |own| own.wrong);
        if wrong >= policy.temporary_pin.tries_max {
            return Err(Rejection::TemporaryPinInvalid);
        }
        let open = Some(OpenTry { ticket, reserved_at: now });
        let tries = with(tries, InstanceTries { instance, wrong, open });
        let state = State::Issued { code: code.clone(), tries };
        Ok(elapsed
            .clone()
            .map(|it| it.in_state(state))
            .saying(JournalEvent::TryReserved { instance, ticket }))
    }

    /// Settles the reserved try with the keyed hash of the digits that were typed.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchTry`], or [`Rejection::TryExpired`] for a try that ran out of time, which counts as wrong.
    pub fn settle(
        &self,
        ticket: TicketId,
        presented: KeyedHash,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Redemption, Rejection> {
        let State::Issued { code, tries } = &self.state else {
            return Err(Rejection::NoSuchTry);
        };
        let own = tries
            .iter()
            .find_map(|own| own.open.filter(|open| open.ticket == ticket).map(|open| (*own, open)));
        let Some((own, open)) = own else { return Err(Rejection::NoSuchTry) };
        if now >= open.reserved_at.plus(policy.pin.ticket_lifetime) || self.is_over(policy, now) {
            return Err(Rejection::TryExpired);
        }
        if presented == code.hash {
            let redeemed =
                Redeemed { temporary_pin: code.id, case: code.case, instance: own.instance };
            let state = State::Redeemed { id: code.id, instance: own.instance, at: now };
            let step = Step::to(self.in_state(state))
                .owing(Effect::WithdrawCode { temporary_pin: code.id })
                .saying(JournalEvent::TemporaryPinRedeemed {
                    temporary_pin: code.id,
                    instance: own.instance,
                });
            return Ok(Redemption::Right(step, redeemed));
        }
        Ok(Redemption::Wrong(self.after_wrong(code, tries, &[own])))
    }

    /// Ends the temporary PIN, because its recovery was stopped or its person was erased.
    #[must_use]
    pub fn withdraw(&self) -> Option<Step<Self>> {
        match &self.state {
            State::Issued { code, .. } => Some(self.emptied(code.id)),
            State::Empty | State::Redeemed { .. } => None,
        }
    }

    /// Ends the temporary PIN only if it is that of `case`.
    #[must_use]
    pub fn withdraw_of(&self, case: CaseId) -> Option<Step<Self>> {
        match &self.state {
            State::Issued { code, .. } if code.case == case => Some(self.emptied(code.id)),
            State::Issued { .. } | State::Empty | State::Redeemed { .. } => None,
        }
    }

    /// Applies the passing of time: a try that ran out of time counts as wrong, and an expired code ends. `None` where
    /// nothing changes.
    #[must_use]
    pub fn elapse(&self, policy: &Policy, now: Timestamp) -> Option<Step<Self>> {
        match &self.state {
            State::Empty | State::Redeemed { .. } => None,
            State::Issued { code, .. } if self.is_over(policy, now) => Some(self.emptied(code.id)),
            State::Issued { code, tries } => {
                let lost: Vec<InstanceTries> = tries
                    .iter()
                    .filter(|own| own.open.is_some_and(|open| open.is_lost(policy, now)))
                    .copied()
                    .collect();
                (!lost.is_empty()).then(|| self.after_wrong(code, tries, &lost))
            }
        }
    }

    /// When [`Self::elapse`] next changes the state; the store keeps it as the row's deadline.
    #[must_use]
    pub fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        match &self.state {
            State::Empty | State::Redeemed { .. } => None,
            State::Issued { code, tries } => {
                let over = code.issued_at.plus(policy.temporary_pin.lifetime);
                let lost = tries
                    .iter()
                    .filter_map(|own| own.open)
                    .map(|open| open.reserved_at.plus(policy.pin.ticket_lifetime));
                lost.chain([over]).min()
            }
        }
    }

    /// The temporary PIN that can be tried now; the keyed hash of a try is made for its case.
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

    /// Counts one wrong try for each of these app instances.
    fn after_wrong(
        &self,
        code: &Code,
        tries: &[InstanceTries],
        wrong: &[InstanceTries],
    ) -> Step<Self> {
        let mut next = tries.to_vec();
        let mut said = Vec::new();
        for own in wrong {
            let wrong = own.wrong.saturating_add(1);
            next = with(&next, InstanceTries { wrong, open: None, ..*own });
            said.push(JournalEvent::TemporaryPinWrong { temporary_pin: code.id, wrong });
        }
        let state = State::Issued { code: code.clone(), tries: next };
        Step { journal: said, ..Step::to(self.in_state(state)) }
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

impl OpenTry {
    fn is_lost(self, policy: &Policy, now: Timestamp) -> bool {
        now >= self.reserved_at.plus(policy.pin.ticket_lifetime)
    }
}

/// The same tries, with those of one app instance replaced.
fn with(tries: &[InstanceTries], own: InstanceTries) -> Vec<InstanceTries> {
    tries.iter().copied().filter(|other| other.instance != own.instance).chain([own]).collect()
}

impl State {
    /// The wrong tries of one app instance, where a code can be tried.
    #[must_use]
    pub fn wrong_of(&self, instance: InstanceId) -> Option<u8> {
        match self {
            Self::Issued { tries, .. } => {
                let own = tries.iter().find(|own| own.instance == instance);
                Some(own.map_or(0, |own| own.wrong))
            }
            Self::Empty | Self::Redeemed { .. } => None,
        }
    }

    /// The stable code of the state.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Issued { tries, .. } if tries.iter().any(|own| own.open.is_some()) => {
                "issued, try open"
            }
            Self::Issued { .. } => "issued",
            Self::Redeemed { .. } => "redeemed",
        }
    }
}
