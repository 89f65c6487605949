//! P codes: they bind a document that carries no national number to a person (PROTOCOLS.md 9).

#[cfg(test)]
mod tests;

use crate::effect::Step;
use crate::event::JournalEvent;
use crate::id::{PCodeId, PersonId};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::sensitive::KeyedHash;
use crate::time::Timestamp;

/// A P code, bound to exactly one person, issuing state and document number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PCode {
    pub id: PCodeId,
    pub person: PersonId,
    /// Keyed hash of issuing state and document number.
    pub document: KeyedHash,
    pub issued_at: Timestamp,
    pub state: State,
}

/// The state of a P code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The code can be used; `uses` identifications were completed with it.
    Usable { uses: u8 },
    /// As many identifications were completed with the code as the policy allows.
    UsedUp,
    /// The operator withdrew the code.
    Withdrawn,
}

impl PCode {
    /// A new P code that was not used yet.
    pub fn issue(id: PCodeId, person: PersonId, document: KeyedHash, now: Timestamp) -> Step<Self> {
        let state = State::Usable { uses: 0 };
        Step::to(Self { id, person, document, issued_at: now, state })
            .saying(JournalEvent::PCodeIssued { p_code: id, person })
    }

    /// Whether this code is usable at `now` and is bound to this person and this document.
    #[must_use]
    pub fn pairs(
        &self,
        person: PersonId,
        document: KeyedHash,
        policy: &Policy,
        now: Timestamp,
    ) -> bool {
        self.is_usable(policy, now) && self.person == person && self.document == document
    }

    /// Counts an identification that was completed with this code.
    ///
    /// # Errors
    ///
    /// [`Rejection::PCodeInvalid`] where the code is used up, withdrawn or expired; two cases may race for its last
    /// use.
    pub fn count_use(&self, policy: &Policy, now: Timestamp) -> Result<Step<Self>, Rejection> {
        if !self.is_usable(policy, now) {
            return Err(Rejection::PCodeInvalid);
        }
        match self.state {
            State::Usable { uses } => {
                let uses = uses.saturating_add(1);
                let state = if uses < policy.p_code.uses_max {
                    State::Usable { uses }
                } else {
                    State::UsedUp
                };
                Ok(Step::to(Self { state, ..self.clone() })
                    .saying(JournalEvent::PCodeUsed { p_code: self.id, uses }))
            }
            State::UsedUp | State::Withdrawn => Err(Rejection::PCodeInvalid),
        }
    }

    /// Withdraws the code, unless it is used up or withdrawn already.
    #[must_use]
    pub fn withdraw(&self) -> Option<Step<Self>> {
        match self.state {
            State::Usable { .. } => Some(
                Step::to(Self { state: State::Withdrawn, ..self.clone() })
                    .saying(JournalEvent::PCodeWithdrawn { p_code: self.id }),
            ),
            State::UsedUp | State::Withdrawn => None,
        }
    }

    /// When the code expires, however often it was used.
    #[must_use]
    pub fn lapses_at(&self, policy: &Policy) -> Timestamp {
        self.issued_at.plus(policy.p_code.lifetime)
    }

    fn is_usable(&self, policy: &Policy, now: Timestamp) -> bool {
        match self.state {
            State::Usable { uses } => uses < policy.p_code.uses_max && now < self.lapses_at(policy),
            State::UsedUp | State::Withdrawn => false,
        }
    }
}
