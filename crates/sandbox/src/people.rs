//! Generated people: families with addresses, moves, former names, documents and channels.
//!
//! Everything follows from the seed and the day. National numbers have 60 added to the day, so none
//! can be a real person's; phone numbers begin with digits that no network gives out; e-mail goes
//! to a domain that cannot exist (RFC 2606).

mod centres;
mod family;
mod papers;
mod random;
mod tables;

use jiff::{Timestamp, civil::Date};
use registers::{
    Centre, Cpr, Document, Freshness, Person, PersonRef, Places, Sex, Tables, TablesError,
};

use self::random::Random;

/// How many people there are where nobody says otherwise.
pub const PEOPLE_DEFAULT: usize = 240;

/// What is special about somebody, for the drawer and the start page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Story {
    /// Nothing: an ordinary resident.
    Ordinary,
    /// Lives in Greenland.
    Greenland,
    /// Has had another national number.
    NumberChanged,
    /// Has had another name.
    NameChanged,
    /// Name and address are protected.
    Protected,
    /// Came to the country two months ago.
    NewlyArrived,
    /// Has left the country.
    Emigrated,
    /// Nobody knows where.
    Disappeared,
    /// Has died.
    Dead,
    /// Has lost legal capacity.
    Guardianship,
    /// Has an administrative number without residence.
    Administrative,
    /// Has a foreign document and no national number: needs a P code.
    WithoutNumber,
    /// Is younger than eighteen.
    Child,
}

/// Somebody as the operator of the eID knows them, for enrolment and for making documents.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The operator's id.
    pub person: PersonRef,
    /// The national number, if any.
    pub cpr: Option<Cpr>,
    /// First and middle names.
    pub given: String,
    /// Family name.
    pub family: String,
    /// Birth date.
    pub born: Date,
    /// Sex.
    pub sex: Sex,
    /// Citizenship, three letters of Doc 9303 (one for Germany).
    pub citizenship: String,
    /// E.164, in a range that no network gives out.
    pub phone: String,
    /// At a domain that cannot exist.
    pub email: String,
    /// `da` or `en`.
    pub language: &'static str,
    /// What is special.
    pub story: Story,
}

/// All that was made.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The rows of the population register.
    pub people: Vec<Person>,
    /// The rows of the document registers.
    pub documents: Vec<Document>,
    /// The Citizen Service Centres.
    pub centres: Vec<Centre>,
    /// Everybody, also those without a national number, in order of `people` and then the others.
    pub profiles: Vec<Profile>,
}

impl Generated {
    /// The tables of the embedded registers, which answer live.
    ///
    /// # Errors
    ///
    /// [`TablesError`] where the generator contradicted itself, which its tests exclude.
    pub fn tables(&self) -> Result<Tables, TablesError> {
        let (people, documents) = (self.people.clone(), self.documents.clone());
        let tables = Tables::new(people, documents, Places::built_in(), Freshness::Live)?;
        Ok(tables.with_centres(self.centres.clone()))
    }

    /// The centre where the clerks of the sandbox work.
    #[must_use]
    pub fn workplace(&self) -> Option<&Centre> {
        self.centres.first()
    }

    /// The profiles of one story.
    pub fn of_story(&self, story: Story) -> impl Iterator<Item = &Profile> {
        self.profiles.iter().filter(move |profile| profile.story == story)
    }
}

/// Makes `count` people with national numbers, and one more without for each thirty.
pub fn generate(seed: u64, count: usize, now: Timestamp) -> Generated {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut random = Random::new(seed);
    let mut town = family::Town::new(&mut random, today);
    while town.len() < count {
        town.add_family();
    }
    town.truncate(count);
    let mut residents = town.finish();
    let foreigners = papers::foreigners(&mut random, count.div_ceil(30), today);
    let mut documents = Vec::new();
    let mut profiles = Vec::new();
    for (row, resident) in residents.iter().enumerate() {
        papers::resident(&mut random, resident, today, &mut documents);
        profiles.push(profile(row, resident));
    }
    for (row, foreigner) in foreigners.into_iter().enumerate() {
        documents.push(foreigner.document);
        profiles.push(Profile {
            phone: phone("+45", 8, residents.len() + row),
            email: email(&foreigner.given, &foreigner.family, residents.len() + row),
            person: foreigner.person,
            cpr: None,
            given: foreigner.given,
            family: foreigner.family,
            born: foreigner.born,
            sex: foreigner.sex,
            citizenship: foreigner.citizenship,
            language: "en",
            story: Story::WithoutNumber,
        });
    }
    let people = residents.drain(..).map(|resident| resident.person).collect();
    Generated { people, documents, centres: centres::all(), profiles }
}

/// A resident and what is special about them.
struct Resident {
    person: Person,
    story: Story,
}

fn profile(row: usize, resident: &Resident) -> Profile {
    let person = &resident.person;
    let name = person.name().cloned().unwrap_or_default();
    let mut given = name.given.expose().clone();
    if !name.middle.expose().is_empty() {
        given = format!("{given} {}", name.middle.expose());
    }
    let greenland = resident.story == Story::Greenland;
    let danish = person.citizenship.expose() == "DNK";
    Profile {
        person: person.person.clone(),
        cpr: person.cpr.clone(),
        family: name.family.expose().clone(),
        born: person.born().unwrap_or(Date::ZERO),
        sex: person.sex.unwrap_or(Sex::Female),
        citizenship: person.citizenship.expose().clone(),
        phone: if greenland { phone("+299", 6, row) } else { phone("+45", 8, row) },
        email: email(&given, name.family.expose(), row),
        language: if danish { "da" } else { "en" },
        story: resident.story,
        given,
    }
}

/// No Danish or Greenlandic number begins with 0.
fn phone(country: &str, digits: usize, row: usize) -> String {
    format!("{country}{row:0digits$}")
}

fn email(given: &str, family: &str, row: usize) -> String {
    let plain = |text: &str| -> String {
        let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
        let spelled = [("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("ü", "u"), ("ã", "a")]
            .iter()
            .fold(first, |text, (letter, spelling)| text.replace(letter, spelling));
        spelled.chars().filter(char::is_ascii_lowercase).collect()
    };
    format!("{}.{}.{row}@post.example", plain(given), plain(family))
}

#[cfg(test)]
mod tests;
