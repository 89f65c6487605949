//! What a holder shows or types to open a chip: the MRZ's key fields, or the card access number.

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::key_derivation::{self, Purpose, SessionKeys};
use crate::mrz::{self, Mrz, check_digit};
use crate::sensitive::Sensitive;
use crate::symmetric::{Cipher, Key, LengthError};

/// Characters of a document number at most: TD1 overflows nine by up to thirteen.
pub const DOCUMENT_NUMBER_CHARS_MAX: usize = 22;

/// Why typed or scanned values are no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The document number is empty, too long, or has characters that no MRZ has.
    #[error("the document number is not one that an MRZ can carry")]
    DocumentNumber,
    /// The date of birth is not six digits (or `<`).
    #[error("the date of birth is not in the form YYMMDD")]
    BirthDate,
    /// The date of expiry is not six digits (or `<`).
    #[error("the date of expiry is not in the form YYMMDD")]
    ExpiryDate,
    /// The MRZ information has the wrong length or characters, or a check digit does not fit.
    #[error("the MRZ information is not consistent")]
    MrzInformation,
    /// The card access number, PIN or PUK is not made of digits, or too long.
    #[error("the number is not made of 4 to 10 digits")]
    Digits,
}

/// A password of Doc 9303-11: hidden and wiped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Password {
    kind: PasswordKind,
    text: Sensitive<String>,
}

/// Which password it is; the number is the one that PACE sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PasswordKind {
    /// Document number, date of birth and date of expiry from the MRZ.
    Mrz,
    /// The card access number printed on the document.
    CardAccessNumber,
    /// A PIN that only the holder knows.
    Pin,
    /// A code that unblocks the PIN.
    Puk,
}

impl PasswordKind {
    /// The password reference of MSE:Set AT, `DO'83'` (Doc 9303-11 §4.4.4.1).
    #[must_use]
    pub const fn reference(self) -> u8 {
        match self {
            Self::Mrz => 1,
            Self::CardAccessNumber => 2,
            Self::Pin => 3,
            Self::Puk => 4,
        }
    }
}

impl std::fmt::Display for PasswordKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mrz => "MRZ",
            Self::CardAccessNumber => "card access number",
            Self::Pin => "PIN",
            Self::Puk => "PUK",
        })
    }
}

impl Password {
    /// From the MRZ's key fields as printed or typed; dates as `YYMMDD`, `<` for unknown parts.
    ///
    /// Spaces, hyphens and lower case are tidied away, and short numbers filled with `<`: Swedish and Austrian numbers of
    /// eight characters open the chip only so (CHIP-CASES.md case 15). Each field may come with its check digit, which
    /// then has to fit.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] naming the field that no MRZ can carry.
    pub fn mrz(document_number: &str, birth: &str, expiry: &str) -> Result<Self, PasswordError> {
        let number = mrz::typed_number(&tidied(document_number));
        let number = number.ok_or(PasswordError::DocumentNumber)?;
        let birth = mrz::typed_date(&tidied(birth)).ok_or(PasswordError::BirthDate)?;
        let expiry = mrz::typed_date(&tidied(expiry)).ok_or(PasswordError::ExpiryDate)?;
        Self::of_fields(&number, &birth, &expiry)
    }

    /// From the fields of a zone, as they stand there and without their check digits.
    fn of_fields(number: &str, birth: &str, expiry: &str) -> Result<Self, PasswordError> {
        let trimmed = number.trim_end_matches('<');
        if trimmed.is_empty()
            || trimmed.len() > DOCUMENT_NUMBER_CHARS_MAX
            || !trimmed.bytes().all(is_mrz_character)
        {
            return Err(PasswordError::DocumentNumber);
        }
        if !is_date_field(birth) {
            return Err(PasswordError::BirthDate);
        }
        if !is_date_field(expiry) {
            return Err(PasswordError::ExpiryDate);
        }
        let number = Zeroizing::new(format!("{trimmed:<<9}"));
        let mut information = Zeroizing::new(String::with_capacity(40));
        for field in [number.as_str(), birth, expiry] {
            information.push_str(field);
            information.push(check_digit(field).ok_or(PasswordError::DocumentNumber)?);
        }
        Ok(Self { kind: PasswordKind::Mrz, text: Sensitive::new(std::mem::take(&mut information)) })
    }

    /// What else a typed document number may have meant, to be tried where the chip refuses the first: ten characters
    /// are a card's long number, or one of nine with its check digit.
    #[must_use]
    pub fn alternative(&self) -> Option<Self> {
        let (number, rest) = match self.kind {
            PasswordKind::Mrz => {
                let text = self.text.expose();
                // Behind the number: its check digit, and both dates with theirs.
                text.split_at_checked(text.len().checked_sub(15)?)?
            }
            PasswordKind::CardAccessNumber | PasswordKind::Pin | PasswordKind::Puk => return None,
        };
        let number = mrz::without_check_digit(number)?;
        Self::of_fields(&number, rest.get(1..7)?, rest.get(8..14)?).ok()
    }

    /// From the MRZ information whole: number, birth and expiry, each with its check digit.
    ///
    /// # Errors
    ///
    /// [`PasswordError::MrzInformation`] where a check digit does not fit.
    pub fn from_mrz_information(information: &str) -> Result<Self, PasswordError> {
        let error = PasswordError::MrzInformation;
        let number_chars = information.len().checked_sub(15).ok_or(error)?;
        let (number, rest) = information.split_at_checked(number_chars).ok_or(error)?;
        let (number_digit, rest) = rest.split_at_checked(1).ok_or(error)?;
        let (birth, rest) = rest.split_at_checked(6).ok_or(error)?;
        let (birth_digit, rest) = rest.split_at_checked(1).ok_or(error)?;
        let (expiry, expiry_digit) = rest.split_at_checked(6).ok_or(error)?;
        for (field, digit) in [(number, number_digit), (birth, birth_digit), (expiry, expiry_digit)]
        {
            let due = check_digit(field).ok_or(error)?;
            if digit.chars().ne([due]) {
                return Err(error);
            }
        }
        Self::of_fields(number, birth, expiry).map_err(|_| error)
    }

    /// The card access number, usually six digits.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Digits`] where it is not made of digits.
    pub fn card_access_number(digits: &str) -> Result<Self, PasswordError> {
        Self::digits(PasswordKind::CardAccessNumber, digits)
    }

    /// A PIN.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Digits`] where it is not made of digits.
    pub fn pin(digits: &str) -> Result<Self, PasswordError> {
        Self::digits(PasswordKind::Pin, digits)
    }

    /// A PUK.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Digits`] where it is not made of digits.
    pub fn puk(digits: &str) -> Result<Self, PasswordError> {
        Self::digits(PasswordKind::Puk, digits)
    }

    fn digits(kind: PasswordKind, digits: &str) -> Result<Self, PasswordError> {
        let tidy = tidied(digits);
        if !(4..=10).contains(&tidy.len()) || !tidy.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(PasswordError::Digits);
        }
        Ok(Self { kind, text: Sensitive::new(String::clone(&tidy)) })
    }

    /// Which password it is.
    #[must_use]
    pub const fn kind(&self) -> PasswordKind {
        self.kind
    }

    /// The MRZ information or the digits, for a session that is run elsewhere: a server behind a relay, say.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// BAC's document basic access keys (Doc 9303-11 §9.7.2), or `None` where it is not the MRZ's: BAC
    /// knows no other password.
    #[must_use]
    pub fn basic_access_keys(&self) -> Option<SessionKeys> {
        if self.kind != PasswordKind::Mrz {
            return None;
        }
        let hash = Zeroizing::new(<[u8; 20]>::from(Sha1::digest(self.text.expose())));
        let seed = hash.first_chunk::<16>()?;
        key_derivation::session_keys(Cipher::TripleDes, seed).ok()
    }

    /// The key K-pi that opens PACE's nonce (Doc 9303-11 §9.7.3): the whole hash of the MRZ information, or the
    /// digits themselves.
    ///
    /// # Errors
    ///
    /// Never in practice; see [`key_derivation::derive()`].
    pub fn pace_key(&self, cipher: Cipher) -> Result<Key, LengthError> {
        match self.kind {
            PasswordKind::Mrz => {
                let hash = Zeroizing::new(<[u8; 20]>::from(Sha1::digest(self.text.expose())));
                key_derivation::derive(cipher, hash.as_slice(), Purpose::Password)
            }
            PasswordKind::CardAccessNumber | PasswordKind::Pin | PasswordKind::Puk => {
                key_derivation::derive(cipher, self.text.expose().as_bytes(), Purpose::Password)
            }
        }
    }
}

impl Mrz {
    /// The password that opens this document's chip.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] where the number is empty.
    pub fn password(&self) -> Result<Password, PasswordError> {
        Password::of_fields(
            self.document_number.expose(),
            self.birth_field.expose(),
            self.expiry_field.expose(),
        )
    }
}

/// Upper case, without spaces and hyphens.
fn tidied(text: &str) -> Zeroizing<String> {
    let hyphen = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}');
    Zeroizing::new(mrz::tidied(text).replace(hyphen, ""))
}

const fn is_mrz_character(octet: u8) -> bool {
    matches!(octet, b'A'..=b'Z' | b'0'..=b'9' | b'<')
}

fn is_date_field(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|octet| octet.is_ascii_digit() || octet == b'<')
}

#[cfg(test)]
mod tests;
