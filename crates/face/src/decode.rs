//! From the bytes of a chip or a phone to a [`Picture`].
//!
//! A header is read and judged before anything is decoded: what a picture would cost in memory and
//! time is known from it, and too much is refused. Hostile files therefore cost what an honest one
//! of the greatest size costs.

use crate::picture::Picture;

mod jpeg;
mod jpeg2000;
#[cfg(test)]
mod tests;

/// The greatest file that is looked at.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The greatest memory that decoding one picture may take, the picture itself included.
pub const DECODE_BYTES_MAX: usize = 60 * 1024 * 1024;

/// No side of a picture may be shorter.
const SIDE_PIXELS_MIN: usize = 32;

/// Why bytes did not become a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Neither JPEG nor JPEG 2000, or a kind of them that nobody needs here.
    #[error("the picture is of a kind that is not read")]
    UnknownKind,
    #[error("the picture would take more memory or time than is allowed")]
    TooLarge,
    #[error("the picture has too few pixels")]
    TooSmall,
    #[error("the picture is damaged")]
    Damaged,
}

/// Decodes a JPEG (turned upright by its EXIF orientation) or a JPEG 2000 picture, boxed or raw.
///
/// # Errors
///
/// A [`DecodeError`]; the bytes are not looked at again.
pub fn decode(bytes: &[u8]) -> Result<Picture, DecodeError> {
    decode_up_to(bytes, usize::MAX)
}

/// The same, for pictures that have no reason to be larger than so many pixels: the frames of a
/// capture come by the dozen.
///
/// # Errors
///
/// A [`DecodeError`]; the bytes are not looked at again.
pub fn decode_up_to(bytes: &[u8], pixels_max: usize) -> Result<Picture, DecodeError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(DecodeError::TooLarge);
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        jpeg::decode(bytes, pixels_max)
    } else if jpeg2000::is_boxed(bytes) || jpeg2000::is_codestream(bytes) {
        jpeg2000::decode(bytes, pixels_max)
    } else {
        Err(DecodeError::UnknownKind)
    }
}

/// Refuses sizes that would cost more than the limits, given the bytes that a pixel takes.
fn check_size(
    (width, height): (usize, usize),
    pixel_bytes: usize,
    pixels_max: usize,
) -> Result<(), DecodeError> {
    if width < SIDE_PIXELS_MIN || height < SIDE_PIXELS_MIN {
        return Err(DecodeError::TooSmall);
    }
    let pixels = width.checked_mul(height).filter(|pixels| *pixels <= pixels_max);
    match pixels.and_then(|pixels| pixels.checked_mul(pixel_bytes)) {
        Some(cost) if cost <= DECODE_BYTES_MAX => Ok(()),
        Some(_) | None => Err(DecodeError::TooLarge),
    }
}
