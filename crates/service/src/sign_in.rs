//! The normal job: a service asks a person to sign in, an app approves with the PIN.

use crate::caller::{App, Operator};
use crate::reply::Command;
use crate::work::Work;
use crate::{Failure, Service};
use recovery::id::PersonId;
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use store::codec::{CodecError, Reader, Writer};
use store::facade::{Aggregate, Loaded, Owner};
use store::keys::Keys;
use store::{Id, Index, Kind, Lookup};

/// Sign-ins; the id is the sign-in's.
pub const SIGN_IN: Kind = Kind::new(35, "sign-in");

const WAITING_FOR: Index = Index::shared(1);
const SERVICE_NAME_CHARS_MAX: usize = 60;
/// How long a decided or lapsed sign-in is kept for the service that asks.
const KEPT: Duration = Duration::from_mins(30);

/// One sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignInId(pub u128);

/// A service's wish that a person signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Which.
    pub id: SignInId,
    /// Absent where the operator named a person who is not known: it lapses like any other.
    pub person: Option<PersonId>,
    /// Who asks.
    pub service_name: String,
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
}

impl Aggregate for SignIn {
    const KIND: Kind = SIGN_IN;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        self.person.map_or(Owner::Service, Owner::Person)
    }

    fn deadline(&self, _: &Policy) -> Option<store::Timestamp> {
        Some(self.until.plus(KEPT).into())
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        match (self.decision, self.person) {
            (Decision::None, Some(person)) => vec![waiting_for(keys, person)],
            (Decision::None | Decision::Approved | Decision::Refused, _) => Vec::new(),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.option(self.person.as_ref(), |w, person| w.u128(person.0));
        w.str(&self.service_name);
        w.i64(self.until.0);
        w.u8(match self.decision {
            Decision::None => 0,
            Decision::Approved => 1,
            Decision::Refused => 2,
        });
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            id: SignInId(r.u128("sign-in")?),
            person: r.option("person", |r| r.u128("person").map(PersonId))?,
            service_name: r.str("service name", 256)?.to_owned(),
            until: Timestamp(r.i64("until")?),
            decision: match r.u8("decision")? {
                0 => Decision::None,
                1 => Decision::Approved,
                2 => Decision::Refused,
                other => {
                    return Err(CodecError::Unknown { what: "decision", value: u64::from(other) });
                }
            },
        })
    }
}

pub(crate) fn waiting_for(keys: &Keys, person: PersonId) -> Lookup {
    Lookup {
        index: WAITING_FOR,
        key: keys.lookup_key(SIGN_IN, WAITING_FOR, &person.0.to_be_bytes()),
    }
}

impl Service {
    /// A service wants this person to sign in. The answer is the same for a person who is not known.
    ///
    /// # Errors
    ///
    /// A name that is empty or too long.
    pub async fn request_sign_in(
        &self,
        operator: &Operator,
        person: &str,
        service_name: &str,
    ) -> Result<(SignIn, Timestamp), Failure> {
        let name = service_name.trim();
        if name.is_empty()
            || name.chars().count() > SERVICE_NAME_CHARS_MAX
            || name.chars().any(char::is_control)
        {
            return Err(Failure::refused("service-name-invalid"));
        }
        attempt!(self, |work| {
            let command = Command {
                caller: operator.client(),
                key: operator.idempotency_key(),
                content: person.as_bytes(),
            };
            if let Some(outcome) = work.recall(command).await?
                && let Ok(bytes) = <[u8; 16]>::try_from(outcome.as_slice())
                && let Some(before) = work.load::<SignIn>(Id(u128::from_be_bytes(bytes))).await?
            {
                return Ok((before.value, work.now()));
            }
            let known = work.identity_of(person).await?.map(|identity| identity.value.person);
            let lifetime = Duration::from_secs(self.parts().settings.sign_in_lifetime_secs);
            let sign_in = SignIn {
                id: SignInId(self.draw_id()),
                person: known,
                service_name: name.to_owned(),
                until: work.now().plus(lifetime),
                decision: Decision::None,
            };
            work.insert(&sign_in);
            work.remember(command, known, sign_in.id.0.to_be_bytes().to_vec());
            Ok((sign_in, work.now()))
        })
    }

    /// Where a sign-in stands, for the service that asked.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn sign_in_status(
        &self,
        _: &Operator,
        id: SignInId,
    ) -> Result<(SignIn, Timestamp), Failure> {
        let mut work = Work::begin(self).await?;
        let loaded =
            work.load::<SignIn>(Id(id.0)).await?.ok_or_else(|| Failure::refused("not-found"))?;
        Ok((loaded.value, work.now()))
    }

    /// The person refuses it in the app. No PIN is needed for a no.
    ///
    /// # Errors
    ///
    /// `sign-in-over` where it is decided, lapsed, or not theirs.
    pub async fn refuse_sign_in(
        &self,
        app: &App,
        id: SignInId,
    ) -> Result<(SignIn, Timestamp), Failure> {
        attempt!(self, |work| {
            let loaded = work.open_sign_in(app, id).await?;
            let next = SignIn { decision: Decision::Refused, ..loaded.value.clone() };
            work.put(&loaded, &next);
            Ok((next, work.now()))
        })
    }
}

impl Work<'_> {
    /// A sign-in of this person that still waits.
    pub(crate) async fn open_sign_in(
        &mut self,
        app: &App,
        id: SignInId,
    ) -> Result<Loaded<SignIn>, Failure> {
        let now = self.now();
        self.load::<SignIn>(Id(id.0))
            .await?
            .filter(|it| it.value.person == Some(app.person()))
            .filter(|it| it.value.decision == Decision::None && now < it.value.until)
            .ok_or_else(|| Failure::refused("sign-in-over"))
    }

    pub(crate) async fn approve(&mut self, app: &App, id: SignInId) -> Result<(), Failure> {
        // It may have lapsed while the PIN was typed: the try is settled all the same.
        if let Ok(loaded) = self.open_sign_in(app, id).await {
            let next = SignIn { decision: Decision::Approved, ..loaded.value.clone() };
            self.put(&loaded, &next);
            self.approved = Some(next);
        }
        Ok(())
    }

    pub(crate) async fn sign_in_after(
        &mut self,
        app: &App,
        id: SignInId,
    ) -> Result<Option<SignIn>, Failure> {
        if let Some(approved) = self.approved.clone() {
            return Ok(Some(approved));
        }
        let found = self.load::<SignIn>(Id(id.0)).await?;
        Ok(found.map(|it| it.value).filter(|it| it.person == Some(app.person())))
    }

    /// What waits for this person, oldest first.
    pub(crate) async fn waiting_sign_ins(
        &mut self,
        person: PersonId,
    ) -> Result<Vec<SignIn>, Failure> {
        let lookup = waiting_for(&self.service.parts().keys, person);
        let now = self.now();
        let mut waiting: Vec<SignIn> = self
            .find::<SignIn>(lookup)
            .await?
            .into_iter()
            .map(|it| it.value)
            .filter(|it| now < it.until)
            .collect();
        waiting.sort_by_key(|it| it.until);
        Ok(waiting)
    }
}
