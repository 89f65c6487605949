use super::build::{BuildError, Fields, build};
use super::*;
use crate::date::Date;
use proptest::prelude::*;
use serde_json::Value;

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/mrz.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn lines(entry: &Value) -> Vec<&str> {
    entry["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect()
}

fn failure(name: &str) -> Checked {
    match name {
        "document_number" => Checked::DocumentNumber,
        "date_of_birth" => Checked::BirthDate,
        "date_of_expiry" => Checked::ExpiryDate,
        "optional_data" => Checked::OptionalData,
        "composite" => Checked::Composite,
        other => panic!("{other}"),
    }
}

#[test]
fn doc_9303_3_appendix_a_check_digits() {
    for entry in vectors()["check_digit_examples"].as_array().unwrap() {
        let due = entry["check_digit"].as_str().unwrap().chars().next();

        assert_eq!(check_digit(entry["data"].as_str().unwrap()), due, "{entry}");
    }
}

#[test]
fn specimens_of_doc_9303_4_to_7_are_taken_apart() {
    let vectors = vectors();
    let entries = vectors["valid"].as_array().unwrap();
    assert_eq!(entries.len(), 28);
    for entry in entries {
        let mrz = Mrz::parse(&lines(entry).join("\n")).unwrap();

        let text = |name: &str| entry[name].as_str().unwrap_or_default();
        let format = match text("format") {
            "td1" => Format::Td1,
            "td2" => Format::Td2,
            "td3" => Format::Td3,
            "mrv_a" => Format::MrvA,
            "mrv_b" => Format::MrvB,
            other => panic!("{other}"),
        };
        assert_eq!(mrz.format, format);
        assert_eq!(mrz.document_code, text("document_code"));
        assert_eq!(mrz.issuing_state, text("issuing_state"));
        assert_eq!(mrz.document_number.expose(), text("document_number"));
        assert_eq!(mrz.nationality, text("nationality"));
        assert_eq!(mrz.birth_field.expose(), text("date_of_birth"));
        assert_eq!(mrz.expiry_field.expose(), text("date_of_expiry"));
        assert_eq!(mrz.name.primary.expose(), text("primary_identifier"));
        assert_eq!(mrz.name.secondary.expose(), text("secondary_identifier"));
        assert_eq!(mrz.optional_data.expose(), text("optional_data"), "{entry}");
        assert_eq!(mrz.optional_data_2.expose(), text("optional_data_2"), "{entry}");
        if let Some(information) = entry["mrz_information"].as_str() {
            assert_eq!(
                mrz.password().unwrap(),
                Password::from_mrz_information(information).unwrap()
            );
        }
    }
}

#[test]
fn specimens_are_built_letter_for_letter() {
    let vectors = vectors();
    for entry in vectors["valid"].as_array().unwrap() {
        let mrz = Mrz::parse(&lines(entry).concat()).unwrap();

        let built = rebuilt(&mrz).unwrap();

        // A filler for a zero check digit is one of two ways to write it; we write the digit.
        let same = |(one, two): (&String, &&str)| {
            one.len() == two.len()
                && one.chars().zip(two.chars()).all(|(a, b)| a == b || (a == '0' && b == '<'))
        };
        assert!(built.iter().zip(&lines(entry)).all(same), "{built:?} {entry}");
    }
}

fn rebuilt(mrz: &Mrz) -> Result<Vec<String>, BuildError> {
    build(&Fields {
        format: mrz.format,
        document_code: &mrz.document_code,
        issuing_state: &mrz.issuing_state,
        document_number: mrz.document_number.expose(),
        nationality: &mrz.nationality,
        birth: mrz.birth,
        sex: mrz.sex,
        expiry: mrz.expiry,
        optional_data: mrz.optional_data.expose(),
        optional_data_2: mrz.optional_data_2.expose(),
        primary: mrz.name.primary.expose(),
        secondary: mrz.name.secondary.expose(),
    })
}

#[test]
fn a_slip_is_named_by_its_check_digits() {
    for entry in vectors()["invalid"].as_array().unwrap() {
        let failing: Vec<Checked> = entry["failing_check_digits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| failure(name.as_str().unwrap()))
            .collect();

        let text = lines(entry).concat();

        assert_eq!(Mrz::parse(&text), Err(MrzError::CheckDigits(failing.clone())));
        assert_eq!(Mrz::read(&text).unwrap().failures(), failing);
    }
}

#[test]
fn impossible_sizes_and_characters_are_named_with_their_place() {
    assert_eq!(Mrz::read("P<UTO").unwrap_err(), MrzError::Length(5));
    let mut text = "<".repeat(88);
    text.replace_range(45..46, "-");

    assert_eq!(Mrz::read(&text).unwrap_err(), MrzError::Character { line: 2, position: 2 });
}

#[test]
fn a_birth_date_never_lies_in_the_future_and_an_expiry_is_near() {
    let today = Date::new(2026, 11, 22).unwrap();
    let at = |year, month, day| MrzDate { year: Some(year), month: Some(month), day: Some(day) };

    assert_eq!(at(26, 11, 22).birth(today).whole(), Date::new(2026, 11, 22));
    assert_eq!(at(26, 11, 23).birth(today).whole(), Date::new(1926, 11, 23));
    assert_eq!(at(76, 1, 1).expiry(today), Date::new(2076, 1, 1));
    assert_eq!(at(77, 1, 1).expiry(today), Date::new(1977, 1, 1));
    assert_eq!(MrzDate { day: None, ..at(74, 8, 1) }.birth(today).year, Some(1974));
}

fn day() -> impl Strategy<Value = MrzDate> {
    (0_u8..100, 1_u8..=12, 1_u8..=28).prop_map(|(year, month, day)| MrzDate {
        year: Some(year),
        month: Some(month),
        day: Some(day),
    })
}

proptest! {
    #[test]
    fn what_is_built_is_read_back(
        format in prop_oneof![
            Just(Format::Td1), Just(Format::Td2), Just(Format::Td3), Just(Format::MrvA), Just(Format::MrvB)
        ],
        number in "[A-Z0-9]{1,22}",
        birth in day(),
        expiry in day(),
        optional in "([A-Z0-9]{1,6})?",
        primary in "[A-Z]{1,50}( [A-Z]{1,9}){0,3}",
        secondary in "([A-Z]{1,50}( [A-Z]{1,9}){0,3})?",
    ) {
        let is_visa = matches!(format, Format::MrvA | Format::MrvB);
        let fields = Fields {
            format,
            document_code: if is_visa { "V" } else { "P" },
            issuing_state: "D",
            document_number: &number,
            nationality: "UTO",
            birth,
            sex: Sex::Unspecified,
            expiry,
            optional_data: &optional,
            optional_data_2: "",
            primary: &primary,
            secondary: &secondary,
        };
        let Ok(lines) = build(&fields) else {
            prop_assert!(number.len() > 9);
            return Ok(());
        };

        let read = Mrz::parse(&lines.concat()).unwrap();

        prop_assert!(lines.iter().all(|line| line.len() == format.line_chars()));
        prop_assert_eq!(read.document_number.expose(), &number);
        prop_assert_eq!(read.optional_data.expose(), &optional);
        prop_assert_eq!((read.birth, read.expiry), (birth, expiry));
        let cut = lines.iter().any(|line| !line.ends_with('<'));
        prop_assert!(transliteration::matches(&primary, read.name.primary.expose(), cut));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[A-Z0-9<\u{e5}\n ]{0,100}") {
        let _ = Mrz::read(&text).map(|mrz| mrz.password());
    }
}
