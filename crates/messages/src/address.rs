//! Where a message goes.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Longest address of RFC 5321 §4.5.3.1.3, without the angle brackets.
const MAIL_ADDRESS_BYTES_MAX: usize = 254;

/// Why a text is not an address. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not E.164.
    #[error("a phone number is `+`, the country and the number: 8 to 15 digits")]
    Phone,
    /// Not an address that a message can be sent to.
    #[error("an e-mail address is `name@domain`, at most 254 characters")]
    Mail,
}

/// A phone number, E.164: `+` and 8 to 15 digits. Eight digits alone are a Danish number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number as people write it: spaces, hyphens and brackets do not count, `00` is `+`.
    ///
    /// # Errors
    ///
    /// [`AddressError::Phone`] for anything else.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let compact: String =
            text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}')).collect();
        let digits = match (compact.strip_prefix('+'), compact.strip_prefix("00")) {
            (Some(rest), _) | (None, Some(rest)) => rest.to_owned(),
            (None, None) if compact.len() == 8 && !compact.starts_with('0') => {
                format!("45{compact}")
            }
            (None, None) => return Err(AddressError::Phone),
        };
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if !plain || !(8..=15).contains(&digits.len()) {
            return Err(AddressError::Phone);
        }
        Ok(Self(format!("+{digits}")))
    }

    /// `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits alone, as SMPP wants an international number.
    pub fn digits(&self) -> &str {
        self.0.strip_prefix('+').unwrap_or_default()
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// An e-mail address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct MailAddress(String);

impl MailAddress {
    /// Reads `name@domain`.
    ///
    /// # Errors
    ///
    /// [`AddressError::Mail`] for anything that a mail server would not take, and for anything with
    /// a line break, a blank or a bracket, which could say something to a mail server.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (name, domain) = text.rsplit_once('@').ok_or(AddressError::Mail)?;
        let clean = text
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace() && !"<>()[],;:\\\"".contains(c));
        let parts = !name.is_empty()
            && name.len() <= 64
            && !name.contains('@')
            && domain.split('.').all(|label| !label.is_empty() && label.len() <= 63);
        if !clean || !parts || text.len() > MAIL_ADDRESS_BYTES_MAX {
            return Err(AddressError::Mail);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for text in ["+4520123456", "0045 20 12 34 56", "20 12 34 56", "(+45) 20-12-34-56"] {
            assert_eq!(PhoneNumber::parse(text).unwrap().as_str(), "+4520123456", "{text}");
        }
        assert_eq!(PhoneNumber::parse("+299 12 34 56").unwrap().digits(), "299123456");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "112", "+", "+0123456789", "+1234567890123456", "2012345x", "٢٠١٢٣٤٥٦"]
        {
            assert_eq!(PhoneNumber::parse(text), Err(AddressError::Phone), "{text}");
        }
    }

    #[test]
    fn an_address_cannot_carry_a_command() {
        for text in [
            "",
            "a",
            "@b.dk",
            "a@",
            "a@b..dk",
            "a b@c.dk",
            "a@b.dk\r\nRCPT TO:<x@y.dk>",
            "<a@b.dk>",
            "a@b@c.dk",
        ] {
            assert_eq!(MailAddress::parse(text), Err(AddressError::Mail), "{text}");
        }
        assert_eq!(MailAddress::parse(" søren@example.dk ").unwrap().as_str(), "søren@example.dk");
    }
}
