//! The portrait in DG2 (Doc 9303-10 §4.7.2): ISO/IEC 19794-5 and ISO/IEC 39794-5 alike.
//!
//! What the picture is, its first octets say: headers that call a JPEG a JPEG 2000, raw codestreams, and lengths that
//! are off by a few octets are all in circulation (CHIP-CASES.md case 25). Nothing is decoded here.

use crate::tlv::{self, Reader, Tag, Tlv, TlvError};

const FACIAL_RECORD: &[u8] = b"FAC\0";

/// Biometric templates looked at; real documents have one or two.
const TEMPLATES_MAX: usize = 8;

/// How far a picture may lie from where the record's lengths put it.
const SLACK_BYTES: usize = 16;

/// How far into a block of unknown form a picture is looked for.
const SEARCHED_BYTES_MAX: usize = 1_024;

/// How the picture is coded, by its first octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// JPEG: `FF D8 FF`.
    Jpeg,
    /// JPEG 2000 in its file format: a signature box.
    Jpeg2000,
    /// A bare JPEG 2000 codestream: `FF 4F FF 51`.
    Jpeg2000Codestream,
}

/// How the block around the picture is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Block {
    /// ISO/IEC 19794-5:2005.
    Iso19794,
    /// ISO/IEC 39794-5:2019.
    Iso39794,
    /// Neither.
    Unknown,
}

/// A picture inside the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Portrait<'a> {
    /// How the picture is coded.
    pub coding: Coding,
    /// How the block around it is coded.
    pub block: Block,
    /// The picture, perhaps with padding behind it.
    pub image: &'a [u8],
}

impl std::fmt::Debug for Portrait<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Portrait")
            .field("coding", &self.coding)
            .field("block", &self.block)
            .field("image_bytes", &self.image.len())
            .finish()
    }
}

/// Why no portrait was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortraitError {
    /// The file is not a DG2.
    #[error("the file is no data group 2")]
    Template(#[source] TlvError),
    /// There is a block, and in it nothing that begins like a picture.
    #[error("the biometric block holds no picture that begins like one")]
    NoPicture,
}

/// The portraits of DG2, the first being the one to compare with.
///
/// # Errors
///
/// [`PortraitError`] where the file is no DG2 or holds no picture.
pub fn portraits(dg2: &[u8]) -> Result<Vec<Portrait<'_>>, PortraitError> {
    let blocks = blocks(dg2).map_err(PortraitError::Template)?;
    let found: Vec<Portrait<'_>> = blocks.into_iter().filter_map(portrait).collect();
    if found.is_empty() { Err(PortraitError::NoPicture) } else { Ok(found) }
}

/// The biometric data blocks: `75 { 7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E block } … } }`.
fn blocks(dg2: &[u8]) -> Result<Vec<&[u8]>, TlvError> {
    let (group, _) = opened(dg2, 0x75)?;
    let (mut rest, _) = opened(group, 0x7F61)?;
    let mut blocks = Vec::new();
    while let Ok((number, value, after)) = first(rest) {
        rest = after;
        if number != 0x7F60 {
            continue;
        }
        let mut fields = value;
        while let Ok((number, value, after)) = first(fields) {
            fields = after;
            if matches!(number, 0x5F2E | 0x7F2E) {
                blocks.push(value);
            }
        }
        if blocks.len() >= TEMPLATES_MAX {
            break;
        }
    }
    Ok(blocks)
}

fn opened(bytes: &[u8], expected: u32) -> Result<(&[u8], &[u8]), TlvError> {
    let (number, value, rest) = first(bytes)?;
    if number == expected {
        return Ok((value, rest));
    }
    let (expected, found) = (Tag::new(expected), Tag::new(number));
    Err(TlvError::Unexpected { offset: 0, expected, found })
}

/// The first object: tag, value, and what follows. A length that claims a few octets more than there are is cut to what is
/// there: British and New Zealand files are known for it.
fn first(bytes: &[u8]) -> Result<(u32, &[u8], &[u8]), TlvError> {
    let truncated = TlvError::Truncated { offset: 0 };
    let header = tlv::header(bytes)?;
    let there = bytes.get(header.header_bytes..).ok_or(truncated)?;
    let claimed = usize::try_from(header.value_bytes).map_err(|_| truncated)?;
    if claimed.saturating_sub(there.len()) > SLACK_BYTES {
        return Err(truncated);
    }
    let (value, rest) = there.split_at(claimed.min(there.len()));
    Ok((header.tag.number(), value, rest))
}

/// The picture of one biometric data block.
#[must_use]
pub fn portrait(block: &[u8]) -> Option<Portrait<'_>> {
    if block.starts_with(FACIAL_RECORD) {
        return in_facial_record(block);
    }
    if let Some((coding, image)) = in_tree(block) {
        return Some(Portrait { coding, block: Block::Iso39794, image });
    }
    let (coding, image) = from_first(block, 0, SEARCHED_BYTES_MAX)?;
    Some(Portrait { coding, block: Block::Unknown, image })
}

/// ISO/IEC 19794-5 §5: record header 14, facial information 20, feature points 8 each, image information 12.
fn in_facial_record(block: &[u8]) -> Option<Portrait<'_>> {
    let points = block.get(18..20).and_then(|octets| <[u8; 2]>::try_from(octets).ok());
    let points = usize::from(u16::from_be_bytes(points?));
    let expected = 14_usize + 20 + points.checked_mul(8)? + 12;
    // Not further: a picture that is none may hold a thumbnail that is one.
    let start = expected.saturating_sub(SLACK_BYTES);
    let (coding, image) = from_first(block, start, expected.saturating_add(SLACK_BYTES))?;
    Some(Portrait { coding, block: Block::Iso19794, image })
}

/// ISO/IEC 39794-5 is a tree; the picture is the first primitive value that begins like one.
fn in_tree(block: &[u8]) -> Option<(Coding, &[u8])> {
    let mut reader = Reader::new(block);
    let root = reader.expect(Tag::new(0xA1)).ok()?;
    in_branch(&root)
}

fn in_branch<'a>(branch: &Tlv<'a>) -> Option<(Coding, &'a [u8])> {
    let mut children = branch.children().ok()?;
    while let Ok(Some(child)) = children.read() {
        let found = if child.tag().is_constructed() {
            in_branch(&child)
        } else {
            coding_of(child.value()).map(|coding| (coding, child.value()))
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The first place from `start` on, before `end`, at which a picture begins.
fn from_first(block: &[u8], start: usize, end: usize) -> Option<(Coding, &[u8])> {
    (start..end.min(block.len())).find_map(|at| {
        let rest = block.get(at..)?;
        coding_of(rest).map(|coding| (coding, rest))
    })
}

/// What a picture's first octets say it is.
#[must_use]
pub fn coding_of(image: &[u8]) -> Option<Coding> {
    const JPEG_2000_BOX: &[u8] = b"\0\0\0\x0CjP  \r\n\x87\n";
    if image.starts_with(&[0xFF, 0xD8, 0xFF]) {
        Some(Coding::Jpeg)
    } else if image.starts_with(JPEG_2000_BOX) {
        Some(Coding::Jpeg2000)
    } else if image.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]) {
        Some(Coding::Jpeg2000Codestream)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv::{constructed, object};

    fn facial_record(points: u8, stray: usize, image: &[u8]) -> Vec<u8> {
        let mut block = FACIAL_RECORD.to_vec();
        block.resize(19, 0);
        block.push(points);
        block.resize(46 + usize::from(points) * 8 + stray, 0);
        [block, image.to_vec()].concat()
    }

    fn dg2(blocks: &[Vec<u8>]) -> Vec<u8> {
        let mut parts = vec![object(Tag::new(0x02), &[1])];
        parts.extend(blocks.iter().map(|block| {
            let header = object(Tag::new(0xA1), &[]);
            constructed(Tag::new(0x7F60), [header, object(Tag::new(0x5F2E), block)])
        }));
        object(Tag::new(0x75), &constructed(Tag::new(0x7F61), parts))
    }

    #[test]
    fn the_picture_says_itself_what_it_is() {
        for (image, coding) in [
            (&[0xFF, 0xD8, 0xFF, 0xE0, 1][..], Coding::Jpeg),
            (b"\0\0\0\x0CjP  \r\n\x87\nrest", Coding::Jpeg2000),
            (&[0xFF, 0x4F, 0xFF, 0x51, 9], Coding::Jpeg2000Codestream),
        ] {
            for stray in [0, 1, 8] {
                let file = dg2(&[facial_record(3, stray, image)]);
                let found = portraits(&file).unwrap();
                assert_eq!((found[0].coding, found[0].image), (coding, image));
            }
        }
    }

    #[test]
    fn a_thumbnail_inside_a_broken_picture_is_not_the_portrait() {
        let broken = [&[0xFF, 0xD8, 0xFE, 0xE0][..], &[0; 100], &[0xFF, 0xD8, 0xFF, 0xE0]].concat();

        let file = dg2(&[facial_record(0, 0, &broken)]);

        assert_eq!(portraits(&file), Err(PortraitError::NoPicture));
    }

    #[test]
    fn a_tree_of_39794_5_is_searched_to_its_leaves() {
        let image = [0xFF, 0xD8, 0xFF, 0xDB, 7];
        let leaf = object(Tag::new(0x80), &image);
        let tree = object(Tag::new(0xA1), &object(Tag::new(0xA0), &leaf));

        let found = portrait(&tree).unwrap();

        assert_eq!((found.block, found.image), (Block::Iso39794, &image[..]));
    }

    #[test]
    fn lengths_that_claim_a_few_octets_more_are_tolerated() {
        let image = [0xFF, 0xD8, 0xFF, 0xE0, 1];
        let mut file = dg2(&[facial_record(0, 0, &image)]);
        file[1] += 8;
        assert_eq!(portraits(&file).unwrap()[0].image, image);

        file[1] += 17;
        assert!(portraits(&file).is_err());
    }

    #[test]
    fn hostile_files_are_refused() {
        let deep = (0..40).fold(vec![0; 3], |inner, _| object(Tag::new(0xA1), &inner));
        for file in [&[][..], &[0x75, 0x00], &[0x75, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], &dg2(&[deep])] {
            assert!(portraits(file).is_err());
        }
    }
}
