//! JPEG 2000 (ISO/IEC 15444-1), boxed (JP2) or as a raw codestream, as in DG2 and DG3.
//!
//! The decoder has no limits of its own, so everything in the headers that multiplies work is
//! limited here: pixels, components, tiles, layers, code blocks, precincts, palettes.

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};

use super::{DecodeError, check_size};
use crate::picture::Picture;

/// The decoder keeps each sample as 32-bit float about three times while it works, for up to four
/// components, and the result.
const COMPONENT_PIXEL_BYTES: usize = 14;

const COMPONENTS_MAX: usize = 4;
/// Portraits are one tile; cameras and scanners use few.
const TILES_MAX: usize = 64;
/// Passes of the entropy decoder grow with layers only a little, their book-keeping fully.
const LAYERS_MAX: u16 = 32;
const DECOMPOSITIONS_MAX: u8 = 10;
/// Smaller code blocks and precincts mean more of them: both are powers of two of at least this.
const CODE_BLOCK_EXPONENT_MIN: u8 = 4;
const PRECINCT_EXPONENT_MIN: u8 = 5;

const SIGNATURE_BOX: &[u8] = b"\x00\x00\x00\x0cjP  \r\n\x87\n";
/// SOC, then SIZ: ISO/IEC 15444-1 A.4 and A.5.
const CODESTREAM_START: &[u8] = &[0xff, 0x4f, 0xff, 0x51];

mod marker {
    pub(super) const SIZ: u8 = 0x51;
    pub(super) const COD: u8 = 0x52;
    pub(super) const COC: u8 = 0x53;
    pub(super) const POC: u8 = 0x5f;
    pub(super) const PPM: u8 = 0x60;
    pub(super) const PPT: u8 = 0x61;
    pub(super) const SOT: u8 = 0x90;
    pub(super) const SOD: u8 = 0x93;
    pub(super) const EOC: u8 = 0xd9;
}

pub(super) fn is_boxed(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE_BOX)
}

pub(super) fn is_codestream(bytes: &[u8]) -> bool {
    bytes.starts_with(CODESTREAM_START)
}

pub(super) fn decode(bytes: &[u8], pixels_max: usize) -> Result<Picture, DecodeError> {
    let codestream = if is_boxed(bytes) { codestream_of(bytes)? } else { bytes };
    check_codestream(codestream, pixels_max)?;
    let settings =
        DecodeSettings { resolve_palette_indices: false, strict: false, target_resolution: None };
    let image = Image::new(bytes, &settings).map_err(|_| DecodeError::Damaged)?;
    let (width, height) = (size(image.width())?, size(image.height())?);
    let channels = usize::from(image.color_space().num_channels());
    let colours = colours_of(image.color_space())?;
    let has_alpha = image.has_alpha();
    let mut context = DecoderContext::default();
    let samples = zeroize::Zeroizing::new(
        image.decode(&mut context).map_err(|_| DecodeError::Damaged)?.data_u8(),
    );
    let stride = channels + usize::from(has_alpha);
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

/// Walks over the boxes to the codestream. Palettes are refused: no portrait has one, and they
/// multiply the samples.
fn codestream_of(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let mut rest = bytes;
    while let Some((kind, content, after)) = next_box(rest) {
        match &kind {
            b"jp2c" => return Ok(content),
            b"jp2h" => {
                let mut inside = content;
                while let Some((kind, _, after)) = next_box(inside) {
                    if matches!(&kind, b"pclr" | b"cmap") {
                        return Err(DecodeError::UnknownKind);
                    }
                    inside = after;
                }
            }
            _ => {}
        }
        rest = after;
    }
    Err(DecodeError::Damaged)
}

/// One box: its kind, its content and what follows it. ISO/IEC 15444-1 I.4.
fn next_box(bytes: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (header, length) = match u32::from_be_bytes(*length) {
        0 => (8, bytes.len()),
        1 => {
            let (long, _) = rest.split_first_chunk::<8>()?;
            (16, usize::try_from(u64::from_be_bytes(*long)).ok()?)
        }
        length => (8, usize::try_from(length).ok()?),
    };
    // A last box that claims more than there is holds what there is: transfers lose tails.
    let length = length.min(bytes.len());
    let content = bytes.get(header..length)?;
    Some((*kind, content, bytes.get(length..)?))
}

/// Judges the main header and the header of every tile-part.
fn check_codestream(codestream: &[u8], pixels_max: usize) -> Result<(), DecodeError> {
    let mut rest = codestream.get(2..).ok_or(DecodeError::Damaged)?;
    let mut tile_part: Option<(&[u8], usize)> = None;
    let mut parts = 0_usize;
    loop {
        let Some((&[0xff, code], after)) = rest.split_first_chunk::<2>() else {
            return if parts > 0 { Ok(()) } else { Err(DecodeError::Damaged) };
        };
        match code {
            marker::EOC => return if parts > 0 { Ok(()) } else { Err(DecodeError::Damaged) },
            // Markers without a segment: A.1.3.
            0x30..=0x3f => {
                rest = after;
                continue;
            }
            marker::SOD => {
                let (start, length) = tile_part.take().ok_or(DecodeError::Damaged)?;
                match start.get(length..) {
                    // 0: the tile-part reaches to the end.
                    Some(next) if length > 0 && next.len() < after.len() => rest = next,
                    Some(_) | None => return Ok(()),
                }
                continue;
            }
            _ => {}
        }
        let length = after.first_chunk::<2>().ok_or(DecodeError::Damaged)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let segment = after.get(2..length).ok_or(DecodeError::Damaged)?;
        match code {
            marker::SIZ => check_size_segment(segment, pixels_max)?,
            marker::COD | marker::COC if tile_part.is_some() => {
                return Err(DecodeError::UnknownKind);
            }
            marker::COD => check_coding_style(segment)?,
            marker::COC => check_component_style(segment)?,
            marker::POC | marker::PPM | marker::PPT => return Err(DecodeError::UnknownKind),
            marker::SOT => {
                parts += 1;
                if parts > TILES_MAX * 4 {
                    return Err(DecodeError::TooLarge);
                }
                let &[_, _, l3, l2, l1, l0, ..] = segment else {
                    return Err(DecodeError::Damaged);
                };
                tile_part = Some((rest, size(u32::from_be_bytes([l3, l2, l1, l0]))?));
            }
            _ => {}
        }
        rest = after.get(length..).ok_or(DecodeError::Damaged)?;
    }
}

/// SIZ: ISO/IEC 15444-1 A.5.1.
fn check_size_segment(segment: &[u8], pixels_max: usize) -> Result<(), DecodeError> {
    let number = |at: usize| {
        let bytes: [u8; 4] = segment.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes(bytes)).ok()
    };
    let field = |index: usize| number(2 + index * 4).ok_or(DecodeError::Damaged);
    let (right, bottom, left, top) = (field(0)?, field(1)?, field(2)?, field(3)?);
    let (tile_width, tile_height, tile_left, tile_top) =
        (field(4)?, field(5)?, field(6)?, field(7)?);
    let &[c1, c0] = segment.get(34..36).ok_or(DecodeError::Damaged)? else {
        return Err(DecodeError::Damaged);
    };
    let components = usize::from(u16::from_be_bytes([c1, c0]));
    if components == 0 || components > COMPONENTS_MAX {
        return Err(DecodeError::UnknownKind);
    }
    let width = right.checked_sub(left).ok_or(DecodeError::Damaged)?;
    let height = bottom.checked_sub(top).ok_or(DecodeError::Damaged)?;
    check_size((width, height), COMPONENT_PIXEL_BYTES * components, pixels_max)?;
    for component in segment.get(36..36 + components * 3).ok_or(DecodeError::Damaged)?.chunks(3) {
        // Deeper than 16 bits, or thinned out more than fourfold: no portrait.
        match component {
            [depth, 1..=4, 1..=4] if depth & 0x7f < 16 => {}
            _ => return Err(DecodeError::UnknownKind),
        }
    }
    if tile_width == 0 || tile_height == 0 {
        return Err(DecodeError::Damaged);
    }
    let across = right.saturating_sub(tile_left).div_ceil(tile_width);
    let down = bottom.saturating_sub(tile_top).div_ceil(tile_height);
    match across.checked_mul(down) {
        Some(tiles) if tiles <= TILES_MAX => Ok(()),
        Some(_) | None => Err(DecodeError::TooLarge),
    }
}

/// COD: ISO/IEC 15444-1 A.6.1.
fn check_coding_style(segment: &[u8]) -> Result<(), DecodeError> {
    let &[style, _, l1, l0, _, ref parameters @ ..] = segment else {
        return Err(DecodeError::Damaged);
    };
    if u16::from_be_bytes([l1, l0]) > LAYERS_MAX {
        return Err(DecodeError::TooLarge);
    }
    check_style_parameters(style, parameters)
}

/// COC: ISO/IEC 15444-1 A.6.2; with at most four components the index is one byte.
fn check_component_style(segment: &[u8]) -> Result<(), DecodeError> {
    let &[_, style, ref parameters @ ..] = segment else {
        return Err(DecodeError::Damaged);
    };
    check_style_parameters(style, parameters)
}

/// SPcod and SPcoc: ISO/IEC 15444-1 Table A.15.
fn check_style_parameters(style: u8, parameters: &[u8]) -> Result<(), DecodeError> {
    let &[decompositions, block_width, block_height, _, _, ref precincts @ ..] = parameters else {
        return Err(DecodeError::Damaged);
    };
    let small_blocks = (block_width & 0x0f) + 2 < CODE_BLOCK_EXPONENT_MIN
        || (block_height & 0x0f) + 2 < CODE_BLOCK_EXPONENT_MIN;
    if decompositions > DECOMPOSITIONS_MAX || small_blocks {
        return Err(DecodeError::TooLarge);
    }
    // Low resolutions are small; only the upper ones can hold many precincts.
    let small_precinct =
        |size: &u8| size & 0x0f < PRECINCT_EXPONENT_MIN || size >> 4 < PRECINCT_EXPONENT_MIN;
    if style & 1 != 0 && precincts.iter().skip(2).any(small_precinct) {
        return Err(DecodeError::TooLarge);
    }
    Ok(())
}
