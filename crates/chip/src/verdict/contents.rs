//! What the signed data groups say of document and holder.

use super::{Document, DocumentKind, Portrait};
use crate::date::{Date, PartialDate};
use crate::lds::details::{DocumentDetails, PersonalDetails};
use crate::lds::portrait::{self, PortraitError};
use crate::lds::zone;
use crate::mrz::{Format, Mrz, MrzError, three_letters};
use crate::sensitive::Sensitive;
use crate::tlv::TlvError;

/// Why a data group says nothing that can be used. No value of it is quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// The file's structure is broken.
    #[error("the file is malformed")]
    Malformed(#[source] TlvError),
    /// What stands there is no machine-readable zone.
    #[error("the machine-readable zone cannot be read")]
    Mrz(#[source] MrzError),
    /// A visa, or another thing that identifies nobody by itself.
    #[error("it is not a travel document")]
    Kind,
    /// The day of expiry is unknown or does not exist.
    #[error("the day of expiry cannot be read")]
    Expiry,
    /// There is no portrait.
    #[error("the portrait cannot be found")]
    Portrait(#[source] PortraitError),
}

/// Nobody younger gets a document without an end: Moldova gives them from 45 years on, Spain and Italy from 70.
const ENDLESS_YEARS_MIN: u16 = 45;

/// What DG1, and DG11 where it is signed, say.
pub(super) struct Holder {
    pub(super) document: Document,
    pub(super) personal_numbers: Vec<Sensitive<String>>,
}

/// Reads DG1. Its check digits are not insisted on: the state signed it as it stands. DG11 is
/// optional and often odd: what cannot be read of it is left out.
///
/// `issued` is when the document was made, as far as that is signed: the zone leaves the centuries of its dates open.
pub(super) fn holder(
    dg1: &[u8],
    dg11: Option<&[u8]>,
    issued: Option<Date>,
    today: Date,
) -> Result<Holder, ContentError> {
    let text = zone::zone_text(dg1).map_err(ContentError::Malformed)?;
    let mrz = Mrz::read(text).map_err(ContentError::Mrz)?;
    let kind = match mrz.format {
        Format::Td1 => DocumentKind::Td1,
        Format::Td2 => DocumentKind::Td2,
        Format::Td3 => DocumentKind::Td3,
        Format::MrvA | Format::MrvB => return Err(ContentError::Kind),
    };
    let details = dg11.and_then(|file| PersonalDetails::parse(file).ok()).unwrap_or_default();
    let expires_on = mrz.expiry.expiry(issued).ok_or(ContentError::Expiry)?;
    let whole = details.birth_date.as_ref().and_then(|date| date.expose().whole());
    // States leave the end out for the old alone.
    let years_min = if mrz.expiry.is_endless() { ENDLESS_YEARS_MIN } else { 0 };
    let birth_date = fuller(mrz.birth.birth(issued.unwrap_or(today), years_min), whole);
    let mut personal_numbers: Vec<Sensitive<String>> = Vec::new();
    let written = [&mrz.optional_data, &mrz.optional_data_2];
    for number in written.into_iter().chain(&details.personal_number) {
        let number = number.expose().trim_matches(['<', ' ']);
        let known = personal_numbers.iter().any(|other| other.expose() == number);
        if !number.is_empty() && !known {
            personal_numbers.push(Sensitive::new(number.to_owned()));
        }
    }
    Ok(Holder {
        document: Document {
            kind,
            code: mrz.document_code,
            issuing_state: three_letters(&mrz.issuing_state).to_owned(),
            number: mrz.document_number,
            holder: mrz.name,
            birth_date: Sensitive::new(birth_date),
            expires_on,
            sex: mrz.sex,
            nationality: three_letters(&mrz.nationality).to_owned(),
        },
        personal_numbers,
    })
}

/// The day of issue in DG12.
pub(super) fn issued_on(dg12: &[u8]) -> Option<Date> {
    DocumentDetails::parse(dg12).ok()?.issued_on?.whole()
}

/// The date of the MRZ, or that of DG11 where it says more and does not disagree.
fn fuller(mrz: PartialDate, details: Option<Date>) -> PartialDate {
    let Some(details) = details else { return mrz };
    let agrees = mrz.year.is_none_or(|year| year % 100 == details.year() % 100)
        && mrz.month.is_none_or(|month| month == details.month())
        && mrz.day.is_none_or(|day| day == details.day());
    if agrees { details.into() } else { mrz }
}

/// The first picture of DG2.
pub(super) fn portrait(dg2: &[u8]) -> Result<Portrait, ContentError> {
    let found = portrait::portraits(dg2).map_err(ContentError::Portrait)?;
    let first = found.first().ok_or(ContentError::Portrait(PortraitError::NoPicture))?;
    Ok(Portrait::new(first.image.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::{Date, PartialDate, fuller};

    #[test]
    fn dg11_completes_a_birth_date_and_never_contradicts_it() {
        let whole = Date::new(1931, 8, 12);
        let known = |year, month, day| PartialDate { year, month, day };

        // The MRZ's two digits leave the century open, and parts may be missing.
        assert_eq!(fuller(known(Some(2031), Some(8), Some(12)), whole).whole(), whole);
        assert_eq!(fuller(known(Some(1931), None, None), whole).whole(), whole);
        let other = known(Some(1931), Some(9), Some(12));
        assert_eq!(fuller(other, whole), other);
        assert_eq!(fuller(other, None), other);
    }
}
