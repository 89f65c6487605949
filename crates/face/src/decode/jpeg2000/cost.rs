//! What decoding would cost, reckoned from the main header: ISO/IEC 15444-1 A.5, A.6 and Annex B.

use super::COMPONENT_PIXEL_BYTES;
use crate::decode::{DecodeError, check_size};

const COMPONENTS_MAX: usize = 4;
/// Portraits are one tile; cameras and scanners use few.
const TILES_MAX: usize = 64;
/// Passes of the entropy decoder grow with layers only a little, their book-keeping fully.
const LAYERS_MAX: u16 = 32;
const DECOMPOSITIONS_MAX: u8 = 10;
/// Code blocks have sides of 16 to 1,024, and at most 4,096 samples: Table A.18 and, for the least, what encoders use.
const CODE_BLOCK_EXPONENTS: std::ops::RangeInclusive<u8> = 4..=10;
const CODE_BLOCK_EXPONENTS_SUM_MAX: u8 = 12;
/// A precinct of 2^15 is one that nobody cut: Table A.21.
const PRECINCT_UNCUT: u8 = 0xff;

/// The book-keeping beside the pixels: precincts, code blocks, layers. What one of each takes in the decoder, with room for
/// lists that double, and for a packet the time that its header costs.
const BOOK_BYTES_MAX: u64 = 24 * 1024 * 1024;
const PRECINCT_BYTES: u64 = 256;
const CODE_BLOCK_BYTES: u64 = 96;
const LAYER_BYTES: u64 = 40;
const PACKET_BYTES: u64 = 16;

/// A stretch of one axis: from, and up to but not with.
#[derive(Clone, Copy)]
struct Span {
    from: u64,
    to: u64,
}

impl Span {
    /// Thinned out, rounded up at both ends: B.2 and B.5.
    fn thinned(self, by: u64) -> Self {
        Self { from: self.from.div_ceil(by), to: self.to.div_ceil(by) }
    }

    fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// How many cells of the grid with so wide cells it touches: B.6 and B.7.
    fn cells(self, exponent: u8) -> u64 {
        if self.is_empty() {
            return 0;
        }
        self.to.div_ceil(1 << exponent) - (self.from >> exponent)
    }
}

/// SIZ: the reference grid, its tiles, and how each component is thinned out.
pub(super) struct Grid {
    across: Axis,
    down: Axis,
    thinning: Vec<(u64, u64)>,
    tiles: usize,
}

struct Axis {
    image: Span,
    tile: u64,
    tile_from: u64,
    tiles: u64,
}

impl Axis {
    fn read(image: Span, tile: u64, tile_from: u64) -> Result<Self, DecodeError> {
        // The first tile holds the first point of the picture: A.5.1.
        let first_ends = tile_from.checked_add(tile).ok_or(DecodeError::Damaged)?;
        if image.is_empty() || tile == 0 || tile_from > image.from || first_ends <= image.from {
            return Err(DecodeError::Damaged);
        }
        let tiles = (image.to - tile_from).div_ceil(tile);
        Ok(Self { image, tile, tile_from, tiles })
    }

    fn tile(&self, index: u64) -> Span {
        let from = self.tile_from + index * self.tile;
        Span { from: from.max(self.image.from), to: (from + self.tile).min(self.image.to) }
    }
}

impl Grid {
    /// A.5.1.
    pub(super) fn read(segment: &[u8], pixels_max: usize) -> Result<Self, DecodeError> {
        let number = |index: usize| {
            let at = 2 + index * 4;
            let bytes = segment.get(at..at + 4).and_then(|bytes| bytes.first_chunk::<4>());
            bytes.map(|bytes| u64::from(u32::from_be_bytes(*bytes))).ok_or(DecodeError::Damaged)
        };
        let (right, bottom, left, top) = (number(0)?, number(1)?, number(2)?, number(3)?);
        let components = segment
            .get(34..36)
            .and_then(|bytes| bytes.first_chunk::<2>())
            .ok_or(DecodeError::Damaged)?;
        let components = usize::from(u16::from_be_bytes(*components));
        if components == 0 || components > COMPONENTS_MAX {
            return Err(DecodeError::UnknownKind);
        }
        let side = |to: u64, from: u64| {
            let side = to.checked_sub(from).ok_or(DecodeError::Damaged)?;
            usize::try_from(side).map_err(|_| DecodeError::TooLarge)
        };
        let size = (side(right, left)?, side(bottom, top)?);
        check_size(size, COMPONENT_PIXEL_BYTES * components, pixels_max)?;
        let kinds = segment.get(36..).filter(|kinds| kinds.len() == components * 3);
        let thinning = kinds
            .ok_or(DecodeError::Damaged)?
            .as_chunks::<3>()
            .0
            .iter()
            .map(|kind| match kind {
                // Deeper than 16 bits, or thinned out more than fourfold: no portrait.
                [depth, across @ 1..=4, down @ 1..=4] if depth & 0x7f < 16 => {
                    Ok((u64::from(*across), u64::from(*down)))
                }
                _ => Err(DecodeError::UnknownKind),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let across = Axis::read(Span { from: left, to: right }, number(4)?, number(6)?)?;
        let down = Axis::read(Span { from: top, to: bottom }, number(5)?, number(7)?)?;
        let tiles = across.tiles.checked_mul(down.tiles).and_then(|it| usize::try_from(it).ok());
        match tiles {
            Some(tiles) if tiles <= TILES_MAX => Ok(Self { across, down, thinning, tiles }),
            Some(_) | None => Err(DecodeError::TooLarge),
        }
    }

    pub(super) fn components(&self) -> usize {
        self.thinning.len()
    }

    pub(super) fn tiles(&self) -> usize {
        self.tiles
    }

    /// Every tile of every component, in the component's own points.
    fn component_tiles(&self) -> impl Iterator<Item = (usize, Span, Span)> + '_ {
        (0..self.down.tiles)
            .flat_map(|down| (0..self.across.tiles).map(move |across| (across, down)))
            .flat_map(|(across, down)| {
                let (across, down) = (self.across.tile(across), self.down.tile(down));
                self.thinning
                    .iter()
                    .enumerate()
                    .map(move |(i, by)| (i, across.thinned(by.0), down.thinned(by.1)))
            })
    }
}

/// How one component is cut up: SPcod and SPcoc.
#[derive(Clone)]
pub(super) struct Style {
    decompositions: u8,
    block: (u8, u8),
    /// One byte for each resolution, the lowest first; empty where nothing is cut.
    precincts: Vec<u8>,
}

impl Style {
    /// Table A.15. The decoder goes by the content and not by the length, so the two have to agree.
    fn read(style: u8, parameters: &[u8]) -> Result<Self, DecodeError> {
        let &[decompositions, width, height, _, _, ref precincts @ ..] = parameters else {
            return Err(DecodeError::Damaged);
        };
        if decompositions > DECOMPOSITIONS_MAX {
            return Err(DecodeError::TooLarge);
        }
        let wanted = if style & 1 == 0 { 0 } else { usize::from(decompositions) + 1 };
        if precincts.len() != wanted {
            return Err(DecodeError::Damaged);
        }
        let exponent = |coded: u8| coded.checked_add(2).ok_or(DecodeError::Damaged);
        let block = (exponent(width)?, exponent(height)?);
        let least = *CODE_BLOCK_EXPONENTS.start();
        if block.0 < least || block.1 < least {
            return Err(DecodeError::TooLarge);
        }
        let fits =
            CODE_BLOCK_EXPONENTS.contains(&block.0) && CODE_BLOCK_EXPONENTS.contains(&block.1);
        if !fits || block.0 + block.1 > CODE_BLOCK_EXPONENTS_SUM_MAX {
            return Err(DecodeError::Damaged);
        }
        Ok(Self { decompositions, block, precincts: precincts.to_vec() })
    }

    /// COC: A.6.2; with at most four components the index is one byte.
    pub(super) fn of_component(segment: &[u8]) -> Result<(usize, Self), DecodeError> {
        let &[component, style, ref parameters @ ..] = segment else {
            return Err(DecodeError::Damaged);
        };
        Ok((usize::from(component), Self::read(style, parameters)?))
    }

    /// What the book-keeping of one tile of one component takes: B.5 to B.7.
    fn book_bytes(&self, across: Span, down: Span, layers: u64) -> u64 {
        (0..=self.decompositions)
            .map(|resolution| {
                let size = self.precincts.get(usize::from(resolution)).unwrap_or(&PRECINCT_UNCUT);
                let (wide, high) = (size & 0x0f, size >> 4);
                let by = 1 << (self.decompositions - resolution);
                let precincts = across.thinned(by).cells(wide) * down.thinned(by).cells(high);
                // A sub-band has half of its resolution, and its code blocks end where a precinct does.
                let (bands, halved) = if resolution == 0 { (1, 0) } else { (3, 1) };
                let by = by << halved;
                let block = (
                    self.block.0.min(wide.saturating_sub(halved)),
                    self.block.1.min(high.saturating_sub(halved)),
                );
                let blocks = across.thinned(by).cells(block.0) * down.thinned(by).cells(block.1);
                bands * (precincts * PRECINCT_BYTES)
                    + bands * blocks * (CODE_BLOCK_BYTES + LAYER_BYTES * layers)
                    + precincts * layers * PACKET_BYTES
            })
            .sum()
    }
}

/// COD: what holds for every component that has no style of its own.
pub(super) struct Coding {
    layers: u16,
    style: Style,
}

impl Coding {
    /// A.6.1.
    pub(super) fn read(segment: &[u8]) -> Result<Self, DecodeError> {
        let &[style, _, l1, l0, _, ref parameters @ ..] = segment else {
            return Err(DecodeError::Damaged);
        };
        let layers = u16::from_be_bytes([l1, l0]);
        if layers > LAYERS_MAX {
            return Err(DecodeError::TooLarge);
        }
        Ok(Self { layers, style: Style::read(style, parameters)? })
    }

    /// Refuses what is cut into too many pieces, however small the picture is.
    pub(super) fn check_cost(
        &self,
        grid: &Grid,
        styles: &[Option<Style>],
    ) -> Result<(), DecodeError> {
        let layers = u64::from(self.layers);
        let bytes: u64 = grid
            .component_tiles()
            .map(|(component, across, down)| {
                let own = styles.get(component).and_then(Option::as_ref);
                own.unwrap_or(&self.style).book_bytes(across, down, layers)
            })
            .sum();
        if bytes <= BOOK_BYTES_MAX { Ok(()) } else { Err(DecodeError::TooLarge) }
    }
}
