//! The row of a reserved PIN try: what the server needs to judge the third message, and the result.

use super::TryReserved;
use crate::sign_in::SignInId;
use pin::{Holder, LoginState};
use recovery::id::{InstanceId, PersonId, TicketId};
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use store::codec::{CodecError, Reader, Stored, Writer};
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};

/// How much longer than the try itself its result is kept, for a phone that lost the answer.
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

/// Whether a reserved try was finished, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// The try waits for its third message.
    No,
    /// The try was finished with a right or a wrong PIN.
    Yes { right: bool },
}

/// The row of a reserved PIN try.
#[derive(Clone, Debug)]
pub(super) struct PinTicket {
    pub(super) id: TicketId,
    pub(super) instance: InstanceId,
    pub(super) person: PersonId,
    pub(super) purpose: Purpose,
    /// The OPAQUE message KE2, to be sent again where the answer was lost.
    pub(super) ke2: [u8; pin::KE2_BYTES],
    /// The server's state of the OPAQUE login, which judges the third message.
    pub(super) state: LoginState,
    pub(super) reserved_at: Timestamp,
    pub(super) settled: Settled,
}

impl PinTicket {
    pub(super) fn reserved(&self, expires_in_secs: u64) -> TryReserved {
        TryReserved { ticket: self.id, ke2: self.ke2, expires_in_secs }
    }

    /// Whether this third message proves that its sender knew the PIN.
    pub(super) fn judge(&self, ke3: Option<&[u8; pin::KE3_BYTES]>) -> bool {
        let name = self.instance.to_string();
        ke3.is_some_and(|ke3| self.state.clone().finish(Holder(name.as_bytes()), ke3).is_ok())
    }

    /// The row of the finished try, without the state that could judge another third message.
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

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.reserved_at.plus(policy.pin.ticket_lifetime).plus(OUTCOME_KEPT))
    }
}

store::stored! { enum Purpose { 0 => Unlock, 1 => ApproveSignIn(sign_in) } }
store::stored! { flat enum Settled {
    0 => (Self::No) [],
    1 => (Self::Yes { right: false }) [],
    2 => (Self::Yes { right: true }) [],
} }

impl Stored for PinTicket {
    fn store(&self, w: &mut Writer) {
        (self.id, self.instance, self.person).store(w);
        self.purpose.store(w);
        (self.ke2, *self.state.as_bytes()).store(w);
        (self.reserved_at, self.settled).store(w);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        let (id, instance, person) = Stored::restore(r, what)?;
        let purpose = Stored::restore(r, "purpose")?;
        let (ke2, state) = Stored::restore(r, "login")?;
        let state = LoginState::from_bytes(&state);
        let (reserved_at, settled) = Stored::restore(r, "settled")?;
        Ok(Self { id, instance, person, purpose, ke2, state, reserved_at, settled })
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn tickets_of_an_earlier_version_come_back() {
        crate::tests::rows_come_back::<super::PinTicket>();
    }
}
