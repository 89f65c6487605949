use jiff::civil::date;

use super::*;
use crate::{Address, MunicipalityCode, Parent, PersonRef, PersonStatus, Residence};

fn person(id: u16, code: &str, mother: Option<Date>, status: PersonStatus) -> Person {
    let mut person = Person::empty(PersonRef::parse(&format!("p{id}")).unwrap(), status);
    person.birth_date = Some(date(1990, 1, 1));
    let residence = |code: &str, from, until| Residence {
        address: Address {
            municipality: MunicipalityCode::parse(code).unwrap(),
            ..Address::default()
        },
        from: Some(from),
        until,
        registered: None,
    };
    person.residences = vec![
        residence("0101", date(2015, 1, 1), None),
        residence(code, date(2010, 1, 1), Some(date(2015, 1, 1))),
        residence(code, date(2005, 1, 1), Some(date(2010, 1, 1))),
    ];
    person.mother = mother.map(|born| Parent {
        cpr: None,
        birth_date: Some(born),
        name: "".into(),
        since: None,
        registered: None,
    });
    person
}

#[test]
fn a_person_counts_once_for_each_value() {
    let people = [
        person(1, "0751", None, PersonStatus::Active),
        person(2, "0751", None, PersonStatus::Active),
        person(3, "0461", None, PersonStatus::Active),
    ];

    let all = Distributions::of(&people, &Places::built_in());

    let former = all.of_kind(FactKind::FormerMunicipality).unwrap();
    assert_eq!((former.people(), former.values()), (3, 2));
    assert_eq!(former.best_guess(), Share { hits: 2, people: 3 });
    assert_eq!(
        former.share_of(&FactValue::Place(vec!["Odense".into()])),
        Share { hits: 1, people: 3 }
    );
}

#[test]
fn only_residents_count() {
    let people = [
        person(1, "0751", None, PersonStatus::Active),
        person(2, "0751", None, PersonStatus::Dead),
        person(3, "0751", None, PersonStatus::Emigrated),
    ];

    let all = Distributions::of(&people, &Places::built_in());

    assert_eq!(all.of_kind(FactKind::FormerMunicipality).unwrap().people(), 1);
}

#[test]
fn a_parents_birth_date_is_guessed_by_the_commonest_age() {
    let people = [
        person(1, "0751", Some(date(1960, 3, 4)), PersonStatus::Active),
        person(2, "0751", Some(date(1960, 9, 9)), PersonStatus::Active),
        person(3, "0751", Some(date(1965, 1, 2)), PersonStatus::Active),
        person(4, "0751", Some(date(1970, 1, 2)), PersonStatus::Active),
    ];

    let all = Distributions::of(&people, &Places::built_in());

    // Two of four mothers were thirty; the day is one of 250.
    assert_eq!(all.best_guess(FactKind::MotherBirthDate), Share { hits: 2, people: 1_000 });
    assert_eq!(all.best_guess(FactKind::MotherBirthDate).parts_per_billion(), 2_000_000);
}

#[test]
fn what_nobody_has_is_no_secret() {
    let all = Distributions::of(&[], &Places::built_in());

    assert_eq!(all.best_guess(FactKind::FormerName), Share::ALL);
    assert_eq!(Share::ALL.parts_per_billion(), 1_000_000_000);
}

#[test]
fn shares_round_up() {
    assert_eq!(Share { hits: 1, people: 3 }.parts_per_billion(), 333_333_334);
    assert_eq!(Share { hits: 9, people: 3 }.parts_per_billion(), 1_000_000_000);
    assert_eq!(Share { hits: 1, people: 0 }.parts_per_billion(), 1_000_000_000);
}
