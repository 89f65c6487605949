//! The row of a sign-in.

use recovery::id::PersonId;
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};

/// How long a decided or lapsed sign-in is kept for the service that asks.
const KEPT: Duration = Duration::from_mins(30);
/// Digits of the number that the service shows.
pub(super) const NUMBER_DIGITS: u8 = 4;

recovery::ids! {
    /// One sign-in.
    pub SignInId;
}

/// A service's wish that a person signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The id of the sign-in.
    pub id: SignInId,
    /// Absent where the operator named a person who is not known: it lapses like any other.
    pub person: Option<PersonId>,
    /// The client of the operator that asked, and alone hears how it stands.
    pub client: String,
    /// Who asks.
    pub service_name: String,
    /// What the service shows and the person types.
    pub number: u16,
    /// When it lapses.
    pub until: Timestamp,
    /// What became of it.
    pub decision: Decision,
}

/// What became of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    None,
    /// Approved with the PIN.
    Approved,
    /// Refused in the app.
    Refused,
    /// The same client asked again and again; this one made room.
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
    const KIND: Kind = kinds::SIGN_IN;
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        self.person.map_or(Owner::Service, Owner::Person)
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until.plus(KEPT))
    }
}

// One from before there were numbers stands in no row of what waits, so no app finds it; it lapses.
store::stored! { struct SignIn { id, person, service_name, until, decision } since 2 { client, number } }
store::stored! { new SignInId }
store::stored! { enum Decision {
    0 => None,
    1 => Approved,
    2 => Refused,
    3 => Replaced,
    4 => NumberWrong,
} }
