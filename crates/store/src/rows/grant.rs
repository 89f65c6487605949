//! Rows of grants.

use crate::facade::{Aggregate, Owner};
use crate::keys::Keys;
use crate::kinds;
use crate::stored;
use crate::{Index, Kind, Lookup, Timestamp};
use recovery::grant::{Grant, Origin, State};
use recovery::id::{GrantId, InstanceId};
use recovery::policy::Policy;

/// The grants of one app instance.
const OF_INSTANCE: Index = Index::shared(1);

/// The look-up of all usable grants of an app instance.
#[must_use]
pub fn of_instance(keys: &Keys, instance: InstanceId) -> Lookup {
    Lookup {
        index: OF_INSTANCE,
        key: keys.lookup_key(kinds::GRANT, OF_INSTANCE, &instance.0.to_be_bytes()),
    }
}

impl Aggregate for Grant {
    type Id = GrantId;
    const KIND: Kind = kinds::GRANT;

    fn id(&self) -> GrantId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.lapses_at(policy))
    }

    /// Only a grant that can still be used carries the look-up of its app instance.
    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        match self.state {
            State::Open | State::Registering { .. } => vec![of_instance(keys, self.instance)],
            State::Spent { .. } | State::Withdrawn => Vec::new(),
        }
    }
}

stored! { struct Grant { id, person, instance, origin, issued_at, state } }
stored! { enum Origin { 0 => Enrolment(enrolment), 1 => Case(case) } }
stored! { enum State {
    0 => Open,
    1 => Registering { blinded_element, credential },
    2 => Spent { at },
    3 => Withdrawn,
} }
