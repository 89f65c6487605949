//! Rows of app instances.

use crate::facade::{Aggregate, Owner};
use crate::keys::Keys;
use crate::kinds;
use crate::stored;
use crate::{Index, Kind, Lookup, Timestamp};
use recovery::authenticator::{Authenticator, BlockCause, PinRecord, State, Ticket};
use recovery::id::InstanceId;
use recovery::policy::Policy;

const BY_DEVICE_KEY: Index = Index::unique(1);

/// The look-up of the app instance that holds this device key; a device key is bound only once.
#[must_use]
pub fn by_device_key(keys: &Keys, device_key: &[u8]) -> Lookup {
    Lookup {
        index: BY_DEVICE_KEY,
        key: keys.lookup_key(kinds::INSTANCE, BY_DEVICE_KEY, device_key),
    }
}

impl Aggregate for Authenticator {
    type Id = InstanceId;
    const KIND: Kind = kinds::INSTANCE;

    fn id(&self) -> InstanceId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Self::deadline(self, policy)
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        vec![by_device_key(keys, &self.device_key)]
    }
}

stored! { struct Authenticator { id, person, bound_at, device_key, state, wrong_p_codes } }
stored! { struct PinRecord { credential, registration, set_at } }
stored! { struct Ticket { id, reserved_at, request } }
stored! { enum BlockCause { 0 => WrongPins, 1 => Veto } }
stored! { enum State {
    0 => AwaitingFirstPin,
    1 => Ready { pin, wrong, open },
    2 => Locked { pin, wrong, until },
    3 => Blocked { pin, cause },
    4 => Unbound { at },
} }
