//! Rows of sign-ins.

use crate::facade::{Aggregate, Owner};
use crate::stored;
use crate::{Kind, kinds};
use recovery::id::PersonId;
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};

/// How long a decided or lapsed sign-in is kept for the client that asked for it.
const KEPT: Duration = Duration::from_mins(30);
/// Digits of the number that the service shows.
pub const NUMBER_DIGITS: u8 = 4;

crate::row_ids! {
    /// One sign-in.
    pub SignInId;
}

/// A service's request that a person signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The id of the sign-in.
    pub id: SignInId,
    /// The person who is asked; absent where the operator named an unknown person, so that the sign-in lapses like any
    /// other.
    pub person: Option<PersonId>,
    /// The client of the operator that asked. It alone is told the state of the sign-in.
    pub client: String,
    /// The name of the service to which the person signs in.
    pub service_name: String,
    /// The number that the service shows and the person types.
    pub number: u16,
    /// When the sign-in lapses.
    pub until: Timestamp,
    /// The decision about the sign-in.
    pub decision: Decision,
}

/// The decision about a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// No decision yet.
    None,
    /// The person approved with the PIN.
    Approved,
    /// The person refused in the app.
    Refused,
    /// The same client asked again and again, and this sign-in made room for a newer one.
    Replaced,
    /// Two wrong numbers were typed while it waited.
    NumberWrong,
}

impl SignIn {
    /// The number as it is shown: four digits.
    #[must_use]
    pub fn number_shown(&self) -> String {
        format!("{:0width$}", self.number, width = usize::from(NUMBER_DIGITS))
    }
}

impl Aggregate for SignIn {
    type Id = SignInId;
    const KIND: Kind = kinds::SIGN_IN;
    const SCHEMA: u16 = 2;

    fn id(&self) -> SignInId {
        self.id
    }

    fn owner(&self) -> Owner {
        self.person.map_or(Owner::Service, Owner::Person)
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until.plus(KEPT))
    }
}

// One from before there were numbers stands in no row of what waits, so no app finds it; it lapses.
stored! { struct SignIn { id, person, service_name, until, decision } since 2 { client, number } }
stored! { enum Decision {
    0 => None,
    1 => Approved,
    2 => Refused,
    3 => Replaced,
    4 => NumberWrong,
} }
