//! A service for tests: rows in memory, a clock that is told the time, a seed, registers of made-up people.

use crate::caller::Clerk;
use crate::identity::Identity;
use crate::parts::{NoFaces, Registers};
use crate::work::Work;
use crate::{Clock, Parts, Random, Service, Settings};
use async_trait::async_trait;
use messages::{Mail, MailSender, MessageId, SendError, Sms, SmsSender, Texts};
use recovery::id::{CentreId, ChannelId, InstanceId, PersonId, StaffId};
use recovery::person::{BoundApp, Channel, ChannelKind, Person, Status};
use recovery::policy::{Policy, Profile};
use recovery::sensitive::Sensitive;
use recovery::staff::{Role, StaffMember};
use recovery::time::{Duration, Timestamp};
use registers::{
    Address, Cpr, Document, DocumentKind, DocumentNumber, EmbeddedRegisters, Freshness,
    HouseNumber, IssuingState, MunicipalityCode, Opening, Parent, PersonRef, PersonStatus, Places,
    Residence, Standing, Tables,
};
use std::sync::{Arc, Mutex};
use store::MemoryStore;
use store::keys::Keys;
use testkit::{ManualClock, SeededRandom};
use zeroize::Zeroizing;

/// Monday 2026-11-23, 10:00 in Copenhagen.
pub(crate) const NOW: Timestamp = Timestamp(1_795_424_400_000);
/// Enough for a stranger not to guess.
const PEOPLE: usize = 400;

#[derive(Debug)]
struct TestClock(ManualClock);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.now_ms())
    }
}

#[derive(Debug)]
struct TestRandom(SeededRandom);

impl Random for TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

/// Keeps what was sent, and how long the network may keep trying.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    texts: Mutex<Vec<String>>,
    validities: Mutex<Vec<std::time::Duration>>,
    /// The clock, and how far each text message moves it: a network that takes its time.
    slow: Mutex<Option<(ManualClock, u32)>>,
}

#[async_trait]
impl SmsSender for Sent {
    async fn send(&self, sms: &Sms) -> Result<Vec<MessageId>, SendError> {
        self.texts.lock().unwrap().push(sms.text.expose().clone());
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
        self.texts.lock().unwrap().push(mail.text.expose().clone());
        Ok(())
    }
}

/// A service with what a test needs to look behind it.
pub(crate) struct House {
    pub(crate) service: Service,
    pub(crate) clock: ManualClock,
    sent: Arc<Sent>,
}

/// The n-th person of the register.
pub(crate) fn person_ref(n: usize) -> PersonRef {
    PersonRef::parse(&format!("person-{n}")).unwrap()
}

/// Her national number.
pub(crate) fn cpr(n: usize) -> Cpr {
    let born = jiff::civil::date(
        1980,
        1 + i8::try_from(n % 12).unwrap(),
        1 + i8::try_from(n % 28).unwrap(),
    );
    Cpr::replacement(born, u16::try_from(1_000 + n).unwrap()).unwrap()
}

/// The number of her driving licence; those of passports have one digit more.
pub(crate) fn licence(n: usize) -> String {
    format!("{:08}", 20_000_000 + n)
}

fn registered(n: usize) -> registers::Person {
    let cpr = cpr(n);
    let mut person = registers::Person::empty(person_ref(n), PersonStatus::Active);
    let place = |street: String, from, until: Option<jiff::civil::Date>| Residence {
        address: Address {
            municipality: MunicipalityCode::parse(if until.is_none() { "0751" } else { "0101" })
                .unwrap(),
            street: street.as_str().into(),
            house: registers::Sensitive::new(HouseNumber::parse("7")),
            ..Address::default()
        },
        from: Some(from),
        until,
        registered: None,
    };
    let years = i16::try_from(n % 30).unwrap();
    let months = i8::try_from(n / 30 % 12).unwrap();
    let moved = jiff::civil::date(1990 + years, 1 + months, 3);
    person.residences = vec![
        place("Torvet".to_owned(), moved, None),
        place(format!("Vej{n}gade"), jiff::civil::date(1985, 1, 1), Some(moved)),
    ];
    let parent = |age: i16, day: i8| Parent {
        cpr: None,
        birth_date: Some(jiff::civil::date(1980 - age, 1 + months, day)),
        name: registers::Sensitive::default(),
        since: None,
        registered: None,
    };
    person.mother = Some(parent(20 + years, 1 + i8::try_from(n % 28).unwrap()));
    person.father = Some(parent(22 + years, 1 + i8::try_from(n % 27).unwrap()));
    person.cpr = Some(cpr);
    person
}

fn document(n: usize, standing: Standing) -> Document {
    Document {
        holder: person_ref(n),
        kind: DocumentKind::DrivingLicence,
        state: IssuingState::DENMARK,
        number: DocumentNumber::parse(&licence(n)).unwrap(),
        issued: Some(jiff::civil::date(2020, 1, 1)),
        expires: Some(jiff::civil::date(2035, 1, 1)),
        carries_cpr: true,
        standing,
        standing_since: None,
    }
}

/// Open on weekdays from 10 to 12, with one desk.
pub(crate) fn centre(id: &str, town: &str, postcode: &str, zone: &str) -> registers::Centre {
    use jiff::civil::Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    registers::Centre {
        id: registers::CentreId::parse(id).unwrap(),
        name: format!("Borgerservice {town}"),
        municipality: MunicipalityCode::parse(if town == "Nuuk" { "0956" } else { "0751" })
            .unwrap(),
        street: "Torvet 1".to_owned(),
        postcode: postcode.to_owned(),
        town: town.to_owned(),
        latitude: None,
        longitude: None,
        zone: jiff::tz::TimeZone::get(zone).unwrap(),
        desks: 1,
        hours: [Monday, Tuesday, Wednesday, Thursday, Friday]
            .into_iter()
            .map(|day| Opening {
                day,
                from: jiff::civil::time(10, 0, 0, 0),
                until: jiff::civil::time(12, 0, 0, 0),
            })
            .collect(),
    }
}

impl House {
    /// With the centres of Aarhus and Nuuk. The licence of person 9 was reported stolen.
    pub(crate) async fn new() -> Self {
        let clock = ManualClock::at_ms(NOW.0);
        let people = (0..PEOPLE).map(registered).collect();
        let documents = (0..10)
            .map(|n| document(n, if n == 9 { Standing::Stolen } else { Standing::InForce }))
            .collect();
        let tables = Tables::new(people, documents, Places::built_in(), Freshness::Live).unwrap();
        let registers = Arc::new(EmbeddedRegisters::new(tables));
        let sent = Arc::new(Sent::default());
        let sender =
            messages::texts::Sender { service: "Genvej".into(), phone: "70 00 00 00".into() };
        let mut seed = 7_u8;
        let service = Service::new(Parts {
            store: Arc::new(MemoryStore::new()),
            clock: Arc::new(TestClock(clock.clone())),
            random: Arc::new(TestRandom(SeededRandom::new(1))),
            policy: Arc::new(Policy::of(Profile::PublicService)),
            keys: Arc::new(Keys::generate(&Zeroizing::new([3; 96]))),
            pin: Arc::new(pin::ServerSetup::generate(&mut |buffer: &mut [u8]| {
                buffer.iter_mut().for_each(|byte| {
                    seed = seed.wrapping_mul(31).wrapping_add(17);
                    *byte = seed;
                });
            })),
            registers: Registers {
                population: registers.clone(),
                passports: registers.clone(),
                licences: registers.clone(),
                document_status: registers,
            },
            csca: Arc::new(chip::csca::Store::new()),
            chip_policy: chip::verdict::ChipPolicy::default(),
            faces: Arc::new(NoFaces),
            sms: sent.clone(),
            mail: sent.clone(),
            texts: Arc::new(Texts::built_in(sender).unwrap()),
            operator_clients: Vec::new(),
            settings: Settings {
                citizen_url: "https://genvej.example".into(),
                ..Settings::default()
            },
        });
        let house = Self { service, clock, sent };
        let centres = [
            centre("aarhus", "Aarhus", "8000", "Europe/Copenhagen"),
            centre("nuuk", "Nuuk", "3900", "America/Nuuk"),
        ];
        house.service.set_centres(&centres).await.unwrap();
        house
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

    /// Changes a person as no use case of the test would.
    pub(crate) async fn change_person(&self, id: PersonId, change: impl FnOnce(&mut Person)) {
        let mut work = Work::begin(&self.service).await.unwrap();
        let loaded = work.load_person(id).await.unwrap();
        let mut next = loaded.value.clone();
        change(&mut next);
        work.put(&loaded, &next);
        work.commit().await.unwrap();
    }

    /// Runs the outbox and hands over what was sent since the last time.
    pub(crate) async fn messages(&self) -> Vec<String> {
        self.service.run_outbox().await.unwrap();
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
}

fn member(id: u128, role: Role, centre: CentreId) -> StaffMember {
    StaffMember { id: StaffId(id), roles: vec![role], centre: Some(centre), kin: Vec::new() }
}

/// A clerk of a centre.
pub(crate) fn clerk(id: u128, centre: &str) -> Clerk {
    Clerk(member(id, Role::Clerk, crate::appointment::centre_id(centre)))
}

/// A clerk of Aarhus with family in the service.
pub(crate) fn clerk_with_kin(id: u128, kin: PersonId) -> Clerk {
    let mut member = member(id, Role::Clerk, crate::appointment::centre_id("aarhus"));
    member.kin.push(kin);
    Clerk(member)
}
