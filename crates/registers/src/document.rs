//! Documents that a state or municipality issued, and whether they still count.

use std::fmt;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::PersonRef;

/// Longest document number in bytes: TD1 and TD2 numbers may run over into the optional data
/// (Doc 9303-5 §4.2.2, 22 characters).
const DOCUMENT_NUMBER_BYTES_MAX: usize = 22;

/// What kind of document.
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
    /// All of them.
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

    /// The word that import files use.
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

    /// The kind of an import file's word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Three letters of Doc 9303-3 §5 (`DNK`, `GRL`, `D`): the state that issued a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuingState([u8; 3]);

/// Why a text is not an issuing state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an issuing state has one to three letters A to Z")]
pub struct IssuingStateError;

impl IssuingState {
    /// Denmark, which also issues for Greenland and the Faroes.
    pub const DENMARK: Self = Self(*b"DNK");

    /// Reads one to three letters; fillers `<` at the end do not count. Germany is `D` in its documents (Doc 9303-3 §5)
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

/// A document's number, upper case, without spaces, hyphens and fillers.
///
/// Neither a Danish passport number (9 digits) nor a licence number (8 digits) has a check digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct DocumentNumber(String);

/// Why a text is not a document number. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a document number has 1 to 22 letters and digits")]
pub struct DocumentNumberError;

impl DocumentNumber {
    /// Reads a number as it is printed, typed or written in an MRZ.
    ///
    /// # Errors
    ///
    /// [`DocumentNumberError`] where something other than letters and digits is left.
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

    /// The canonical text.
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
    /// Nothing against it.
    InForce,
    /// Reported lost.
    Lost,
    /// Reported stolen.
    Stolen,
    /// Withdrawn by its issuer.
    Revoked,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::InForce, Self::Lost, Self::Stolen, Self::Revoked];

    /// The word that import files use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InForce => "in-force",
            Self::Lost => "lost",
            Self::Stolen => "stolen",
            Self::Revoked => "revoked",
        }
    }

    /// The standing of an import file's word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.word() == word)
    }
}

/// A document in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Whose it is.
    pub holder: PersonRef,
    /// What it is.
    pub kind: DocumentKind,
    /// Who issued it.
    pub state: IssuingState,
    /// Its number.
    pub number: DocumentNumber,
    /// First day.
    pub issued: Option<Date>,
    /// Last day on which it counts; `None` where it does not expire.
    pub expires: Option<Date>,
    /// Whether the national number is printed on it or in its MRZ.
    pub carries_cpr: bool,
    /// What was reported about it.
    pub standing: Standing,
    /// The day of that report.
    pub standing_since: Option<Date>,
}

/// Whether a document counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentStatus {
    /// It counts.
    Valid,
    /// Its last day has passed, or its first has not come.
    Expired,
    /// Reported lost.
    Lost,
    /// Reported stolen.
    Stolen,
    /// Withdrawn.
    Revoked,
}

/// An answer about a document, with the moment for which it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusAnswer {
    /// The answer.
    pub status: DocumentStatus,
    /// When the register was as it is told here: for a table that is loaded now and then, the
    /// moment of its making. Rules that want a fresh answer compare this.
    pub as_of: Timestamp,
}

impl Document {
    /// The status on a day: a report outweighs the dates.
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

/// The day that a moment falls on for a document's dates: Danish documents end at midnight in
/// Denmark, and half a day abroad makes nobody's recovery possible or impossible.
pub(crate) fn day_in_denmark(now: Timestamp) -> Date {
    let zone = TimeZone::get("Europe/Copenhagen").unwrap_or(TimeZone::UTC);
    now.to_zoned(zone).date()
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
