//! The row in which a code waits for its screen or printer: the one place where such a code rests in clear, sealed.

use super::FETCHED_AGAIN_FOR;
use recovery::id::{PersonId, ScreenId, TemporaryPinId};
use recovery::policy::Policy;
use recovery::time::Timestamp;
use store::codec::{CodecError, Reader, Writer};
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};
use zeroize::Zeroizing;

/// A code for one screen, which may fetch it for a minute.
#[derive(Clone, PartialEq, Eq)]
pub struct Reveal {
    /// Which code.
    pub temporary_pin: TemporaryPinId,
    /// Whose code.
    pub person: PersonId,
    /// The digits.
    pub code: Zeroizing<String>,
    /// The last moment to show it.
    pub until: Timestamp,
    /// The screen that may fetch it. A row of an earlier version has none, and nobody may.
    pub screen: Option<ScreenId>,
    /// When it was first fetched.
    pub fetched_at: Option<Timestamp>,
}

impl std::fmt::Debug for Reveal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reveal").field("temporary_pin", &self.temporary_pin).finish_non_exhaustive()
    }
}

impl Reveal {
    /// The first moment at which the row is over.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        self.fetched_at.map_or(self.until, |at| at.plus(FETCHED_AGAIN_FOR).min(self.until))
    }
}

impl Aggregate for Reveal {
    const KIND: Kind = kinds::REVEAL;
    /// 2: `screen`, `fetched_at`.
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.temporary_pin.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, _: &Policy) -> Option<store::Timestamp> {
        Some(self.ends_at().into())
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.temporary_pin.0);
        w.u128(self.person.0);
        w.str(&self.code);
        w.i64(self.until.0);
        w.option(self.screen.as_ref(), |w, screen| w.u128(screen.0));
        w.option(self.fetched_at.as_ref(), |w, at| w.i64(at.0));
    }

    fn read(schema: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut reveal = Self {
            temporary_pin: TemporaryPinId(r.u128("temporary PIN")?),
            person: PersonId(r.u128("person")?),
            code: Zeroizing::new(r.str("code", 16)?.to_owned()),
            until: Timestamp(r.i64("until")?),
            screen: None,
            fetched_at: None,
        };
        if schema >= 2 {
            reveal.screen = r.option("screen", |r| r.u128("screen").map(ScreenId))?;
            reveal.fetched_at = r.option("fetched at", |r| r.i64("fetched at").map(Timestamp))?;
        }
        Ok(reveal)
    }
}
