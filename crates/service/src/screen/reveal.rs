//! The row in which a code waits for its screen or printer: the only place where such a code is stored in clear, under the
//! seal of the row.

use super::FETCHED_AGAIN_FOR;
use recovery::id::{PersonId, ScreenId, TemporaryPinId};
use recovery::policy::Policy;
use recovery::time::Timestamp;
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};
use zeroize::Zeroizing;

/// A code that waits for one screen, which may fetch it for a minute.
#[derive(Clone, PartialEq, Eq)]
pub struct Reveal {
    /// The id of the temporary PIN.
    pub temporary_pin: TemporaryPinId,
    /// The person to whom the code was issued.
    pub person: PersonId,
    /// The digits of the code.
    pub code: Zeroizing<String>,
    /// The last moment at which the code may be shown.
    pub until: Timestamp,
    /// The screen that may fetch it. A row of schema version 1 has none, and no screen may fetch it.
    pub screen: Option<ScreenId>,
    /// When the code was first fetched.
    pub fetched_at: Option<Timestamp>,
}

impl std::fmt::Debug for Reveal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reveal").field("temporary_pin", &self.temporary_pin).finish_non_exhaustive()
    }
}

impl Reveal {
    /// The first moment at which the row has expired.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        self.fetched_at.map_or(self.until, |at| at.plus(FETCHED_AGAIN_FOR).min(self.until))
    }
}

impl Aggregate for Reveal {
    type Id = TemporaryPinId;
    const KIND: Kind = kinds::REVEAL;
    /// Version 2 added `screen` and `fetched_at`.
    const SCHEMA: u16 = 2;

    fn id(&self) -> TemporaryPinId {
        self.temporary_pin
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.ends_at())
    }
}

store::stored! { struct Reveal { temporary_pin, person, code, until } since 2 { screen, fetched_at } }
