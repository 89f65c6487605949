//! Binding an app to a person: the offer, and its one-time activation code (PROTOCOLS.md 1).

#[cfg(test)]
mod tests;

use crate::effect::Step;
use crate::event::JournalEvent;
use crate::id::{EnrolmentId, InstanceId, PersonId};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::sensitive::KeyedHash;
use crate::time::Timestamp;

/// An offer to bind one app to one person, made by the operator's own system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    pub id: EnrolmentId,
    pub person: PersonId,
    pub offered_at: Timestamp,
    pub state: State,
}

/// Where the offer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The code can be redeemed.
    Open { code: KeyedHash, wrong: u8 },
    /// It bound this instance.
    Redeemed { instance: InstanceId, at: Timestamp },
    /// Too many wrong codes, or taken back.
    Withdrawn,
}

/// How a try at the code ended. Both are saved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a wrong try that is not saved did not count"]
pub enum Redemption {
    /// The code was right. The caller binds the instance in the same transaction.
    Right(Step<Enrolment>),
    /// The code was wrong, and the try is spent.
    Wrong(Step<Enrolment>),
}

impl Enrolment {
    /// A fresh offer; `code` is the keyed hash of the activation code.
    pub fn offer(id: EnrolmentId, person: PersonId, code: KeyedHash, now: Timestamp) -> Step<Self> {
        let state = State::Open { code, wrong: 0 };
        Step::to(Self { id, person, offered_at: now, state })
            .saying(JournalEvent::EnrolmentOffered { enrolment: id, person })
    }

    /// Tries a code.
    ///
    /// # Errors
    ///
    /// [`Rejection::ActivationCodeInvalid`] where no code can be redeemed any more: used, taken
    /// back, expired and worn out look alike.
    pub fn redeem(
        &self,
        presented: KeyedHash,
        instance: InstanceId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Redemption, Rejection> {
        let (code, wrong) = match &self.state {
            State::Open { code, wrong } => (code, *wrong),
            State::Redeemed { .. } | State::Withdrawn => {
                return Err(Rejection::ActivationCodeInvalid);
            }
        };
        if now >= self.offered_at.plus(policy.enrolment.code_lifetime) {
            return Err(Rejection::ActivationCodeInvalid);
        }
        if presented == *code {
            let state = State::Redeemed { instance, at: now };
            let bound =
                JournalEvent::AppBound { instance, person: self.person, enrolment: self.id };
            return Ok(Redemption::Right(Step::to(self.in_state(state)).saying(bound)));
        }
        let wrong = wrong.saturating_add(1);
        let state = if wrong < policy.enrolment.tries_max {
            State::Open { code: *code, wrong }
        } else {
            State::Withdrawn
        };
        let said = JournalEvent::EnrolmentCodeWrong { enrolment: self.id, wrong };
        Ok(Redemption::Wrong(Step::to(self.in_state(state)).saying(said)))
    }

    /// Takes the offer back.
    ///
    /// # Errors
    ///
    /// [`Rejection::ActivationCodeInvalid`] where there is nothing to take back.
    pub fn withdraw(&self) -> Result<Step<Self>, Rejection> {
        match &self.state {
            State::Open { .. } => Ok(Step::to(self.in_state(State::Withdrawn))
                .saying(JournalEvent::EnrolmentWithdrawn { enrolment: self.id })),
            State::Redeemed { .. } | State::Withdrawn => Err(Rejection::ActivationCodeInvalid),
        }
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
            Self::Open { .. } => "open",
            Self::Redeemed { .. } => "redeemed",
            Self::Withdrawn => "withdrawn",
        }
    }
}
