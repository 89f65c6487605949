//! Is the face sharp enough to be compared?
//!
//! Judged on the crop that the embeddings see, so that neither the size of the face nor the rest of the picture matters, and
//! before anything is compared: a blurred face looks like nobody, and nobody may be told that it is another person's.
//!
//! Along each of four directions the crop is differentiated once and twice:
//!
//! ```text
//! sharpness = E[second²] / E[first²]        0.39–0.47 for sharp faces, 0.13–0.20 at a motion of a quarter of the eye distance
//! ```
//!
//! The quotient does not change with brightness or contrast, which is to say with skin or light. Motion lowers it in its own
//! direction, an optical blur in all four; the least sharp direction decides. What the sensor's noise adds to both sums is
//! estimated from the crop and taken off.

use crate::geometry::real;
use crate::picture::Picture;
use crate::sighting::Sighting;

/// Right, down to the right, down, down to the left.
const DIRECTIONS: [(isize, isize); 4] = [(1, 0), (1, 1), (0, 1), (-1, 1)];
/// Below these a face is blurred. Faces have fewer upright edges than level ones. Sixty people came to 0.25 across and 0.35
/// otherwise at least, at full and at a third of the light; motion by 15 of 81 pixels between the eyes to 0.15 and 0.24 at most.
const SHARPNESS_MIN: [f32; 4] = [0.19, 0.28, 0.28, 0.28];
/// The part of the crop that is face on everybody.
const COLUMNS: std::ops::Range<usize> = 22..90;
const ROWS: std::ops::Range<usize> = 24..104;
/// Weights across the direction: they lower the noise and leave the blur along it as it is.
const ACROSS: [f32; 5] = [1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];
/// What white noise of variance 1 adds to the two sums, with these weights.
const NOISE_FIRST: f32 = 0.0684;
const NOISE_SECOND: f32 = 0.1025;
/// The estimate of the noise is a median, and low for noise that was resampled.
const NOISE_FACTOR: f32 = 1.2;
/// Keeps the quotient of an even surface from being noise over noise.
const FIRST_MIN: f32 = 0.05;

/// Whether the face is too blurred to be compared. A face that cannot be aligned is not judged here.
pub(crate) fn is_blurred(sighting: &Sighting) -> bool {
    sighting.aligned().is_some_and(|crop| {
        sharpness(crop).iter().zip(SHARPNESS_MIN).any(|(found, least)| *found < least)
    })
}

/// The sharpness of an aligned crop in each of [`DIRECTIONS`].
fn sharpness(crop: &Picture) -> [f32; 4] {
    let grey = Grey { side: crop.width(), values: crop.grey(crop.width(), crop.height()) };
    let noise = grey.noise() * NOISE_FACTOR;
    let noise = noise * noise;
    DIRECTIONS.map(|direction| {
        let smooth = grey.smoothed_across(direction);
        let (mut first_sum, mut second_sum) = (0.0, 0.0);
        for y in ROWS {
            for [before, last, here, next, after] in smooth.along(COLUMNS, y, direction) {
                let first = 0.25 * (last + here - next - after);
                let second = 0.5 * here - 0.25 * (before + after);
                first_sum += first * first;
                second_sum += second * second;
            }
        }
        let count = real(COLUMNS.len() * ROWS.len());
        let second = (second_sum / count - NOISE_SECOND * noise).max(0.0);
        second / ((first_sum / count - NOISE_FIRST * noise).max(0.0) + FIRST_MIN)
    })
}

fn inner() -> impl Iterator<Item = (usize, usize)> {
    ROWS.flat_map(|y| COLUMNS.map(move |x| (x, y)))
}

/// By the steps that are taken from each place.
fn widened(range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    range.start - 2..range.end + 2
}

struct Grey {
    side: usize,
    values: zeroize::Zeroizing<Vec<f32>>,
}

impl Grey {
    /// The value beside a place; 0 outside, which [`inner`] keeps out of reach.
    fn at(&self, x: usize, y: usize, (dx, dy): (isize, isize)) -> f32 {
        let place = x.checked_add_signed(dx).zip(y.checked_add_signed(dy));
        place.and_then(|(x, y)| self.values.get(y * self.side + x)).copied().unwrap_or(0.0)
    }

    fn smoothed_across(&self, (dx, dy): (isize, isize)) -> Self {
        let mut values = zeroize::Zeroizing::new(vec![0.0; self.values.len()]);
        let (columns, rows) = (widened(COLUMNS), widened(ROWS));
        for y in rows {
            let line = values.get_mut(y * self.side + columns.start..).unwrap_or_default();
            for (to, near) in line.iter_mut().zip(self.along(columns.clone(), y, (-dy, dx))) {
                *to = near.iter().zip(ACROSS).map(|(value, weight)| weight * value).sum();
            }
        }
        Self { side: self.side, values }
    }

    /// Of each place of a row, the values from two steps before it to two after it.
    fn along(
        &self,
        columns: std::ops::Range<usize>,
        y: usize,
        (dx, dy): (isize, isize),
    ) -> impl Iterator<Item = [f32; 5]> {
        let [a, b, c, d, e] = [-2, -1, 0, 1, 2].map(|steps: isize| {
            let from = columns.start.checked_add_signed(dx * steps);
            let at = y.checked_add_signed(dy * steps).zip(from);
            at.and_then(|(y, x)| self.values.get(y * self.side + x..)).unwrap_or_default()
        });
        let pairs = a.iter().zip(b).zip(c.iter().zip(d)).zip(e);
        pairs.map(|(((a, b), (c, d)), e)| [*a, *b, *c, *d, *e]).take(columns.len())
    }

    /// Standard deviation of the noise (after Immerkær 1996, with a median in place of a mean, so that edges do not count).
    fn noise(&self) -> f32 {
        let mut found: Vec<f32> = inner()
            .map(|(x, y)| {
                let at = |dx, dy| self.at(x, y, (dx, dy));
                let corners = at(-1, -1) + at(1, -1) + at(-1, 1) + at(1, 1);
                let sides = at(0, -1) + at(0, 1) + at(-1, 0) + at(1, 0);
                (corners - 2.0 * sides + 4.0 * at(0, 0)).abs()
            })
            .collect();
        let middle = found.len() / 2;
        let (_, median, _) = found.select_nth_unstable_by(middle, f32::total_cmp);
        *median * 1.4826 / 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stripes that repeat every so many pixels along a direction, brighter or darker, with grains of noise.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a byte"
    )]
    fn stripes(direction: (isize, isize), period: f32, bright: f32, noise: u32) -> Picture {
        let mut seed = 9_u32;
        let rgb = (0..112 * 112)
            .flat_map(|at| {
                let (x, y) = (real(at % 112), real(at / 112));
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let grain = real(((seed >> 16) % (2 * noise + 1)) as usize) - real(noise as usize);
                let along = x * direction.0 as f32 + y * direction.1 as f32;
                let value = 128.0 + 60.0 * (along * std::f32::consts::TAU / period).sin();
                [(value * bright + grain).clamp(0.0, 255.0).round() as u8; 3]
            })
            .collect();
        Picture::from_rgb(112, 112, rgb).unwrap()
    }

    #[test]
    fn fine_stripes_are_sharp_and_coarse_ones_are_not_whatever_the_light_and_the_noise() {
        for (place, direction) in DIRECTIONS.into_iter().enumerate() {
            for (bright, noise) in [(1.0, 0), (0.4, 0), (1.0, 3), (0.4, 2)] {
                let fine = sharpness(&stripes(direction, 9.0, bright, noise))[place];
                let coarse = sharpness(&stripes(direction, 40.0, bright, noise))[place];

                assert!(fine > 0.28, "{direction:?} {bright} {noise}: {fine}");
                assert!(coarse < 0.19, "{direction:?} {bright} {noise}: {coarse}");
            }
        }
    }
}
