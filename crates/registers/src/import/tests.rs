use proptest::prelude::*;

use super::*;

const HEADER: &str = "person,row,from,until,registered,v1,v2,v3,v4,v5,v6,v7\n";

fn refused(rows: &str) -> String {
    population::read(format!("{HEADER}{rows}").as_bytes()).unwrap_err().to_string()
}

#[test]
fn an_error_names_line_and_column_and_never_the_value() {
    let text = refused(
        "p1,person,2020-13-01,,,99,X,1980-05-06,DNK,,,\n\
         p1,number,,,,660580-1234x,,,,,,\n\
         p1,address,2020-01-01,2019-01-01,,abcd,,,,,,\n",
    );

    for part in [
        "line 2, from: a day YYYY-MM-DD expected",
        "line 2, v1: a status code expected",
        "line 2, v2: K, M or nothing expected",
        "line 3, v1: a national number DDMMYY-SSSS expected",
        "line 4, until: a day not before `from` expected",
        "line 4, v1: a municipality of four digits expected",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    for value in ["2020-13-01", "660580", "abcd", "2019"] {
        assert!(!text.contains(value), "{value} is in {text}");
    }
}

#[test]
fn a_person_needs_one_row_of_its_own() {
    assert!(refused("p1,name,,,,A,,B,,,,\n").contains("a `person` row for this person"));
    let twice = "p1,person,,,,01,,,,,,\np1,person,,,,01,,,,,,\n";
    assert!(refused(twice).contains("one `person` row for each person"));
}

#[test]
fn two_current_addresses_are_refused() {
    let rows = "p1,person,,,,01,,,,,,\np1,address,,,,101,A,1,,,,\np1,address,,,,101,B,1,,,,\n";

    assert!(refused(rows).contains("one current address at most"));
}

#[test]
fn a_missing_column_is_named() {
    let error = population::read(b"person,row\n").unwrap_err().to_string();

    assert_eq!(error, "the header line has no column `from`");
}

#[test]
fn no_more_than_twenty_errors_are_listed() {
    let error = refused(&"p1,number,,,,x,,,,,,\n".repeat(50));

    assert!(error.starts_with("51 errors in the file"), "{error}");
    assert_eq!(error.matches("expected").count(), ROW_ERRORS_LISTED_MAX);
}

#[test]
fn a_field_may_be_256_bytes_and_no_longer() {
    let row = |length| format!("p1,person,,,,01,,,,,,\np1,name,,,,{},,B,,,,\n", "a".repeat(length));

    assert!(population::read(format!("{HEADER}{}", row(256)).as_bytes()).is_ok());
    assert!(refused(&row(257)).contains("at most 256 bytes"));
}

#[test]
fn a_spreadsheets_file_is_read_as_well() {
    let text = "\u{feff}Person;Kind;State;Number;Issued;Expires;Carries_cpr;Standing;Standing_since\r\n\
                p1;passport;DNK;123456789;;;yes;lost;2026-01-01\r\n";

    let documents = documents::read(text.as_bytes()).unwrap();

    assert_eq!(documents[0].standing, crate::Standing::Lost);
}

#[test]
fn a_centre_needs_a_real_zone_and_hours_that_do_not_overlap() {
    let read = |zone: &str, hours: &str| {
        let header =
            "centre,name,municipality,street,postcode,town,latitude,longitude,zone,desks,hours";
        let row = format!("c1,Centre,0101,Vej 1,2300,By,,,{zone},1,{hours}");
        centres::read(format!("{header}\n{row}\n").as_bytes()).map(|centres| centres.len())
    };

    assert_eq!(read("Europe/Copenhagen", "mon 10:00-12:00 mon 12:00-15:00").unwrap(), 1);
    for (zone, hours) in [
        ("Europe/Atlantis", "mon 10:00-12:00"),
        ("", "mon 10:00-12:00"),
        ("Europe/Copenhagen", "mon 10:00-12:00 mon 11:59-15:00"),
        ("Europe/Copenhagen", "mon 12:00-10:00"),
        ("Europe/Copenhagen", "mon 10:00-25:00"),
        ("Europe/Copenhagen", "mandag 10:00-12:00"),
        ("Europe/Copenhagen", "mon"),
    ] {
        assert!(read(zone, hours).is_err(), "{zone} {hours}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_an_importer_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let with_header = [HEADER.as_bytes(), &bytes].concat();
        let _ = population::read(&with_header);
        let _ = documents::read(&bytes);
        let _ = centres::read(&bytes);
        let _ = places::read(&bytes);
    }
}
