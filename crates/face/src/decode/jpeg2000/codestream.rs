//! The markers of a codestream: ISO/IEC 15444-1 Annex A.

use zeroize::Zeroizing;

use super::cost::{Coding, Grid, Style};
use crate::decode::DecodeError;

/// SOC, then SIZ: A.4 and A.5.
const START: &[u8] = &[0xff, 0x4f, 0xff, 0x51];

/// The tile-parts of as many tiles as are allowed, with a few parts for each.
const TILE_PARTS_MAX: usize = 256;

/// SOT with its marker; Psot counts from there: A.4.2.
const SOT_BYTES: usize = 12;

mod marker {
    pub(super) const SOC: u8 = 0x4f;
    pub(super) const SIZ: u8 = 0x51;
    pub(super) const COD: u8 = 0x52;
    pub(super) const COC: u8 = 0x53;
    pub(super) const TLM: u8 = 0x55;
    pub(super) const PLM: u8 = 0x57;
    pub(super) const PLT: u8 = 0x58;
    pub(super) const QCD: u8 = 0x5c;
    pub(super) const QCC: u8 = 0x5d;
    pub(super) const RGN: u8 = 0x5e;
    pub(super) const POC: u8 = 0x5f;
    pub(super) const PPM: u8 = 0x60;
    pub(super) const PPT: u8 = 0x61;
    pub(super) const CRG: u8 = 0x63;
    pub(super) const COM: u8 = 0x64;
    pub(super) const SOT: u8 = 0x90;
    pub(super) const SOD: u8 = 0x93;
    pub(super) const EOC: u8 = 0xd9;
}

pub(super) fn is_codestream(bytes: &[u8]) -> bool {
    bytes.starts_with(START)
}

/// Judges the main header and the header of every tile-part, and puts the codestream together anew from what was judged.
pub(super) fn walked(bytes: &[u8], pixels_max: usize) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
    if !is_codestream(bytes) {
        return Err(DecodeError::Damaged);
    }
    let mut walk = Walk {
        rest: bytes.get(2..).ok_or(DecodeError::Damaged)?,
        out: Zeroizing::new(Vec::with_capacity(bytes.len() + 16)),
    };
    walk.out.extend_from_slice(&[0xff, marker::SOC]);
    let tiles = walk.main_header(pixels_max)?;
    let mut parts = 0_usize;
    while walk.peek() == Some(marker::SOT) {
        parts += 1;
        if parts > TILE_PARTS_MAX {
            return Err(DecodeError::TooLarge);
        }
        walk.tile_part(tiles)?;
    }
    // What follows a tile-part is the next one, the end, or the end of a file that was cut short.
    match walk.peek() {
        None | Some(marker::EOC) if parts > 0 => {}
        None | Some(_) => return Err(DecodeError::Damaged),
    }
    walk.out.extend_from_slice(&[0xff, marker::EOC]);
    Ok(walk.out)
}

struct Walk<'a> {
    rest: &'a [u8],
    out: Zeroizing<Vec<u8>>,
}

impl<'a> Walk<'a> {
    fn peek(&self) -> Option<u8> {
        match self.rest {
            [0xff, code, ..] => Some(*code),
            _ => None,
        }
    }

    /// A marker with its segment: what stands behind the length.
    fn segment(&mut self) -> Result<&'a [u8], DecodeError> {
        let after = self.rest.get(2..).ok_or(DecodeError::Damaged)?;
        let length = after.first_chunk::<2>().ok_or(DecodeError::Damaged)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let segment = after.get(2..length).ok_or(DecodeError::Damaged)?;
        self.rest = after.get(length..).ok_or(DecodeError::Damaged)?;
        Ok(segment)
    }

    fn keep(&mut self, code: u8, segment: &[u8]) -> Result<(), DecodeError> {
        let length = u16::try_from(segment.len() + 2).map_err(|_| DecodeError::Damaged)?;
        self.out.extend_from_slice(&[0xff, code]);
        self.out.extend_from_slice(&length.to_be_bytes());
        self.out.extend_from_slice(segment);
        Ok(())
    }

    /// Up to the first tile-part; the number of tiles.
    fn main_header(&mut self, pixels_max: usize) -> Result<usize, DecodeError> {
        let segment = self.segment()?;
        let grid = Grid::read(segment, pixels_max)?;
        self.keep(marker::SIZ, segment)?;
        let (mut coding, mut quantized) = (None, false);
        let mut styles: Vec<Option<Style>> = vec![None; grid.components()];
        loop {
            match self.peek().ok_or(DecodeError::Damaged)? {
                marker::SOT => break,
                code @ marker::COD => {
                    let segment = self.segment()?;
                    let read = Coding::read(segment)?;
                    if coding.replace(read).is_some() {
                        return Err(DecodeError::Damaged);
                    }
                    self.keep(code, segment)?;
                }
                code @ marker::COC => {
                    let segment = self.segment()?;
                    let (component, style) = Style::of_component(segment)?;
                    let place = styles.get_mut(component).ok_or(DecodeError::Damaged)?;
                    if place.replace(style).is_some() {
                        return Err(DecodeError::Damaged);
                    }
                    self.keep(code, segment)?;
                }
                code @ marker::QCD => {
                    self.quantization(code)?;
                    quantized = true;
                }
                code @ (marker::QCC | marker::RGN) => self.quantization(code)?,
                marker::TLM | marker::PLM | marker::CRG | marker::COM => drop(self.segment()?),
                // Markers without a segment: A.1.3.
                0x30..=0x3f => self.rest = self.rest.get(2..).ok_or(DecodeError::Damaged)?,
                marker::POC | marker::PPM => return Err(DecodeError::UnknownKind),
                _ => return Err(DecodeError::Damaged),
            }
        }
        let coding = coding.filter(|_| quantized).ok_or(DecodeError::Damaged)?;
        coding.check_cost(&grid, &styles)?;
        Ok(grid.tiles())
    }

    /// QCD, QCC or RGN. The decoder goes by the content and not by the length, so the two have to agree: A.6.3 to A.6.5.
    fn quantization(&mut self, code: u8) -> Result<(), DecodeError> {
        let segment = self.segment()?;
        let (head, rest) = match code {
            marker::QCD => segment.split_at_checked(1),
            // With at most four components the index is one byte.
            marker::QCC => segment.split_at_checked(2),
            _ => segment.split_at_checked(3),
        }
        .ok_or(DecodeError::Damaged)?;
        let style = if code == marker::RGN { None } else { head.last().map(|byte| byte & 0x1f) };
        let fits = match style {
            None => rest.is_empty(),
            Some(0) => !rest.is_empty(),
            Some(1) => rest.len() == 2,
            Some(_) => !rest.is_empty() && rest.len().is_multiple_of(2),
        };
        if !fits {
            return Err(DecodeError::Damaged);
        }
        self.keep(code, segment)
    }

    /// One tile-part: A.4.2. Its length is written anew, for its header may have lost what nobody needs.
    fn tile_part(&mut self, tiles: usize) -> Result<(), DecodeError> {
        let start = self.rest;
        let segment = self.segment()?;
        let &[i1, i0, l3, l2, l1, l0, _, _] = segment else { return Err(DecodeError::Damaged) };
        if usize::from(u16::from_be_bytes([i1, i0])) >= tiles {
            return Err(DecodeError::Damaged);
        }
        let claimed = usize::try_from(u32::from_be_bytes([l3, l2, l1, l0]))
            .map_err(|_| DecodeError::TooLarge)?;
        // 0: the tile-part reaches to the end. One that claims more than there is was cut short.
        let length = if claimed == 0 { start.len() } else { claimed.min(start.len()) };
        let after = start.get(length..).ok_or(DecodeError::Damaged)?;
        // Some files have tile-parts that are a start and nothing else.
        if length == SOT_BYTES {
            self.rest = after;
            return Ok(());
        }
        let kept_from = self.out.len();
        self.keep(marker::SOT, segment)?;
        self.tile_header()?;
        let header_bytes = start.len() - self.rest.len();
        let data = start.get(header_bytes..length).ok_or(DecodeError::Damaged)?;
        self.out.extend_from_slice(data);
        self.rest = after;
        let kept = u32::try_from(self.out.len() - kept_from).map_err(|_| DecodeError::TooLarge)?;
        let place = self.out.get_mut(kept_from + 6..kept_from + 10).ok_or(DecodeError::Damaged)?;
        place.copy_from_slice(&kept.to_be_bytes());
        Ok(())
    }

    /// From behind SOT to behind SOD. A tile-part that changes what the picture costs is refused.
    fn tile_header(&mut self) -> Result<(), DecodeError> {
        loop {
            match self.peek().ok_or(DecodeError::Damaged)? {
                marker::SOD => {
                    self.out.extend_from_slice(&[0xff, marker::SOD]);
                    self.rest = self.rest.get(2..).ok_or(DecodeError::Damaged)?;
                    return Ok(());
                }
                code @ (marker::QCD | marker::QCC | marker::RGN) => self.quantization(code)?,
                marker::PLT | marker::COM => drop(self.segment()?),
                0x30..=0x3f => self.rest = self.rest.get(2..).ok_or(DecodeError::Damaged)?,
                marker::COD | marker::COC | marker::POC | marker::PPT => {
                    return Err(DecodeError::UnknownKind);
                }
                _ => return Err(DecodeError::Damaged),
            }
        }
    }
}
