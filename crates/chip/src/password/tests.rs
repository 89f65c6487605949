use super::*;

#[test]
fn typed_fields_are_tidied_and_short_numbers_filled() {
    let typed = Password::mrz(" l898902c ", "69-08-06", "940623").unwrap();

    assert_eq!(typed, Password::from_mrz_information("L898902C<369080619406236").unwrap());
}

#[test]
fn fields_that_no_zone_can_carry_are_named() {
    let number = PasswordError::DocumentNumber;
    assert_eq!(Password::mrz("", "690806", "940623"), Err(number));
    assert_eq!(Password::mrz("ÅÆØ", "690806", "940623"), Err(number));
    assert_eq!(Password::mrz(&"1".repeat(23), "690806", "940623"), Err(number));
    assert_eq!(Password::mrz("1", "6908", "940623"), Err(PasswordError::BirthDate));
    assert_eq!(Password::mrz("1", "690806", "9406AA"), Err(PasswordError::ExpiryDate));
    assert_eq!(Password::card_access_number("12E456"), Err(PasswordError::Digits));
    assert_eq!(
        Password::from_mrz_information("L898902C<469080619406236"),
        Err(PasswordError::MrzInformation)
    );
    assert_eq!(Password::from_mrz_information("æøå"), Err(PasswordError::MrzInformation));
}

#[test]
fn only_the_zone_opens_basic_access_control() {
    let number = Password::card_access_number("123 456").unwrap();

    assert!(number.basic_access_keys().is_none());
    assert_eq!(number.kind().reference(), 2);
}

#[test]
fn debug_shows_no_password() {
    let password = Password::card_access_number("123456").unwrap();

    assert!(!format!("{password:?}").contains("123456"));
}
