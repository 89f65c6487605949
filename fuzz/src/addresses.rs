use messages::{MailAddress, PhoneNumber};
use registers::{Cpr, DocumentNumber, HouseNumber, IssuingState, PersonRef};

/// Everything that reads one short text: what is accepted is canonical and carries no command.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(phone) = PhoneNumber::parse(text) {
        assert_eq!(PhoneNumber::parse(phone.as_str()).as_ref(), Ok(&phone));
        assert!(phone.digits().bytes().all(|byte| byte.is_ascii_digit()));
    }
    if let Ok(mail) = MailAddress::parse(text) {
        assert!(!mail.as_str().contains(['\r', '\n', ' ', '<', '>']));
    }
    if let Ok(cpr) = Cpr::parse(text) {
        assert_eq!(Cpr::parse(&cpr.hyphenated()).as_ref(), Ok(&cpr));
    }
    if let Ok(number) = DocumentNumber::parse(text) {
        assert_eq!(DocumentNumber::parse(number.as_str()).as_ref(), Ok(&number));
    }
    if let Ok(state) = IssuingState::parse(text) {
        assert_eq!(IssuingState::parse(state.as_str()), Ok(state));
    }
    let house = HouseNumber::parse(text);
    assert_eq!(HouseNumber::parse(house.as_str()), house);
    let _person = PersonRef::parse(text);
}
