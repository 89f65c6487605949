use chip::mrz::{Mrz, transliteration};
use chip::password::Password;

/// A zone as scanned or typed, and names to hold against it.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(mrz) = Mrz::read(text) {
        let _password = mrz.password();
        assert_eq!(Mrz::parse(text).is_ok(), mrz.failures().is_empty());
    }
    let _password = Password::from_mrz_information(text);
    if let Some(spelled) = transliteration::to_mrz(text)
        && text.chars().count() <= transliteration::NAME_CHARS_MAX
        && spelled.len() <= transliteration::NAME_CHARS_MAX
    {
        assert!(transliteration::matches(text, &spelled, false));
    }
}
