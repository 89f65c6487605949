//! Combines the records of a batch file into people.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Roads, record::Record};
use crate::{
    Address, Birthplace, Child, CivilPeriod, CivilStatus, Cpr, Departure, FormerNumber,
    MunicipalityCode, Name, Parent, Person, PersonRef, PersonStatus, Residence, Sensitive, Sex,
    import::RowErrors,
};

/// The type of protection of name and address; types 0002 to 0004 concern directories, marketing and research.
const PROTECTION_OF_NAME_AND_ADDRESS: &str = "0001";

/// The register's own codes of the countries that matter here, with their letters in Doc 9303.
const CITIZENSHIPS: [(&str, &str); 3] = [("5100", "DNK"), ("5101", "DNK"), ("5902", "DNK")];

/// What was done with a record.
pub(super) enum Taken {
    Read,
    PassedOver,
}

pub(super) struct People<'a> {
    roads: &'a Roads,
    by_number: BTreeMap<Cpr, Person>,
    /// Changes of national numbers: old number, new number, day of the change.
    changes: Vec<(Cpr, Cpr, Option<Date>)>,
}

impl<'a> People<'a> {
    pub(super) const fn new(roads: &'a Roads) -> Self {
        Self { roads, by_number: BTreeMap::new(), changes: Vec::new() }
    }

    pub(super) fn take(&mut self, record: &Record, errors: &mut RowErrors) -> Taken {
        if record.kind().is_empty() {
            return Taken::PassedOver;
        }
        let Some(cpr) = record.cpr(4) else {
            errors.add(record.line, "position 4", "a national number");
            return Taken::PassedOver;
        };
        if record.kind() == "022" {
            let Some(old) = record.cpr(14) else {
                errors.add(record.line, "position 14", "a national number");
                return Taken::PassedOver;
            };
            self.changes.push((old, cpr, record.hyphenated_day(35)));
            return Taken::Read;
        }
        if record.kind() == "001"
            && let Some(current) = record.cpr(14)
            && current != cpr
        {
            self.changes.push((cpr, current, record.plain_day(26)));
            return Taken::Read;
        }
        let person = self.by_number.entry(cpr.clone()).or_insert_with(|| {
            let mut person = Person::empty(PersonRef::from(&cpr), PersonStatus::Administrative);
            person.cpr = Some(cpr);
            person
        });
        take_record(record, person, self.roads, errors)
    }

    /// The people, with their former national numbers.
    ///
    /// Where a number changed several times, the chain ends at the number that has a record of its own.
    pub(super) fn finish(mut self) -> Vec<Person> {
        let next: BTreeMap<Cpr, Cpr> =
            self.changes.iter().map(|(old, current, _)| (old.clone(), current.clone())).collect();
        for (old, current, until) in self.changes {
            let mut last = &current;
            // No more steps than there are changes: a circle in the file must not hold us.
            for _ in 0..next.len() {
                match next.get(last) {
                    Some(further) => last = further,
                    None => break,
                }
            }
            if let Some(person) = self.by_number.get_mut(last)
                && person.cpr.as_ref() != Some(&old)
                && !person.former_numbers.iter().any(|former| former.cpr == old)
            {
                person.former_numbers.push(FormerNumber { cpr: old, until });
            }
        }
        let mut people: Vec<Person> = self.by_number.into_values().collect();
        for person in &mut people {
            person.sort_periods();
        }
        people
    }
}

fn take_record(
    record: &Record,
    person: &mut Person,
    roads: &Roads,
    errors: &mut RowErrors,
) -> Taken {
    match record.kind() {
        "001" => take_person(record, person, errors),
        "002" => take_residence(record, person, roads),
        "003" => take_clear_address(record, person),
        "004" => {
            if record.text(14, 4) != PROTECTION_OF_NAME_AND_ADDRESS {
                return Taken::PassedOver;
            }
            person.protection.push((record.hyphenated_day(18), record.hyphenated_day(28)));
        }
        "005" => {
            let (country, left) = (record.personal(14, 4), record.certain_day(18));
            person.departures.push(Departure { country, left, returned: None });
        }
        "008" => person.names.push(Name {
            given: record.personal(14, 50),
            middle: record.personal(65, 40),
            family: record.personal(106, 40),
            from: record.certain_day(147),
            until: None,
            registered: None,
        }),
        "009" => {
            person.birthplace = Some(Birthplace {
                authority: MunicipalityCode::parse(&record.text(14, 4)),
                name: record.personal(18, 20),
                registered: None,
            });
        }
        "010" => {
            let code = record.text(14, 4);
            let letters = CITIZENSHIPS.into_iter().find(|(known, _)| *known == code);
            person.citizenship = letters.map_or("", |(_, letters)| letters).into();
        }
        "012" => return take_civil(record, person, 14, None),
        "014" => {
            let cpr = record.cpr(14);
            let birth_date = cpr.as_ref().map(Cpr::birth_date);
            person.children.push(Child { cpr, birth_date, registered: None });
        }
        "015" => {
            person.mother = parent(record, [14, 25, 35, 46]);
            person.father = parent(record, [81, 92, 102, 113]);
        }
        "017" => person.guardianship.push((record.hyphenated_day(14), record.hyphenated_day(25))),
        "023" | "024" | "026" | "029" => return take_former(record, person, roads),
        _ => return Taken::PassedOver,
    }
    Taken::Read
}

/// Reads a former row. Rows that the register has annulled or corrected are skipped.
fn take_former(record: &Record, person: &mut Person, roads: &Roads) -> Taken {
    if !record.text(14, 1).is_empty() {
        return Taken::PassedOver;
    }
    match record.kind() {
        "023" => {
            let Some(municipality) = MunicipalityCode::parse(&record.text(15, 4)) else {
                return Taken::PassedOver;
            };
            let Some(until) = record.plain_day(84) else { return Taken::PassedOver };
            let address = Address {
                municipality,
                street: roads.name(municipality, &record.text(19, 4)).into(),
                house: record.house(23),
                floor: record.personal(27, 2),
                door: record.personal(29, 4),
                ..Address::default()
            };
            let from = record.certain_day(71);
            let until = Some(until);
            person.residences.push(Residence { address, from, until, registered: None });
        }
        "024" => {
            let returned = record.plain_day(36);
            if returned.is_none() {
                return Taken::PassedOver;
            }
            let (country, left) = (record.personal(15, 4), record.certain_day(19));
            person.departures.push(Departure { country, left, returned });
        }
        "026" => {
            let Some(until) = record.plain_day(161) else { return Taken::PassedOver };
            person.names.push(Name {
                given: record.personal(15, 50),
                middle: record.personal(66, 40),
                family: record.personal(107, 40),
                from: record.certain_day(148),
                until: Some(until),
                registered: None,
            });
        }
        _ => {
            let Some(until) = record.plain_day(85) else { return Taken::PassedOver };
            return take_civil(record, person, 15, Some(until));
        }
    }
    Taken::Read
}

fn take_person(record: &Record, person: &mut Person, errors: &mut RowErrors) {
    match PersonStatus::of_code(&record.text(24, 2)) {
        Some(status) => person.status = status,
        None => errors.add(record.line, "position 24", "a status code"),
    }
    person.status_since = record.plain_day(26);
    person.sex = match record.text(39, 1).as_str() {
        "K" => Some(Sex::Female),
        "M" => Some(Sex::Male),
        _ => None,
    };
    person.birth_date = record.certain_hyphenated_day(40);
}

fn take_residence(record: &Record, person: &mut Person, roads: &Roads) {
    let Some(municipality) = MunicipalityCode::parse(&record.text(14, 4)) else { return };
    let from = record.certain_day(70);
    let address = current_address(person);
    address.municipality = municipality;
    address.house = record.house(22);
    address.floor = record.personal(26, 2);
    address.door = record.personal(28, 4);
    if address.street.expose().is_empty() {
        address.street = roads.name(municipality, &record.text(18, 4)).into();
    }
    if let Some(residence) = person.residences.iter_mut().find(|r| r.until.is_none()) {
        residence.from = from;
    }
}

fn take_clear_address(record: &Record, person: &mut Person) {
    let Some(municipality) = MunicipalityCode::parse(&record.text(208, 4)) else { return };
    let address = current_address(person);
    address.municipality = municipality;
    address.street = record.personal(230, 20);
    address.house = record.house(216);
    address.floor = record.personal(220, 2);
    address.door = record.personal(222, 4);
    address.postcode = record.personal(184, 4);
    address.town = record.personal(188, 20);
}

/// The current address, which is spread over records 002 and 003.
fn current_address(person: &mut Person) -> &mut Address {
    let place = match person.residences.iter().position(|r| r.until.is_none()) {
        Some(place) => place,
        None => {
            let address = Address::default();
            person
                .residences
                .insert(0, Residence { address, from: None, until: None, registered: None });
            0
        }
    };
    #[expect(clippy::indexing_slicing, reason = "the place was found or filled just above")]
    let residence = &mut person.residences[place];
    &mut residence.address
}

/// Reads a civil status: its letter at position `at`, the spouse after it, the first day at `at + 57`.
fn take_civil(record: &Record, person: &mut Person, at: usize, until: Option<Date>) -> Taken {
    let Some(status) = CivilStatus::of_code(&record.text(at, 1)) else { return Taken::PassedOver };
    let spouse = record.cpr(at + 1);
    let from = record.certain_day(at + 57);
    person.civil.push(CivilPeriod { status, from, until, spouse, registered: None });
    Taken::Read
}

/// Reads a parent, from the positions of the day, the number, the birth date and the name.
fn parent(record: &Record, [since, number, born, name]: [usize; 4]) -> Option<Parent> {
    let cpr = record.cpr(number);
    let birth_date =
        record.certain_hyphenated_day(born).or_else(|| cpr.as_ref().map(Cpr::birth_date));
    let name = record.text(name, 34);
    if cpr.is_none() && birth_date.is_none() && name.is_empty() {
        return None;
    }
    let since = record.certain_hyphenated_day(since);
    Some(Parent { cpr, birth_date, name: Sensitive::new(name), since, registered: None })
}
