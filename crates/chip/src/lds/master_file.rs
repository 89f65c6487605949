//! EF.DIR and EF.ATR/INFO in the master file (Doc 9303-10 §3.11), and the pictures of DG5 to DG7.

use crate::tlv::{Reader, Tag, TlvError};

/// Entries looked at; real files have up to five.
const ENTRIES_MAX: usize = 16;

/// EF.DIR: identifiers of the applications, `61 { 4F identifier }`.
///
/// # Errors
///
/// [`TlvError`] where it is no list of application templates.
pub fn applications(dir: &[u8]) -> Result<Vec<Vec<u8>>, TlvError> {
    let mut reader = Reader::new(dir);
    let mut found = Vec::new();
    // Files may be longer than their content; zeros fill them.
    while !reader.is_empty() && reader.rest().first() != Some(&0) && found.len() < ENTRIES_MAX {
        let template = reader.expect(Tag::new(0x61))?;
        if let Some(identifier) = template.children()?.find(Tag::new(0x4F))? {
            found.push(identifier.value().to_vec());
        }
    }
    Ok(found)
}

/// What EF.ATR/INFO says of lengths (`7F66`, ISO/IEC 7816-4 §12.7.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtendedLengths {
    /// The longest command, in octets.
    pub command_bytes_max: Option<u32>,
    /// The longest answer, in octets.
    pub answer_bytes_max: Option<u32>,
}

/// The extended lengths that EF.ATR/INFO states; nothing where it states none.
///
/// # Errors
///
/// [`TlvError`] where the file is no sequence of objects.
pub fn extended_lengths(atr_info: &[u8]) -> Result<ExtendedLengths, TlvError> {
    let mut reader = Reader::new(atr_info);
    let mut lengths = ExtendedLengths::default();
    while !reader.is_empty() && reader.rest().first() != Some(&0) {
        let Some(object) = reader.read()? else { break };
        if object.tag() != Tag::new(0x7F66) {
            continue;
        }
        let mut numbers = object.children()?;
        let mut next = || -> Result<Option<u32>, TlvError> {
            let Some(number) = numbers.optional(Tag::new(0x02))? else { return Ok(None) };
            let octets = number.value();
            if octets.len() > 4 {
                return Err(number.malformed());
            }
            Ok(Some(octets.iter().fold(0, |sum, octet| (sum << 8) | u32::from(*octet))))
        };
        lengths = ExtendedLengths { command_bytes_max: next()?, answer_bytes_max: next()? };
    }
    Ok(lengths)
}

/// The pictures of DG5, DG6 or DG7: `6x { 02 count, 5F40 or 5F43 picture … }`.
///
/// # Errors
///
/// [`TlvError`] where the file is no such template.
pub fn pictures(file: &[u8]) -> Result<Vec<&[u8]>, TlvError> {
    let mut reader = Reader::new(file);
    let offset = reader.offset();
    let expected = Tag::new(0x67);
    let template = reader.read()?.ok_or(TlvError::Missing { offset, expected })?;
    if !matches!(template.tag().number(), 0x65..=0x67) {
        return Err(TlvError::Unexpected { offset, expected, found: template.tag() });
    }
    let mut fields = template.children()?;
    let mut found = Vec::new();
    while let Some(field) = fields.read()? {
        if matches!(field.tag().number(), 0x5F40 | 0x5F42 | 0x5F43) && found.len() < ENTRIES_MAX {
            found.push(field.value());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv::{constructed, object};

    #[test]
    fn ef_dir_names_the_applications() {
        let identifier = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
        let entry = object(Tag::new(0x61), &object(Tag::new(0x4F), &identifier));

        let found = applications(&[entry, vec![0; 6]].concat()).unwrap();

        assert_eq!(found, [identifier]);
        assert!(applications(&[0x62, 0x00]).is_err());
    }

    #[test]
    fn ef_atr_info_states_lengths() {
        let numbers =
            [object(Tag::new(2), &[0x04, 0x00]), object(Tag::new(2), &[0x01, 0x00, 0x00])];
        let file = [object(Tag::new(0x47), &[1, 2, 3]), constructed(Tag::new(0x7F66), numbers)];

        let lengths = extended_lengths(&file.concat()).unwrap();

        assert_eq!(lengths.command_bytes_max, Some(1_024));
        assert_eq!(lengths.answer_bytes_max, Some(65_536));
        assert_eq!(extended_lengths(&[]).unwrap(), ExtendedLengths::default());
    }

    #[test]
    fn dg7_holds_the_signature_as_a_picture() {
        let parts = [object(Tag::new(2), &[1]), object(Tag::new(0x5F43), &[0xFF, 0xD8])];
        let file = constructed(Tag::new(0x67), parts);

        assert_eq!(pictures(&file).unwrap(), [&[0xFF, 0xD8]]);
        assert!(pictures(&[0x61, 0x00]).is_err());
    }
}
