//! Rows of enrolments.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{
    read_hash, read_instant, read_maybe_instant, unknown, write_hash, write_instant,
    write_maybe_instant,
};
use crate::kinds;
use crate::{Id, Kind, Timestamp};
use recovery::enrolment::{ClientTries, Enrolment, State, WrongCodes};
use recovery::id::{EnrolmentId, InstanceId, PersonId};
use recovery::policy::Policy;

/// More clients than any policy lets try one offer.
const CLIENTS_MAX: usize = 256;
/// Until this layout an offer was found by the first half of its code.
const FOUND_BY_CODE: u16 = 1;

impl Aggregate for Enrolment {
    const KIND: Kind = kinds::ENROLMENT;
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.offered_at.plus(policy.enrolment.code_lifetime).into())
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.u128(self.person.0);
        write_instant(w, self.offered_at);
        match &self.state {
            State::Open { code, wrong } => {
                w.u8(0);
                write_hash(w, code);
                w.u8(wrong.all);
                write_maybe_instant(w, wrong.last_at);
                w.seq(wrong.clients.iter(), |w, tries| {
                    write_hash(w, &tries.client);
                    w.u8(tries.wrong);
                    write_instant(w, tries.last_at);
                });
            }
            State::Redeemed { instance, at } => {
                w.u8(1);
                w.u128(instance.0);
                write_instant(w, *at);
            }
            State::Withdrawn => w.u8(2),
        }
    }

    fn read(schema: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let by_code = schema <= FOUND_BY_CODE;
        let enrolment = Self {
            id: EnrolmentId(r.u128("enrolment")?),
            person: PersonId(r.u128("person")?),
            offered_at: read_instant(r, "offered at")?,
            state: match r.u8("enrolment state")? {
                // Its letter names no offer, so nobody can redeem it any more.
                0 if by_code => {
                    read_hash(r, "code")?;
                    r.u8("wrong")?;
                    State::Withdrawn
                }
                0 => State::Open { code: read_hash(r, "code")?, wrong: read_wrong(r)? },
                1 => State::Redeemed {
                    instance: InstanceId(r.u128("instance")?),
                    at: read_instant(r, "redeemed at")?,
                },
                2 => State::Withdrawn,
                other => return Err(unknown("enrolment state", other)),
            },
        };
        if by_code {
            read_hash(r, "code head")?;
        }
        Ok(enrolment)
    }
}

fn read_wrong(r: &mut Reader<'_>) -> Result<WrongCodes, CodecError> {
    Ok(WrongCodes {
        all: r.u8("wrong codes")?,
        last_at: read_maybe_instant(r, "last wrong code")?,
        clients: r.seq("clients", CLIENTS_MAX, |r| {
            Ok(ClientTries {
                client: read_hash(r, "client")?,
                wrong: r.u8("wrong codes of a client")?,
                last_at: read_instant(r, "last wrong code of a client")?,
            })
        })?,
    })
}
