//! The registers of the tests: made-up people, their documents, and a record of who was asked about.

use async_trait::async_trait;
use registers::{
    Address, Child, CivilPeriod, CivilStatus, Cpr, Distributions, Document, DocumentKind,
    DocumentNumber, EmbeddedRegisters, HouseNumber, IssuingState, MunicipalityCode, Opening,
    Parent, PersonRef, PersonStatus, Places, PopulationRegister, RegisterError, Residence,
    Standing,
};
use std::sync::{Arc, Mutex};

/// The n-th person of the register.
#[must_use]
pub fn person_ref(n: usize) -> PersonRef {
    PersonRef::parse(&format!("person-{n}")).unwrap()
}

/// Her national number.
#[must_use]
pub fn cpr(n: usize) -> Cpr {
    let born = jiff::civil::date(
        1980,
        1 + i8::try_from(n % 12).unwrap(),
        1 + i8::try_from(n % 28).unwrap(),
    );
    Cpr::replacement(born, u16::try_from(1_000 + n).unwrap()).unwrap()
}

/// The number of her driving licence; those of passports have one digit more.
#[must_use]
pub fn licence(n: usize) -> String {
    format!("{:08}", 20_000_000 + n)
}

pub(super) fn registered(n: usize) -> registers::Person {
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
    with_family(&mut person, n);
    person
}

/// Person 8 has a family that is in the register: mother 300, father 301, child 302, spouse 303, former spouse 304, and a
/// sibling 305 whom only the mother's record names. Person 306 is a stranger.
fn with_family(person: &mut registers::Person, n: usize) {
    let child = |n: usize| Child { cpr: Some(cpr(n)), birth_date: None, registered: None };
    let married = |n: usize, until| CivilPeriod {
        status: CivilStatus::Married,
        from: None,
        until,
        spouse: Some(cpr(n)),
        registered: None,
    };
    match n {
        8 => {
            for (parent, n) in [(&mut person.mother, 300), (&mut person.father, 301)] {
                if let Some(parent) = parent {
                    parent.cpr = Some(cpr(n));
                }
            }
            person.children = vec![child(302)];
            let divorced = jiff::civil::date(2015, 1, 1);
            person.civil = vec![married(303, None), married(304, Some(divorced))];
        }
        300 => person.children = vec![child(8), child(305)],
        301 => person.children = vec![child(8)],
        _ => {}
    }
}

/// The population register, which remembers whose record was asked for.
#[derive(Debug)]
pub struct Watched {
    inner: Arc<EmbeddedRegisters>,
    asked: Mutex<Vec<String>>,
}

impl Watched {
    pub(super) fn over(inner: &Arc<EmbeddedRegisters>) -> Self {
        Self { inner: Arc::clone(inner), asked: Mutex::default() }
    }

    /// Hands over whose records were read since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn note(&self, found: Option<&registers::Person>) {
        if let Some(found) = found {
            self.asked.lock().unwrap().push(found.person.as_str().to_owned());
        }
    }
}

#[async_trait]
impl PopulationRegister for Watched {
    async fn person(&self, person: &PersonRef) -> Result<Option<registers::Person>, RegisterError> {
        let found = self.inner.person(person).await?;
        self.note(found.as_ref());
        Ok(found)
    }

    async fn person_by_cpr(&self, cpr: &Cpr) -> Result<Option<registers::Person>, RegisterError> {
        let found = self.inner.person_by_cpr(cpr).await?;
        self.note(found.as_ref());
        Ok(found)
    }

    async fn distributions(&self) -> Result<Arc<Distributions>, RegisterError> {
        self.inner.distributions().await
    }

    async fn places(&self) -> Result<Places, RegisterError> {
        self.inner.places().await
    }
}

pub(super) fn document(n: usize, standing: Standing) -> Document {
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
#[must_use]
pub fn centre(id: &str, town: &str, postcode: &str, zone: &str) -> registers::Centre {
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
