//! The files of the logical data structure, Doc 9303-10.

use crate::date::Date;
use crate::der;
use crate::digest::Digest;
use crate::protocol::PaceOffer;

/// A file of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum File {
    /// EF.ATR/INFO, in the master file.
    AtrInfo,
    /// EF.DIR, in the master file.
    Dir,
    /// EF.CardAccess, in the master file.
    CardAccess,
    /// EF.CardSecurity, in the master file, readable after PACE.
    CardSecurity,
    /// EF.COM, in the application.
    Com,
    /// EF.DG1 to EF.DG16, in the application.
    DataGroup(u8),
    /// EF.SOD, in the application.
    Sod,
}

/// The application identifier of the eMRTD application.
pub(crate) const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// More details about the holder, DG11.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonalDetails {
    /// Full name as written in the state's own letters.
    pub full_name: Option<String>,
    /// A national number.
    pub personal_number: Option<String>,
    /// Full date of birth.
    pub birth_date: Option<Date>,
    /// Dates as four bytes of packed digits instead of eight characters (case 25).
    pub packed_dates: bool,
    /// Place of birth.
    pub place_of_birth: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// Other names, in a template of their own under tag `A0`.
    pub other_names: Vec<String>,
    /// The tag list leaves the template out (case 25).
    pub other_names_unlisted: bool,
}

/// More details about the document, DG12.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentDetails {
    /// Who issued it.
    pub issuing_authority: Option<String>,
    /// The day on which the document was issued, where it says so.
    pub issued_on: Option<Date>,
    /// As in [`PersonalDetails`].
    pub packed_dates: bool,
}

impl File {
    /// The file identifier; EF.CardSecurity and EF.SOD share one in different directories.
    #[must_use]
    pub fn id(self) -> u16 {
        match self {
            Self::AtrInfo => 0x2F01,
            Self::Dir => 0x2F00,
            Self::CardAccess => 0x011C,
            Self::CardSecurity | Self::Sod => 0x011D,
            Self::Com => 0x011E,
            Self::DataGroup(number) => 0x0100 | u16::from(number),
        }
    }

    /// The short file identifier.
    #[must_use]
    pub fn short_id(self) -> u8 {
        match self {
            Self::AtrInfo => 0x01,
            Self::Dir | Self::Com => 0x1E,
            Self::CardAccess => 0x1C,
            Self::CardSecurity | Self::Sod => 0x1D,
            Self::DataGroup(number) => number,
        }
    }

    /// Whether the file lies in the master file.
    pub(crate) fn in_master_file(self) -> bool {
        match self {
            Self::AtrInfo | Self::Dir | Self::CardAccess | Self::CardSecurity => true,
            Self::Com | Self::DataGroup(_) | Self::Sod => false,
        }
    }

    /// Whether anybody may read it.
    pub(crate) fn is_free(self) -> bool {
        match self {
            Self::AtrInfo | Self::Dir | Self::CardAccess => true,
            Self::CardSecurity | Self::Com | Self::DataGroup(_) | Self::Sod => false,
        }
    }

    /// A stable number for the stored form of a document.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::DataGroup(number) => number,
            Self::AtrInfo => 0x21,
            Self::Dir => 0x22,
            Self::CardAccess => 0x23,
            Self::CardSecurity => 0x24,
            Self::Com => 0x25,
            Self::Sod => 0x26,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::AtrInfo, Self::Dir, Self::CardAccess, Self::CardSecurity, Self::Com, Self::Sod]
            .into_iter()
            .find(|file| file.code() == code)
            .or_else(|| (1..=16).contains(&code).then_some(Self::DataGroup(code)))
    }
}

/// The tag that opens a data group's file.
pub(crate) fn data_group_tag(number: u8) -> u8 {
    const TAGS: [u8; 16] = [
        0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F,
        0x70,
    ];
    TAGS.get(usize::from(number).saturating_sub(1)).copied().unwrap_or(0)
}

/// EF.COM: versions and the list of data groups.
pub(crate) fn com(lds_version: &str, data_groups: &[u8]) -> Vec<u8> {
    let tags: Vec<u8> = data_groups.iter().map(|number| data_group_tag(*number)).collect();
    der::joined(
        0x60,
        &[
            &der::tlv(0x5F01, lds_version.as_bytes()),
            &der::tlv(0x5F36, b"040000"),
            &der::tlv(0x5C, &tags),
        ],
    )
}

/// DG1: the machine readable zone.
pub(crate) fn machine_readable_zone(text: &str) -> Vec<u8> {
    der::tlv(0x61, &der::tlv(0x5F1F, text.as_bytes()))
}

/// DG11.
pub(crate) fn personal_details(details: &PersonalDetails) -> Vec<u8> {
    let text = |field: &Option<String>| field.as_ref().map(|text| text.as_bytes().to_vec());
    let fields = [
        (0x5F0E, text(&details.full_name)),
        (0x5F10, text(&details.personal_number)),
        (0x5F2B, details.birth_date.map(|day| date(day, details.packed_dates))),
        (0x5F11, text(&details.place_of_birth)),
        (0x5F42, text(&details.address)),
    ];
    let names: Vec<Vec<u8>> =
        details.other_names.iter().map(|name| der::tlv(0x5F0F, name.as_bytes())).collect();
    let count = u64::try_from(names.len()).unwrap_or(0);
    let template = if names.is_empty() {
        Vec::new()
    } else {
        der::joined(0xA0, &[&der::small_integer(count), &names.concat()])
    };
    let listed_names = !names.is_empty() && !details.other_names_unlisted;
    listed(0x6B, if listed_names { &[0xA0] } else { &[] }, fields, &template)
}

/// DG12.
pub(crate) fn document_details(details: &DocumentDetails) -> Vec<u8> {
    let authority = details.issuing_authority.as_ref().map(|text| text.as_bytes().to_vec());
    let day = details.issued_on.map(|day| date(day, details.packed_dates));
    listed(0x6C, &[], [(0x5F19, authority), (0x5F26, day)], &[])
}

/// The present fields behind the list of their tags.
fn listed<const N: usize>(
    group: u16,
    more_tags: &[u8],
    fields: [(u16, Option<Vec<u8>>); N],
    more_values: &[u8],
) -> Vec<u8> {
    let mut tags = more_tags.to_vec();
    let mut values = Vec::new();
    for (tag, value) in fields {
        if let Some(value) = value {
            tags.extend(tag.to_be_bytes());
            values.extend(der::tlv(tag, &value));
        }
    }
    der::joined(group, &[&der::tlv(0x5C, &tags), &values, more_values])
}

fn date(day: Date, packed: bool) -> Vec<u8> {
    let digits = day.full();
    if !packed {
        return digits.into_bytes();
    }
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0u8, |byte, d| byte << 4 | u8::try_from(*d).unwrap_or(0)))
        .collect()
}

/// DG14: security infos.
pub(crate) fn security_infos(infos: Vec<Vec<u8>>) -> Vec<u8> {
    der::tlv(0x6E, &der::set_of(der::SET, infos))
}

/// EF.CardAccess: the offers of PACE.
pub(crate) fn card_access(offers: &[PaceOffer]) -> Vec<u8> {
    // In the order of preference, as issuers write it, not in DER order.
    let infos: Vec<Vec<u8>> = offers.iter().flat_map(PaceOffer::infos).collect();
    der::tlv(der::SET, &infos.concat())
}

/// EF.DIR: the application on this card.
pub(crate) fn directory() -> Vec<u8> {
    der::tlv(0x61, &der::tlv(0x4F, &APPLICATION))
}

/// EF.ATR/INFO: capabilities, and the longest extended command and response (Doc 9303-10 §3.11.1).
pub(crate) fn atr_info(extended_bytes_max: u16) -> Vec<u8> {
    let [high, low] = extended_bytes_max.to_be_bytes();
    let number = der::tlv(der::INTEGER, &[0, high, low]);
    // Capabilities: selection by DF name and file id, short ids; command chaining and extended Le.
    [der::tlv(0x47, &[0xF8, 0x01, 0xC0]), der::joined(0x7F66, &[&number, &number])].concat()
}

/// `LDSSecurityObject`, the content that the document signer signs (Doc 9303-10 §4.6.2.3).
pub(crate) fn security_object(
    digest: Digest,
    data_groups: &[(u8, Vec<u8>)],
    lds_version: Option<&str>,
) -> Vec<u8> {
    let hashes: Vec<Vec<u8>> = data_groups
        .iter()
        .map(|(number, file)| {
            let hash = der::octets(&digest.of(&[file]));
            der::sequence(&[&der::small_integer(u64::from(*number)), &hash])
        })
        .collect();
    let version = lds_version.map(|version| {
        let text = |text: &str| der::tlv(0x13, text.as_bytes());
        der::sequence(&[&text(version), &text("040000")])
    });
    der::sequence(&[
        &der::small_integer(u64::from(version.is_some())),
        &der::sequence(&[&der::oid(digest.oid()), &der::null()]),
        &der::sequence(&[&hashes.concat()]),
        &version.unwrap_or_default(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_code() {
        for code in 0..=255 {
            if let Some(file) = File::from_code(code) {
                assert_eq!(file.code(), code);
            }
        }
        assert_eq!(File::from_code(14), Some(File::DataGroup(14)));
    }

    #[test]
    fn packed_dates_take_four_bytes() {
        assert_eq!(date(Date::new(1987, 6, 5), true), [0x19, 0x87, 0x06, 0x05]);
        assert_eq!(date(Date::new(1987, 6, 5), false), b"19870605");
    }
}
