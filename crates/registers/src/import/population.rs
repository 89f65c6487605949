//! Reads the population in this project's own CSV layout: one row for each fact.
//!
//! `person` is the operator's id of the person, which ties the rows together; `from` and `until` limit the period;
//! `registered` is the day on which the register was told, where that is later. The meaning of the values depends on
//! `row`:
//!
//! | row | `v1` | `v2` | `v3` | `v4` | `v5` | `v6` | `v7` |
//! |---|---|---|---|---|---|---|---|
//! | `person` | status, two digits | sex `K`/`M` | birth date | citizenship | | | |
//! | `number` | national number | | | | | | |
//! | `name` | first names | middle name | family name | | | | |
//! | `address` | municipality | street | house | floor | door | postcode | town |
//! | `birthplace` | authority | name | | | | | |
//! | `mother`, `father` | birth date | number | name | | | | |
//! | `child` | birth date | number | | | | | |
//! | `civil` | letter `UGFEPOLD` | spouse's number | | | | | |
//! | `departure` | country | | | | | | |
//! | `protection`, `guardianship` | | | | | | | |
//!
//! Each person has exactly one `person` row (anywhere in the file) and at most one current row each of `number`,
//! `name`, `address` and `civil`, that is, one without `until`. In a `person` row `from` is the first day of the
//! status.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    ImportError, RowErrors,
    table::{Row, Table, parse_day},
};
use crate::{
    Address, Birthplace, Child, CivilPeriod, CivilStatus, Cpr, Departure, FormerNumber,
    HouseNumber, MunicipalityCode, Name, Parent, Person, PersonRef, PersonStatus, Residence, Sex,
};

mod write;

pub use self::write::write;

/// The columns of the file.
const COLUMNS: [&str; 12] =
    ["person", "row", "from", "until", "registered", "v1", "v2", "v3", "v4", "v5", "v6", "v7"];

/// The longest house number in bytes.
const HOUSE_NUMBER_BYTES_MAX: usize = 16;

/// Reads a population file.
///
/// # Errors
///
/// [`ImportError`] where anything in the file is wrong; then nothing is imported.
pub fn read(bytes: &[u8]) -> Result<Vec<Person>, ImportError> {
    let table = Table::read(bytes, &COLUMNS)?;
    let mut errors = RowErrors::default();
    let mut people: BTreeMap<PersonRef, (u64, bool, Person)> = BTreeMap::new();
    for row in table.rows() {
        let id = row.parsed("person", "an id of 1 to 64 characters", &mut errors, |text| {
            PersonRef::parse(text).ok()
        });
        let Some(id) = id else { continue };
        let (_, described, person) = people
            .entry(id.clone())
            .or_insert_with(|| (row.line, false, Person::empty(id, PersonStatus::Administrative)));
        if row.text("row", &mut errors) == "person" {
            if *described {
                errors.add(row.line, "row", "one `person` row for each person");
            }
            *described = true;
        }
        read_row(&row, person, &mut errors);
    }
    let mut all = Vec::with_capacity(people.len());
    for (line, described, mut person) in people.into_values() {
        if !described {
            errors.add(line, "row", "a `person` row for this person");
        }
        check(line, &person, &mut errors);
        person.sort_periods();
        all.push(person);
    }
    errors.into_result(all)
}

/// Checks that at most one row of each kind is current.
fn check(line: u64, person: &Person, errors: &mut RowErrors) {
    if person.names.iter().filter(|name| name.until.is_none()).count() > 1 {
        errors.add(line, "until", "one current name at most");
    }
    if person.residences.iter().filter(|residence| residence.until.is_none()).count() > 1 {
        errors.add(line, "until", "one current address at most");
    }
    if person.civil.iter().filter(|period| period.until.is_none()).count() > 1 {
        errors.add(line, "until", "one current civil status at most");
    }
}

fn read_row(row: &Row<'_>, person: &mut Person, errors: &mut RowErrors) {
    let from = row.day("from", errors);
    let until = row.day("until", errors);
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        errors.add(row.line, "until", "a day not before `from`");
    }
    match row.text("row", errors) {
        "person" => read_person(row, from, person, errors),
        "number" => read_number(row, until, person, errors),
        "name" => {
            let name = Name {
                given: row.text("v1", errors).into(),
                middle: row.text("v2", errors).into(),
                family: row.text("v3", errors).into(),
                from,
                until,
                registered: row.day("registered", errors),
            };
            person.names.push(name);
        }
        "address" => {
            if let Some(address) = read_address(row, errors) {
                let registered = row.day("registered", errors);
                person.residences.push(Residence { address, from, until, registered });
            }
        }
        "birthplace" => {
            person.birthplace = Some(Birthplace {
                authority: MunicipalityCode::parse(row.text("v1", errors)),
                name: row.text("v2", errors).into(),
                registered: row.day("registered", errors),
            });
        }
        "mother" => person.mother = Some(read_parent(row, errors)),
        "father" => person.father = Some(read_parent(row, errors)),
        "child" => {
            let cpr = row.cpr("v2", errors);
            let birth_date =
                row.birth_day("v1", errors).or_else(|| cpr.as_ref().map(Cpr::birth_date));
            let registered = row.day("registered", errors);
            person.children.push(Child { cpr, birth_date, registered });
        }
        "civil" => {
            let status = row.parsed("v1", "one of U G F E P O L D", errors, CivilStatus::of_code);
            if let Some(status) = status {
                let spouse = row.cpr("v2", errors);
                let registered = row.day("registered", errors);
                person.civil.push(CivilPeriod { status, from, until, spouse, registered });
            }
        }
        "departure" => {
            let country = row.text("v1", errors).into();
            person.departures.push(Departure { country, left: from, returned: until });
        }
        "protection" => person.protection.push((from, until)),
        "guardianship" => person.guardianship.push((from, until)),
        _ => errors.add(row.line, "row", "a kind of row from the table in the documentation"),
    }
}

fn read_person(row: &Row<'_>, since: Option<Date>, person: &mut Person, errors: &mut RowErrors) {
    if let Some(status) = row.parsed("v1", "a status code", errors, PersonStatus::of_code) {
        person.status = status;
    }
    person.status_since = since;
    person.registered = row.day("registered", errors);
    person.sex = match row.text("v2", errors) {
        "K" => Some(Sex::Female),
        "M" => Some(Sex::Male),
        "" => None,
        _ => {
            errors.add(row.line, "v2", "K, M or nothing");
            None
        }
    };
    person.birth_date = row.birth_day("v3", errors);
    let citizenship = row.text("v4", errors);
    person.citizenship = citizenship.into();
    let letters = citizenship.bytes().all(|b| b.is_ascii_uppercase());
    if citizenship.len() > 3 || !letters {
        errors.add(row.line, "v4", "up to three letters A to Z");
    }
}

fn read_number(row: &Row<'_>, until: Option<Date>, person: &mut Person, errors: &mut RowErrors) {
    let Some(cpr) =
        row.parsed("v1", "a national number DDMMYY-SSSS", errors, |text| Cpr::parse(text).ok())
    else {
        return;
    };
    match until {
        Some(until) => person.former_numbers.push(FormerNumber { cpr, until: Some(until) }),
        None if person.cpr.is_some() => {
            errors.add(row.line, "until", "one current number at most");
        }
        None => person.cpr = Some(cpr),
    }
}

fn read_address(row: &Row<'_>, errors: &mut RowErrors) -> Option<Address> {
    let municipality =
        row.parsed("v1", "a municipality of four digits", errors, MunicipalityCode::parse)?;
    let postcode = row.text("v6", errors);
    if !is_postcode(postcode) {
        errors.add(row.line, "v6", "a postcode of four digits");
    }
    let house = row.text("v3", errors);
    if house.len() > HOUSE_NUMBER_BYTES_MAX {
        errors.add(row.line, "v3", "a house number");
    }
    Some(Address {
        municipality,
        street: row.text("v2", errors).into(),
        house: HouseNumber::parse(house).into(),
        floor: row.text("v4", errors).into(),
        door: row.text("v5", errors).into(),
        postcode: postcode.into(),
        town: row.text("v7", errors).into(),
    })
}

fn read_parent(row: &Row<'_>, errors: &mut RowErrors) -> Parent {
    let cpr = row.cpr("v2", errors);
    let given = row.text("v1", errors);
    let birth_date = parse_day(given).or_else(|| cpr.as_ref().map(Cpr::birth_date));
    if !given.is_empty() && parse_day(given).is_none() {
        errors.add(row.line, "v1", "a day YYYY-MM-DD");
    }
    Parent {
        cpr,
        birth_date,
        name: row.text("v3", errors).into(),
        since: row.day("from", errors),
        registered: row.day("registered", errors),
    }
}

/// Whether the text is empty or four digits.
fn is_postcode(text: &str) -> bool {
    matches!(text.len(), 0 | 4) && text.bytes().all(|b| b.is_ascii_digit())
}
