//! JPEG (ISO/IEC 10918-1), baseline and progressive.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{DecodeError, check_size};
use crate::picture::Picture;

/// Pixels times scans. Each scan of a progressive picture goes over all of it again, so that a few
/// bytes of scan header would buy a whole pass.
const SCANNED_PIXELS_MAX: usize = 40_000_000;

/// The decoder keeps three bytes a pixel for the result, and about two more in rows.
const PIXEL_BYTES: usize = 4;

/// A progressive picture is kept whole as 16-bit coefficients, three for each pixel at worst.
const PROGRESSIVE_PIXEL_BYTES: usize = PIXEL_BYTES + 6;

/// What the markers say before anything is decoded.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    width: usize,
    height: usize,
    in_passes: bool,
    scans: usize,
    orientation: Orientation,
}

/// EXIF orientation (CIPA DC-008 §4.6.4.A): where the row 0 and the column 0 of the file belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Orientation {
    /// Rows and columns change places first.
    transposed: bool,
    flipped_across: bool,
    flipped_down: bool,
}

impl Orientation {
    const UPRIGHT: Self = Self { transposed: false, flipped_across: false, flipped_down: false };

    fn from_exif(value: u16) -> Self {
        let (transposed, flipped_across, flipped_down) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transposed, flipped_across, flipped_down }
    }
}

pub(super) fn decode(bytes: &[u8], pixels_max: usize) -> Result<Picture, DecodeError> {
    let header = read_header(bytes).ok_or(DecodeError::Damaged)?;
    let pixel_bytes = if header.in_passes { PROGRESSIVE_PIXEL_BYTES } else { PIXEL_BYTES };
    check_size((header.width, header.height), pixel_bytes, pixels_max)?;
    if header.width * header.height * header.scans > SCANNED_PIXELS_MAX {
        return Err(DecodeError::TooLarge);
    }
    let options = DecoderOptions::default()
        .set_max_width(header.width)
        .set_max_height(header.height)
        .set_strict_mode(false)
        .jpeg_set_max_scans(64)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    // The decoder reads the same frame header as we did; a file for which the two differ is not one
    // that a camera wrote. It is asked before it decodes.
    decoder.decode_headers().map_err(|_| DecodeError::Damaged)?;
    if decoder.dimensions() != Some((header.width, header.height)) {
        return Err(DecodeError::Damaged);
    }
    let rgb = decoder.decode().map_err(|_| DecodeError::Damaged)?;
    let picture =
        Picture::from_rgb(header.width, header.height, rgb).ok_or(DecodeError::Damaged)?;
    turned(picture, header.orientation).ok_or(DecodeError::Damaged)
}

/// Walks over the markers of the whole file, as a decoder would.
fn read_header(bytes: &[u8]) -> Option<Header> {
    let mut rest = bytes.get(2..)?;
    let mut header = Header {
        width: 0,
        height: 0,
        in_passes: false,
        scans: 0,
        orientation: Orientation::UPRIGHT,
    };
    while let Some((marker, after)) = next_marker(rest) {
        rest = after;
        // Markers that stand alone: TEM, RST0–7, SOI, EOI.
        if marker == 0x01 || (0xd0..=0xd8).contains(&marker) {
            continue;
        }
        if marker == 0xd9 {
            break;
        }
        let length = usize::from(u16::from_be_bytes(*rest.first_chunk::<2>()?));
        let Some(segment) = rest.get(2..length) else { break };
        match marker {
            // SOF0–SOF15 but for DHT, JPG and DAC, which lie between them.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                if header.width != 0 {
                    return None;
                }
                let &[_, h1, h0, w1, w0, ..] = segment else { return None };
                header.height = usize::from(u16::from_be_bytes([h1, h0]));
                header.width = usize::from(u16::from_be_bytes([w1, w0]));
                header.in_passes = !matches!(marker, 0xc0 | 0xc1);
            }
            0xda => header.scans += 1,
            0xe1 => {
                if let Some(orientation) = exif_orientation(segment) {
                    header.orientation = Orientation::from_exif(orientation);
                }
            }
            _ => {}
        }
        rest = rest.get(length..)?;
    }
    if header.scans > 1 {
        // Components in scans of their own are kept whole, like passes.
        header.in_passes = true;
    }
    (header.width != 0 && header.height != 0 && header.scans != 0).then_some(header)
}

/// The next marker, past entropy-coded bytes, stuffed zeros and fill bytes.
fn next_marker(mut rest: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let at = rest.iter().position(|byte| *byte == 0xff)?;
        rest = rest.get(at + 1..)?;
        let (code, after) = rest.split_first()?;
        if !matches!(code, 0x00 | 0xff) {
            return Some((*code, after));
        }
    }
}

/// The orientation tag (0x0112) of the first image directory of an EXIF segment.
fn exif_orientation(segment: &[u8]) -> Option<u16> {
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let big_endian = match tiff.first_chunk::<4>()? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let directory: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let directory = usize::try_from(if big_endian {
        u32::from_be_bytes(directory)
    } else {
        u32::from_le_bytes(directory)
    })
    .ok()?;
    let entries = usize::from(short(directory)?);
    (0..entries)
        .map(|entry| directory.checked_add(2 + entry * 12))
        .find(|at| at.and_then(short) == Some(0x0112))
        .flatten()
        .and_then(|at| short(at.checked_add(8)?))
}

fn turned(picture: Picture, orientation: Orientation) -> Option<Picture> {
    if orientation == Orientation::UPRIGHT {
        return Some(picture);
    }
    let (width, height) = if orientation.transposed {
        (picture.height(), picture.width())
    } else {
        (picture.width(), picture.height())
    };
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let y = if orientation.flipped_down { height - 1 - y } else { y };
        for x in 0..width {
            let x = if orientation.flipped_across { width - 1 - x } else { x };
            let (from_x, from_y) = if orientation.transposed { (y, x) } else { (x, y) };
            rgb.extend(picture.pixel(from_x, from_y));
        }
    }
    Picture::from_rgb(width, height, rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `1 2 3 / 4 5 6` turned upright from each of the eight orientations (CIPA DC-008 §4.6.4.A).
    #[test]
    fn every_exif_orientation_is_turned_upright() {
        let stored: [(u16, usize, [u8; 6]); 8] = [
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [3, 6, 2, 5, 1, 4]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [4, 1, 5, 2, 6, 3]),
        ];
        for (orientation, width, pixels) in stored {
            let rgb = pixels.iter().flat_map(|p| [*p; 3]).collect();
            let picture = Picture::from_rgb(width, 6 / width, rgb).unwrap();

            let upright = turned(picture, Orientation::from_exif(orientation)).unwrap();

            let seen: Vec<u8> = upright.rgb().iter().step_by(3).copied().collect();
            assert_eq!((upright.width(), seen), (3, vec![1, 2, 3, 4, 5, 6]), "{orientation}");
        }
    }

    #[test]
    fn the_orientation_is_found_in_both_byte_orders() {
        let little = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";

        assert_eq!(exif_orientation(little), Some(6));
        assert_eq!(exif_orientation(big), Some(8));
        for length in 0..little.len() - 6 {
            assert_eq!(exif_orientation(&little[..length]), None, "cut at {length}");
        }
    }

    #[test]
    fn a_directory_beyond_the_end_is_no_orientation() {
        let segment = b"Exif\0\0II*\0\xff\xff\xff\xff\x01\0";

        assert_eq!(exif_orientation(segment), None);
    }
}
