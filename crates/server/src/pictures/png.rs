//! Decodes PNG files of an operator's test set; never those of a chip or a phone.

use super::line::PIXELS_MAX;
use face::decode::DecodeError;
use face::picture::Picture;
use zeroize::Zeroizing;
use zune_png::PngDecoder;
use zune_png::zune_core::bytestream::ZCursor;
use zune_png::zune_core::options::DecoderOptions;

const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The longest side of a picture, in pixels: as long as any that the engine takes.
const SIDE_PIXELS_MAX: usize = 6_000;

pub(super) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

pub(super) fn decode(bytes: &[u8]) -> Result<Picture, DecodeError> {
    if !is_png(bytes) {
        return Err(DecodeError::UnknownKind);
    }
    let options = DecoderOptions::default()
        .set_max_width(SIDE_PIXELS_MAX)
        .set_max_height(SIDE_PIXELS_MAX)
        .png_set_strip_to_8bit(true)
        .png_set_add_alpha_channel(false);
    let mut decoder = PngDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| DecodeError::Damaged)?;
    let (width, height) = decoder.dimensions().ok_or(DecodeError::Damaged)?;
    if width.checked_mul(height).is_none_or(|pixels| pixels > PIXELS_MAX) {
        return Err(DecodeError::TooLarge);
    }
    let samples = Zeroizing::new(decoder.decode_raw().map_err(|_| DecodeError::Damaged)?);
    let channels = decoder.colorspace().ok_or(DecodeError::Damaged)?.num_components();
    // What lies under a transparent pixel is not known; its colour is what the file says.
    let rgb = match channels {
        1 | 2 => samples.chunks_exact(channels).flat_map(grey).collect(),
        3 | 4 => samples.chunks_exact(channels).flat_map(colours).collect(),
        _ => return Err(DecodeError::UnknownKind),
    };
    Picture::from_rgb(width, height, rgb).ok_or(DecodeError::Damaged)
}

fn grey(pixel: &[u8]) -> [u8; 3] {
    [pixel.first().copied().unwrap_or_default(); 3]
}

fn colours(pixel: &[u8]) -> [u8; 3] {
    pixel.first_chunk::<3>().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two by two, red, green, blue and white; with a filter byte before each row and stored, not deflated.
    fn small() -> Vec<u8> {
        let rows = [0, 255, 0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 255, 255];
        let mut zlib = vec![0x78, 0x01, 0x01, 14, 0, 241, 255];
        zlib.extend(rows);
        let (mut a, mut b) = (1_u32, 0_u32);
        for byte in rows {
            a = (a + u32::from(byte)) % 65_521;
            b = (b + a) % 65_521;
        }
        zlib.extend(((b << 16) | a).to_be_bytes());
        let mut png = super::MAGIC.to_vec();
        let header = [0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0];
        for (name, data) in [(b"IHDR", &header[..]), (b"IDAT", &zlib[..]), (b"IEND", &[][..])] {
            png.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            let chunk = [&name[..], data].concat();
            png.extend(&chunk);
            let crc = chunk.iter().fold(u32::MAX, |crc, byte| {
                (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                    (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
                })
            });
            png.extend((!crc).to_be_bytes());
        }
        png
    }

    #[test]
    fn a_png_is_read_and_everything_else_is_not() {
        let picture = decode(&small()).unwrap();

        let shown = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
        assert_eq!((picture.width(), picture.rgb()), (2, &shown[..]));
        assert_eq!(decode(b"no picture").unwrap_err(), DecodeError::UnknownKind);
        assert_eq!(decode(&small()[..40]).unwrap_err(), DecodeError::Damaged);
    }
}
