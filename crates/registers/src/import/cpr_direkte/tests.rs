use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::{CivilStatus, FactKind, FactValue, Facts, PersonStatus, Places};

/// A record of a type with fields at their positions.
fn record(kind: &str, length: usize, fields: &[(usize, &str)]) -> String {
    let mut chars = vec![' '; length];
    for (position, text) in fields.iter().chain([&(1, kind)]) {
        for (place, c) in text.chars().enumerate() {
            chars[position - 1 + place] = c;
        }
    }
    chars.into_iter().collect()
}

const PNR: &str = "6605801234";

fn records() -> Vec<String> {
    let of = |kind, length, fields: &[(usize, &str)]| {
        let mut all = vec![(4, PNR)];
        all.extend(fields);
        record(kind, length, &all)
    };
    vec![
        record("000", 35, &[(20, "20261120")]),
        of("001", 106, &[(24, "01"), (26, "202001010000"), (39, "K"), (40, "1980-05-06")]),
        of(
            "002",
            306,
            &[(14, "0101"), (18, "0042"), (22, "012A"), (26, "02"), (70, "202003010900")],
        ),
        of(
            "003",
            249,
            &[
                (184, "2300"),
                (188, "København S"),
                (208, "0101"),
                (216, "012A"),
                (230, "Ålborggade"),
            ],
        ),
        of("004", 37, &[(14, "0003"), (18, "2000-01-01")]),
        of("004", 37, &[(14, "0001"), (18, "2026-01-01")]),
        of("008", 193, &[(14, "Søren"), (65, "Ærø"), (106, "Åkjær"), (147, "201006010000")]),
        of("009", 37, &[(14, "0461"), (18, "Odense")]),
        of("010", 30, &[(14, "5100")]),
        of("011", 25, &[]),
        of("012", 95, &[(14, "G"), (15, "6404790003"), (71, "201006010000")]),
        of("014", 23, &[(14, "6101115004")]),
        of(
            "015",
            147,
            &[(25, "6201550002"), (35, "1955-01-02"), (102, "1950-00-00"), (113, "Ukendt")],
        ),
        record("022", 45, &[(4, PNR), (14, "6605801238"), (24, "1980-05-06"), (35, "2001-02-03")]),
        of(
            "023",
            96,
            &[(15, "0751"), (19, "0007"), (23, "0009"), (71, "200001010000"), (84, "202003010900")],
        ),
        of("023", 96, &[(14, "A"), (15, "0461"), (71, "199001010000"), (84, "200001010000")]),
        of(
            "026",
            173,
            &[(15, "Søren"), (107, "Dam"), (148, "198005060000"), (161, "201006010000")],
        ),
        record("910", 157, &[(4, PNR), (89, "0042")]),
        record("001", 106, &[(4, "6605801239"), (14, PNR), (24, "60"), (26, "199901010000")]),
        record("999", 21, &[(14, "00000020")]),
    ]
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

fn roads() -> Roads {
    Roads::read("municipality,road,name\n0751,7,Birkevej\n".as_bytes()).unwrap()
}

#[test]
fn records_become_one_person() {
    let batch = read(&latin1(&records().join("\r\n")), &roads()).unwrap();

    assert_eq!(batch.produced, Some(date(2026, 11, 20)));
    assert_eq!((batch.records_read, batch.records_passed_over, batch.errors_reported), (14, 3, 1));
    let [person] = &batch.people[..] else { panic!("{} people", batch.people.len()) };
    assert_eq!(person.cpr.as_ref().unwrap().digits(), PNR);
    assert_eq!(person.status, PersonStatus::Active);
    assert_eq!(person.birth_date, Some(date(1980, 5, 6)));
    assert_eq!(person.citizenship.expose(), "DNK");
    assert_eq!(person.name().unwrap().full().expose(), "Søren Ærø Åkjær");
    let home = person.residence().unwrap();
    assert_eq!(home.from, Some(date(2020, 3, 1)));
    assert_eq!(home.address.street.expose(), "Ålborggade");
    assert_eq!(home.address.house.expose().as_str(), "12A");
    assert_eq!(home.address.town.expose(), "København S");
    assert_eq!(person.residences.len(), 2);
    assert_eq!(person.residences[1].address.street.expose(), "Birkevej");
    assert_eq!(person.civil[0].status, CivilStatus::Married);
    assert_eq!(person.civil[0].from, Some(date(2010, 6, 1)));
    assert_eq!(person.mother.as_ref().unwrap().birth_date, Some(date(1955, 1, 2)));
    assert_eq!(person.father.as_ref().unwrap().birth_date, None);
    assert_eq!(person.children[0].birth_date, Some(date(2011, 1, 1)));
    assert!(person.is_protected(date(2026, 1, 1)) && !person.is_protected(date(2025, 12, 31)));
    let old: Vec<_> = person.former_numbers.iter().map(|f| f.cpr.digits().to_owned()).collect();
    assert_eq!(old, ["6605801238", "6605801239"]);
}

#[test]
fn utf_8_and_files_without_line_breaks_read_the_same() {
    let lines = read(&latin1(&records().join("\n")), &roads()).unwrap();
    let utf8 = read(records().join("\n").as_bytes(), &roads()).unwrap();
    let unbroken = read(&latin1(&records().concat()), &roads()).unwrap();

    assert_eq!(utf8.people, lines.people);
    assert_eq!(unbroken.people, lines.people);
}

#[test]
fn lines_without_their_trailing_blanks_read_the_same() {
    let cut: Vec<String> = records().iter().map(|line| line.trim_end().to_owned()).collect();

    let batch = read(&latin1(&cut.join("\n")), &roads()).unwrap();

    assert_eq!(batch.people, read(&latin1(&records().join("\n")), &roads()).unwrap().people);
}

#[test]
fn a_former_address_without_a_road_name_still_tells_its_municipality() {
    let batch = read(&latin1(&records().join("\n")), &Roads::default()).unwrap();

    let facts = Facts::of(&batch.people[0], &Places::built_in());
    assert_eq!(facts.of_kind(FactKind::FormerAddress).count(), 0);
    let places: Vec<_> = facts.of_kind(FactKind::FormerMunicipality).collect();
    assert_eq!(places[0].value, FactValue::Place(vec!["Aarhus".into()]));
}

#[test]
fn an_uncertain_day_is_no_fact() {
    let mut records = records();
    records[2].replace_range(81..82, "*");

    let batch = read(&latin1(&records.join("\n")), &roads()).unwrap();

    assert_eq!(batch.people[0].residence().unwrap().from, None);
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let mut records = records();
    records.pop();

    assert!(matches!(read(&latin1(&records.join("\n")), &roads()), Err(ImportError::CutOff)));
    assert!(matches!(read(b"", &roads()), Err(ImportError::CutOff)));
}

#[test]
fn errors_name_the_line_and_never_the_number() {
    let mut records = records();
    records[1] = record("001", 106, &[(4, "9999999999"), (24, "01")]);
    records[3] = record("001", 106, &[(4, PNR), (24, "77")]);

    let error = read(&latin1(&records.join("\n")), &roads()).unwrap_err().to_string();

    assert_eq!(
        error,
        "2 errors in the file: line 2, position 4: a national number expected; \
         line 4, position 24: a status code expected"
    );
}

#[test]
fn numbers_that_change_in_a_circle_end() {
    let change = |old: &str, new: &str| record("022", 45, &[(4, new), (14, old)]);
    let lines = [
        record("001", 106, &[(4, PNR), (24, "01")]),
        change(PNR, "6605801238"),
        change("6605801238", PNR),
        record("999", 21, &[]),
    ];

    let batch = read(&latin1(&lines.join("\n")), &roads()).unwrap();

    assert_eq!(batch.people.len(), 1);
    assert!(batch.people[0].former_numbers.iter().all(|former| former.cpr.digits() != PNR));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, &Roads::default());
    }

    #[test]
    fn no_damage_to_a_record_makes_it_panic(line in 0..20_usize, at in 0..300_usize, byte: u8) {
        let mut bytes: Vec<Vec<u8>> = records().iter().map(|line| latin1(line)).collect();
        let length = bytes[line].len();
        bytes[line][at % length] = byte;
        let _ = read(&bytes.join(&b'\n'), &roads());
        let _ = read(&bytes.concat(), &roads());
    }
}
