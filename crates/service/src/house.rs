//! The service under test: rows in memory, a clock that tests set, a seeded random source, registers of made-up people.

mod people;

pub(crate) use people::{Watched, centre, cpr, licence, person_ref};

use crate::caller::Clerk;
use crate::parts::{NoFaces, Registers};
use crate::staff::{Account, SignedIn, Site};
use crate::work::Work;
use crate::{BootId, Clock, ClockReading, Failure, Parts, Random, Service, Settings};
use async_trait::async_trait;
use messages::{Mail, MailSender, MessageId, Retry, SendError, Sms, SmsSender, Texts};
use people::{document, registered};
use recovery::id::{CaseId, CentreId, ChannelId, InstanceId, PersonId, StaffId, TemporaryPinId};
use recovery::person::{BoundApp, Channel, ChannelKind, Person, Status};
use recovery::policy::{Policy, Profile};
use recovery::sensitive::Sensitive;
use recovery::staff::{Role, StaffMember};
use recovery::temporary_pin::Code;
use recovery::time::{Duration, Timestamp};
use registers::{EmbeddedRegisters, Freshness, Places, Standing, Tables};
use sha2::Digest as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use store::MemoryStore;
use store::keeper::{KeptStore, Known};
use store::keys::Keys;
use store::rows::identity::Identity;
use testkit::{ManualClock, SeededRandom};
use zeroize::Zeroizing;

/// Monday 2026-11-23, 10:00 in Copenhagen.
pub(crate) const NOW: Timestamp = Timestamp(1_795_424_400_000);
/// The secret of the operator's client.
pub(crate) use crate::caller::OPERATOR;
pub(crate) const SECRET: &str = "a secret that is long enough";
/// People in the register: so many that the most common answers are rare enough to ask for.
const PEOPLE: usize = 400;

#[derive(Debug)]
pub(crate) struct TestClock(pub(crate) ManualClock);

impl Clock for TestClock {
    fn reading(&self) -> ClockReading {
        let (wall, since_boot_ms) = self.0.reading_ms();
        ClockReading { wall: Timestamp(wall), boot: BootId(self.0.boot()), since_boot_ms }
    }

    fn is_synchronised(&self) -> bool {
        self.0.is_synchronised()
    }
}

#[derive(Debug)]
struct TestRandom(SeededRandom);

impl Random for TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

/// A sender that keeps the texts that were sent, and how long the network may keep trying.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    texts: Mutex<Vec<String>>,
    validities: Mutex<Vec<std::time::Duration>>,
    broken: AtomicBool,
    refused: AtomicBool,
    mail_hangs: AtomicBool,
    /// The clock, and how far each text message moves it, in milliseconds: a network that is slow.
    slow: Mutex<Option<(ManualClock, u32)>>,
}

impl Sent {
    fn keep(&self, text: &str) -> Result<(), SendError> {
        if self.refused.load(Ordering::SeqCst) {
            return Err(
                SendError::new(Retry::Later, "signing in with a wrong password").by_operator()
            );
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(SendError::new(Retry::Later, "sending where nothing goes out"));
        }
        self.texts.lock().unwrap().push(text.to_owned());
        Ok(())
    }
}

#[async_trait]
impl SmsSender for Sent {
    async fn send(&self, sms: &Sms) -> Result<Vec<MessageId>, SendError> {
        self.keep(sms.text.expose())?;
        self.validities.lock().unwrap().extend(sms.keep_trying);
        if let Some((clock, millis)) = &*self.slow.lock().unwrap() {
            clock.advance_ms(*millis);
        }
        Ok(Vec::new())
    }
}

#[async_trait]
impl MailSender for Sent {
    async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        if self.mail_hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.keep(mail.text.expose())
    }
}

/// A service together with the parts that tests look at or change.
pub(crate) struct House {
    pub(crate) service: Service,
    pub(crate) clock: ManualClock,
    pub(crate) population: Arc<Watched>,
    pub(crate) sent: Arc<Sent>,
    pub(crate) numbers: Arc<KnownChanges>,
}

/// A number-intelligence service that knows what a test tells it, and can be told to give no answer.
#[derive(Debug, Default)]
pub(crate) struct KnownChanges {
    pub(crate) changed_at: Mutex<Option<Timestamp>>,
    pub(crate) away: std::sync::atomic::AtomicBool,
    pub(crate) asked: Mutex<Vec<String>>,
}

#[async_trait]
impl crate::parts::NumberIntelligence for KnownChanges {
    async fn last_change(
        &self,
        number: &str,
    ) -> Result<Option<Timestamp>, crate::parts::NumbersAway> {
        self.asked.lock().unwrap().push(number.to_owned());
        if self.away.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(crate::parts::NumbersAway { source: "told to be away".into() });
        }
        Ok(*self.changed_at.lock().unwrap())
    }
}

impl House {
    /// With the centres of Aarhus and Nuuk. The licence of person 9 was reported stolen.
    pub(crate) async fn new() -> Self {
        Self::built(Settings {
            citizen_url: "https://genvej.example".into(),
            screen_url: "https://screen.genvej.example".into(),
            ..Settings::default()
        })
        .await
    }

    /// The same, with an operator who wants to hear of alarms.
    pub(crate) async fn with_alarms() -> Self {
        let to = crate::alarm::AlarmAddress::parse("drift@genvej.example").unwrap();
        Self::built(Settings { alarm_addresses: vec![to], ..Settings::default() }).await
    }

    /// With rules of its own.
    pub(crate) async fn ruled_by(policy: Policy) -> Self {
        let screen_url = "https://screen.genvej.example".into();
        Self::with_policy(Settings { screen_url, ..Settings::default() }, policy).await
    }

    async fn built(settings: Settings) -> Self {
        Self::with_policy(settings, Policy::of(Profile::PublicService)).await
    }

    async fn with_policy(settings: Settings, policy: Policy) -> Self {
        let clock = ManualClock::at_ms(NOW.0);
        let people = (0..PEOPLE).map(registered).collect();
        let documents = (0..10)
            .map(|n| document(n, if n == 9 { Standing::Stolen } else { Standing::InForce }))
            .collect();
        let tables = Tables::new(people, documents, Places::built_in(), Freshness::Live).unwrap();
        let registers = Arc::new(EmbeddedRegisters::new(tables));
        let population =
            Arc::new(Watched { inner: registers.clone(), asked: Mutex::new(Vec::new()) });
        let sent = Arc::new(Sent::default());
        let numbers = Arc::new(KnownChanges::default());
        let sender =
            messages::texts::Sender { service: "Genvej".into(), phone: "70 00 00 00".into() };
        let mut seed = 7_u8;
        let of_the_store = SeededRandom::new(2);
        let service = Service::new(Parts {
            store: Arc::new(KeptStore::new(
                Arc::new(MemoryStore::new()),
                &Keys::generate(&Zeroizing::new([3; 96])),
                Arc::new(move |buffer: &mut [u8]| of_the_store.fill(buffer)),
                Known::nothing(),
                None,
            )),
            clock: Arc::new(TestClock(clock.clone())),
            random: Arc::new(TestRandom(SeededRandom::new(1))),
            policy: Arc::new(policy),
            keys: Arc::new(Keys::generate(&Zeroizing::new([3; 96]))),
            pin: Arc::new(pin::ServerSetup::generate(&mut |buffer: &mut [u8]| {
                buffer.iter_mut().for_each(|byte| {
                    seed = seed.wrapping_mul(31).wrapping_add(17);
                    *byte = seed;
                });
            })),
            registers: Registers {
                population: population.clone(),
                passports: registers.clone(),
                licences: registers.clone(),
                document_status: registers,
            },
            csca: Arc::new(chip::csca::Store::new()),
            chip_policy: chip::verdict::ChipPolicy::default(),
            faces: Arc::new(NoFaces),
            numbers: Some(numbers.clone()),
            sms: sent.clone(),
            mail: sent.clone(),
            texts: Arc::new(Texts::built_in(sender).unwrap()),
            operator_clients: vec![crate::operator_token::Client {
                id: OPERATOR.to_owned(),
                secret_sha256: sha2::Sha256::digest(SECRET.as_bytes()).into(),
                scopes: crate::operator_token::Scopes::all(),
                sign_ins_per_minute_max: 600,
            }],
            settings,
        });
        let house = Self { service, clock, population, sent, numbers };
        let centres = [
            centre("aarhus", "Aarhus", "8000", "Europe/Copenhagen"),
            centre("nuuk", "Nuuk", "3900", "America/Nuuk"),
        ];
        house.service.set_centres(&centres).await.unwrap();
        for id in 1..=20 {
            house.employ(id, Some(&format!("staff-{id}")), None).await;
        }
        house
    }

    /// The same rows, clock and keys, under a configuration that names a provider of staff sign-ins.
    pub(crate) fn with_provider(self) -> Self {
        self.with_provider_asked_every(Duration::from_mins(10))
    }

    pub(crate) fn with_provider_asked_every(self, every: Duration) -> Self {
        let service = self.served_with(|parts| {
            parts.settings.staff_by_provider = true;
            parts.settings.staff_confirmed_every = every;
        });
        Self { service, ..self }
    }

    /// Gives a member of staff a person id of their own, or a declared list.
    pub(crate) async fn employ(&self, id: u128, person: Option<&str>, declared: Option<&[String]>) {
        let own = crate::conduct::OwnPerson::read(person, declared).unwrap();
        let mut work = Work::begin(&self.service).await.unwrap();
        work.take_person(StaffId(id), &own).await.unwrap();
        work.commit().await.unwrap();
    }

    /// Makes the n-th person of the register known, with one app and a number of that age.
    pub(crate) async fn enrolled(&self, n: usize, number_age: Duration) -> PersonId {
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
            instance: InstanceId(id.0),
            name: Sensitive::new("Min telefon".to_owned()),
            bound_at: NOW.minus(Duration::from_days(90)),
        });
        let identity = Identity {
            person: id,
            operator_id: Sensitive::new(person_ref(n).as_str().to_owned()),
            national_numbers: vec![Sensitive::new(cpr(n).digits().to_owned())],
        };
        let mut work = Work::begin(&self.service).await.unwrap();
        work.new_person_key(id);
        work.insert(&person);
        work.insert(&identity);
        work.commit().await.unwrap();
        id
    }

    /// The operator's client, about to send this body under this key.
    pub(crate) async fn operator(&self, key: &str, body: &str) -> crate::caller::Operator {
        let token = self.service.operator_token(OPERATOR, SECRET, None).await.unwrap().token;
        let request = crate::operator_token::OperatorRequest {
            token: &token,
            idempotency_key: key,
            method: "POST",
            path_and_query: "/v1/test",
            body: body.as_bytes(),
        };
        self.service.check_operator_token(request).await.unwrap()
    }

    /// How many rows of a kind there are.
    pub(crate) async fn rows(&self, kind: store::Kind) -> usize {
        self.service.parts().store.scan(kind, None, 1_000).await.unwrap().len()
    }

    /// Changes a person as no use case of the test would.
    pub(crate) async fn change_person(&self, id: PersonId, change: impl FnOnce(&mut Person)) {
        let mut work = Work::begin(&self.service).await.unwrap();
        let mut next = work.load_person(id).await.unwrap();
        change(&mut next);
        work.set(&next);
        work.commit().await.unwrap();
    }

    /// The person's temporary PIN is over, as if it had been redeemed.
    pub(crate) async fn use_up_the_code(&self, person: PersonId) {
        let mut work = Work::begin(&self.service).await.unwrap();
        let slot = work.temporary_pin_of(person).await.unwrap();
        let over = recovery::temporary_pin::TemporaryPin {
            state: recovery::temporary_pin::State::Empty,
            ..slot
        };
        work.set(&over);
        work.commit().await.unwrap();
    }

    /// A service with other parts, as a process that starts now.
    pub(crate) fn served_with(&self, change: impl FnOnce(&mut Parts)) -> Service {
        let mut parts = self.service.parts().clone();
        change(&mut parts);
        Service::new(parts)
    }

    /// The same service under other settings, as a process that starts now.
    fn started_anew(&self, change: impl FnOnce(&mut Settings)) -> Service {
        self.served_with(|parts| change(&mut parts.settings))
    }

    /// Started where the configuration believes a clock that nobody synchronises.
    pub(crate) fn believing_its_clock(&self) -> Service {
        self.started_anew(|settings| settings.unsynchronised_clock_believed = true)
    }

    /// Started where so many persons take a committed future back.
    pub(crate) fn accepted_by(&self, persons: u8) -> Service {
        self.started_anew(|settings| settings.time_acceptance_persons = persons)
    }

    /// A member of staff with a session, while time stands still.
    pub(crate) async fn signed_in(&self, role: Role, site: Site) -> SignedIn {
        let service = self.service.with_time_standing_still();
        let id = StaffId(500 + role as u128);
        let mut work = Work::begin(&service).await.unwrap();
        work.insert(&Account::new(id, "Anna".to_owned(), vec![role]));
        work.commit().await.unwrap();
        let token = service.open_session(id, site, None).await.unwrap();
        service.session(&token, site).await.unwrap()
    }

    /// Runs the outbox and hands over what was sent since the last time.
    pub(crate) async fn messages(&self) -> Vec<String> {
        self.service.run_outbox().await.unwrap();
        self.sent()
    }

    /// Hands over what was sent since the last time.
    pub(crate) fn sent(&self) -> Vec<String> {
        std::mem::take(&mut *self.sent.texts.lock().unwrap())
    }

    /// From now on each text message takes that long.
    pub(crate) fn slow_network(&self, millis: u32) {
        *self.sent.slow.lock().unwrap() = Some((self.clock.clone(), millis));
    }

    /// How long the network was told to keep trying, of each text message with an end.
    pub(crate) fn validities(&self) -> Vec<std::time::Duration> {
        self.sent.validities.lock().unwrap().clone()
    }

    /// From now on nothing goes out.
    pub(crate) fn break_the_senders(&self) {
        self.sent.broken.store(true, Ordering::SeqCst);
    }

    /// From now on the mail server accepts connections and says nothing.
    pub(crate) fn hang_the_mail(&self) {
        self.sent.mail_hangs.store(true, Ordering::SeqCst);
    }

    /// From now on, or no longer, the centre refuses the service itself.
    pub(crate) fn refuse_the_senders(&self, refused: bool) {
        self.sent.refused.store(refused, Ordering::SeqCst);
    }

    /// Every entry of the journal that is about no person.
    pub(crate) async fn journal_of_service(&self) -> Vec<crate::journal::Entry> {
        let parts = self.service.parts();
        let rows = parts.store.journal_waiting(100_000).await.unwrap();
        rows.iter()
            .filter_map(|row| crate::journal::open_of_service(&parts.keys, &row.row).ok())
            .collect()
    }
}

fn member(id: u128, role: Role, centre: CentreId) -> StaffMember {
    StaffMember { id: StaffId(id), roles: vec![role], centre: Some(centre), kin: Vec::new() }
}

/// A clerk of a centre.
pub(crate) fn clerk(id: u128, centre: &str) -> Clerk {
    Clerk(member(id, Role::Clerk, crate::appointment::centre_id(centre)))
}

/// Where the clerks and agents of tests work.
pub(crate) fn centre_of_aarhus() -> CentreId {
    crate::appointment::centre_id("aarhus")
}

/// Rows of a kind, as an earlier version saved them, are read and written again byte for byte.
pub(crate) fn rows_come_back<A: store::facade::Aggregate>() {
    testkit::stored_rows::come_back::<A>(include_str!("house/rows.txt"));
}

impl Work<'_> {
    /// Puts a temporary PIN in its place without a case that decides so; returns its digits.
    pub(crate) async fn place_code(
        &mut self,
        person: PersonId,
        case: CaseId,
        id: TemporaryPinId,
        instance: Option<InstanceId>,
    ) -> Result<Zeroizing<String>, Failure> {
        let drawn = self.draw_code(person, case);
        let issued_at = self.now();
        let code = Code { id, case, instance, hash: drawn.hash, issued_at };
        let slot = self.temporary_pin_of(person).await?;
        let step = slot.issue(code, &self.service.parts().policy, issued_at)?;
        let next = self.take(person, step);
        self.set(&next);
        Ok(Zeroizing::new(drawn.digits.expose().clone()))
    }
}

#[test]
fn replies_and_identities_of_an_earlier_version_come_back() {
    rows_come_back::<crate::reply::Reply>();
    rows_come_back::<Identity>();
}
