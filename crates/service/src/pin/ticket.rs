//! A reserved try: what the server needs to judge its third message, and how it ended.

use super::TryReserved;
use crate::sign_in::SignInId;
use pin::{Holder, LoginState};
use recovery::id::{InstanceId, PersonId, TicketId};
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use store::codec::{CodecError, Reader, Writer};
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};

/// How much longer than the try itself its outcome is kept, for a phone that lost the answer.
const OUTCOME_KEPT: Duration = Duration::from_mins(10);

/// What a right PIN is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Opens the app.
    Unlock,
    /// Approves this sign-in.
    ApproveSignIn(SignInId),
}

impl Purpose {
    pub(super) fn to_bytes(self) -> [u8; 17] {
        let mut bytes = [0; 17];
        if let Self::ApproveSignIn(id) = self {
            bytes = [1; 17];
            for (to, from) in bytes.iter_mut().skip(1).zip(id.0.to_be_bytes()) {
                *to = from;
            }
        }
        bytes
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    No,
    Yes { right: bool },
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct PinTicket {
    pub(super) id: TicketId,
    pub(super) instance: InstanceId,
    pub(super) person: PersonId,
    pub(super) purpose: Purpose,
    pub(super) ke2: [u8; pin::KE2_BYTES],
    pub(super) state: LoginState,
    pub(super) reserved_at: Timestamp,
    pub(super) settled: Settled,
}

impl PinTicket {
    pub(super) fn reserved(&self, expires_in_secs: u64) -> TryReserved {
        TryReserved { ticket: self.id, ke2: self.ke2, expires_in_secs }
    }

    /// Whether this third message comes from somebody who knew the PIN.
    pub(super) fn judge(&self, ke3: Option<&[u8; pin::KE3_BYTES]>) -> bool {
        let name = self.instance.to_string();
        ke3.is_some_and(|ke3| self.state.clone().finish(Holder(name.as_bytes()), ke3).is_ok())
    }

    /// The same, over; what could judge another third message is gone.
    pub(super) fn settled(self, right: bool) -> Self {
        Self {
            settled: Settled::Yes { right },
            state: LoginState::from_bytes(&[0; pin::LOGIN_STATE_BYTES]),
            ..self
        }
    }
}

impl Aggregate for PinTicket {
    const KIND: Kind = kinds::PIN_TICKET;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<store::Timestamp> {
        Some(self.reserved_at.plus(policy.pin.ticket_lifetime).plus(OUTCOME_KEPT).into())
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.u128(self.instance.0);
        w.u128(self.person.0);
        match self.purpose {
            Purpose::Unlock => w.u8(0),
            Purpose::ApproveSignIn(id) => {
                w.u8(1);
                w.u128(id.0);
            }
        }
        w.array(&self.ke2);
        w.array(self.state.as_bytes());
        w.i64(self.reserved_at.0);
        w.u8(match self.settled {
            Settled::No => 0,
            Settled::Yes { right: false } => 1,
            Settled::Yes { right: true } => 2,
        });
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            id: TicketId(r.u128("ticket")?),
            instance: InstanceId(r.u128("instance")?),
            person: PersonId(r.u128("person")?),
            purpose: match r.u8("purpose")? {
                0 => Purpose::Unlock,
                1 => Purpose::ApproveSignIn(SignInId(r.u128("sign-in")?)),
                other => {
                    return Err(CodecError::Unknown { what: "purpose", value: u64::from(other) });
                }
            },
            ke2: r.array("KE2")?,
            state: LoginState::from_bytes(&r.array("login state")?),
            reserved_at: Timestamp(r.i64("reserved at")?),
            settled: match r.u8("settled")? {
                0 => Settled::No,
                1 => Settled::Yes { right: false },
                2 => Settled::Yes { right: true },
                other => {
                    return Err(CodecError::Unknown { what: "settled", value: u64::from(other) });
                }
            },
        })
    }
}
