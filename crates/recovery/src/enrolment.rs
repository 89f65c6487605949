//! Binding an app to a person: the offer, and its one-time activation code (PROTOCOLS.md 1).

mod offer_id;
mod wrong_codes;

#[cfg(test)]
mod tests;

pub use offer_id::{ALPHABET, OFFER_ID_CHARS};
pub use wrong_codes::{ClientTries, WrongCodes};

use crate::effect::{Alarm, Effect, Step};
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

/// The state of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The activation code can be redeemed, except by clients that are paused.
    Open { code: KeyedHash, wrong: WrongCodes },
    /// The activation code was redeemed, and this app instance was bound.
    Redeemed { instance: InstanceId, at: Timestamp },
    /// The operator withdrew the offer. Wrong codes never end an offer, or strangers could do so.
    Withdrawn,
}

/// An activation code as a client presented it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentedCode {
    /// Keyed hash of all characters of the code.
    pub code: KeyedHash,
    /// Keyed hash of what tells one client from another.
    pub client: KeyedHash,
}

/// How a try of an activation code ended. The step is saved in both cases.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a wrong try that is not saved did not count"]
pub enum Redemption {
    /// The code was right. The caller binds the app instance in the same transaction.
    Right(Step<Enrolment>),
    /// The code was wrong, and the try is counted.
    Wrong(Step<Enrolment>),
}

impl Enrolment {
    /// A new offer; `code` is the keyed hash of its activation code.
    pub fn offer(id: EnrolmentId, person: PersonId, code: KeyedHash, now: Timestamp) -> Step<Self> {
        let state = State::Open { code, wrong: WrongCodes::default() };
        Step::to(Self { id, person, offered_at: now, state })
            .saying(JournalEvent::EnrolmentOffered { enrolment: id, person })
    }

    /// Tries an activation code.
    ///
    /// # Errors
    ///
    /// [`Rejection::ActivationCodeInvalid`] where no code can be redeemed now. Used, withdrawn, expired and paused
    /// offers look alike, and so does the right code of a client that is paused.
    pub fn redeem(
        &self,
        presented: PresentedCode,
        instance: InstanceId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Redemption, Rejection> {
        let (code, wrong) = match &self.state {
            State::Open { code, wrong } => (code, wrong.counting(&policy.enrolment, now)),
            State::Redeemed { .. } | State::Withdrawn => {
                return Err(Rejection::ActivationCodeInvalid);
            }
        };
        if now >= self.offered_at.plus(policy.enrolment.code_lifetime)
            || wrong.pauses(presented.client, &policy.enrolment)
        {
            return Err(Rejection::ActivationCodeInvalid);
        }
        if presented.code == *code {
            let state = State::Redeemed { instance, at: now };
            let bound =
                JournalEvent::AppBound { instance, person: self.person, enrolment: self.id };
            return Ok(Redemption::Right(Step::to(self.in_state(state)).saying(bound)));
        }
        let wrong = wrong.with(presented.client, now);
        let said =
            JournalEvent::EnrolmentCodeWrong { enrolment: self.id, wrong: wrong.of_all_clients() };
        let paused = wrong.pauses_everybody(&policy.enrolment);
        let state = State::Open { code: *code, wrong };
        let mut step = Step::to(self.in_state(state)).saying(said);
        if paused {
            let until = now.plus(policy.enrolment.pause);
            step = step
                .saying(JournalEvent::EnrolmentPaused { enrolment: self.id, until })
                .owing(Effect::Alarm { alarm: Alarm::ActivationOfferPaused });
        }
        Ok(Redemption::Wrong(step))
    }

    /// Withdraws the offer.
    ///
    /// # Errors
    ///
    /// [`Rejection::ActivationCodeInvalid`] where the offer is not open.
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
    /// The stable code of the state.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Redeemed { .. } => "redeemed",
            Self::Withdrawn => "withdrawn",
        }
    }
}
