//! Documents that a state or municipality issued, and whether they are still valid.

use std::fmt;

use jiff::{Timestamp, civil::Date};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{PersonRef, home_zone};

/// The longest document number in bytes: TD1 and TD2 numbers may continue in the optional data (Doc 9303-5 §4.2.2, 22
/// characters).
const DOCUMENT_NUMBER_BYTES_MAX: usize = 22;

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// Passport.
    Passport,
    /// Emergency or other temporary passport.
    EmergencyPassport,
    /// A national identity card.
    IdentityCard,
    /// A card issued by a Danish municipality.
    MunicipalIdCard,
    /// A card issued by the Danish Foreign Ministry.
    ForeignMinistryCard,
    /// Driving licence.
    DrivingLicence,
    /// Residence permit with a photograph.
    ResidencePermit,
    /// Health card.
    HealthCard,
    /// Special health card.
    SpecialHealthCard,
    /// A certificate of residence, person, baptism or birth.
    Certificate,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Passport,
        Self::EmergencyPassport,
        Self::IdentityCard,
        Self::MunicipalIdCard,
        Self::ForeignMinistryCard,
        Self::DrivingLicence,
        Self::ResidencePermit,
        Self::HealthCard,
        Self::SpecialHealthCard,
        Self::Certificate,
    ];

    /// The word for the kind in import files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passport => "passport",
            Self::EmergencyPassport => "emergency-passport",
            Self::IdentityCard => "identity-card",
            Self::MunicipalIdCard => "municipal-id-card",
            Self::ForeignMinistryCard => "foreign-ministry-card",
            Self::DrivingLicence => "driving-licence",
            Self::ResidencePermit => "residence-permit",
            Self::HealthCard => "health-card",
            Self::SpecialHealthCard => "special-health-card",
            Self::Certificate => "certificate",
        }
    }

    /// The kind for a word in an import file; `None` for an unknown word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The state that issued a document, in the letters of Doc 9303-3 §5 (`DNK`, `GRL`, `D`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuingState([u8; 3]);

/// A text that is not an issuing state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an issuing state has one to three letters A to Z")]
pub struct IssuingStateError;

impl IssuingState {
    /// Denmark, which also issues documents for Greenland and the Faroe Islands.
    pub const DENMARK: Self = Self(*b"DNK");

    /// Reads one to three letters; fillers `<` at the end are ignored. Germany is `D` in its documents (Doc 9303-3 §5)
    /// and `DEU` everywhere else: both are read as `D`.
    ///
    /// # Errors
    ///
    /// [`IssuingStateError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, IssuingStateError> {
        let text = text.trim().trim_end_matches('<');
        if !(1..=3).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Err(IssuingStateError);
        }
        let mut code = [b'<'; 3];
        for (place, letter) in code.iter_mut().zip(text.bytes()) {
            *place = letter.to_ascii_uppercase();
        }
        Ok(Self(if code == *b"DEU" { *b"D<<" } else { code }))
    }

    /// The letters without fillers.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default().trim_end_matches('<')
    }
}

impl fmt::Debug for IssuingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The number of a document, in upper case, without spaces, hyphens and fillers.
///
/// Neither a Danish passport number (9 digits) nor a driving licence number (8 digits) has a check digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct DocumentNumber(String);

/// A text that is not a document number. The error never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a document number has 1 to 22 letters and digits")]
pub struct DocumentNumberError;

impl DocumentNumber {
    /// Reads a number as it is printed, typed or written in an MRZ.
    ///
    /// # Errors
    ///
    /// [`DocumentNumberError`] where the text holds anything but letters and digits besides spaces, hyphens and
    /// fillers, or has the wrong length.
    pub fn parse(text: &str) -> Result<Self, DocumentNumberError> {
        if text.len() > 4 * DOCUMENT_NUMBER_BYTES_MAX {
            return Err(DocumentNumberError);
        }
        let number: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '<'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let plain = number.bytes().all(|b| b.is_ascii_alphanumeric());
        if number.is_empty() || number.len() > DOCUMENT_NUMBER_BYTES_MAX || !plain {
            return Err(DocumentNumberError);
        }
        Ok(Self(number))
    }

    /// The number in upper case, without spaces, hyphens and fillers.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// What was reported about a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Nothing was reported against the document.
    InForce,
    /// The document was reported lost.
    Lost,
    /// The document was reported stolen.
    Stolen,
    /// The issuer withdrew the document.
    Revoked,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 4] = [Self::InForce, Self::Lost, Self::Stolen, Self::Revoked];

    /// The word for the standing in import files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InForce => "in-force",
            Self::Lost => "lost",
            Self::Stolen => "stolen",
            Self::Revoked => "revoked",
        }
    }

    /// The standing for a word in an import file; `None` for an unknown word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.word() == word)
    }
}

/// A document in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The person to whom the document was issued.
    pub holder: PersonRef,
    /// The kind of the document.
    pub kind: DocumentKind,
    /// The state that issued the document.
    pub state: IssuingState,
    /// The number of the document.
    pub number: DocumentNumber,
    /// The first day on which the document is valid.
    pub issued: Option<Date>,
    /// The last day on which the document is valid; `None` where it does not expire.
    pub expires: Option<Date>,
    /// Whether the national number is printed on it or in its MRZ.
    pub carries_cpr: bool,
    /// What was reported about it.
    pub standing: Standing,
    /// The day of that report.
    pub standing_since: Option<Date>,
}

/// Whether a document is valid, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentStatus {
    /// The document is valid.
    Valid,
    /// The last day of the document has passed, or its first day has not come.
    Expired,
    /// The document was reported lost.
    Lost,
    /// The document was reported stolen.
    Stolen,
    /// The issuer withdrew the document.
    Revoked,
}

/// The status of a document, with the instant to which it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusAnswer {
    /// The status of the document.
    pub status: DocumentStatus,
    /// The instant at which the register had this status. For a table that is loaded now and then, it is when the table
    /// was made. Rules that require a fresh status compare this instant.
    pub as_of: Timestamp,
}

impl Document {
    /// The status on a day. What was reported about the document outweighs its dates.
    pub fn status(&self, on: Date) -> DocumentStatus {
        let over = self.expires.is_some_and(|last| last < on);
        let early = self.issued.is_some_and(|first| on < first);
        match self.standing {
            Standing::Stolen => DocumentStatus::Stolen,
            Standing::Lost => DocumentStatus::Lost,
            Standing::Revoked => DocumentStatus::Revoked,
            Standing::InForce if over || early => DocumentStatus::Expired,
            Standing::InForce => DocumentStatus::Valid,
        }
    }
}

/// The day of an instant for the dates of documents. Danish documents expire at midnight in Denmark; for a person
/// abroad the difference of half a day decides no recovery.
pub(crate) fn day_in_denmark(now: Timestamp) -> Date {
    now.to_zoned(home_zone()).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn licence(standing: Standing) -> Document {
        Document {
            holder: PersonRef::parse("p1").unwrap(),
            kind: DocumentKind::DrivingLicence,
            state: IssuingState::DENMARK,
            number: DocumentNumber::parse("12345678").unwrap(),
            issued: Some(date(2020, 1, 1)),
            expires: Some(date(2026, 11, 22)),
            carries_cpr: true,
            standing,
            standing_since: None,
        }
    }

    #[test]
    fn a_document_counts_from_its_first_day_to_its_last() {
        let licence = licence(Standing::InForce);

        assert_eq!(licence.status(date(2019, 12, 31)), DocumentStatus::Expired);
        assert_eq!(licence.status(date(2020, 1, 1)), DocumentStatus::Valid);
        assert_eq!(licence.status(date(2026, 11, 22)), DocumentStatus::Valid);
        assert_eq!(licence.status(date(2026, 11, 23)), DocumentStatus::Expired);
    }

    #[test]
    fn a_report_outweighs_the_dates() {
        let on = date(2030, 1, 1);

        assert_eq!(licence(Standing::Stolen).status(on), DocumentStatus::Stolen);
        assert_eq!(licence(Standing::Lost).status(on), DocumentStatus::Lost);
        assert_eq!(licence(Standing::Revoked).status(on), DocumentStatus::Revoked);
    }

    #[test]
    fn numbers_are_compared_without_spaces_hyphens_and_fillers() {
        let printed = DocumentNumber::parse(" ab 12-34<<").unwrap();

        assert_eq!(printed.as_str(), "AB1234");
        for wrong in ["", "<<<", "12345678901234567890123", "12#4", "１２３"] {
            assert_eq!(DocumentNumber::parse(wrong), Err(DocumentNumberError), "{wrong}");
        }
    }

    #[test]
    fn the_state_of_germany_has_one_letter() {
        assert_eq!(IssuingState::parse("D<<"), IssuingState::parse("d"));
        assert_eq!(IssuingState::parse("D<<").unwrap().as_str(), "D");
        assert_eq!(IssuingState::parse("DEU"), IssuingState::parse("D"));
        assert!(IssuingState::parse("").is_err());
        assert!(IssuingState::parse("DNKX").is_err());
    }

    #[test]
    fn the_danish_day_begins_before_the_utc_day() {
        let late: Timestamp = "2026-11-22T23:30:00Z".parse().unwrap();

        assert_eq!(day_in_denmark(late), date(2026, 11, 23));
    }
}
