use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn born(text: &str) -> Date {
    Cpr::parse(text).unwrap().birth_date()
}

#[test]
fn the_seventh_digit_and_the_year_give_the_century() {
    assert_eq!(born("010100-0001"), date(1900, 1, 1));
    assert_eq!(born("311299-3999"), date(1999, 12, 31));
    assert_eq!(born("010136-4001"), date(2036, 1, 1));
    assert_eq!(born("010137-4001"), date(1937, 1, 1));
    assert_eq!(born("010136-9001"), date(2036, 1, 1));
    assert_eq!(born("010137-9001"), date(1937, 1, 1));
    assert_eq!(born("010157-5001"), date(2057, 1, 1));
    assert_eq!(born("010158-5001"), date(1858, 1, 1));
    assert_eq!(born("010157-8001"), date(2057, 1, 1));
    assert_eq!(born("010199-8001"), date(1899, 1, 1));
}

#[test]
fn a_leap_day_exists_only_in_the_right_century() {
    assert_eq!(Cpr::parse("290200-0001"), Err(CprError::NoSuchDate));
    assert_eq!(born("290200-4001"), date(2000, 2, 29));
}

#[test]
fn a_replacement_number_adds_sixty_to_the_day() {
    assert_eq!(born("610180-1234"), date(1980, 1, 1));
    assert_eq!(born("910180-1234"), date(1980, 1, 31));
    assert!(Cpr::parse("610180-1234").unwrap().is_replacement());
    assert!(!Cpr::parse("310180-1234").unwrap().is_replacement());
    for wrong in ["600180-1234", "320180-1234", "920180-1234", "000180-1234", "910280-1234"] {
        assert_eq!(Cpr::parse(wrong), Err(CprError::NoSuchDate), "{wrong}");
    }
}

#[test]
fn modulus_11_is_a_hint_and_never_an_error() {
    assert!(Cpr::parse("070761-4285").unwrap().passes_modulus_11());
    assert!(!Cpr::parse("070761-4286").unwrap().passes_modulus_11());
}

#[test]
fn other_forms_are_refused() {
    for wrong in ["", "0707614285x", "070761 4285", "07-0761-4285", "07076142855", "07O761-4285"] {
        assert_eq!(Cpr::parse(wrong), Err(CprError::Form), "{wrong}");
    }
    assert_eq!(Cpr::parse("٠٧٠٧٦١-٤٢٨٥"), Err(CprError::Form));
}

#[test]
fn debug_hides_the_number() {
    assert_eq!(format!("{:?}", Cpr::parse("610180-1234")), "Ok([hidden])");
}

proptest! {
    #[test]
    fn parsing_never_panics_and_round_trips(text in ".{0,14}") {
        if let Ok(cpr) = Cpr::parse(&text) {
            prop_assert_eq!(Cpr::parse(&cpr.hyphenated()), Ok(cpr.clone()));
            prop_assert_eq!(Cpr::parse(cpr.digits()), Ok(cpr));
        }
    }

    #[test]
    fn a_generated_number_carries_its_date(days in 0..43_000_i32, serial in 0..10_000_u16) {
        let born = date(1900, 1, 1) + jiff::Span::new().days(days);
        if let Ok(cpr) = Cpr::replacement(born, serial) {
            prop_assert_eq!(cpr.birth_date(), born);
            prop_assert!(cpr.is_replacement());
        }
    }
}
