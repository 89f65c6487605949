use super::build::{BuildError, Fields, build};
use super::*;
use crate::date::Date;
use crate::password::Password;
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
fn years_are_read_in_the_century_that_issue_and_age_allow() {
    let day = |year, month, day| Date::new(year, month, day).unwrap();
    let at = |year, month, day| MrzDate { year: Some(year), month: Some(month), day: Some(day) };
    let today = day(2026, 11, 22);

    assert_eq!(at(26, 11, 22).birth(today, 0).whole(), Some(today));
    assert_eq!(at(26, 11, 23).birth(today, 0).whole(), Some(day(1926, 11, 23)));
    assert_eq!(MrzDate { day: None, ..at(74, 8, 1) }.birth(today, 0).year, Some(1974));
    // Issued in 2020, so that somebody of 25 was born in 1925; and nobody of one year has a document without an end.
    assert_eq!(at(25, 3, 1).birth(day(2020, 5, 1), 0).year, Some(1925));
    assert_eq!(at(24, 3, 1).birth(day(2025, 5, 1), 45).year, Some(1924));

    assert_eq!(at(76, 1, 1).expiry(Some(today)), Some(day(2076, 1, 1)));
    assert_eq!(at(77, 1, 1).expiry(Some(today)), Some(day(2077, 1, 1)));
    assert_eq!(at(14, 1, 1).expiry(None), Some(day(2014, 1, 1)));
    assert_eq!(at(3, 1, 1).expiry(Some(day(2098, 1, 1))), Some(day(2103, 1, 1)));
    assert_eq!(MrzDate { day: None, ..at(30, 2, 1) }.expiry(None), Some(day(2030, 2, 28)));
}

#[test]
fn a_document_without_an_end_says_so_in_several_ways() {
    for field in ["<<<<<<", "000000", "990101", "991231"] {
        let date = MrzDate::parse(field).unwrap();
        assert!(date.is_endless(), "{field}");
        assert_eq!(date.expiry(None), Some(Date::ENDLESS), "{field}");
    }
    assert!(!MrzDate::parse("990630").unwrap().is_endless());
}

#[test]
fn days_that_no_calendar_has_are_no_dates() {
    for field in
        ["850231", "850230", "850229", "850431", "851301", "850132", "8502", "85<2<1", "+1+1+1"]
    {
        assert_eq!(MrzDate::parse(field), None, "{field}");
    }
    for field in ["840229", "<<0229", "850200", "85<<<<", "000229"] {
        assert!(MrzDate::parse(field).is_some(), "{field}");
    }
}

const PASSPORT: [&str; 2] = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
];

#[test]
fn one_lost_filler_is_restored_where_the_check_digits_prove_it() {
    let whole = Mrz::parse(&PASSPORT.concat()).unwrap();
    let [one, two] = PASSPORT;
    for short in [
        format!("{}{two}", one.trim_end_matches("<<")) + "",
        format!("{one}{}", two.replacen("<<<<<", "<<<<", 1)),
        format!("{}\n{two}", &one[..43]),
        format!("{one}\n{two}").replace("<<", "\u{AB}"),
    ] {
        let typed = tidied(&short);
        if typed.len() >= 87 {
            assert_eq!(Mrz::parse(&short).unwrap().password(), whole.password(), "{short}");
        }
    }
    // Two are gone: nothing proves where.
    let short = format!("{one}{}", two.replacen("<<<<<", "<<<", 1));
    assert_eq!(Mrz::parse(&short), Err(MrzError::Length(86)));
}

#[test]
fn letters_for_digits_are_repaired_by_their_check_digit_alone() {
    let whole = Mrz::parse(&PASSPORT.concat()).unwrap();
    let [one, two] = PASSPORT;
    for slip in [
        two.replacen("L898902C3", "L8989O2C3", 1),
        two.replacen("7408122", "74O8I22", 1),
        two.replacen("1204159", "I2O4I59", 1),
        two.replacen("<<<<<10", "<<<<<IO", 1),
    ] {
        let mended = Mrz::parse(&format!("{one}{slip}")).unwrap();
        assert_eq!(mended.password(), whole.password(), "{slip}");
    }
    // A digit in a nationality: nothing guards it, and nothing is guessed.
    for slip in [two.replacen("UTO", "UT0", 1), two.replacen("UTO", "U1O", 1)] {
        let refused = Mrz::parse(&format!("{one}{slip}")).unwrap_err();
        assert_eq!(refused, MrzError::CheckDigits(vec![Checked::Nationality]));
    }
}

#[test]
fn a_zone_without_a_number_or_a_name_is_none() {
    let [one, two] = PASSPORT;
    let nameless = format!("P<UTO{}", "<".repeat(39));
    assert_eq!(Mrz::read(&format!("{nameless}{two}")).unwrap_err(), MrzError::Name);
    let numberless = format!("<<<<<<<<<0{}", &two[10..]);
    assert_eq!(Mrz::read(&format!("{one}{numberless}")).unwrap_err(), MrzError::Number);
}

#[test]
fn states_of_several_spellings_are_one() {
    for (written, state) in
        [("D", "DEU"), ("XK", "RKS"), ("XKX", "RKS"), ("RKS", "RKS"), ("EU", "EUE"), ("XEU", "EUE")]
    {
        assert_eq!(three_letters(written), state);
    }
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
