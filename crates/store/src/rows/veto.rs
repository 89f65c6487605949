//! Rows of veto links.

use crate::codec::{CodecError, Reader, Stored, Writer};
use crate::facade::{Aggregate, Owner};
use crate::keys::Keys;
use crate::kinds;
use crate::stored;
use crate::{Index, Kind, Lookup, Timestamp};
use recovery::id::{CaseId, VetoId};
use recovery::policy::Policy;
use recovery::sensitive::KeyedHash;
use recovery::veto::{About, State, TO_EVERY_CHANNEL, Veto};

const BY_TOKEN: Index = Index::unique(1);
const OF_CASE: Index = Index::shared(2);

/// The look-up of a veto link by the keyed hash of its token.
#[must_use]
pub fn by_token(keys: &Keys, token: &KeyedHash) -> Lookup {
    Lookup { index: BY_TOKEN, key: keys.lookup_key(kinds::VETO, BY_TOKEN, &token.0) }
}

/// The look-up of all veto links about one recovery.
#[must_use]
pub fn of_case(keys: &Keys, case: CaseId) -> Lookup {
    Lookup { index: OF_CASE, key: keys.lookup_key(kinds::VETO, OF_CASE, &case.0.to_be_bytes()) }
}

impl Aggregate for Veto {
    type Id = VetoId;
    const KIND: Kind = kinds::VETO;
    const SCHEMA: u16 = 2;

    fn id(&self) -> VetoId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.lapses_at(policy))
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        let case = match self.about {
            About::Case(case) => Some(of_case(keys, case)),
            About::Channels | About::Document(_) => None,
        };
        std::iter::once(by_token(keys, &self.token)).chain(case).collect()
    }
}

stored! { enum State { 0 => Open, 1 => Used { at } } }

impl Stored for Veto {
    fn store(&self, w: &mut Writer) {
        let (case, what) = match self.about {
            About::Case(case) => (case, 0),
            About::Channels => (CaseId(0), 1),
            About::Document(_) => (CaseId(0), 2),
        };
        (self.id, self.person, case).store(w);
        (self.token, self.offered_at).store(w);
        self.state.store(w);
        w.u8(what);
        if let About::Document(document) = self.about {
            document.store(w);
        }
        self.channel.store(w);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        let (id, person, case) = Stored::restore(r, what)?;
        let (token, offered_at) = Stored::restore(r, "token")?;
        let state = Stored::restore(r, "veto state")?;
        // One from before was sent to every channel alike: it stops what a link of any channel stops.
        let (about, channel) = if r.has(2) {
            let about = match r.u8("about")? {
                0 => About::Case(case),
                1 => About::Channels,
                2 => About::Document(Stored::restore(r, "document")?),
                other => return Err(CodecError::unknown("about", other)),
            };
            (about, Stored::restore(r, "channel")?)
        } else {
            (About::Case(case), TO_EVERY_CHANNEL)
        };
        Ok(Self { id, person, about, channel, token, offered_at, state })
    }
}
