//! The P code of a person whose document carries no national number (PROTOCOLS.md 9).

#[cfg(test)]
mod tests;

use crate::effect::Step;
use crate::event::JournalEvent;
use crate::id::{PCodeId, PersonId};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::sensitive::KeyedHash;
use crate::time::Timestamp;

/// A code bound to exactly one person, issuing state and document number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PCode {
    pub id: PCodeId,
    pub person: PersonId,
    /// Keyed hash of issuing state and document number.
    pub document: KeyedHash,
    pub issued_at: Timestamp,
    pub state: State,
}

/// Where the code stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// So many identifications were completed with it.
    Usable {
        uses: u8,
    },
    UsedUp,
    Withdrawn,
}

impl PCode {
    /// A fresh code.
    pub fn issue(id: PCodeId, person: PersonId, document: KeyedHash, now: Timestamp) -> Step<Self> {
        let state = State::Usable { uses: 0 };
        Step::to(Self { id, person, document, issued_at: now, state })
            .saying(JournalEvent::PCodeIssued { p_code: id, person })
    }

    /// Whether this code makes this document that person's, now.
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

    /// Counts a completed identification.
    ///
    /// # Errors
    ///
    /// [`Rejection::PCodeInvalid`] where the code is used up, withdrawn or too old: two cases may
    /// race for the last use.
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

    /// Takes the code back.
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

    /// When it stops being usable, whatever its uses.
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
