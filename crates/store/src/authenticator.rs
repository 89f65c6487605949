//! Rows of app instances.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{
    read_hash, read_instant, read_instants, unknown, write_hash, write_instant, write_instants,
};
use crate::keys::Keys;
use crate::kinds;
use crate::{Id, Index, Kind, Lookup, Timestamp};
use recovery::authenticator::{Authenticator, BlockCause, CredentialId, PinRecord, State, Ticket};
use recovery::id::{InstanceId, PersonId, TicketId};
use recovery::policy::Policy;

/// The largest OPAQUE record that is kept, in bytes.
const REGISTRATION_BYTES_MAX: usize = 1_024;
const DEVICE_KEY_BYTES_MAX: usize = 65;

const BY_DEVICE_KEY: Index = Index::unique(1);

/// The look-up of the instance that holds this device key: a key is bound once.
#[must_use]
pub fn by_device_key(keys: &Keys, device_key: &[u8]) -> Lookup {
    Lookup {
        index: BY_DEVICE_KEY,
        key: keys.lookup_key(kinds::INSTANCE, BY_DEVICE_KEY, device_key),
    }
}

impl Aggregate for Authenticator {
    const KIND: Kind = kinds::INSTANCE;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Self::deadline(self, policy).map(Into::into)
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        vec![by_device_key(keys, &self.device_key)]
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.u128(self.person.0);
        write_instant(w, self.bound_at);
        w.bytes(&self.device_key);
        write_state(w, &self.state);
        write_instants(w, &self.wrong_p_codes);
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            id: InstanceId(r.u128("instance")?),
            person: PersonId(r.u128("person")?),
            bound_at: read_instant(r, "bound at")?,
            device_key: r.bytes("device key", DEVICE_KEY_BYTES_MAX)?.to_vec(),
            state: read_state(r)?,
            wrong_p_codes: read_instants(r, "wrong P codes")?,
        })
    }
}

fn write_state(w: &mut Writer, state: &State) {
    match state {
        State::AwaitingFirstPin => w.u8(0),
        State::Ready { pin, wrong, open } => {
            w.u8(1);
            write_pin(w, pin);
            w.u8(*wrong);
            w.option(open.as_ref(), write_ticket);
        }
        State::Locked { pin, wrong, until } => {
            w.u8(2);
            write_pin(w, pin);
            w.u8(*wrong);
            write_instant(w, *until);
        }
        State::Blocked { pin, cause } => {
            w.u8(3);
            write_pin(w, pin);
            w.u8(match cause {
                BlockCause::WrongPins => 0,
                BlockCause::Veto => 1,
            });
        }
        State::Unbound { at } => {
            w.u8(4);
            write_instant(w, *at);
        }
    }
}

fn read_state(r: &mut Reader<'_>) -> Result<State, CodecError> {
    Ok(match r.u8("instance state")? {
        0 => State::AwaitingFirstPin,
        1 => State::Ready {
            pin: read_pin(r)?,
            wrong: r.u8("wrong")?,
            open: r.option("ticket", read_ticket)?,
        },
        2 => State::Locked {
            pin: read_pin(r)?,
            wrong: r.u8("wrong")?,
            until: read_instant(r, "locked until")?,
        },
        3 => State::Blocked {
            pin: read_pin(r)?,
            cause: match r.u8("block cause")? {
                0 => BlockCause::WrongPins,
                1 => BlockCause::Veto,
                other => return Err(unknown("block cause", other)),
            },
        },
        4 => State::Unbound { at: read_instant(r, "unbound at")? },
        other => return Err(unknown("instance state", other)),
    })
}

fn write_pin(w: &mut Writer, pin: &PinRecord) {
    w.array(&pin.credential.0);
    w.bytes(&pin.registration);
    write_instant(w, pin.set_at);
}

fn read_pin(r: &mut Reader<'_>) -> Result<PinRecord, CodecError> {
    Ok(PinRecord {
        credential: CredentialId(r.array("credential")?),
        registration: r.bytes("registration", REGISTRATION_BYTES_MAX)?.to_vec(),
        set_at: read_instant(r, "PIN set at")?,
    })
}

fn write_ticket(w: &mut Writer, ticket: &Ticket) {
    w.u128(ticket.id.0);
    write_instant(w, ticket.reserved_at);
    write_hash(w, &ticket.request);
}

fn read_ticket(r: &mut Reader<'_>) -> Result<Ticket, CodecError> {
    Ok(Ticket {
        id: TicketId(r.u128("ticket")?),
        reserved_at: read_instant(r, "reserved at")?,
        request: read_hash(r, "first message")?,
    })
}
