//! EF.COM (Doc 9303-10 §4.6.1): versions and a list of data groups. Not signed, so never trusted: the SOD's list counts.

use crate::lds::file::DataGroup;
use crate::tlv::{Reader, Tag, TlvError};

/// EF.COM taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Com {
    /// Version of the data structure, `0107` for 1.7.
    pub lds_version: Option<String>,
    /// Version of Unicode, `040000` for 4.0.0.
    pub unicode_version: Option<String>,
    /// Data groups that it lists.
    pub data_groups: Vec<DataGroup>,
}

impl Com {
    /// Reads the file; what follows it is tolerated.
    ///
    /// # Errors
    ///
    /// [`TlvError`] where it is no template of EF.COM.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(bytes).expect(Tag::new(0x60))?.children()?;
        let mut com = Self { lds_version: None, unicode_version: None, data_groups: Vec::new() };
        while let Some(object) = reader.read()? {
            let text = || String::from_utf8(object.value().to_vec()).ok();
            match object.tag().number() {
                0x5F01 => com.lds_version = text(),
                0x5F36 => com.unicode_version = text(),
                0x5C => {
                    let tags = object.value().iter().map(|tag| Tag::new(u32::from(*tag)));
                    com.data_groups = tags.filter_map(DataGroup::from_tag).take(16).collect();
                }
                _ => {}
            }
        }
        Ok(com)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_9303_11_appendix_d_4_ef_com() {
        let bytes = [
            0x60, 0x14, 0x5F, 0x01, 0x04, 0x30, 0x31, 0x30, 0x36, 0x5F, 0x36, 0x06, 0x30, 0x34,
            0x30, 0x30, 0x30, 0x30, 0x5C, 0x02, 0x61, 0x75,
        ];

        let com = Com::parse(&bytes).unwrap();

        assert_eq!(com.lds_version.as_deref(), Some("0106"));
        assert_eq!(com.unicode_version.as_deref(), Some("040000"));
        assert_eq!(com.data_groups.iter().map(|group| group.number()).collect::<Vec<_>>(), [1, 2]);
    }
}
