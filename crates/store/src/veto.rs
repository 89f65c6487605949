//! Rows of links that stop a recovery.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{read_hash, read_instant, unknown, write_hash, write_instant};
use crate::keys::Keys;
use crate::kinds;
use crate::{Id, Index, Kind, Lookup, Timestamp};
use recovery::id::{CaseId, ChannelId, ForeignDocumentId, PersonId, VetoId};
use recovery::policy::Policy;
use recovery::sensitive::KeyedHash;
use recovery::veto::{About, State, TO_EVERY_CHANNEL, Veto};

const BY_TOKEN: Index = Index::unique(1);
const OF_CASE: Index = Index::shared(2);

/// The look-up of a link by the keyed hash of its token.
#[must_use]
pub fn by_token(keys: &Keys, token: &KeyedHash) -> Lookup {
    Lookup { index: BY_TOKEN, key: keys.lookup_key(kinds::VETO, BY_TOKEN, &token.0) }
}

/// The look-up of all links about one recovery.
#[must_use]
pub fn of_case(keys: &Keys, case: CaseId) -> Lookup {
    Lookup { index: OF_CASE, key: keys.lookup_key(kinds::VETO, OF_CASE, &case.0.to_be_bytes()) }
}

impl Aggregate for Veto {
    const KIND: Kind = kinds::VETO;
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.lapses_at(policy).into())
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        let case = match self.about {
            About::Case(case) => Some(of_case(keys, case)),
            About::Channels | About::Document(_) => None,
        };
        std::iter::once(by_token(keys, &self.token)).chain(case).collect()
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.u128(self.person.0);
        match self.about {
            About::Case(case) => w.u128(case.0),
            About::Channels | About::Document(_) => w.u128(0),
        }
        write_hash(w, &self.token);
        write_instant(w, self.offered_at);
        match self.state {
            State::Open => w.u8(0),
            State::Used { at } => {
                w.u8(1);
                write_instant(w, at);
            }
        }
        match self.about {
            About::Case(_) => w.u8(0),
            About::Channels => w.u8(1),
            About::Document(document) => {
                w.u8(2);
                w.u128(document.0);
            }
        }
        w.u128(self.channel.0);
    }

    fn read(schema: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut veto = Self {
            id: VetoId(r.u128("veto")?),
            person: PersonId(r.u128("person")?),
            about: About::Case(CaseId(r.u128("case")?)),
            channel: TO_EVERY_CHANNEL,
            token: read_hash(r, "token")?,
            offered_at: read_instant(r, "offered at")?,
            state: match r.u8("veto state")? {
                0 => State::Open,
                1 => State::Used { at: read_instant(r, "used at")? },
                other => return Err(unknown("veto state", other)),
            },
        };
        // One from before was sent to every channel alike: it stops what a link of any channel stops.
        if schema >= 2 {
            veto.about = match r.u8("about")? {
                0 => veto.about,
                1 => About::Channels,
                2 => About::Document(ForeignDocumentId(r.u128("document")?)),
                other => return Err(unknown("about", other)),
            };
            veto.channel = ChannelId(r.u128("channel")?);
        }
        Ok(veto)
    }
}
