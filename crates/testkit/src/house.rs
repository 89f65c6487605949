//! A whole service for tests: rows in memory, a clock that stands still until it is told to move, seeded random bytes,
//! registers of made-up people, and senders that keep what is sent. Tests use it as a binary does, over its public API;
//! what no use case shows is read from the rows.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test stops at the first surprise"
)]

mod device;
mod people;
mod rows;
mod sent;
mod staff;

pub use device::{Device, instance_of};
pub use people::{Watched, centre, cpr, licence, person_ref};
pub use rows::Rows;
pub use sent::{KnownChanges, Sent};

use crate::{ManualClock, SeededRandom};
use people::{document, registered};
use recovery::id::{ChannelId, PersonId};
use recovery::person::{BoundApp, Channel, ChannelKind, Person, Status};
use recovery::policy::Policy;
use recovery::sensitive::Sensitive;
use recovery::time::{Duration, Timestamp};
use registers::{EmbeddedRegisters, Freshness, Places, Standing, Tables};
use service::alarm::AlarmAddress;
use service::caller::Operator;
use service::identity::Identity;
use service::operator_token::{Client, OperatorRequest, Scopes};
use service::parts::{PartsBuilder, Registers};
use service::staff::SignedIn;
use service::{BootId, Clock, ClockReading, Parts, Random, Service, Settings, journal};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::keeper::{KeptStore, Known};
use store::keys::Keys;
use store::{Id, MemoryStore};
use zeroize::Zeroizing;

/// Monday 2026-11-23, 10:00 in Copenhagen.
pub const NOW: Timestamp = Timestamp(1_795_424_400_000);
/// The operator's client.
pub const OPERATOR: &str = "operator";
/// Another client of the operator.
pub const OTHER_OPERATOR: &str = "another operator";
/// The secret of both clients.
pub const SECRET: &str = "a secret that is long enough";
/// The API, to which apps sign their requests.
pub const API_URL: &str = "https://api.genvej.example";
/// The citizen pages.
pub const CITIZEN_URL: &str = "https://genvej.example";
/// The site for screens.
pub const SCREEN_URL: &str = "https://screen.genvej.example";
/// People in the register: so many that the most common answers are rare enough to ask for.
const PEOPLE: usize = 400;

impl Clock for ManualClock {
    fn reading(&self) -> ClockReading {
        let (wall, since_boot_ms) = self.reading_ms();
        ClockReading { wall: Timestamp(wall), boot: BootId(self.boot()), since_boot_ms }
    }

    fn is_synchronised(&self) -> bool {
        Self::is_synchronised(self)
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        Self::fill(self, buffer);
    }
}

/// Members of staff who have signed in: who, in which role, at which centre.
type KnownStaff = BTreeMap<(u128, &'static str, Option<u128>), SignedIn>;

/// A service together with the parts that tests look at or change.
#[derive(Debug)]
pub struct House {
    /// The service.
    pub service: Service,
    /// Its clock.
    pub clock: ManualClock,
    /// The population register, which remembers whose record was asked for.
    pub population: Arc<Watched>,
    /// The sender of its messages.
    pub sent: Arc<Sent>,
    /// The number-intelligence service that it asks.
    pub numbers: Arc<KnownChanges>,
    staff: Mutex<KnownStaff>,
}

impl House {
    /// With the centres of Aarhus and Nuuk. The licence of person 9 was reported stolen.
    pub async fn new() -> Self {
        Self::with(|parts| parts).await
    }

    /// The same, with an operator who wants to hear of alarms, and without a site for screens.
    pub async fn with_alarms() -> Self {
        let alarm_addresses = vec![AlarmAddress::parse("drift@genvej.example").unwrap()];
        let settings = Settings { alarm_addresses, screen_url: String::new(), ..settings() };
        Self::with(|parts| parts.settings(settings)).await
    }

    /// With rules of its own.
    pub async fn ruled_by(policy: Policy) -> Self {
        Self::with(|parts| parts.policy(policy)).await
    }

    /// With other parts.
    pub async fn with(change: impl FnOnce(PartsBuilder) -> PartsBuilder) -> Self {
        let house = Self::empty(change);
        let centres = [
            centre("aarhus", "Aarhus", "8000", "Europe/Copenhagen"),
            centre("nuuk", "Nuuk", "3900", "America/Nuuk"),
        ];
        house.service.set_centres(&centres).await.unwrap();
        house
    }

    /// The same without a centre, with which nothing is saved yet.
    pub fn empty(change: impl FnOnce(PartsBuilder) -> PartsBuilder) -> Self {
        let clock = ManualClock::at_ms(NOW.0);
        let people = (0..PEOPLE).map(registered).collect();
        let standing = |n| if n == 9 { Standing::Stolen } else { Standing::InForce };
        let documents = (0..10).map(|n| document(n, standing(n))).collect();
        let tables = Tables::new(people, documents, Places::built_in(), Freshness::Live).unwrap();
        let registers = Arc::new(EmbeddedRegisters::new(tables));
        let population = Arc::new(Watched::over(&registers));
        let sent = Arc::new(Sent::default());
        let numbers = Arc::new(KnownChanges::default());
        let client = |id: &str| Client {
            id: id.to_owned(),
            secret_sha256: Sha256::digest(SECRET.as_bytes()).into(),
            scopes: Scopes::all(),
            sign_ins_per_minute_max: 600,
        };
        let keys = || Keys::generate(&Zeroizing::new([3; 96]));
        let of_the_store = SeededRandom::new(2);
        let store = KeptStore::new(
            Arc::new(MemoryStore::new()),
            &keys(),
            Arc::new(move |buffer: &mut [u8]| of_the_store.fill(buffer)),
            Known::nothing(),
            None,
        );
        let parts = Parts::builder(Arc::new(clock.clone()), Arc::new(SeededRandom::new(1)))
            .store(Arc::new(store), Arc::new(keys()))
            .registers(Registers {
                population: Arc::clone(&population) as _,
                ..Registers::embedded(&registers)
            })
            .numbers(Arc::clone(&numbers) as _)
            .senders(Arc::clone(&sent) as _, Arc::clone(&sent) as _)
            .operator_clients([OPERATOR, OTHER_OPERATOR].map(client).to_vec())
            .settings(settings());
        let service = Service::new(change(parts).build());
        Self { service, clock, population, sent, numbers, staff: Mutex::default() }
    }

    /// The same rows, clock and keys, under a configuration that names a provider of staff sign-ins.
    #[must_use]
    pub fn with_provider(self) -> Self {
        self.with_provider_asked_every(Duration::from_mins(10))
    }

    /// The same, with a provider that is asked about a session so often.
    #[must_use]
    pub fn with_provider_asked_every(self, every: Duration) -> Self {
        self.started_anew(|settings| {
            settings.staff_by_provider = true;
            settings.staff_confirmed_every = every;
        })
    }

    /// The same service under other settings, as a process that starts now.
    #[must_use]
    pub fn started_anew(self, change: impl FnOnce(&mut Settings)) -> Self {
        self.moved_to(|parts| change(&mut parts.settings))
    }

    /// The house with other parts, as a process that starts now. Nobody has signed in there yet.
    #[must_use]
    pub fn moved_to(self, change: impl FnOnce(&mut Parts)) -> Self {
        let service = self.served_with(change);
        Self { service, staff: Mutex::default(), ..self }
    }

    /// A service with other parts, as a process that starts now.
    pub fn served_with(&self, change: impl FnOnce(&mut Parts)) -> Service {
        let mut parts = self.service.parts().clone();
        change(&mut parts);
        Service::new(parts)
    }

    /// The rows of the service.
    #[must_use]
    pub const fn rows(&self) -> Rows<'_> {
        Rows::of(&self.service)
    }

    /// Makes the n-th person of the register known, with one app and a number of that age.
    pub async fn enrolled(&self, n: usize, number_age: Duration) -> PersonId {
        let id = PersonId(1_000 + u128::try_from(n).unwrap());
        let mut person = Person::new(id, "da".to_owned(), Status::Active);
        let since = NOW.minus(number_age);
        person.channels.push(Channel {
            id: ChannelId(id.0),
            kind: ChannelKind::Phone,
            address: Sensitive::new("+4512345678".to_owned()),
            confirmed_at: Some(since),
            changed_at: since,
            sim_changed_at: None,
            removed_at: None,
        });
        person.instances.push(BoundApp {
            instance: instance_of(id),
            name: Sensitive::new("Min telefon".to_owned()),
            bound_at: NOW.minus(Duration::from_days(90)),
        });
        let identity = Identity {
            person: id,
            operator_id: Sensitive::new(person_ref(n).as_str().to_owned()),
            national_numbers: vec![Sensitive::new(cpr(n).digits().to_owned())],
        };
        self.rows().save(&person).await;
        self.rows().save(&identity).await;
        id
    }

    /// The row of a person.
    pub async fn person(&self, id: PersonId) -> Person {
        self.rows().load(Id(id.0)).await.expect("the person is known")
    }

    /// Changes a person as no use case of the test would.
    pub async fn change_person(&self, id: PersonId, change: impl FnOnce(&mut Person)) {
        self.rows().change(Id(id.0), change).await;
    }

    /// The operator's client, about to do something under this key.
    pub async fn operator(&self, key: &str) -> Operator {
        operator(&self.service, OPERATOR, key).await
    }

    /// Runs the outbox and hands over what was sent since the last time.
    pub async fn messages(&self) -> Vec<String> {
        self.service.run_outbox().await.unwrap();
        self.sent.take()
    }

    /// Every entry of the journal that is about no person.
    pub async fn journal_of_service(&self) -> Vec<journal::Entry> {
        let parts = self.service.parts();
        let rows = parts.store.journal_waiting(100_000).await.unwrap();
        rows.iter().filter_map(|row| journal::open_of_service(&parts.keys, &row.row).ok()).collect()
    }
}

/// Registers without people.
#[must_use]
pub fn nobody() -> Registers {
    Registers::embedded(&Arc::new(EmbeddedRegisters::new(Tables::empty())))
}

/// A client of the operator with a fresh token, about to do something under this key.
pub async fn operator(service: &Service, client: &str, key: &str) -> Operator {
    let token = service.operator_token(client, SECRET, None).await.unwrap().token;
    let request = OperatorRequest {
        token: &token,
        idempotency_key: key,
        method: "POST",
        path_and_query: "/v1/test",
        body: b"{}",
    };
    service.check_operator_token(request).await.unwrap()
}

/// The settings of the house.
fn settings() -> Settings {
    Settings {
        public_url: API_URL.to_owned(),
        citizen_url: CITIZEN_URL.to_owned(),
        screen_url: SCREEN_URL.to_owned(),
        ..Settings::default()
    }
}
