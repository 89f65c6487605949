//! Rows of temporary PINs: one place for each person.

use crate::codec::{CodecError, Reader, Stored, Writer};
use crate::facade::{Aggregate, Owner};
use crate::kinds;
use crate::stored;
use crate::{Kind, Timestamp};
use recovery::id::{InstanceId, PersonId, TicketId};
use recovery::policy::Policy;
use recovery::temporary_pin::{Code, InstanceTries, OpenTry, State, TemporaryPin};

/// The schema version since which the tries of each app are counted apart; before, they were counted together.
const TRIES_OF_EACH_APP: u16 = 2;

impl Aggregate for TemporaryPin {
    type Id = PersonId;
    const KIND: Kind = kinds::TEMPORARY_PIN;
    const SCHEMA: u16 = TRIES_OF_EACH_APP;

    fn id(&self) -> PersonId {
        self.person
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Self::deadline(self, policy)
    }
}

stored! { struct Code { id, case, instance, hash, issued_at } }
stored! { struct InstanceTries { instance, wrong, open } }
stored! { struct OpenTry { ticket, reserved_at } }
stored! { enum State { 0 => Empty, 1 => Issued { code, tries }, 2 => Redeemed { id, instance, at } } }

impl Stored for TemporaryPin {
    fn store(&self, w: &mut Writer) {
        self.person.store(w);
        self.state.store(w);
        self.issues.store(w);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        Ok(Self {
            person: Stored::restore(r, what)?,
            state: if r.has(TRIES_OF_EACH_APP) {
                Stored::restore(r, "temporary PIN state")?
            } else {
                restore_shared_tries(r)?
            },
            issues: Stored::restore(r, "issues")?,
        })
    }
}

/// Restores a row from before the tries of each app were counted apart. A code that was tried counts as ended: it is
/// not known in which app it was tried, and nobody may get more tries than were left.
fn restore_shared_tries(r: &mut Reader<'_>) -> Result<State, CodecError> {
    let what = "temporary PIN state";
    Ok(match r.u8(what)? {
        0 => State::Empty,
        1 => {
            let (code, wrong) = <(Code, u8)>::restore(r, what)?;
            let open = Option::<(TicketId, InstanceId, Timestamp)>::restore(r, "open try")?;
            if wrong > 0 || open.is_some() {
                State::Empty
            } else {
                State::Issued { code, tries: Vec::new() }
            }
        }
        2 => {
            let (id, instance, at) = Stored::restore(r, what)?;
            State::Redeemed { id, instance, at }
        }
        other => return Err(CodecError::unknown(what, other)),
    })
}
