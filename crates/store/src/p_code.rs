//! Rows of P codes.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{read_hash, read_instant, unknown, write_hash, write_instant};
use crate::keys::Keys;
use crate::kinds;
use crate::{Id, Index, Kind, Lookup, Timestamp};
use recovery::id::{PCodeId, PersonId};
use recovery::p_code::{PCode, State};
use recovery::policy::Policy;
use recovery::sensitive::KeyedHash;

const BY_CODE: Index = Index::unique(1);
const OF_PERSON: Index = Index::shared(2);

/// A P code with the keyed hash of its digits, by which it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPCode {
    /// The domain's part.
    pub p_code: PCode,
    /// Keyed hash of the digits.
    pub code: KeyedHash,
}

/// The look-up of a P code by the hash of its digits.
#[must_use]
pub fn by_code(keys: &Keys, code: &KeyedHash) -> Lookup {
    Lookup { index: BY_CODE, key: keys.lookup_key(kinds::P_CODE, BY_CODE, &code.0) }
}

/// The look-up of all P codes of a person.
#[must_use]
pub fn of_person(keys: &Keys, person: PersonId) -> Lookup {
    Lookup {
        index: OF_PERSON,
        key: keys.lookup_key(kinds::P_CODE, OF_PERSON, &person.0.to_be_bytes()),
    }
}

impl Aggregate for StoredPCode {
    const KIND: Kind = kinds::P_CODE;

    fn id(&self) -> Id {
        Id(self.p_code.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.p_code.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.p_code.lapses_at(policy).into())
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        vec![by_code(keys, &self.code), of_person(keys, self.p_code.person)]
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.p_code.id.0);
        w.u128(self.p_code.person.0);
        write_hash(w, &self.p_code.document);
        write_instant(w, self.p_code.issued_at);
        match self.p_code.state {
            State::Usable { uses } => {
                w.u8(0);
                w.u8(uses);
            }
            State::UsedUp => w.u8(1),
            State::Withdrawn => w.u8(2),
        }
        write_hash(w, &self.code);
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let p_code = PCode {
            id: PCodeId(r.u128("P code")?),
            person: PersonId(r.u128("person")?),
            document: read_hash(r, "document")?,
            issued_at: read_instant(r, "issued at")?,
            state: match r.u8("P code state")? {
                0 => State::Usable { uses: r.u8("uses")? },
                1 => State::UsedUp,
                2 => State::Withdrawn,
                other => return Err(unknown("P code state", other)),
            },
        };
        Ok(Self { p_code, code: read_hash(r, "code")? })
    }
}
