//! JPEG 2000 (ISO/IEC 15444-1), boxed (JP2) or as a raw codestream, as in DG2 and DG3.
//!
//! The decoder has no limits of its own, so everything in the headers that multiplies work is limited here: pixels,
//! components, tiles, layers, code blocks, precincts, palettes. A limit is worth nothing where the decoder reads another
//! header than the one that was judged: it takes the last codestream of a file, ignores the declared length of most marker
//! segments, and takes coding styles from tile-parts. So it never sees the file. It gets a picture put together anew from
//! those boxes and marker segments alone that were walked here, and what cannot be walked is refused.

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};
use zeroize::Zeroizing;

use super::{DecodeError, check_size};
use crate::picture::Picture;

mod boxes;
mod codestream;
mod cost;
#[cfg(test)]
mod tests;

/// The decoder keeps each sample as 32-bit float about three times while it works, for up to four
/// components, and the result.
const COMPONENT_PIXEL_BYTES: usize = 14;

pub(super) fn is_boxed(bytes: &[u8]) -> bool {
    boxes::is_boxed(bytes)
}

pub(super) fn is_codestream(bytes: &[u8]) -> bool {
    codestream::is_codestream(bytes)
}

pub(super) fn decode(bytes: &[u8], pixels_max: usize) -> Result<Picture, DecodeError> {
    let walked = if is_boxed(bytes) {
        boxes::walked(bytes, pixels_max)?
    } else {
        codestream::walked(bytes, pixels_max)?
    };
    let settings =
        DecodeSettings { resolve_palette_indices: false, strict: false, target_resolution: None };
    let image = Image::new(&walked, &settings).map_err(|_| DecodeError::Damaged)?;
    let (width, height) = (size(image.width())?, size(image.height())?);
    let channels = usize::from(image.color_space().num_channels());
    let colours = colours_of(image.color_space())?;
    let stride = channels + usize::from(image.has_alpha());
    // What the decoder itself read is what it will ask memory for.
    check_size((width, height), COMPONENT_PIXEL_BYTES * stride, pixels_max)?;
    let mut context = DecoderContext::default();
    let samples =
        Zeroizing::new(image.decode(&mut context).map_err(|_| DecodeError::Damaged)?.data_u8());
    if samples.len() != width * height * stride {
        return Err(DecodeError::Damaged);
    }
    let rgb = samples.chunks_exact(stride).flat_map(|pixel| colours.rgb(pixel)).collect();
    Picture::from_rgb(width, height, rgb).ok_or(DecodeError::Damaged)
}

#[derive(Clone, Copy)]
enum Colours {
    Grey,
    Rgb,
}

impl Colours {
    fn rgb(self, pixel: &[u8]) -> [u8; 3] {
        match (self, pixel) {
            (Self::Grey, [grey, ..]) => [*grey; 3],
            (Self::Rgb, [r, g, b, ..]) => [*r, *g, *b],
            (Self::Grey | Self::Rgb, _) => [0; 3],
        }
    }
}

fn colours_of(space: &ColorSpace) -> Result<Colours, DecodeError> {
    match space {
        ColorSpace::Gray => Ok(Colours::Grey),
        ColorSpace::RGB => Ok(Colours::Rgb),
        ColorSpace::Icc { num_channels: 1, .. } => Ok(Colours::Grey),
        ColorSpace::Icc { num_channels: 3, .. } => Ok(Colours::Rgb),
        ColorSpace::Icc { .. } | ColorSpace::CMYK | ColorSpace::Unknown { .. } => {
            Err(DecodeError::UnknownKind)
        }
    }
}

fn size(value: u32) -> Result<usize, DecodeError> {
    usize::try_from(value).map_err(|_| DecodeError::TooLarge)
}
