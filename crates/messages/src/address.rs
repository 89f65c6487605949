//! Telephone numbers and e-mail addresses.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The longest e-mail address, in bytes (RFC 5321 §4.5.3.1.3, without the angle brackets).
const MAIL_ADDRESS_BYTES_MAX: usize = 254;
/// The longest local part, which is the name before the `@`, in bytes (RFC 5321 §4.5.3.1.1).
const MAIL_NAME_BYTES_MAX: usize = 64;
const LABEL_BYTES_MAX: usize = 63;
/// The longest text that is read as a telephone number, in characters.
const PHONE_CHARS_MAX: usize = 64;
/// The number of digits of a Danish number after the country code.
const DANISH_DIGITS: usize = 8;

/// Why a text is not an address. The error never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text is not a number of E.164.
    #[error("a phone number is `+`, the country and the number: 8 to 15 digits")]
    Phone,
    /// The text has the country code of Denmark, but not the eight digits of a Danish number.
    #[error("a Danish phone number has eight digits after +45")]
    DanishPhone,
    /// The text is not an e-mail address to which a message can be sent.
    #[error("an e-mail address is `name@domain`, at most 254 characters")]
    Mail,
    /// The local part has letters that mail servers accept only with SMTPUTF8 (RFC 6531).
    #[error("an e-mail address has only letters a to z, digits and signs before the `@`")]
    MailNotAscii,
}

/// A telephone number of E.164: `+` and 8 to 15 digits. Eight digits without a country code are read as a Danish
/// number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number as people write or copy it: with invisible characters, dashes of every kind, spaces, dots,
    /// slashes and brackets. A leading `00` stands for `+`, and the `(0)` after a country code is left out.
    ///
    /// # Errors
    ///
    /// [`AddressError::DanishPhone`] for `+45` with other than eight digits, [`AddressError::Phone`] for anything else.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.chars().nth(PHONE_CHARS_MAX).is_some() {
            return Err(AddressError::Phone);
        }
        let mut compact: String = text
            .chars()
            .filter(|c| !is_invisible(*c) && !c.is_whitespace() && !is_dash(*c))
            .map(|c| if c == '\u{ff0b}' { '+' } else { c })
            .collect();
        if compact.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("tel:")) {
            compact.drain(..4);
        }
        let bare = compact.trim_start_matches(['(', '[']);
        let abroad = bare.starts_with('+') || bare.starts_with("00");
        // The zero in "+44 (0)20 …" is dialled only inside the country.
        let compact = if abroad { compact.replacen("(0)", "", 1) } else { compact };
        let compact: String =
            compact.chars().filter(|c| !matches!(c, '(' | ')' | '[' | ']' | '.' | '/')).collect();
        let digits = match (compact.strip_prefix('+'), compact.strip_prefix("00")) {
            (Some(rest), _) | (None, Some(rest)) => rest.to_owned(),
            (None, None) if compact.len() == DANISH_DIGITS && !compact.starts_with('0') => {
                format!("45{compact}")
            }
            (None, None) => return Err(AddressError::Phone),
        };
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if !plain {
            return Err(AddressError::Phone);
        }
        if digits.strip_prefix("45").is_some_and(|national| national.len() != DANISH_DIGITS) {
            return Err(AddressError::DanishPhone);
        }
        if !(8..=15).contains(&digits.len()) {
            return Err(AddressError::Phone);
        }
        Ok(Self(format!("+{digits}")))
    }

    /// The number: `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits without `+`, the form of an international number in SMPP.
    pub fn digits(&self) -> &str {
        self.0.strip_prefix('+').unwrap_or_default()
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// Whether a character is invisible and may be part of a copied number or address: a direction mark, a joiner, a soft
/// hyphen, a byte order mark or a variation selector.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}

/// Whether a character is a hyphen, a dash (the part of Unicode's `Pd` that people type) or a minus sign.
const fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{207b}'
                | '\u{208b}'
                | '\u{2212}'
                | '\u{2e3a}'
                | '\u{2e3b}'
                | '\u{30fc}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
    )
}

/// An e-mail address in a canonical spelling: the domain is in lower case and ASCII, and the local part is unchanged.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct MailAddress(String);

impl MailAddress {
    /// Reads `name@domain`. An internationalised domain is converted to its ASCII form (RFC 5891).
    ///
    /// # Errors
    ///
    /// [`AddressError::MailNotAscii`] for a local part with letters that need SMTPUTF8: not every mail server supports
    /// it, and the message would be lost. [`AddressError::Mail`] for any other text that a mail server does not accept,
    /// and for a text with a line break, a blank or a bracket, which could inject a command into the mail protocol.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > 2 * MAIL_ADDRESS_BYTES_MAX {
            return Err(AddressError::Mail);
        }
        let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
        let (name, domain) = seen.trim().rsplit_once('@').ok_or(AddressError::Mail)?;
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        let domain = idna::domain_to_ascii(domain).map_err(|_| AddressError::Mail)?;
        if !is_domain(&domain) || !is_name(name) {
            return Err(AddressError::Mail);
        }
        if !name.is_ascii() {
            return Err(AddressError::MailNotAscii);
        }
        let address = format!("{name}@{domain}");
        if name.len() > MAIL_NAME_BYTES_MAX || address.len() > MAIL_ADDRESS_BYTES_MAX {
            return Err(AddressError::Mail);
        }
        Ok(Self(address))
    }

    /// The text of the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is a domain: labels of letters, digits and hyphens, separated by dots (RFC 5321 §4.1.2).
fn is_domain(domain: &str) -> bool {
    !domain.is_empty()
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= LABEL_BYTES_MAX
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

/// Whether a text is a dot-string (RFC 5321 §4.1.2). Quoted local parts are not accepted: nobody uses them, and they
/// can contain anything.
fn is_name(name: &str) -> bool {
    name.split('.').all(|atom| {
        !atom.is_empty()
            && atom.chars().all(|c| {
                c.is_ascii_alphanumeric()
                    || "!#$%&'*+-/=?^_`{|}~".contains(c)
                    || (!c.is_ascii() && c.is_alphanumeric())
            })
    })
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
        for text in [
            "+4520123456",
            "0045 20 12 34 56",
            "20 12 34 56",
            "(+45) 20-12-34-56",
            "\u{202d}+45 20 12 34 56\u{202c}",
            "\u{200e}+45\u{a0}20\u{202f}12\u{2009}34\u{3000}56\u{feff}",
            "+45\u{2010}20\u{2011}12\u{2012}34\u{2013}56",
            "20\u{2014}12\u{2212}34\u{ad}56",
            "+45 (0) 20 12 34 56",
            "+45(0)20.12.34.56",
            "20/12/34/56",
            "[+45] 20 12 34 56",
            "tel:+45-20-12-34-56",
            "\u{ff0b}45 20123456",
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().as_str(), "+4520123456", "{text:?}");
        }
        assert_eq!(PhoneNumber::parse("+299 12 34 56").unwrap().digits(), "299123456");
        assert_eq!(PhoneNumber::parse("+44 (0)20 7946 0958").unwrap().as_str(), "+442079460958");
    }

    #[test]
    fn a_danish_number_has_eight_digits() {
        for text in
            ["+45 2012345", "+45 201234567", "0045 2012345", "+45", "\u{202d}+45 2012345\u{202c}"]
        {
            assert_eq!(PhoneNumber::parse(text), Err(AddressError::DanishPhone), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "112",
            "+",
            "+0123456789",
            "+1234567890123456",
            "2012345x",
            "٢٠١٢٣٤٥٦",
            "+٤٥20123456",
            "20 12 34 56 7",
            "+45+20123456",
            "++4520123456",
            "(0)20123456",
            "4520123456",
        ] {
            assert_eq!(PhoneNumber::parse(text), Err(AddressError::Phone), "{text}");
        }
        assert_eq!(PhoneNumber::parse(&"-".repeat(100_000)), Err(AddressError::Phone));
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
            "a@[127.0.0.1]",
            "\"a b\"@c.dk",
            ".a@b.dk",
            "a..b@c.dk",
            "a.@b.dk",
            "a@-b.dk",
            "a@b_c.dk",
        ] {
            assert_eq!(MailAddress::parse(text), Err(AddressError::Mail), "{text}");
        }
    }

    #[test]
    fn an_address_that_needs_smtputf8_is_refused_with_the_reason() {
        for text in ["søren@example.dk", "用户@example.dk", " søren@example.dk "] {
            assert_eq!(MailAddress::parse(text), Err(AddressError::MailNotAscii), "{text}");
        }
    }

    #[test]
    fn an_address_is_the_same_however_its_domain_is_written() {
        for text in [
            "Bo.Hansen+eid@example.dk",
            " Bo.Hansen+eid@EXAMPLE.DK ",
            "Bo.Hansen+eid@Example.dk.",
            "\u{202a}Bo.Hansen+eid@example.dk\u{202c}",
        ] {
            assert_eq!(MailAddress::parse(text).unwrap().as_str(), "Bo.Hansen+eid@example.dk");
        }
        let danish = MailAddress::parse("bo@Blåbær.example").unwrap();
        assert_eq!(danish.as_str(), "bo@xn--blbr-roah.example");
        assert_ne!(
            MailAddress::parse("BO@example.dk").unwrap(),
            MailAddress::parse("bo@example.dk").unwrap(),
            "the name belongs to its server (RFC 5321 section 2.3.11)"
        );
    }
}
