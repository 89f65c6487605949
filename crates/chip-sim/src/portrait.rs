//! The portrait in DG2: ISO/IEC 19794-5 or 39794-5 around a JPEG or JPEG 2000 image.

use crate::der;

/// Which standard's container holds the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Container {
    /// ISO/IEC 19794-5:2005, what nearly every document carries.
    #[default]
    Iso19794,
    /// ISO/IEC 39794-5:2019, allowed by ICAO from 2026 on.
    Iso39794,
}

/// An image in its container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portrait {
    /// JPEG, JP2 or a bare JPEG 2000 codestream.
    pub image: Vec<u8>,
    /// The container around it.
    pub container: Container,
    /// States JPEG 2000 in the header where the image is JPEG, and the reverse (case 25).
    pub lies_about_format: bool,
}

impl Portrait {
    /// A portrait as most documents carry it.
    #[must_use]
    pub fn new(image: Vec<u8>) -> Self {
        Self { image, container: Container::default(), lies_about_format: false }
    }

    /// An even grey picture as a valid JPEG: no face, for documents that nobody looks at. Both
    /// sides are rounded up to whole blocks of 8; comments fill it up to `bytes_min`.
    #[must_use]
    pub fn grey(width: u16, height: u16, bytes_min: usize) -> Self {
        let (width, height) = (width.next_multiple_of(8), height.next_multiple_of(8));
        let mut image = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
        image.extend([1; 64]);
        image.extend([0xFF, 0xC0, 0, 11, 8]);
        image.extend(height.to_be_bytes());
        image.extend(width.to_be_bytes());
        image.extend([1, 1, 0x11, 0]);
        // One Huffman code each: no difference in brightness, end of block.
        for class in [0x00, 0x10] {
            image.extend([0xFF, 0xC4, 0, 20, class, 1]);
            image.extend([0; 16]);
        }
        // Two bits of zero a block.
        let blocks = usize::from(width / 8).saturating_mul(usize::from(height / 8));
        let scan = vec![0; blocks.div_ceil(4)];
        let mut missing = bytes_min.saturating_sub(image.len() + scan.len() + 12);
        while missing > 4 {
            let length = u16::try_from(missing.saturating_sub(2)).unwrap_or(u16::MAX);
            image.extend([0xFF, 0xFE]);
            image.extend(length.to_be_bytes());
            image.extend(std::iter::repeat_n(b'.', usize::from(length) - 2));
            missing = missing.saturating_sub(usize::from(length) + 2);
        }
        image.extend([0xFF, 0xDA, 0, 8, 1, 1, 0x00, 0, 63, 0]);
        image.extend(scan);
        image.extend([0xFF, 0xD9]);
        Self::new(image)
    }

    /// The value of DG2.
    pub(crate) fn data_group(&self) -> Vec<u8> {
        let (header, block) = match self.container {
            Container::Iso19794 => (
                // Biometric type 02 (facial features), format owner 0101 and format type 0008.
                [
                    der::tlv(0x81, &[0x02]),
                    der::tlv(0x87, &[0x01, 0x01]),
                    der::tlv(0x88, &[0x00, 0x08]),
                ]
                .concat(),
                der::tlv(0x5F2E, &self.iso_19794()),
            ),
            Container::Iso39794 => (
                [der::tlv(0x87, &[0x01, 0x01]), der::tlv(0x88, &[0x00, 0x2A])].concat(),
                der::tlv(0x7F2E, &self.iso_39794()),
            ),
        };
        let template = der::joined(0x7F60, &[&der::tlv(0xA1, &header), &block]);
        let group = der::joined(0x7F61, &[&der::small_integer(1), &template]);
        der::tlv(0x75, &group)
    }

    fn is_jpeg(&self) -> bool {
        self.image.starts_with(&[0xFF, 0xD8]) != self.lies_about_format
    }

    /// Facial record header, one record without feature points, image information, image.
    fn iso_19794(&self) -> Vec<u8> {
        let image_bytes = u32::try_from(self.image.len()).unwrap_or(u32::MAX);
        let record_bytes = image_bytes.saturating_add(32);
        let (width, height) = dimensions(&self.image).unwrap_or((0, 0));
        let mut out = b"FAC\x00010\x00".to_vec();
        out.extend(record_bytes.saturating_add(14).to_be_bytes());
        out.extend(1u16.to_be_bytes());
        out.extend(record_bytes.to_be_bytes());
        // No feature points; sex, eyes, hair unspecified; no features, expression or pose stated.
        out.extend([0; 16]);
        out.push(1);
        out.push(u8::from(!self.is_jpeg()));
        out.extend(width.to_be_bytes());
        out.extend(height.to_be_bytes());
        // Colour space RGB24, source "static photograph of unknown source", device, quality.
        out.extend([1, 1, 0, 0, 0, 0]);
        out.extend_from_slice(&self.image);
        out
    }

    fn iso_39794(&self) -> Vec<u8> {
        let version = der::tlv(0xA0, &[0x80, 0x01, 0x03, 0x81, 0x02, 0x07, 0xE3]);
        let format = if self.is_jpeg() { 2 } else { 3 };
        let information = der::tlv(0xA1, &der::tlv(0xA0, &der::tlv(0x80, &[format])));
        let image = der::joined(0xA0, &[&der::tlv(0x80, &self.image), &information]);
        let representation = der::tlv(0xA1, &der::tlv(0xA0, &image));
        let representation = der::sequence(&[&der::tlv(0x80, &[0]), &representation]);
        let representations = der::tlv(0xA1, &representation);
        der::tlv(0xA1, &der::joined(0x65, &[&version, &representations]))
    }
}

/// Width and height from the header of a JPEG or a JPEG 2000 image.
fn dimensions(image: &[u8]) -> Option<(u16, u16)> {
    let pair = |at: usize| -> Option<u16> {
        Some(u16::from_be_bytes([*image.get(at)?, *image.get(at.checked_add(1)?)?]))
    };
    if !image.starts_with(&[0xFF, 0xD8]) {
        // The SIZ marker follows the start of the codestream; 32-bit sizes at 8 and 12 behind it.
        let siz = image.windows(4).position(|w| w == [0xFF, 0x4F, 0xFF, 0x51])?;
        return Some((pair(siz.checked_add(10)?)?, pair(siz.checked_add(14)?)?));
    }
    let mut at = 2usize;
    loop {
        let [0xFF, marker] = pair(at)?.to_be_bytes() else { return None };
        if matches!(marker, 0xC0..=0xC2) {
            return Some((pair(at.checked_add(7)?)?, pair(at.checked_add(5)?)?));
        }
        let length = usize::from(pair(at.checked_add(2)?)?);
        at = at.checked_add(2)?.checked_add(length)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_both_kinds_of_header() {
        let jpeg =
            [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC0, 0, 11, 8, 0x02, 0x13, 0x01, 0x9D, 1];
        let codestream =
            [0xFF, 0x4F, 0xFF, 0x51, 0, 47, 0, 0, 0, 0, 0x01, 0x9D, 0, 0, 0x02, 0x13, 0, 0];

        assert_eq!(dimensions(&jpeg), Some((413, 531)));
        assert_eq!(dimensions(&codestream), Some((413, 531)));
        assert_eq!(dimensions(&[0xFF, 0xD8, 0xFF]), None);
    }

    #[test]
    fn the_record_states_its_own_length() {
        let block = Portrait::new(vec![0xFF, 0xD8, 1, 2, 3]).iso_19794();

        assert_eq!(block.len(), 14 + 32 + 5);
        assert_eq!(block[8..12], 51u32.to_be_bytes());
    }
}
