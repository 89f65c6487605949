use std::collections::BTreeSet;

use registers::{FactKind, Facts, PersonStatus};

use super::*;

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

#[test]
fn the_same_seed_makes_the_same_people() {
    let (one, two) = (generate(7, 240, now()), generate(7, 240, now()));

    assert_eq!(one.people, two.people);
    assert_eq!(one.documents, two.documents);
    assert_ne!(one.people, generate(8, 240, now()).people);
}

#[test]
fn nobody_generated_can_be_real() {
    let made = generate(1, PEOPLE_DEFAULT, now());

    assert_eq!(made.people.len(), PEOPLE_DEFAULT);
    for person in &made.people {
        let mut numbers =
            person.numbers().chain(person.civil.iter().filter_map(|c| c.spouse.as_ref()));
        assert!(numbers.all(Cpr::is_replacement));
        assert_eq!(person.cpr.as_ref().unwrap().birth_date(), person.birth_date.unwrap());
        assert_eq!(person.cpr.as_ref().map(Cpr::sex), person.sex);
    }
    for profile in &made.profiles {
        assert!(profile.phone.starts_with("+450") || profile.phone.starts_with("+2990"));
        assert!(profile.email.ends_with(".example"));
    }
}

#[test]
fn the_tables_take_them_and_files_give_them_back() {
    for seed in 0..20 {
        let made = generate(seed, 240, now());
        let tables = made.tables().unwrap();
        let file = registers::import::population::write(tables.people());
        assert_eq!(registers::import::population::read(&file).unwrap(), tables.people());
        let file = registers::import::documents::write(tables.documents());
        assert_eq!(registers::import::documents::read(&file).unwrap(), tables.documents());
    }
}

#[test]
fn every_story_is_told() {
    let made = generate(1, 240, now());

    let told: BTreeSet<Story> = made.profiles.iter().map(|profile| profile.story).collect();
    for story in [
        Story::Ordinary,
        Story::Greenland,
        Story::NumberChanged,
        Story::NameChanged,
        Story::Protected,
        Story::NewlyArrived,
        Story::Emigrated,
        Story::Disappeared,
        Story::Dead,
        Story::Guardianship,
        Story::Administrative,
        Story::WithoutNumber,
        Story::Child,
    ] {
        assert!(told.contains(&story), "{story:?}");
    }
}

#[test]
fn lives_are_in_order() {
    let made = generate(3, 240, now());

    for person in &made.people {
        let born = person.birth_date.unwrap();
        for pair in person.residences.windows(2) {
            assert_eq!(pair[0].from, pair[1].until, "no gap and no overlap");
            assert!(pair[1].from < pair[1].until);
        }
        assert!(person.residences.iter().all(|home| home.from.unwrap() >= born));
        for parent in [&person.mother, &person.father].into_iter().flatten() {
            let years = born.year() - parent.birth_date.unwrap().year();
            assert!((15..=60).contains(&years), "{years}");
        }
        let gone = !person.status.is_resident();
        assert_eq!(person.residence().is_none(), gone);
    }
}

#[test]
fn family_ties_point_both_ways() {
    let made = generate(3, 240, now());
    let tables = made.tables().unwrap();

    let mut ties = 0;
    for person in &made.people {
        for child in &person.children {
            let child = tables.person_by_cpr(child.cpr.as_ref().unwrap()).unwrap();
            let parents = [&child.mother, &child.father];
            assert!(parents.into_iter().flatten().any(|parent| parent.cpr == person.cpr));
            ties += 1;
        }
    }
    assert!(ties > 100, "{ties}");
}

#[test]
fn most_grown_residents_have_enough_to_be_asked() {
    let made = generate(1, 240, now());
    let places = registers::Places::built_in();
    let grown = |person: &&Person| {
        person.status == PersonStatus::Active && person.born().unwrap().year() < 2_000
    };

    let (mut enough, mut all) = (0, 0);
    for person in made.people.iter().filter(grown) {
        let facts = Facts::of(person, &places);
        let kinds: BTreeSet<FactKind> = facts.0.iter().map(|fact| fact.kind).collect();
        all += 1;
        enough += usize::from(kinds.len() >= 5);
    }
    assert!(enough * 10 >= all * 9, "{enough} of {all}");
}

#[test]
fn document_numbers_are_unique_and_of_danish_length() {
    let made = generate(1, 240, now());

    let numbers: BTreeSet<_> = made.documents.iter().map(|document| &document.number).collect();
    assert_eq!(numbers.len(), made.documents.len());
    let of = |kind| made.documents.iter().filter(move |document| document.kind == kind);
    let danish = registers::IssuingState::DENMARK;
    let passports = of(registers::DocumentKind::Passport).filter(|d| d.state == danish);
    assert!(passports.clone().all(|document| document.number.as_str().len() == 9));
    assert!(passports.count() > 100);
    let licences = of(registers::DocumentKind::DrivingLicence);
    assert!(licences.clone().all(|document| document.number.as_str().len() == 8));
}
