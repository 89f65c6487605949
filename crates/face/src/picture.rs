//! A decoded picture, wiped from memory when it is dropped.

use rten_simd::{Isa, SimdOp};
use zeroize::Zeroizing;

use crate::geometry::{Point, Rect, real, whole};
use crate::similarity::Similarity;

/// 8-bit RGB pixels, row by row.
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Zeroizing<Vec<u8>>,
}

/// In which order a network takes the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColourOrder {
    Rgb,
    Bgr,
    /// One plane of brightness.
    Grey,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}×{}, [hidden])", self.width, self.height)
    }
}

impl Picture {
    /// Takes RGB bytes, three for each pixel; `None` where their number is not that.
    #[must_use]
    pub fn from_rgb(width: usize, height: usize, rgb: Vec<u8>) -> Option<Self> {
        let rgb = Zeroizing::new(rgb);
        let wanted = width.checked_mul(height)?.checked_mul(3)?;
        (wanted > 0 && rgb.len() == wanted).then_some(Self { width, height, rgb })
    }

    /// Each pixel by a function of its place, 0–255.
    pub(crate) fn of(
        width: usize,
        height: usize,
        colour: impl Fn(usize, usize) -> [f32; 3],
    ) -> Self {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgb = places.flat_map(|(x, y)| colour(x, y).map(byte)).collect();
        Self { width, height, rgb: Zeroizing::new(rgb) }
    }

    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels, for a matcher outside this crate.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The pixel at a place, or the nearest one at the edge.
    #[inline(always)]
    pub(crate) fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y.min(self.height - 1) * self.width + x.min(self.width - 1)) * 3;
        match self.rgb.get(at..at + 3) {
            Some(&[r, g, b]) => [r, g, b],
            _ => [0; 3],
        }
    }

    #[inline(always)]
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        let at = y.min(self.height - 1) * self.width * 3;
        self.rgb.get(at..at + self.width * 3).unwrap_or_default()
    }

    /// A smaller picture: each pixel is the mean of those it covers, counted by area.
    pub(crate) fn shrunk_to(&self, width: usize, height: usize) -> Self {
        Shrink { picture: self, width, height }.dispatch()
    }

    /// The part inside a box in half its size, and where that part begins: on even pixels, so that each of the small picture is
    /// the mean of four.
    pub(crate) fn halved(&self, region: &Rect) -> (Self, Point) {
        let even = |start: f32, length: f32, size: usize| {
            let (first, last) = bounds(start, length, size);
            let first = first.min(size.saturating_sub(2)) / 2 * 2;
            (real(first), real((last - first) / 2 * 2))
        };
        let (x, width) = even(region.x, region.width, self.width);
        let (y, height) = even(region.y, region.height, self.height);
        let (part, origin) = self.cropped(&Rect { x, y, width, height });
        (part.shrunk_to((part.width / 2).max(1), (part.height / 2).max(1)), origin)
    }

    /// The part inside a box, cut off at the edges.
    pub(crate) fn cropped(&self, region: &Rect) -> (Self, Point) {
        let (left, right) = bounds(region.x, region.width, self.width);
        let (top, bottom) = bounds(region.y, region.height, self.height);
        let mut rgb = Vec::with_capacity((right - left) * (bottom - top) * 3);
        for y in top..bottom {
            rgb.extend_from_slice(self.row(y).get(left * 3..right * 3).unwrap_or_default());
        }
        let picture = Self { width: right - left, height: bottom - top, rgb: Zeroizing::new(rgb) };
        (picture, Point::new(real(left), real(top)))
    }

    /// The picture in another light: every value multiplied by so many hundredths.
    pub(crate) fn brightened(&self, hundredths: u16) -> Self {
        let factor = f32::from(hundredths) / 100.0;
        let rgb = self.rgb.iter().map(|value| byte(f32::from(*value) * factor)).collect();
        Self { width: self.width, height: self.height, rgb: Zeroizing::new(rgb) }
    }

    /// The picture, turned to the left by so many right angles.
    pub(crate) fn quarter_turned(&self, turns: u8) -> Self {
        let (width, height) = (self.width, self.height);
        let turns = turns % 4;
        let (across, down) =
            if turns.is_multiple_of(2) { (width, height) } else { (height, width) };
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..down {
            for x in 0..across {
                let (from_x, from_y) = match turns {
                    0 => (x, y),
                    1 => (width - 1 - y, x),
                    2 => (width - 1 - x, height - 1 - y),
                    _ => (y, height - 1 - x),
                };
                rgb.extend(self.pixel(from_x, from_y));
            }
        }
        Self { width: across, height: down, rgb: Zeroizing::new(rgb) }
    }

    /// A picture of the given size, each pixel sampled bilinearly from where `back` says it came.
    pub(crate) fn warped(&self, back: &Similarity, width: usize, height: usize) -> Self {
        Warp { picture: self, back, width, height }.dispatch()
    }

    /// Bilinear sample; black outside, as in the training of the embeddings.
    #[inline(always)]
    fn sampled(&self, at: Point) -> [u8; 3] {
        let (left, top) = (at.x.floor(), at.y.floor());
        let (fx, fy) = (at.x - left, at.y - top);
        if let Some([a, b, c, d]) = self.square(left, top) {
            let (above, below) = (1.0 - fy, fy);
            let weights = [(1.0 - fx) * above, fx * above, (1.0 - fx) * below, fx * below];
            let of = |values: [u8; 4]| {
                let [a, b, c, d] = values.map(f32::from);
                byte(weights[0] * a + weights[1] * b + weights[2] * c + weights[3] * d)
            };
            let [[ar, ag, ab], [br, bg, bb], [cr, cg, cb], [dr, dg, db]] = [a, b, c, d];
            return [of([ar, br, cr, dr]), of([ag, bg, cg, dg]), of([ab, bb, cb, db])];
        }
        let mut sum = [0.0_f32; 3];
        for (dx, dy, weight) in [
            (0.0, 0.0, (1.0 - fx) * (1.0 - fy)),
            (1.0, 0.0, fx * (1.0 - fy)),
            (0.0, 1.0, (1.0 - fx) * fy),
            (1.0, 1.0, fx * fy),
        ] {
            if let (Some(x), Some(y)) = (index(left + dx, self.width), index(top + dy, self.height))
            {
                let pixel = self.pixel(x, y);
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += weight * f32::from(value);
                }
            }
        }
        sum.map(byte)
    }

    /// The pixel at a place, its right neighbour and the two below them; `None` where one of them is outside.
    #[inline(always)]
    fn square(&self, left: f32, top: f32) -> Option<[[u8; 3]; 4]> {
        let (x, y) = (index(left, self.width)?, index(top, self.height)?);
        let line = self.width * 3;
        let at = y * line + x * 3;
        if x + 1 >= self.width {
            return None;
        }
        let (above, _) = self.rgb.get(at..at + 6)?.as_chunks::<3>();
        let (below, _) = self.rgb.get(at + line..at + line + 6)?.as_chunks::<3>();
        match (above, below) {
            (&[a, b], &[c, d]) => Some([a, b, c, d]),
            _ => None,
        }
    }

    /// Bilinear resize to a fixed size, with the sampling points of common image libraries.
    pub(crate) fn stretched(&self, width: usize, height: usize) -> Self {
        Stretch { picture: self, width, height }.dispatch()
    }

    #[inline(always)]
    fn sampled_inside(&self, at: Point) -> [u8; 3] {
        let at = Point::new(
            at.x.min(real(self.width - 1) - 1e-3),
            at.y.min(real(self.height - 1) - 1e-3),
        );
        self.sampled(Point::new(at.x.max(0.0), at.y.max(0.0)))
    }

    /// The picture as a network's input: planes of 0–255, padded with black to the given size.
    pub(crate) fn planes(
        &self,
        order: ColourOrder,
        width: usize,
        height: usize,
    ) -> Zeroizing<Vec<f32>> {
        let channels = match order {
            ColourOrder::Rgb => [0, 1, 2],
            ColourOrder::Bgr => [2, 1, 0],
            ColourOrder::Grey => return self.grey_plane(width, height),
        };
        let mut planes = Zeroizing::new(vec![0.0; width * height * 3]);
        Spread { picture: self, channels, width, planes: &mut planes }.dispatch();
        planes
    }

    fn grey_plane(&self, width: usize, height: usize) -> Zeroizing<Vec<f32>> {
        let mut plane = Zeroizing::new(Vec::with_capacity(width * height));
        for y in 0..height {
            let row = if y < self.height { self.row(y) } else { &[] };
            let values = row.as_chunks::<3>().0.iter().map(|pixel| luma(*pixel));
            plane.extend(values.chain(std::iter::repeat(0.0)).take(width));
        }
        plane
    }

    /// Brightness of each pixel of a small grey version, for comparing pictures.
    pub(crate) fn grey(&self, width: usize, height: usize) -> Zeroizing<Vec<f32>> {
        let of = |picture: &Self| {
            Zeroizing::new(picture.rgb.as_chunks::<3>().0.iter().map(|it| luma(*it)).collect())
        };
        if (self.width, self.height) == (width, height) {
            return of(self);
        }
        let small = self.shrunk_to(width.min(self.width), height.min(self.height));
        if (small.width, small.height) == (width, height) {
            return of(&small);
        }
        of(&small.stretched(width, height))
    }
}

impl Picture {
    /// The same in whole numbers.
    pub(crate) fn grey_bytes(&self, width: usize, height: usize) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.grey(width, height).iter().map(|value| byte(*value)).collect())
    }
}

// Plain loops, compiled by `rten-simd` once for each instruction set; what they call is inlined, or it would be compiled for the
// oldest processor.

struct Shrink<'a> {
    picture: &'a Picture,
    width: usize,
    height: usize,
}

impl SimdOp for Shrink<'_> {
    type Output = Picture;

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) -> Picture {
        let Self { picture, width, height } = self;
        let columns = spans(picture.width, width);
        let mut rgb = vec![0; width * height * 3];
        // First down, whole lines at a time; then across, a pixel and the first number of the next at a time: both many numbers
        // at once.
        let mut line = Zeroizing::new(vec![0.0_f32; picture.width * 3 + 1]);
        let (made, _) = rgb.as_chunks_mut::<3>();
        for (row, made) in spans(picture.height, height).iter().zip(made.chunks_exact_mut(width)) {
            line.fill(0.0);
            for (y, weight) in row.iter() {
                for (sum, value) in line.iter_mut().zip(picture.row(y)) {
                    *sum += weight * f32::from(*value);
                }
            }
            for (column, made) in columns.iter().zip(made) {
                let mut sums = [0.0_f32; 4];
                for (x, weight) in column.iter() {
                    let pixel = line.get(x * 3..).and_then(<[f32]>::first_chunk::<4>);
                    add(&mut sums, weight, pixel.unwrap_or(&[0.0; 4]));
                }
                let share = 1.0 / (row.length * column.length);
                let [r, g, b, _] = sums;
                *made = [byte(r * share), byte(g * share), byte(b * share)];
            }
        }
        Picture { width, height, rgb: Zeroizing::new(rgb) }
    }
}

struct Warp<'a> {
    picture: &'a Picture,
    back: &'a Similarity,
    width: usize,
    height: usize,
}

impl SimdOp for Warp<'_> {
    type Output = Picture;

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) -> Picture {
        let Self { picture, back, width, height } = self;
        let mut rgb = vec![0; width * height * 3];
        let (pixels, _) = rgb.as_chunks_mut::<3>();
        for (y, row) in pixels.chunks_exact_mut(width).enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                *pixel = picture.sampled(back.apply(Point::new(real(x), real(y))));
            }
        }
        Picture { width, height, rgb: Zeroizing::new(rgb) }
    }
}

struct Stretch<'a> {
    picture: &'a Picture,
    width: usize,
    height: usize,
}

impl SimdOp for Stretch<'_> {
    type Output = Picture;

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) -> Picture {
        let Self { picture, width, height } = self;
        let (sx, sy) = (real(picture.width) / real(width), real(picture.height) / real(height));
        let mut rgb = vec![0; width * height * 3];
        let (pixels, _) = rgb.as_chunks_mut::<3>();
        for (y, row) in pixels.chunks_exact_mut(width).enumerate() {
            let from_y = ((real(y) + 0.5) * sy - 0.5).clamp(0.0, real(picture.height - 1));
            for (x, pixel) in row.iter_mut().enumerate() {
                let from_x = ((real(x) + 0.5) * sx - 0.5).clamp(0.0, real(picture.width - 1));
                *pixel = picture.sampled_inside(Point::new(from_x, from_y));
            }
        }
        Picture { width, height, rgb: Zeroizing::new(rgb) }
    }
}

/// Spreads the colours over planes, which are as wide as asked for and at least as high as the picture.
struct Spread<'a> {
    picture: &'a Picture,
    channels: [usize; 3],
    width: usize,
    planes: &'a mut [f32],
}

impl SimdOp for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) {
        let Self { picture, channels, width, planes } = self;
        let length = planes.len() / channels.len();
        for (plane, channel) in planes.chunks_exact_mut(length.max(1)).zip(channels) {
            for (y, line) in plane.chunks_exact_mut(width).enumerate().take(picture.height) {
                let (pixels, _) = picture.row(y).as_chunks::<3>();
                for (place, pixel) in line.iter_mut().zip(pixels) {
                    *place = f32::from(pixel.get(channel).copied().unwrap_or_default());
                }
            }
        }
    }
}

/// Rec. 601 brightness, 0–255.
#[inline(always)]
pub(crate) fn luma([r, g, b]: [u8; 3]) -> f32 {
    0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)
}

/// The nearest whole number of 0–255, and of two as near the larger.
///
/// Added to 2^23, a number of `f32` has no fraction left and itself in its last bits, which the processor does to many at once; a
/// cast to whole numbers it would do one by one. The thousandth makes the tie of two a tie no more.
#[expect(clippy::cast_possible_truncation, reason = "the last eight bits are what is wanted")]
#[inline(always)]
fn byte(value: f32) -> u8 {
    ((value + 1.0 / 1024.0).clamp(0.0, 255.0) + 8_388_608.0).to_bits() as u8
}

#[inline(always)]
fn add(sums: &mut [f32; 4], weight: f32, values: &[f32; 4]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

#[inline(always)]
fn index(place: f32, size: usize) -> Option<usize> {
    (place >= 0.0 && place < real(size)).then(|| whole(place))
}

/// First and last pixel of a stretch, at least one and inside the picture.
fn bounds(start: f32, length: f32, size: usize) -> (usize, usize) {
    let first = whole(start.max(0.0)).min(size - 1);
    let last = whole((start + length).max(0.0).ceil()).clamp(first + 1, size);
    (first, last)
}

/// The source pixels that one target pixel covers, with the share of the first and last.
struct Span {
    start: usize,
    first: f32,
    inner: usize,
    last: f32,
    length: f32,
}

impl Span {
    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = (usize, f32)> {
        let inner = (0..self.inner).map(|i| (self.start + 1 + i, 1.0));
        std::iter::once((self.start, self.first))
            .chain(inner)
            .chain(std::iter::once((self.start + 1 + self.inner, self.last)))
            .filter(|(_, weight)| *weight > 0.0)
    }
}

fn spans(from: usize, to: usize) -> Vec<Span> {
    let scale = real(from) / real(to.max(1));
    (0..to)
        .map(|i| {
            let (begin, end) = (real(i) * scale, (real(i + 1) * scale).min(real(from)));
            let start = whole(begin).min(from - 1);
            let stop = whole(end);
            if stop <= start {
                let first = (end - begin).max(1e-6);
                return Span { start, first, inner: 0, last: 0.0, length: first };
            }
            let first = real(start + 1) - begin;
            let last = end - real(stop);
            let inner = stop - start - 1;
            Span { start, first, inner, last, length: first + real(inner) + last }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(width: usize, height: usize) -> Picture {
        let rgb = (0..width * height)
            .flat_map(
                |i| if (i % width + i / width).is_multiple_of(2) { [0, 0, 0] } else { [200; 3] },
            )
            .collect();
        Picture::from_rgb(width, height, rgb).unwrap()
    }

    #[test]
    fn a_number_becomes_the_nearest_byte() {
        for whole in 0..=255_u8 {
            let value = f32::from(whole);
            assert_eq!(byte(value), whole);
            assert_eq!((byte(value + 0.498), byte(value + 0.5)), (whole, whole.saturating_add(1)));
        }
        assert_eq!((byte(-3.0), byte(1e9)), (0, 255));
    }

    #[test]
    fn shrinking_takes_the_mean_of_what_is_covered() {
        let small = checks(8, 6).shrunk_to(4, 3);

        assert_eq!((small.width(), small.height()), (4, 3));
        assert!(small.rgb().iter().all(|value| *value == 100));
    }

    #[test]
    fn shrinking_by_a_fraction_keeps_the_overall_brightness() {
        let picture = checks(97, 61);

        let small = picture.shrunk_to(31, 20);

        let mean =
            |p: &Picture| p.rgb().iter().map(|v| f32::from(*v)).sum::<f32>() / real(p.rgb().len());
        assert!((mean(&picture) - mean(&small)).abs() < 1.0);
    }

    #[test]
    fn a_quarter_turn_takes_the_right_edge_to_the_top_and_four_change_nothing() {
        let rgb = [[1; 3], [2; 3], [3; 3], [4; 3], [5; 3], [6; 3]].concat();
        let picture = Picture::from_rgb(3, 2, rgb).unwrap();

        let turned = picture.quarter_turned(1);

        assert_eq!((turned.width(), turned.height()), (2, 3));
        let firsts: Vec<u8> = turned.rgb().iter().step_by(3).copied().collect();
        assert_eq!(firsts, [3, 6, 2, 5, 1, 4]);
        for turns in 0..4 {
            let back = picture.quarter_turned(turns).quarter_turned(4 - turns);
            assert_eq!(back.rgb(), picture.rgb());
        }
    }

    #[test]
    fn warping_by_nothing_changes_nothing() {
        let picture = checks(9, 7);
        let nothing = Similarity { a: 1.0, b: 0.0, shift: Point::default() };

        assert_eq!(picture.warped(&nothing, 9, 7).rgb(), picture.rgb());
    }

    #[test]
    fn a_crop_beyond_the_edge_is_cut_off_there() {
        let (part, origin) =
            checks(10, 10).cropped(&Rect { x: -4.0, y: 7.0, width: 6.0, height: 60.0 });

        assert_eq!((part.width(), part.height()), (2, 3));
        assert_eq!(origin, Point::new(0.0, 7.0));
    }

    #[test]
    fn planes_are_padded_with_black() {
        let picture = Picture::from_rgb(1, 1, vec![10, 20, 30]).unwrap();

        assert_eq!(*picture.planes(ColourOrder::Bgr, 2, 1), [30.0, 0.0, 20.0, 0.0, 10.0, 0.0]);
        let grey = picture.planes(ColourOrder::Grey, 2, 2);
        assert!((grey[0] - 18.15).abs() < 1e-3 && grey[1..] == [0.0; 3], "{grey:?}");
    }

    #[test]
    fn a_buffer_of_another_size_is_no_picture() {
        assert!(Picture::from_rgb(2, 2, vec![0; 11]).is_none());
        assert!(Picture::from_rgb(0, 2, vec![]).is_none());
    }

    #[test]
    fn pixels_are_not_printed() {
        assert_eq!(format!("{:?}", checks(2, 2)), "Picture(2×2, [hidden])");
    }
}
