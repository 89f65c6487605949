use jiff::civil::date;

use super::*;
use crate::{CivilStatus, HouseNumber, MunicipalityCode, PersonRef, PersonStatus, Residence};

fn residence(code: &str, street: &str, from: Date, until: Option<Date>) -> Residence {
    Residence {
        address: Address {
            municipality: MunicipalityCode::parse(code).unwrap(),
            street: street.into(),
            house: HouseNumber::parse("0012a").into(),
            ..Address::default()
        },
        from: Some(from),
        until,
        registered: None,
    }
}

fn person() -> Person {
    let mut person = Person::empty(PersonRef::parse("p1").unwrap(), PersonStatus::Active);
    person.birth_date = Some(date(1980, 5, 6));
    person.residences = vec![
        residence("0101", "Elmevej", date(2020, 3, 1), None),
        residence("0751", "Birkevej", date(2010, 1, 1), Some(date(2020, 3, 1))),
        residence("0101", "Askevej", date(2000, 1, 1), Some(date(2010, 1, 1))),
    ];
    person
}

fn facts(person: &Person) -> Facts {
    Facts::of(person, &Places::built_in())
}

#[test]
fn only_addresses_left_behind_are_asked_for() {
    let facts = facts(&person());

    let streets: Vec<_> = facts
        .of_kind(FactKind::FormerAddress)
        .map(|fact| {
            let FactValue::Address(address) = &fact.value else { panic!("no address") };
            address.street.expose().as_str()
        })
        .collect();
    assert_eq!(streets, ["Birkevej", "Askevej"]);
}

#[test]
fn the_present_municipality_is_no_former_one() {
    let facts = facts(&person());

    let values: Vec<_> =
        facts.of_kind(FactKind::FormerMunicipality).map(|fact| fact.value.clone()).collect();
    assert_eq!(values, [FactValue::Place(vec!["Aarhus".into()])]);
}

#[test]
fn a_fact_is_as_young_as_its_telling() {
    let mut person = person();
    person.residences[1].registered = Some(date(2026, 11, 1));

    let facts = facts(&person);

    let changed: Vec<_> =
        facts.of_kind(FactKind::FormerAddress).map(|fact| fact.changed_on).collect();
    assert_eq!(changed, [Some(date(2026, 11, 1)), Some(date(2010, 1, 1))]);
}

#[test]
fn nothing_is_older_than_the_persons_arrival_in_the_tables() {
    let mut person = person();
    person.registered = Some(date(2026, 11, 20));

    let facts = facts(&person);

    assert!(!facts.0.is_empty());
    assert!(facts.0.iter().all(|fact| fact.changed_on == Some(date(2026, 11, 20))));
}

#[test]
fn a_child_of_unknown_year_hides_the_years_but_not_the_number() {
    let mut person = person();
    let child = |year| Child { cpr: None, birth_date: year, registered: None };
    person.children = vec![child(Some(date(2011, 1, 1))), child(Some(date(2008, 1, 1)))];
    let known = facts(&person);
    person.children.push(child(None));
    let unknown = facts(&person);

    let years: Vec<_> = known.of_kind(FactKind::ChildrenBirthYears).collect();
    assert_eq!(years[0].value, FactValue::Years(vec![2008, 2011]));
    assert_eq!(unknown.of_kind(FactKind::ChildrenBirthYears).count(), 0);
    let count: Vec<_> = unknown.of_kind(FactKind::NumberOfChildren).collect();
    assert_eq!(count[0].value, FactValue::Count(3));
}

#[test]
fn weddings_count_and_divorces_do_not() {
    let mut person = person();
    let period = |status, year: i16, until| CivilPeriod {
        status,
        from: Some(date(year, 6, 1)),
        until,
        spouse: None,
        registered: None,
    };
    person.civil = vec![
        period(CivilStatus::Divorced, 2015, None),
        period(CivilStatus::Married, 2005, Some(date(2015, 6, 1))),
    ];

    let facts = facts(&person);

    let years: Vec<_> = facts.of_kind(FactKind::MarriageYear).map(|f| f.value.clone()).collect();
    assert_eq!(years, [FactValue::Year(2005)]);
}

#[test]
fn the_place_of_birth_stands_on_what_a_caller_quotes() {
    let on = FactKind::BirthRegistration.stands_on();

    assert!(on.contains(&DocumentKind::Passport) && on.contains(&DocumentKind::DrivingLicence));
}
