//! From the bytes of a chip or a phone to a [`Picture`].
//!
//! A header is read and judged before anything is decoded: what a picture would cost in memory and
//! time is known from it, and too much is refused. Hostile files therefore cost what an honest one
//! of the greatest size costs. Who decodes is handed in as a [`Decoder`], for a cap is no answer to a
//! decoder that aborts.

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
    /// A picture of a kind that phones write and nobody reads here, such as HEIC: the person can send a JPEG.
    #[error("the picture is not a JPEG (HEIC, AVIF, WebP and others are not read)")]
    OtherKind,
    /// Neither JPEG nor JPEG 2000, or a kind of them that nobody needs here.
    #[error("the picture is of a kind that is not read")]
    UnknownKind,
    #[error("the picture would take more memory or time than is allowed")]
    TooLarge,
    #[error("the picture has too few pixels")]
    TooSmall,
    #[error("the picture is damaged")]
    Damaged,
    /// The decoder did not come through with it, twice.
    #[error("the picture ended the decoder")]
    Fatal,
    /// Not the picture's doing: nobody could decode it just now.
    #[error("no decoder was there for the picture")]
    Unavailable,
}

/// The kinds of file that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// What cameras of phones make: the frames of a capture.
    Jpeg,
    /// What chips hold besides: JPEG 2000, boxed or raw.
    JpegAndJpeg2000,
}

/// On which terms a picture is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub kinds: Kinds,
    /// More pixels are refused from the header.
    pub pixels_max: usize,
}

impl Terms {
    /// For the portrait of a document.
    pub const PORTRAIT: Self = Self { kinds: Kinds::JpegAndJpeg2000, pixels_max: usize::MAX };
}

/// Turns files into pictures.
///
/// A decoder can abort, and then takes its process with it: a server hands in one that decodes in another process.
pub trait Decoder: std::fmt::Debug + Send + Sync {
    /// Decodes one file.
    ///
    /// # Errors
    ///
    /// A [`DecodeError`]; the bytes are not looked at again.
    fn decode(&self, bytes: &[u8], terms: Terms) -> Result<Picture, DecodeError>;
}

/// Decodes in the process and on the thread that ask: for tests, measurements, and the process that decodes for others.
#[derive(Clone, Copy, Debug, Default)]
pub struct HereDecoder;

impl Decoder for HereDecoder {
    fn decode(&self, bytes: &[u8], terms: Terms) -> Result<Picture, DecodeError> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(DecodeError::TooLarge);
        }
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            return jpeg::decode(bytes, terms.pixels_max);
        }
        match terms.kinds {
            Kinds::JpegAndJpeg2000
                if jpeg2000::is_boxed(bytes) || jpeg2000::is_codestream(bytes) =>
            {
                jpeg2000::decode(bytes, terms.pixels_max)
            }
            Kinds::JpegAndJpeg2000 | Kinds::Jpeg if is_other_kind(bytes) => {
                Err(DecodeError::OtherKind)
            }
            Kinds::JpegAndJpeg2000 | Kinds::Jpeg => Err(DecodeError::UnknownKind),
        }
    }
}

/// Decodes a JPEG (turned upright by its EXIF orientation) or a JPEG 2000 picture, boxed or raw, in this process.
///
/// # Errors
///
/// A [`DecodeError`]; the bytes are not looked at again.
pub fn decode(bytes: &[u8]) -> Result<Picture, DecodeError> {
    HereDecoder.decode(bytes, Terms::PORTRAIT)
}

/// Whether these are the first bytes of a picture of another kind: HEIC and AVIF (ISO/IEC 14496-12, a `ftyp` box), WebP
/// or TIFF.
fn is_other_kind(bytes: &[u8]) -> bool {
    let at = |place: usize, wanted: &[u8]| {
        bytes.get(place..).is_some_and(|rest| rest.starts_with(wanted))
    };
    at(4, b"ftyp") || (at(0, b"RIFF") && at(8, b"WEBP")) || at(0, b"II*\0") || at(0, b"MM\0*")
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
