//! Passports, licences, cards and permits.

use jiff::{ToSpan as _, civil::Date};
use registers::{Document, DocumentKind, DocumentNumber, IssuingState, PersonRef, Sex, Standing};

use super::{
    Resident, Story,
    random::Random,
    tables::{self, Origin},
};

/// States whose citizens turn up without a national number.
const FOREIGN_STATES: [&str; 6] = ["SWE", "D", "POL", "UKR", "USA", "NOR"];

/// Somebody without a national number, with the one document they have.
pub(super) struct Foreigner {
    pub(super) person: PersonRef,
    pub(super) given: String,
    pub(super) family: String,
    pub(super) born: Date,
    pub(super) sex: Sex,
    pub(super) citizenship: String,
    pub(super) document: Document,
}

pub(super) fn foreigners(random: &mut Random, count: usize, today: Date) -> Vec<Foreigner> {
    let mut foreigners = Vec::with_capacity(count);
    for row in 0..count {
        let sex = if random.percent(50) { Sex::Female } else { Sex::Male };
        let given = (*random.pick(&tables::first_names(sex, Origin::Other))).to_owned();
        let family = (*random.pick(&tables::last_names(Origin::Other))).to_owned();
        let citizenship = (*random.pick(&FOREIGN_STATES)).to_owned();
        let age = 20 + small(random, 40);
        let born = day_of(random, today.year().saturating_sub(age));
        let Ok(person) = PersonRef::parse(&format!("f{row:04}")) else { continue };
        let Ok(state) = IssuingState::parse(&citizenship) else { continue };
        // An identity card beside three passports.
        let card = row % 4 == 3;
        let kind = if card { DocumentKind::IdentityCard } else { DocumentKind::Passport };
        let number = format!("X{row:02}{}", random.digits(6));
        let Some(mut document) = document(&person, kind, &number, today, random) else { continue };
        document.state = state;
        document.carries_cpr = false;
        foreigners.push(Foreigner { person, given, family, born, sex, citizenship, document });
    }
    foreigners
}

/// What a resident has in wallet and drawer.
pub(super) fn resident(
    random: &mut Random,
    resident: &Resident,
    today: Date,
    documents: &mut Vec<Document>,
) {
    let person = &resident.person;
    let danish = person.citizenship.expose() == "DNK";
    let adult = resident.story != Story::Child;
    let id = &person.person;
    let mut add = |random: &mut Random, kind, digits: usize| {
        let number = loop {
            let number = random.digits(digits);
            if !documents.iter().any(|d| d.number.as_str() == number) {
                break number;
            }
        };
        documents.extend(document(id, kind, &number, today, random));
    };
    if danish && random.percent(if adult { 88 } else { 60 }) {
        add(random, DocumentKind::Passport, 9);
    }
    if !danish {
        add(random, DocumentKind::ResidencePermit, 9);
    }
    if adult && random.percent(82) {
        add(random, DocumentKind::DrivingLicence, 8);
    }
    if adult && random.percent(12) {
        add(random, DocumentKind::MunicipalIdCard, 8);
    }
    if person.status.is_resident() {
        add(random, DocumentKind::HealthCard, 10);
    }
}

/// A document of the last years; a few are over, lost, stolen or withdrawn.
fn document(
    holder: &PersonRef,
    kind: DocumentKind,
    number: &str,
    today: Date,
    random: &mut Random,
) -> Option<Document> {
    let issued = today.checked_sub(i64::from(random.between(30, 3_000)).days()).ok()?;
    let expires = issued.checked_add(10.years()).ok()?;
    let (standing, over) = match random.between(0, 99) {
        0..=1 => (Standing::Lost, false),
        2..=3 => (Standing::Stolen, false),
        4 => (Standing::Revoked, false),
        5..=8 => (Standing::InForce, true),
        _ => (Standing::InForce, false),
    };
    let reported = standing != Standing::InForce;
    let end = if over { today.checked_sub(20.days()).ok()? } else { expires };
    Some(Document {
        holder: holder.clone(),
        kind,
        state: IssuingState::DENMARK,
        number: DocumentNumber::parse(number).ok()?,
        issued: Some(issued),
        expires: (kind != DocumentKind::HealthCard).then_some(end),
        carries_cpr: true,
        standing,
        standing_since: if reported { today.checked_sub(10.days()).ok() } else { None },
    })
}

/// A day of a year.
pub(super) fn day_of(random: &mut Random, year: i16) -> Date {
    let days = i64::from(random.between(0, 364)).days();
    Date::new(year, 1, 1).and_then(|first| first.checked_add(days)).unwrap_or(Date::ZERO)
}

/// 0 up to `most`.
pub(super) fn small(random: &mut Random, most: i16) -> i16 {
    i16::try_from(random.between(0, i32::from(most))).unwrap_or(0)
}
