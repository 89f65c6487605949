//! Rows of enrolment offers.

use crate::codec::{CodecError, Reader, Stored, Writer};
use crate::facade::{Aggregate, Owner};
use crate::kinds;
use crate::stored;
use crate::{Kind, Timestamp};
use recovery::enrolment::{ClientTries, Enrolment, State, WrongCodes};
use recovery::id::EnrolmentId;
use recovery::policy::Policy;
use recovery::sensitive::KeyedHash;

/// The schema version since which an offer is found by its number; before, it was found by the first half of its code.
const FOUND_BY_NUMBER: u16 = 2;

impl Aggregate for Enrolment {
    type Id = EnrolmentId;
    const KIND: Kind = kinds::ENROLMENT;
    const SCHEMA: u16 = FOUND_BY_NUMBER;

    fn id(&self) -> EnrolmentId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.offered_at.plus(policy.enrolment.code_lifetime))
    }
}

stored! { struct WrongCodes { all, last_at, clients } }
stored! { struct ClientTries { client, wrong, last_at } }
stored! { enum State { 0 => Open { code, wrong }, 1 => Redeemed { instance, at }, 2 => Withdrawn } }

impl Stored for Enrolment {
    fn store(&self, w: &mut Writer) {
        (self.id, self.person, self.offered_at).store(w);
        self.state.store(w);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        let (id, person, offered_at) = Stored::restore(r, what)?;
        let state = if r.has(FOUND_BY_NUMBER) {
            Stored::restore(r, "enrolment state")?
        } else {
            restore_found_by_code(r)?
        };
        Ok(Self { id, person, offered_at, state })
    }
}

/// The state of an offer of the first schema version. The letter that was sent for it names no offer number, so nobody
/// can redeem it any more.
fn restore_found_by_code(r: &mut Reader<'_>) -> Result<State, CodecError> {
    let state = match r.u8("enrolment state")? {
        0 => <(KeyedHash, u8)>::restore(r, "code").map(|_| State::Withdrawn)?,
        1 => State::Redeemed {
            instance: Stored::restore(r, "instance")?,
            at: Stored::restore(r, "redeemed at")?,
        },
        2 => State::Withdrawn,
        other => return Err(CodecError::unknown("enrolment state", other)),
    };
    KeyedHash::restore(r, "code head")?;
    Ok(state)
}
