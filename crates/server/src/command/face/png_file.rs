//! Pictures that lie in files as PNG: somebody's test set, never a chip and never a phone. They become JPEG of a quality that
//! hides nothing, so that the face engine reads no more kinds of file than it has to.

use jpeg_encoder::{ColorType, Encoder};
use zune_png::PngDecoder;
use zune_png::zune_core::bytestream::ZCursor;
use zune_png::zune_core::options::DecoderOptions;

const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";
/// As long as any side that the engine takes.
const SIDE_PIXELS_MAX: usize = 6_000;
const PIXELS_MAX: usize = 20_000_000;
/// Of 100: what it changes is less than what a camera does.
const QUALITY: u8 = 97;

/// The picture as the engine reads it; whatever is no PNG, or a damaged one, comes back as it was.
pub(super) fn readable(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(MAGIC) { as_jpeg(&bytes).unwrap_or(bytes) } else { bytes }
}

fn as_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let options = DecoderOptions::default()
        .set_max_width(SIDE_PIXELS_MAX)
        .set_max_height(SIDE_PIXELS_MAX)
        .png_set_strip_to_8bit(true)
        .png_set_add_alpha_channel(false);
    let mut decoder = PngDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    let (width, height) = decoder.dimensions()?;
    if width.checked_mul(height)? > PIXELS_MAX {
        return None;
    }
    let samples = decoder.decode_raw().ok()?;
    let (samples, kind) = match decoder.colorspace()?.num_components() {
        1 => (samples, ColorType::Luma),
        2 => (without_alpha(&samples, 1), ColorType::Luma),
        3 => (samples, ColorType::Rgb),
        4 => (without_alpha(&samples, 3), ColorType::Rgb),
        _ => return None,
    };
    let (width, height) = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, QUALITY).encode(&samples, width, height, kind).ok()?;
    Some(jpeg)
}

/// What lies under a transparent pixel is not known; its colour is what the file says.
fn without_alpha(samples: &[u8], colours: usize) -> Vec<u8> {
    let pixels = samples.chunks_exact(colours.saturating_add(1));
    pixels.flat_map(|pixel| pixel.iter().take(colours).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::readable;

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
    fn a_png_becomes_a_jpeg_and_everything_else_stays() {
        let jpeg = readable(small());

        assert!(jpeg.starts_with(&[0xFF, 0xD8, 0xFF]), "{:02x?}", jpeg.get(..8));
        for other in [Vec::new(), b"no picture".to_vec(), small()[..40].to_vec(), jpeg.clone()] {
            assert_eq!(readable(other.clone()), other);
        }
    }
}
