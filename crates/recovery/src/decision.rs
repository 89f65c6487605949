//! A decision: everything that follows from one event.
//!
//! A decision carries the next state of what was decided on, every other aggregate that changes with it, what is owed,
//! and what the journal says. Whoever saves it saves what is there, and decides nothing a second time.

#[cfg(test)]
mod tests;

use crate::authenticator::Authenticator;
use crate::effect::{Effect, Step};
use crate::event::JournalEvent;
use crate::grant::Grant;
use crate::p_code::PCode;
use crate::person::Person;
use crate::temporary_pin::TemporaryPin;

/// Everything that follows from one event on one aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a decision that is not saved did not happen"]
pub struct Decision<A> {
    /// The state that is saved.
    pub next: A,
    /// The other aggregates that change with it.
    pub changes: Vec<Change>,
    /// What is owed from now on.
    pub effects: Vec<Effect>,
    /// What the journal says.
    pub journal: Vec<JournalEvent>,
}

/// Another aggregate that changes with the one that was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Person(Person),
    /// The one place for the person's temporary PIN.
    TemporaryPin(TemporaryPin),
    Grant(Grant),
    PCode(PCode),
    App(Authenticator),
}

impl<A> Decision<A> {
    /// A decision that owes and says nothing yet.
    pub const fn to(next: A) -> Self {
        Self { next, changes: Vec::new(), effects: Vec::new(), journal: Vec::new() }
    }

    /// Adds an effect.
    pub fn owing(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Adds an entry to the journal.
    pub fn saying(mut self, event: JournalEvent) -> Self {
        self.journal.push(event);
        self
    }

    /// Adds what follows for another aggregate: its next state, what it owes and what it says.
    pub fn with<B>(mut self, other: Step<B>) -> Self
    where
        Change: From<B>,
    {
        self.changes.push(other.next.into());
        self.effects.extend(other.effects);
        self.journal.extend(other.journal);
        self
    }

    /// The decision on the next event, with everything that this one already brought.
    pub fn then(self, next: Self) -> Self {
        let Self { next: _, mut changes, mut effects, mut journal } = self;
        changes.extend(next.changes);
        effects.extend(next.effects);
        journal.extend(next.journal);
        Self { next: next.next, changes, effects, journal }
    }

    /// The same decision on what wraps the state.
    pub fn map<B>(self, wrap: impl FnOnce(A) -> B) -> Decision<B> {
        let Self { next, changes, effects, journal } = self;
        Decision { next: wrap(next), changes, effects, journal }
    }
}

impl<A> From<Step<A>> for Decision<A> {
    fn from(step: Step<A>) -> Self {
        let Step { next, effects, journal } = step;
        Self { next, changes: Vec::new(), effects, journal }
    }
}

macro_rules! changes {
    ($( $kind:ident => $arm:ident ),+ $(,)?) => {
        $( impl From<$kind> for Change {
            fn from(next: $kind) -> Self {
                Self::$arm(next)
            }
        } )+
    };
}

changes!(Person => Person, TemporaryPin => TemporaryPin, Grant => Grant, PCode => PCode, Authenticator => App);
