//! Rows of enrolments.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{read_hash, read_instant, unknown, write_hash, write_instant};
use crate::keys::Keys;
use crate::{Id, Index, Kind, Lookup, Timestamp};
use recovery::enrolment::{Enrolment, State};
use recovery::id::{EnrolmentId, InstanceId, PersonId};
use recovery::policy::Policy;
use recovery::sensitive::KeyedHash;

/// Enrolments; the id is the enrolment's.
pub const ENROLMENT: Kind = Kind::new(12, "enrolment");

/// The open enrolment whose code begins with these characters. The code is found by its first half, so that a wrong second
/// half counts against an offer and cannot be tried without end (PROTOCOLS.md section 1: three tries).
const BY_CODE_HEAD: Index = Index::shared(1);

/// An enrolment with the keyed hash of the head of its code, by which it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEnrolment {
    /// The domain's part.
    pub enrolment: Enrolment,
    /// Keyed hash of the first four characters of the code.
    pub code_head: KeyedHash,
}

/// The look-up of open enrolments by the hash of the head of their code.
#[must_use]
pub fn by_code_head(keys: &Keys, code_head: &KeyedHash) -> Lookup {
    Lookup { index: BY_CODE_HEAD, key: keys.lookup_key(ENROLMENT, BY_CODE_HEAD, &code_head.0) }
}

impl Aggregate for StoredEnrolment {
    const KIND: Kind = ENROLMENT;

    fn id(&self) -> Id {
        Id(self.enrolment.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.enrolment.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.enrolment.offered_at.plus(policy.enrolment.code_lifetime).into())
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        match self.enrolment.state {
            State::Open { .. } => vec![by_code_head(keys, &self.code_head)],
            State::Redeemed { .. } | State::Withdrawn => Vec::new(),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.enrolment.id.0);
        w.u128(self.enrolment.person.0);
        write_instant(w, self.enrolment.offered_at);
        match &self.enrolment.state {
            State::Open { code, wrong } => {
                w.u8(0);
                write_hash(w, code);
                w.u8(*wrong);
            }
            State::Redeemed { instance, at } => {
                w.u8(1);
                w.u128(instance.0);
                write_instant(w, *at);
            }
            State::Withdrawn => w.u8(2),
        }
        write_hash(w, &self.code_head);
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let enrolment = Enrolment {
            id: EnrolmentId(r.u128("enrolment")?),
            person: PersonId(r.u128("person")?),
            offered_at: read_instant(r, "offered at")?,
            state: match r.u8("enrolment state")? {
                0 => State::Open { code: read_hash(r, "code")?, wrong: r.u8("wrong")? },
                1 => State::Redeemed {
                    instance: InstanceId(r.u128("instance")?),
                    at: read_instant(r, "redeemed at")?,
                },
                2 => State::Withdrawn,
                other => return Err(unknown("enrolment state", other)),
            },
        };
        Ok(Self { enrolment, code_head: read_hash(r, "code head")? })
    }
}
