//! Rows of grants.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{read_hash, read_instant, unknown, write_hash, write_instant};
use crate::keys::Keys;
use crate::kinds;
use crate::{Id, Index, Kind, Lookup, Timestamp};
use recovery::authenticator::CredentialId;
use recovery::grant::{Grant, Origin, State};
use recovery::id::{CaseId, EnrolmentId, GrantId, InstanceId, PersonId};
use recovery::policy::Policy;

/// Grants of one instance.
const OF_INSTANCE: Index = Index::shared(1);

/// The look-up of all grants of an instance.
#[must_use]
pub fn of_instance(keys: &Keys, instance: InstanceId) -> Lookup {
    Lookup {
        index: OF_INSTANCE,
        key: keys.lookup_key(kinds::GRANT, OF_INSTANCE, &instance.0.to_be_bytes()),
    }
}

impl Aggregate for Grant {
    const KIND: Kind = kinds::GRANT;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.lapses_at(policy).into())
    }

    /// Only a grant that can still be used is found by its instance.
    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        match self.state {
            State::Open | State::Registering { .. } => vec![of_instance(keys, self.instance)],
            State::Spent { .. } | State::Withdrawn => Vec::new(),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.u128(self.person.0);
        w.u128(self.instance.0);
        match self.origin {
            Origin::Enrolment(id) => {
                w.u8(0);
                w.u128(id.0);
            }
            Origin::Case(id) => {
                w.u8(1);
                w.u128(id.0);
            }
        }
        write_instant(w, self.issued_at);
        match &self.state {
            State::Open => w.u8(0),
            State::Registering { blinded_element, credential } => {
                w.u8(1);
                write_hash(w, blinded_element);
                w.array(&credential.0);
            }
            State::Spent { at } => {
                w.u8(2);
                write_instant(w, *at);
            }
            State::Withdrawn => w.u8(3),
        }
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            id: GrantId(r.u128("grant")?),
            person: PersonId(r.u128("person")?),
            instance: InstanceId(r.u128("instance")?),
            origin: match r.u8("origin")? {
                0 => Origin::Enrolment(EnrolmentId(r.u128("enrolment")?)),
                1 => Origin::Case(CaseId(r.u128("case")?)),
                other => return Err(unknown("origin", other)),
            },
            issued_at: read_instant(r, "issued at")?,
            state: match r.u8("grant state")? {
                0 => State::Open,
                1 => State::Registering {
                    blinded_element: read_hash(r, "blinded element")?,
                    credential: CredentialId(r.array("credential")?),
                },
                2 => State::Spent { at: read_instant(r, "spent at")? },
                3 => State::Withdrawn,
                other => return Err(unknown("grant state", other)),
            },
        })
    }
}
