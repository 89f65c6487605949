//! One app instance: its PIN, the ladder of wrong PINs, and what the app may show.
//!
//! Only requests signed by the instance's device key reach this module, so a stranger can neither lock a person out nor
//! learn who is registered (PROTOCOLS.md 2).

#[cfg(test)]
mod tests;

use crate::effect::{Effect, SecurityEvent, Step};
use crate::event::JournalEvent;
use crate::grant::SpentGrant;
use crate::id::{CredentialId, GrantId, InstanceId, PersonId, TicketId};
use crate::policy::{Consequence, DAY, Policy};
use crate::rejection::Rejection;
use crate::sensitive::KeyedHash;
use crate::time::{Instants, Timestamp};

/// An app instance: a device key bound to one person, with a ladder of wrong PINs of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticator {
    pub id: InstanceId,
    pub person: PersonId,
    pub bound_at: Timestamp,
    /// The public device key: P-256, SEC1 uncompressed.
    pub device_key: Vec<u8>,
    pub state: State,
    /// When P codes that did not fit were given in this instance (PROTOCOLS.md 9).
    pub wrong_p_codes: Instants,
}

/// The state of an app instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Bound; the first PIN is still to be chosen under the grant of the enrolment.
    AwaitingFirstPin,
    /// The PIN can be tried. `wrong` counts the consecutive wrong PINs, `open` is the try that is reserved now.
    Ready { pin: PinRecord, wrong: u8, open: Option<Ticket> },
    /// No PIN can be tried until `until`; then the instance is ready again by itself.
    Locked { pin: PinRecord, wrong: u8, until: Timestamp },
    /// No PIN can be tried until a recovery sets a new one.
    Blocked { pin: PinRecord, cause: BlockCause },
    /// The device key is no longer bound to the person; this is final.
    Unbound { at: Timestamp },
}

/// Why an instance is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockCause {
    /// The last rung of the ladder of wrong PINs was reached.
    WrongPins,
    /// The person stopped a recovery after it had set a new PIN in this instance.
    Veto,
}

/// The server's record of a PIN: bytes that the domain does not read, replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinRecord {
    /// A fresh random identifier with every registration, so that no registration evaluates an old PIN.
    pub credential: CredentialId,
    pub registration: Vec<u8>,
    pub set_at: Timestamp,
}

/// A reserved try of a PIN: counted and durable before the server's second message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub id: TicketId,
    pub reserved_at: Timestamp,
    /// Keyed hash of the client's first message and its idempotency key.
    pub request: KeyedHash,
}

/// How a try of a PIN ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Right,
    Wrong,
}

/// What the app may show. Its seconds are computed by the server and never from the phone's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    AwaitingFirstPin,
    /// The PIN can be tried; so many more wrong PINs reach the next rung of the ladder.
    Ready {
        tries_to_next_rung: u8,
    },
    /// No PIN can be tried for so many seconds, after so many consecutive wrong PINs.
    TemporarilyLocked {
        seconds_remaining: u64,
        wrong: u8,
    },
    Blocked,
    /// The owner has frozen the identity, or has stopped a completed recovery by a veto link.
    Frozen,
    Unbound,
}

impl Authenticator {
    /// An app instance that an enrolment has just bound; its first PIN is not chosen yet.
    #[must_use]
    pub const fn bound(
        id: InstanceId,
        person: PersonId,
        device_key: Vec<u8>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            person,
            bound_at: now,
            device_key,
            state: State::AwaitingFirstPin,
            wrong_p_codes: Instants::EMPTY,
        }
    }

    /// Applies the passing of time: a try that ran out of time counts as wrong, and a lock that is over is opened.
    ///
    /// Every other method starts from this state; the sweeper saves the step where there is one.
    #[must_use]
    pub fn elapse(&self, policy: &Policy, now: Timestamp) -> Option<Step<Self>> {
        match &self.state {
            State::Ready { pin, wrong, open: Some(ticket) } => {
                let over_at = ticket.reserved_at.plus(policy.pin.ticket_lifetime);
                if now < over_at {
                    return None;
                }
                let wrong = wrong.saturating_add(1);
                let lost = JournalEvent::TryLost {
                    instance: self.id,
                    ticket: ticket.id,
                    reserved_at: ticket.reserved_at,
                    wrong,
                };
                // The rung takes effect when the try expired, not when somebody looked.
                let step = self.after_wrong(pin, wrong, policy, over_at);
                let mut journal = vec![lost];
                journal.extend(step.journal);
                let step = Step { journal, ..step };
                match step.next.elapse(policy, now) {
                    Some(later) => Some(Step {
                        next: later.next,
                        effects: [step.effects, later.effects].concat(),
                        journal: [step.journal, later.journal].concat(),
                    }),
                    None => Some(step),
                }
            }
            State::Locked { pin, wrong, until } if now >= *until => {
                let state = State::Ready { pin: pin.clone(), wrong: *wrong, open: None };
                Some(Step::to(self.in_state(state)))
            }
            State::AwaitingFirstPin
            | State::Ready { open: None, .. }
            | State::Locked { .. }
            | State::Blocked { .. }
            | State::Unbound { .. } => None,
        }
    }

    /// Reserves a try of the PIN. The caller saves the step before the server's second message is sent.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] where no PIN may be tried now, for example because another try is open.
    pub fn reserve(
        &self,
        ticket: TicketId,
        request: KeyedHash,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        let elapsed = self.elapsed(policy, now);
        match &elapsed.next.state {
            State::AwaitingFirstPin => Err(Rejection::NoPinYet),
            State::Ready { open: Some(_), .. } => Err(Rejection::TryInProgress),
            State::Ready { pin, wrong, open: None } => {
                let open = Some(Ticket { id: ticket, reserved_at: now, request });
                let state = State::Ready { pin: pin.clone(), wrong: *wrong, open };
                let journal = JournalEvent::TryReserved { instance: self.id, ticket };
                Ok(elapsed.clone().map(|it| it.in_state(state)).saying(journal))
            }
            State::Locked { .. } => Err(Rejection::Locked),
            State::Blocked { .. } => Err(Rejection::Blocked),
            State::Unbound { .. } => Err(Rejection::Unbound),
        }
    }

    /// Settles the open try. A wrong PIN goes one rung up the ladder, a right one resets it.
    ///
    /// # Errors
    ///
    /// [`Rejection::TryExpired`] for a try that ran out of time (it counts as wrong, and the caller saves
    /// [`Self::elapse`]), [`Rejection::NoSuchTry`] for a ticket that is not the open one.
    pub fn settle(
        &self,
        ticket: TicketId,
        outcome: Outcome,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        let State::Ready { pin, wrong, open: Some(open) } = &self.state else {
            return Err(Rejection::NoSuchTry);
        };
        if open.id != ticket {
            return Err(Rejection::NoSuchTry);
        }
        if now >= open.reserved_at.plus(policy.pin.ticket_lifetime) {
            return Err(Rejection::TryExpired);
        }
        match outcome {
            Outcome::Right => {
                let state = State::Ready { pin: pin.clone(), wrong: 0, open: None };
                Ok(Step::to(self.in_state(state))
                    .saying(JournalEvent::PinRight { instance: self.id, ticket }))
            }
            Outcome::Wrong => {
                let wrong = wrong.saturating_add(1);
                let step = self.after_wrong(pin, wrong, policy, now);
                let said = JournalEvent::PinWrong { instance: self.id, ticket, wrong };
                let journal = core::iter::once(said).chain(step.journal).collect();
                Ok(Step { journal, ..step })
            }
        }
    }

    /// Sets the PIN that a grant allowed, and removes the count of wrong PINs and every lock.
    ///
    /// # Errors
    ///
    /// [`Rejection::GrantOfAnotherApp`] or [`Rejection::Unbound`].
    pub fn set_pin(&self, spent: &SpentGrant, pin: PinRecord) -> Result<Step<Self>, Rejection> {
        if spent.instance() != self.id {
            return Err(Rejection::GrantOfAnotherApp);
        }
        match &self.state {
            State::AwaitingFirstPin
            | State::Ready { .. }
            | State::Locked { .. }
            | State::Blocked { .. } => {}
            State::Unbound { .. } => return Err(Rejection::Unbound),
        }
        let grant: GrantId = spent.grant();
        let state = State::Ready { pin, wrong: 0, open: None };
        Ok(Step::to(self.in_state(state))
            .owing(Effect::WakeApp { instance: self.id })
            .saying(JournalEvent::PinSet { instance: self.id, grant }))
    }

    /// Blocks the instance, because the person stopped a recovery that had set a new PIN in it.
    #[must_use]
    pub fn block_by_veto(&self) -> Option<Step<Self>> {
        match &self.state {
            State::Ready { pin, .. } | State::Locked { pin, .. } | State::Blocked { pin, .. } => {
                let state = State::Blocked { pin: pin.clone(), cause: BlockCause::Veto };
                Some(
                    Step::to(self.in_state(state))
                        .owing(Effect::WakeApp { instance: self.id })
                        .saying(JournalEvent::AppBlocked { instance: self.id }),
                )
            }
            State::AwaitingFirstPin | State::Unbound { .. } => None,
        }
    }

    /// Counts every try that may have been made since a backup which was restored: one try is left before the last rung of
    /// the ladder, so that nobody gets back what they had used up. A right PIN resets the count as ever. `None` where
    /// nothing changes.
    #[must_use]
    pub fn restored(&self, policy: &Policy) -> Option<Step<Self>> {
        let last = policy.pin.ladder.last()?.wrong.saturating_sub(1);
        let state = match &self.state {
            State::Ready { pin, wrong, open } if *wrong < last || open.is_some() => {
                State::Ready { pin: pin.clone(), wrong: last.max(*wrong), open: None }
            }
            State::Locked { pin, wrong, until } if *wrong < last => {
                State::Locked { pin: pin.clone(), wrong: last, until: *until }
            }
            State::AwaitingFirstPin
            | State::Ready { .. }
            | State::Locked { .. }
            | State::Blocked { .. }
            | State::Unbound { .. } => return None,
        };
        Some(Step::to(self.in_state(state)))
    }

    /// Unbinds the instance: the phone was lost, or the person asked for it.
    ///
    /// # Errors
    ///
    /// [`Rejection::Unbound`] where the instance is already unbound.
    pub fn unbind(&self, now: Timestamp) -> Result<Step<Self>, Rejection> {
        match &self.state {
            State::AwaitingFirstPin
            | State::Ready { .. }
            | State::Locked { .. }
            | State::Blocked { .. } => Ok(Step::to(self.in_state(State::Unbound { at: now }))
                .owing(Effect::WakeApp { instance: self.id })
                .saying(JournalEvent::AppUnbound { instance: self.id, person: self.person })),
            State::Unbound { .. } => Err(Rejection::Unbound),
        }
    }

    /// Counts a P code that did not fit.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooManyPCodePairings`] where the wrong P codes allowed in 24 hours are used up.
    pub fn count_wrong_p_code(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        self.may_pair_p_code(policy, now)?;
        Ok(Step::to(Self { wrong_p_codes: self.wrong_p_codes.with(now, DAY), ..self.clone() }))
    }

    /// Refuses another P code where the wrong ones allowed in 24 hours are used up.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooManyPCodePairings`].
    pub fn may_pair_p_code(&self, policy: &Policy, now: Timestamp) -> Result<(), Rejection> {
        let wrong = self.wrong_p_codes.count_within(DAY, now);
        if wrong >= usize::from(policy.p_code.wrong_pairings_per_day_max) {
            return Err(Rejection::TooManyPCodePairings);
        }
        Ok(())
    }

    /// What the app may show. `frozen` says whether the person has frozen the identity
    /// ([`crate::person::Person::apps_are_frozen`]).
    #[must_use]
    pub fn view(&self, frozen: bool, policy: &Policy, now: Timestamp) -> View {
        match &self.elapsed(policy, now).next.state {
            State::Unbound { .. } => View::Unbound,
            // Not for wrong PINs: somebody said that a change was not theirs.
            State::Blocked { cause: BlockCause::Veto, .. } => View::Frozen,
            State::Blocked { cause: BlockCause::WrongPins, .. } => View::Blocked,
            State::AwaitingFirstPin | State::Ready { .. } | State::Locked { .. } if frozen => {
                View::Frozen
            }
            State::AwaitingFirstPin => View::AwaitingFirstPin,
            State::Ready { wrong, .. } => {
                let next = policy.pin.ladder.iter().find(|rung| rung.wrong > *wrong);
                let tries_to_next_rung = next.map_or(0, |rung| rung.wrong.saturating_sub(*wrong));
                View::Ready { tries_to_next_rung }
            }
            State::Locked { until, wrong, .. } => {
                let seconds_remaining = until.seconds_from(now);
                View::TemporarilyLocked { seconds_remaining, wrong: *wrong }
            }
        }
    }

    /// The open try, for a client that repeats its first message under the same idempotency key.
    #[must_use]
    pub fn open_ticket(&self, policy: &Policy, now: Timestamp) -> Option<Ticket> {
        match self.elapsed(policy, now).next.state {
            State::Ready { open, .. } => open,
            State::AwaitingFirstPin
            | State::Locked { .. }
            | State::Blocked { .. }
            | State::Unbound { .. } => None,
        }
    }

    /// The record that a PIN is checked against; `None` before the first PIN and after unbinding.
    #[must_use]
    pub const fn pin(&self) -> Option<&PinRecord> {
        match &self.state {
            State::Ready { pin, .. } | State::Locked { pin, .. } | State::Blocked { pin, .. } => {
                Some(pin)
            }
            State::AwaitingFirstPin | State::Unbound { .. } => None,
        }
    }

    /// Whether a temporary PIN or a recovery case can lead to a new PIN in this instance.
    #[must_use]
    pub const fn is_recoverable(&self) -> bool {
        self.pin().is_some()
    }

    /// When [`Self::elapse`] next changes the instance; the store keeps it as the row's deadline.
    #[must_use]
    pub fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        match &self.state {
            State::Ready { open: Some(ticket), .. } => {
                Some(ticket.reserved_at.plus(policy.pin.ticket_lifetime))
            }
            State::Locked { until, .. } => Some(*until),
            State::AwaitingFirstPin
            | State::Ready { open: None, .. }
            | State::Blocked { .. }
            | State::Unbound { .. } => None,
        }
    }

    fn elapsed(&self, policy: &Policy, now: Timestamp) -> Step<Self> {
        self.elapse(policy, now).unwrap_or_else(|| Step::to(self.clone()))
    }

    fn after_wrong(
        &self,
        pin: &PinRecord,
        wrong: u8,
        policy: &Policy,
        at: Timestamp,
    ) -> Step<Self> {
        let pin = pin.clone();
        match policy.pin.consequence_of(wrong) {
            None => Step::to(self.in_state(State::Ready { pin, wrong, open: None })),
            Some(Consequence::Lock(span)) => {
                let until = at.plus(span);
                Step::to(self.in_state(State::Locked { pin, wrong, until }))
                    .saying(JournalEvent::AppLocked { instance: self.id, until })
            }
            Some(Consequence::Block) => {
                let cause = BlockCause::WrongPins;
                Step::to(self.in_state(State::Blocked { pin, cause }))
                    .owing(Effect::EmitSecurityEvent {
                        person: self.person,
                        event: SecurityEvent::CredentialChangeRequired,
                    })
                    .saying(JournalEvent::AppBlocked { instance: self.id })
            }
        }
    }

    fn in_state(&self, state: State) -> Self {
        Self { state, ..self.clone() }
    }
}

impl State {
    /// The stable code of the state.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AwaitingFirstPin => "awaiting-first-pin",
            Self::Ready { open: None, .. } => "ready",
            Self::Ready { open: Some(_), .. } => "ready, try open",
            Self::Locked { .. } => "locked",
            Self::Blocked { cause: BlockCause::WrongPins, .. } => "blocked",
            Self::Blocked { cause: BlockCause::Veto, .. } => "blocked by veto",
            Self::Unbound { .. } => "unbound",
        }
    }
}
