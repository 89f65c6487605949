//! Contacts of a booking: the telephone number or e-mail address that the confirmation is sent to.

use crate::{Failure, RefusalCode};
use messages::{AddressError, MailAddress, PhoneNumber};
use recovery::appointment::Contact;
use recovery::sensitive::Sensitive;

/// Reads a telephone number.
///
/// # Errors
///
/// `phone-invalid`, or `phone-danish-digits` where the Danish country code is not followed by eight digits.
pub fn by_sms(text: &str) -> Result<Contact, Failure> {
    let number = PhoneNumber::parse(text).map_err(|error| match error {
        AddressError::DanishPhone => Failure::refused(RefusalCode::PhoneDanishDigits),
        AddressError::Phone | AddressError::Mail | AddressError::MailNotAscii => {
            Failure::refused(RefusalCode::PhoneInvalid)
        }
    })?;
    Ok(Contact::Sms(Sensitive::new(number.as_str().to_owned())))
}

/// Reads an e-mail address.
///
/// # Errors
///
/// `email-invalid`, or `email-not-ascii` for an address that not every mail server delivers to.
pub fn by_email(text: &str) -> Result<Contact, Failure> {
    let address = MailAddress::parse(text).map_err(|error| match error {
        AddressError::MailNotAscii => Failure::refused(RefusalCode::EmailNotAscii),
        AddressError::Mail | AddressError::Phone | AddressError::DanishPhone => {
            Failure::refused(RefusalCode::EmailInvalid)
        }
    })?;
    Ok(Contact::Email(Sensitive::new(address.as_str().to_owned())))
}
