//! Rows of temporary PINs: one place a person.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{
    read_hash, read_instant, read_instants, unknown, write_hash, write_instant, write_instants,
};
use crate::kinds;
use crate::{Id, Kind, Timestamp};
use recovery::id::{CaseId, InstanceId, PersonId, TemporaryPinId, TicketId};
use recovery::policy::Policy;
use recovery::temporary_pin::{Code, InstanceTries, OpenTry, State, TemporaryPin};

/// More apps than a person can have.
const INSTANCES_MAX: usize = 256;

impl Aggregate for TemporaryPin {
    const KIND: Kind = kinds::TEMPORARY_PIN;
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.person.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Self::deadline(self, policy).map(Into::into)
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.person.0);
        match &self.state {
            State::Empty => w.u8(0),
            State::Issued { code, tries } => {
                w.u8(1);
                write_code(w, code);
                w.seq(tries.iter(), |w, own| {
                    w.u128(own.instance.0);
                    w.u8(own.wrong);
                    w.option(own.open.as_ref(), |w, open| {
                        w.u128(open.ticket.0);
                        write_instant(w, open.reserved_at);
                    });
                });
            }
            State::Redeemed { id, instance, at } => {
                w.u8(2);
                w.u128(id.0);
                w.u128(instance.0);
                write_instant(w, *at);
            }
        }
        write_instants(w, &self.issues);
    }

    fn read(schema: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            person: PersonId(r.u128("person")?),
            state: match r.u8("temporary PIN state")? {
                0 => State::Empty,
                1 if schema < 2 => read_shared_tries(r)?,
                1 => State::Issued {
                    code: read_code(r)?,
                    tries: r.seq("tries", INSTANCES_MAX, read_tries)?,
                },
                2 => State::Redeemed {
                    id: TemporaryPinId(r.u128("temporary PIN")?),
                    instance: InstanceId(r.u128("instance")?),
                    at: read_instant(r, "redeemed at")?,
                },
                other => return Err(unknown("temporary PIN state", other)),
            },
            issues: read_instants(r, "issues")?,
        })
    }
}

fn read_tries(r: &mut Reader<'_>) -> Result<InstanceTries, CodecError> {
    Ok(InstanceTries {
        instance: InstanceId(r.u128("instance")?),
        wrong: r.u8("wrong")?,
        open: r.option("open try", |r| {
            Ok(OpenTry {
                ticket: TicketId(r.u128("ticket")?),
                reserved_at: read_instant(r, "reserved at")?,
            })
        })?,
    })
}

/// From when the tries of all apps were counted together. One that was tried is over: whose tries they were is not known, and
/// nobody gets more than were left.
fn read_shared_tries(r: &mut Reader<'_>) -> Result<State, CodecError> {
    let code = read_code(r)?;
    let wrong = r.u8("wrong")?;
    let open = r.option("open try", |r| {
        r.u128("ticket")?;
        r.u128("instance")?;
        read_instant(r, "reserved at")
    })?;
    if wrong > 0 || open.is_some() {
        return Ok(State::Empty);
    }
    Ok(State::Issued { code, tries: Vec::new() })
}

fn write_code(w: &mut Writer, code: &Code) {
    w.u128(code.id.0);
    w.u128(code.case.0);
    w.option(code.instance.as_ref(), |w, instance| w.u128(instance.0));
    write_hash(w, &code.hash);
    write_instant(w, code.issued_at);
}

fn read_code(r: &mut Reader<'_>) -> Result<Code, CodecError> {
    Ok(Code {
        id: TemporaryPinId(r.u128("temporary PIN")?),
        case: CaseId(r.u128("case")?),
        instance: r.option("instance", |r| r.u128("instance").map(InstanceId))?,
        hash: read_hash(r, "code")?,
        issued_at: read_instant(r, "issued at")?,
    })
}
