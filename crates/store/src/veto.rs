//! Rows of links that stop a recovery.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{read_hash, read_instant, unknown, write_hash, write_instant};
use crate::keys::Keys;
use crate::{Id, Index, Kind, Lookup, Timestamp};
use recovery::id::{CaseId, PersonId, VetoId};
use recovery::policy::Policy;
use recovery::sensitive::KeyedHash;
use recovery::veto::{State, Veto};

/// Links; the id is the veto's.
pub const VETO: Kind = Kind::new(18, "veto link");

const BY_TOKEN: Index = Index::unique(1);

/// The look-up of a link by the keyed hash of its token.
#[must_use]
pub fn by_token(keys: &Keys, token: &KeyedHash) -> Lookup {
    Lookup { index: BY_TOKEN, key: keys.lookup_key(VETO, BY_TOKEN, &token.0) }
}

impl Aggregate for Veto {
    const KIND: Kind = VETO;

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
        vec![by_token(keys, &self.token)]
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.u128(self.person.0);
        w.u128(self.case.0);
        write_hash(w, &self.token);
        write_instant(w, self.offered_at);
        match self.state {
            State::Open => w.u8(0),
            State::Used { at } => {
                w.u8(1);
                write_instant(w, at);
            }
        }
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            id: VetoId(r.u128("veto")?),
            person: PersonId(r.u128("person")?),
            case: CaseId(r.u128("case")?),
            token: read_hash(r, "token")?,
            offered_at: read_instant(r, "offered at")?,
            state: match r.u8("veto state")? {
                0 => State::Open,
                1 => State::Used { at: read_instant(r, "used at")? },
                other => return Err(unknown("veto state", other)),
            },
        })
    }
}
