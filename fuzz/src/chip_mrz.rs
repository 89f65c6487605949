use chip::mrz::{Mrz, transliteration};
use chip::password::Password;

/// A zone as scanned or typed, the three fields that open a chip, and names to hold against it.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let parsed = Mrz::parse(text);
    if let Ok(mrz) = Mrz::read(text) {
        let _password = mrz.password();
        assert!(parsed.is_ok() || !mrz.failures().is_empty());
    }
    // What was put right fits in every check digit, and stands as it is.
    if let Ok(mrz) = parsed {
        assert!(mrz.failures().is_empty() && mrz.password().is_ok());
    }
    let _password = Password::from_mrz_information(text);
    let mut fields = text.splitn(3, ' ');
    if let (Some(number), Some(birth), Some(expiry)) = (fields.next(), fields.next(), fields.next())
        && let Ok(password) = Password::mrz(number, birth, expiry)
    {
        let again = Password::from_mrz_information(password.expose());
        assert_eq!(again.as_ref(), Ok(&password));
        let _other = password.alternative();
    }
    if let Some(spelled) = transliteration::to_mrz(text)
        && text.chars().count() <= transliteration::NAME_CHARS_MAX
        && spelled.len() <= transliteration::NAME_CHARS_MAX
    {
        assert!(transliteration::matches(text, &spelled, false));
    }
}
