//! Writes the population file from the tables.

use jiff::civil::Date;

use super::COLUMNS;
use crate::import::table::write_line;
use crate::{CivilPeriod, Parent, Person, Sex};

/// Writes people in the layout that [`read`](super::read) takes; reading the file gives the same people.
pub fn write(people: &[Person]) -> Vec<u8> {
    let mut file = Vec::new();
    write_line(&mut file, &COLUMNS);
    for person in people {
        write_person(&mut file, person);
        write_periods(&mut file, person);
        write_family(&mut file, person);
    }
    file
}

/// The period of a row, and the day on which the register was told.
struct Span {
    from: Option<Date>,
    until: Option<Date>,
    registered: Option<Date>,
}

const NEVER: Span = Span { from: None, until: None, registered: None };

fn write_person(file: &mut Vec<u8>, person: &Person) {
    let sex = match person.sex {
        Some(Sex::Female) => "K",
        Some(Sex::Male) => "M",
        None => "",
    };
    let born = day(person.birth_date);
    let span = Span { from: person.status_since, registered: person.registered, ..NEVER };
    let values = [person.status.code(), sex, &born, person.citizenship.expose()];
    row(file, person, "person", &span, &values);
    if let Some(cpr) = &person.cpr {
        row(file, person, "number", &NEVER, &[&cpr.hyphenated()]);
    }
    for former in &person.former_numbers {
        let span = Span { until: former.until, ..NEVER };
        row(file, person, "number", &span, &[&former.cpr.hyphenated()]);
    }
    for (from, until) in &person.protection {
        row(file, person, "protection", &Span { from: *from, until: *until, ..NEVER }, &[]);
    }
    for (from, until) in &person.guardianship {
        row(file, person, "guardianship", &Span { from: *from, until: *until, ..NEVER }, &[]);
    }
}

fn write_periods(file: &mut Vec<u8>, person: &Person) {
    for name in &person.names {
        let span = Span { from: name.from, until: name.until, registered: name.registered };
        let values = [&name.given, &name.middle, &name.family].map(|part| part.expose().as_str());
        row(file, person, "name", &span, &values);
    }
    for residence in &person.residences {
        let span =
            Span { from: residence.from, until: residence.until, registered: residence.registered };
        let address = &residence.address;
        let values = [
            &address.municipality.to_string(),
            address.street.expose().as_str(),
            address.house.expose().as_str(),
            address.floor.expose(),
            address.door.expose(),
            address.postcode.expose(),
            address.town.expose(),
        ];
        row(file, person, "address", &span, &values);
    }
    for departure in &person.departures {
        let span = Span { from: departure.left, until: departure.returned, ..NEVER };
        row(file, person, "departure", &span, &[departure.country.expose()]);
    }
    for CivilPeriod { status, from, until, spouse, registered } in &person.civil {
        let span = Span { from: *from, until: *until, registered: *registered };
        let spouse = spouse.as_ref().map(crate::Cpr::hyphenated).unwrap_or_default();
        row(file, person, "civil", &span, &[status.code(), &spouse]);
    }
}

fn write_family(file: &mut Vec<u8>, person: &Person) {
    if let Some(place) = &person.birthplace {
        let code = place.authority.map(|code| code.to_string()).unwrap_or_default();
        let span = Span { registered: place.registered, ..NEVER };
        row(file, person, "birthplace", &span, &[&code, place.name.expose()]);
    }
    for (kind, parent) in [("mother", &person.mother), ("father", &person.father)] {
        if let Some(Parent { cpr, birth_date, name, since, registered }) = parent {
            let span = Span { from: *since, until: None, registered: *registered };
            let number = cpr.as_ref().map(crate::Cpr::hyphenated).unwrap_or_default();
            row(file, person, kind, &span, &[&day(*birth_date), &number, name.expose()]);
        }
    }
    for child in &person.children {
        let number = child.cpr.as_ref().map(crate::Cpr::hyphenated).unwrap_or_default();
        let span = Span { registered: child.registered, ..NEVER };
        row(file, person, "child", &span, &[&day(child.birth_date), &number]);
    }
}

fn row(file: &mut Vec<u8>, person: &Person, kind: &str, span: &Span, values: &[&str]) {
    let days = [day(span.from), day(span.until), day(span.registered)];
    let mut fields = vec![person.person.as_str(), kind];
    fields.extend(days.iter().map(String::as_str));
    fields.extend(values);
    fields.resize(COLUMNS.len(), "");
    write_line(file, &fields);
}

fn day(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}
