//! What the signed data groups say of document and holder.

use super::{Document, DocumentKind, Portrait};
use crate::date::{Date, PartialDate};
use crate::mrz::{Format, Mrz, MrzError, three_letters};
use crate::sensitive::Sensitive;
use crate::tlv::{Reader, Tag, TlvError};

const DG1: Tag = Tag::new(0x61);
const MRZ: Tag = Tag::new(0x5F1F);
const DG11: Tag = Tag::new(0x6B);
const PERSONAL_NUMBER: Tag = Tag::new(0x5F10);
const FULL_BIRTH_DATE: Tag = Tag::new(0x5F2B);

/// Why a data group says nothing that can be used. No value of it is quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// The file's structure is broken.
    #[error("the file is malformed")]
    Malformed(#[from] TlvError),
    /// What stands there is no machine-readable zone.
    #[error("the machine-readable zone cannot be read")]
    Mrz(#[source] MrzError),
    /// A visa, or another thing that identifies nobody by itself.
    #[error("it is not a travel document")]
    Kind,
    /// The day of expiry is unknown or does not exist.
    #[error("the day of expiry cannot be read")]
    Expiry,
    /// No image of a known format.
    #[error("there is no portrait of a known format")]
    Portrait,
}

/// What DG1, and DG11 where it is signed, say.
pub(super) struct Holder {
    pub(super) document: Document,
    pub(super) personal_numbers: Vec<Sensitive<String>>,
}

/// Reads DG1. Its check digits are not insisted on: the state signed it as it stands.
pub(super) fn holder(dg1: &[u8], dg11: Option<&[u8]>, today: Date) -> Result<Holder, ContentError> {
    let text = Reader::new(dg1).expect(DG1)?.children()?.expect(MRZ)?;
    let text_str = std::str::from_utf8(text.value()).map_err(|_| text.malformed())?;
    let mrz = Mrz::read(text_str).map_err(ContentError::Mrz)?;
    let kind = match mrz.format {
        Format::Td1 => DocumentKind::Td1,
        Format::Td2 => DocumentKind::Td2,
        Format::Td3 => DocumentKind::Td3,
        Format::MrvA | Format::MrvB => return Err(ContentError::Kind),
    };
    let details = dg11.map(Details::read).unwrap_or_default();
    let expires_on = mrz.expiry.expiry(today).ok_or(ContentError::Expiry)?;
    let birth_date = fuller(mrz.birth.birth(today), details.birth_date);
    let mut personal_numbers: Vec<Sensitive<String>> = Vec::new();
    let written = [&mrz.optional_data, &mrz.optional_data_2];
    for number in written.into_iter().chain(&details.personal_number) {
        let number = number.expose().trim();
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

/// The date of the MRZ, or that of DG11 where it says more and does not disagree.
fn fuller(mrz: PartialDate, details: Option<Date>) -> PartialDate {
    let Some(details) = details else { return mrz };
    let agrees = mrz.year.is_none_or(|year| year % 100 == details.year() % 100)
        && mrz.month.is_none_or(|month| month == details.month())
        && mrz.day.is_none_or(|day| day == details.day());
    if agrees { details.into() } else { mrz }
}

/// What is wanted of DG11 (Doc 9303-10 §4.7.11). The file is optional and often odd: what cannot
/// be read is left out.
#[derive(Default)]
struct Details {
    personal_number: Option<Sensitive<String>>,
    birth_date: Option<Date>,
}

impl Details {
    fn read(dg11: &[u8]) -> Self {
        Self::try_read(dg11).unwrap_or_default()
    }

    fn try_read(dg11: &[u8]) -> Result<Self, TlvError> {
        let mut details = Self::default();
        let mut fields = Reader::new(dg11).expect(DG11)?.children()?;
        while let Ok(Some(field)) = fields.read() {
            if field.tag() == PERSONAL_NUMBER {
                let text = String::from_utf8_lossy(field.value()).replace('<', " ");
                details.personal_number = Some(Sensitive::new(text));
            } else if field.tag() == FULL_BIRTH_DATE {
                details.birth_date = full_date(field.value());
            }
        }
        Ok(details)
    }
}

/// `CCYYMMDD` in digits, or packed two to an octet (CHIP-CASES 25).
fn full_date(octets: &[u8]) -> Option<Date> {
    let text: Sensitive<String> = match octets {
        [_, _, _, _] => Sensitive::new(octets.iter().map(|octet| format!("{octet:02x}")).collect()),
        _ => Sensitive::new(std::str::from_utf8(octets).ok()?.to_owned()),
    };
    let text = text.expose();
    if text.len() != 8 || !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    Date::new(
        text.get(..4)?.parse().ok()?,
        text.get(4..6)?.parse().ok()?,
        text.get(6..)?.parse().ok()?,
    )
}

/// The image in DG2, found by how images begin: headers lie about format and length
/// (CHIP-CASES 25). Decoders stop at the image's own end.
pub(super) fn portrait(dg2: &[u8]) -> Result<Portrait, ContentError> {
    const BEGINNINGS: [&[u8]; 3] =
        [b"\xff\xd8\xff", b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"];
    (0..dg2.len())
        .find_map(|at| {
            let rest = dg2.get(at..)?;
            BEGINNINGS.iter().any(|beginning| rest.starts_with(beginning)).then_some(rest)
        })
        .map(|image| Portrait::new(image.to_vec()))
        .ok_or(ContentError::Portrait)
}
