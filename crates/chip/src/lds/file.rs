//! The files of a travel document, by the ids that Doc 9303-10 §3 gives them.

use crate::tlv::Tag;

/// The application of travel documents (Doc 9303-10 §3.1).
pub(crate) const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// A file that this crate knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileId {
    /// EF.CardAccess in the master file: how to begin, readable by anybody, not signed.
    CardAccess,
    /// EF.ATR/INFO in the master file: what lengths the chip takes.
    AtrInfo,
    /// EF.DIR in the master file: which applications there are.
    Dir,
    /// EF.CardSecurity in the master file: the chip's keys, signed.
    CardSecurity,
    /// EF.COM: a list of data groups, not signed.
    Com,
    /// EF.SOD: the hashes of the data groups, signed.
    Sod,
    /// A data group, 1 to 16.
    DataGroup(DataGroup),
}

/// The number of a data group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataGroup(u8);

impl DataGroup {
    /// Data group `number`, or `None` outside 1 to 16.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number >= 1 && number <= 16 { Some(Self(number)) } else { None }
    }

    /// 1 to 16.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether it holds fingerprints or irises, which need extended access control: named, never read.
    #[must_use]
    pub const fn is_biometric_secret(self) -> bool {
        matches!(self.0, 3 | 4)
    }

    /// The tag of its template (Doc 9303-10 §4.7, Table 38).
    #[must_use]
    pub const fn tag(self) -> Tag {
        Tag::new(match self.0 {
            1 => 0x61,
            2 => 0x75,
            3 => 0x63,
            4 => 0x76,
            5 => 0x65,
            6 => 0x66,
            7 => 0x67,
            8 => 0x68,
            9 => 0x69,
            10 => 0x6A,
            11 => 0x6B,
            12 => 0x6C,
            13 => 0x6D,
            14 => 0x6E,
            15 => 0x6F,
            _ => 0x70,
        })
    }

    /// The data group with this template tag.
    #[must_use]
    pub fn from_tag(tag: Tag) -> Option<Self> {
        (1..=16).map(Self).find(|group| group.tag() == tag)
    }
}

impl FileId {
    /// DG1: the machine-readable zone.
    pub const DG1: Self = Self::DataGroup(DataGroup(1));
    /// DG2: the portrait.
    pub const DG2: Self = Self::DataGroup(DataGroup(2));
    /// DG7: the signature as a picture.
    pub const DG7: Self = Self::DataGroup(DataGroup(7));
    /// DG11: further personal details.
    pub const DG11: Self = Self::DataGroup(DataGroup(11));
    /// DG12: further document details.
    pub const DG12: Self = Self::DataGroup(DataGroup(12));
    /// DG13: details of the issuer's choice.
    pub const DG13: Self = Self::DataGroup(DataGroup(13));
    /// DG14: security options.
    pub const DG14: Self = Self::DataGroup(DataGroup(14));
    /// DG15: the key of active authentication.
    pub const DG15: Self = Self::DataGroup(DataGroup(15));
    /// DG16: persons to notify.
    pub const DG16: Self = Self::DataGroup(DataGroup(16));

    /// Every file, in ascending order.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::CardAccess, Self::AtrInfo, Self::Dir, Self::CardSecurity, Self::Com, Self::Sod]
            .into_iter()
            .chain((1..=16).map(|number| Self::DataGroup(DataGroup(number))))
    }

    /// The file identifier.
    #[must_use]
    pub const fn identifier(self) -> u16 {
        match self {
            Self::CardAccess => 0x011C,
            Self::AtrInfo => 0x2F01,
            Self::Dir => 0x2F00,
            Self::CardSecurity => 0x011D,
            Self::Com => 0x011E,
            Self::Sod => 0x011D,
            Self::DataGroup(group) => 0x0100 | group.number() as u16,
        }
    }

    /// The short file identifier, 1 to 30.
    #[must_use]
    pub const fn short_identifier(self) -> u8 {
        match self {
            Self::CardAccess => 0x1C,
            Self::AtrInfo => 0x01,
            Self::Dir => 0x1E,
            Self::CardSecurity | Self::Sod => 0x1D,
            Self::Com => 0x1E,
            Self::DataGroup(group) => group.number(),
        }
    }

    /// The tag that the content begins with, where it has one of its own.
    #[must_use]
    pub const fn tag(self) -> Option<Tag> {
        match self {
            Self::CardAccess => Some(Tag::new(0x31)),
            Self::CardSecurity => Some(Tag::new(0x30)),
            Self::Com => Some(Tag::new(0x60)),
            Self::Sod => Some(Tag::new(0x77)),
            Self::DataGroup(group) => Some(group.tag()),
            Self::AtrInfo | Self::Dir => None,
        }
    }

    /// Which data group it is, where it is one.
    #[must_use]
    pub const fn data_group(self) -> Option<DataGroup> {
        match self {
            Self::DataGroup(group) => Some(group),
            Self::Com
            | Self::Sod
            | Self::CardAccess
            | Self::CardSecurity
            | Self::AtrInfo
            | Self::Dir => None,
        }
    }

    /// Whether it lies in the master file and not in the application.
    #[must_use]
    pub const fn is_in_master_file(self) -> bool {
        match self {
            Self::CardAccess | Self::AtrInfo | Self::Dir | Self::CardSecurity => true,
            Self::Com | Self::Sod | Self::DataGroup(_) => false,
        }
    }

    /// A short name: `com`, `sod`, `dg1` to `dg16`, `card-access`, `card-security`, `dir`, `atr-info`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CardAccess => "card-access",
            Self::AtrInfo => "atr-info",
            Self::Dir => "dir",
            Self::CardSecurity => "card-security",
            Self::Com => "com",
            Self::Sod => "sod",
            Self::DataGroup(group) => match group.number() {
                1 => "dg1",
                2 => "dg2",
                3 => "dg3",
                4 => "dg4",
                5 => "dg5",
                6 => "dg6",
                7 => "dg7",
                8 => "dg8",
                9 => "dg9",
                10 => "dg10",
                11 => "dg11",
                12 => "dg12",
                13 => "dg13",
                14 => "dg14",
                15 => "dg15",
                _ => "dg16",
            },
        }
    }

    /// The file with this [`FileId::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|file| file.name() == name)
    }
}

impl std::fmt::Display for FileId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_tags_lead_back_to_their_file() {
        for file in FileId::all() {
            assert_eq!(FileId::from_name(file.name()), Some(file));
            if let FileId::DataGroup(group) = file {
                assert_eq!(DataGroup::from_tag(group.tag()), Some(group));
            }
        }
        assert_eq!(FileId::from_name("dg17"), None);
    }
}
