//! `genvej import population`: a file with a few people takes nobody out unless that is meant, and a file of changes changes.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod installation;

use installation::Installation;
use registers::{Freshness, Tables};

const HEADER: &str = "person,row,from,until,registered,v1,v2,v3,v4,v5,v6,v7\n";

fn file(here: &Installation, people: &[(&str, &str)]) -> String {
    let rows = people.iter().fold(String::new(), |rows, (person, name)| {
        format!(
            "{rows}{person},person,2020-01-01,,,01,K,1980-05-06,DNK,,,\n{person},name,2010-06-01,,,{name},,Holm,,,,\n"
        )
    });
    let path = here.path("people.csv");
    std::fs::write(&path, format!("{HEADER}{rows}")).unwrap();
    path.display().to_string()
}

/// Who is in the register, by id and whole name.
fn known(here: &Installation) -> Vec<(String, String)> {
    let tables = Tables::load(&here.path("registers"), Freshness::Live).unwrap();
    let name = |person: &registers::Person| person.name().unwrap().full().expose().clone();
    let mut all: Vec<_> = tables
        .people()
        .iter()
        .map(|person| (person.person.as_str().to_owned(), name(person)))
        .collect();
    all.sort();
    all
}

fn named(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(id, name)| ((*id).to_owned(), format!("{name} Holm"))).collect()
}

#[test]
fn a_file_of_one_person_takes_nobody_out_unless_that_is_meant() {
    let here = Installation::new();
    let all = file(&here, &[("p1", "Anne"), ("p2", "Bo"), ("p3", "Carl")]);
    here.done(&["import", "population", &all]);
    let one = file(&here, &[("p2", "Bent")]);

    let refused = here.genvej(&["import", "population", &one]);

    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("2 of 3 people"), "{said}");
    assert_eq!(known(&here), named(&[("p1", "Anne"), ("p2", "Bo"), ("p3", "Carl")]));
    let both = here.genvej(&["import", "population", &one, "--replace", "--changes"]);
    assert!(!both.status.success(), "one or the other");

    here.done(&["import", "population", &one, "--changes"]);
    assert_eq!(known(&here), named(&[("p1", "Anne"), ("p2", "Bent"), ("p3", "Carl")]));
    let came = file(&here, &[("p4", "Dora")]);
    here.done(&["import", "population", &came, "--changes"]);
    assert_eq!(known(&here).len(), 4);

    let one = file(&here, &[("p2", "Bent")]);
    here.done(&["import", "population", &one, "--replace"]);
    assert_eq!(known(&here), named(&[("p2", "Bent")]));
}
