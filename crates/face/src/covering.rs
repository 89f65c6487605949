//! What lies over a face: dark glasses, a mask, or light that glasses reflect.
//!
//! A face with a mask or sunglasses still matches its portrait nearly always, so that whoever reads a verdict should know of
//! them. Everything is measured on the aligned crop and against the same person's forehead, so that neither light nor skin
//! matters; what was measured on 60 people stands beside each threshold.

use crate::comparison::Covering;
use crate::picture::{Picture, luma};
use crate::sighting::Sighting;

/// What is seen over the face or its eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Mask,
    Sunglasses,
    Glare,
}

impl Seen {
    /// A reflection is gone with the next movement; the rest stays.
    pub(crate) fn covering(self) -> Option<Covering> {
        match self {
            Self::Mask => Some(Covering::Mask),
            Self::Sunglasses => Some(Covering::Sunglasses),
            Self::Glare => None,
        }
    }
}

/// Columns and rows of the 112 × 112 crop.
type Patch = (std::ops::Range<usize>, std::ops::Range<usize>);

const EYES: [Patch; 2] = [(29..48, 45..58), (64..83, 45..58)];
const FOREHEAD: Patch = (46..66, 26..38);
const CHEEKS: [Patch; 2] = [(32..42, 66..78), (70..80, 66..78)];
const MOUTH: Patch = (40..72, 82..104);

/// Brightness of the brighter eye's surroundings, in parts of the forehead's: of 60 people 0.39 at least for bare eyes and clear
/// glasses, in 0.25 to 1.3 of the light, and 0.20 at most behind black ones; behind brown ones all but two of them below.
const EYES_MIN: f32 = 0.35;
/// Keeps the quotient a number in the dark; more of it would make the eyes of dark faces in little light look covered.
const LEVEL: f32 = 1.0;
/// How much the redness of lips and of the skin around them differs: 0.033 at least for mouths, 0.010 at most for cloth.
const LIPS_MIN: f32 = 0.02;
/// Redness of a forehead, without which the picture has no colours to judge by.
const SKIN_REDNESS_MIN: f32 = 0.02;
/// Grey levels by which a reflection is brighter than forehead and cheeks,
const GLARE_ABOVE: f32 = 45.0;
/// and the part of an eye's surroundings that it covers at least; light skin came to 0.036 at most.
const GLARE_SHARE_MIN: f32 = 0.06;

/// What lies over the face; `None` for a bare one, and for one that cannot be aligned.
pub(crate) fn seen(sighting: &Sighting) -> Option<Seen> {
    in_crop(sighting.aligned()?)
}

fn in_crop(crop: &Picture) -> Option<Seen> {
    let forehead = middle(values(crop, &FOREHEAD, luma));
    let eyes = EYES.map(|eye| middle(values(crop, &eye, luma)));
    let brighter_eye = eyes.into_iter().fold(0.0, f32::max);
    let skin = middle(values(crop, &FOREHEAD, redness));
    let lips = values(crop, &MOUTH, redness);
    let lips = at_part(lips.clone(), 0.9) - at_part(lips, 0.1);
    if skin > SKIN_REDNESS_MIN && lips < LIPS_MIN {
        return Some(Seen::Mask);
    }
    if brighter_eye / (forehead + LEVEL) < EYES_MIN {
        return Some(Seen::Sunglasses);
    }
    let cheeks = CHEEKS.map(|cheek| middle(values(crop, &cheek, luma)));
    let brightest = cheeks.into_iter().fold(forehead, f32::max);
    let glare = EYES.iter().any(|eye| {
        let eye = values(crop, eye, luma);
        let count = eye.iter().filter(|value| **value >= brightest + GLARE_ABOVE).count();
        crate::geometry::real(count) >= crate::geometry::real(eye.len()) * GLARE_SHARE_MIN
    });
    glare.then_some(Seen::Glare)
}

/// What each pixel of a patch is, once its neighbours have lowered the noise.
fn values(crop: &Picture, patch: &Patch, of: fn([u8; 3]) -> f32) -> Vec<f32> {
    let (columns, rows) = patch;
    let near = |at: usize| at.saturating_sub(1)..=at + 1;
    let smoothed = |x: usize, y: usize| {
        let mut sums = [0_u32; 3];
        for pixel in near(y).flat_map(|y| near(x).map(move |x| crop.pixel(x, y))) {
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u32::from(value));
        }
        sums.map(|sum| u8::try_from(sum / 9).unwrap_or(u8::MAX))
    };
    rows.clone()
        .flat_map(|y| columns.clone().map(move |x| (x, y)))
        .map(|(x, y)| of(smoothed(x, y)))
        .collect()
}

/// How much redder than green a pixel is, whatever its brightness.
fn redness([red, green, blue]: [u8; 3]) -> f32 {
    let [red, green, blue] = [red, green, blue].map(f32::from);
    (red - green) / (red + green + blue + 30.0)
}

fn middle(values: Vec<f32>) -> f32 {
    at_part(values, 0.5)
}

/// The value below which such a part of all lies.
fn at_part(mut values: Vec<f32>, part: f32) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    let at = crate::geometry::whole(crate::geometry::real(values.len()) * part);
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKIN: [u8; 3] = [180, 130, 105];
    const DARK_SKIN: [u8; 3] = [70, 48, 38];

    /// An even face with lips and pupils, and something over some patches.
    fn crop(skin: [u8; 3], over: &[(Patch, [u8; 3])]) -> Picture {
        let lips = skin.map(|value| value - value / 4);
        let lips = [skin[0], lips[1], lips[2]];
        let mut patches = vec![((44..68, 88..97), lips)];
        for x in [38, 73] {
            patches.push(((x - 3..x + 3, 49..54), [25, 22, 20]));
        }
        patches.extend_from_slice(over);
        let mut rgb = skin.repeat(112 * 112);
        for ((columns, rows), colour) in patches {
            for (x, y) in rows.flat_map(|y| columns.clone().map(move |x| (x, y))) {
                rgb[(y * 112 + x) * 3..][..3].copy_from_slice(&colour);
            }
        }
        Picture::from_rgb(112, 112, rgb).unwrap()
    }

    #[test]
    fn masks_sunglasses_and_reflections_are_told_apart_on_every_skin() {
        for skin in [SKIN, DARK_SKIN] {
            let over = |patches: &[(Patch, [u8; 3])]| in_crop(&crop(skin, patches));
            let glasses = [(20..52, 40..64), (60..92, 40..64)].map(|patch| (patch, [9, 9, 10]));
            let mask = [((18..94, 70..112), [150, 190, 205])];
            let glare = [((40..46, 46..52), [255; 3])];

            assert_eq!(over(&[]), None, "{skin:?}");
            assert_eq!(over(&glasses), Some(Seen::Sunglasses), "{skin:?}");
            assert_eq!(over(&mask), Some(Seen::Mask), "{skin:?}");
            assert_eq!(over(&glare), Some(Seen::Glare), "{skin:?}");
        }
    }

    /// Of 60 people one has eyes two fifths as bright as the forehead, in any light.
    #[test]
    fn eyes_in_the_shade_of_a_dark_face_are_not_covered_in_little_light() {
        for light in [100, 70, 50, 25] {
            let part = |hundredths: u16| {
                let value = |it: u8| u8::try_from((u16::from(it) * hundredths + 50) / 100).unwrap();
                DARK_SKIN.map(value)
            };
            let eyes = |colour| EYES.map(|eye| (eye, colour));

            assert_eq!(in_crop(&crop(part(light), &eyes(part(light * 42 / 100)))), None, "{light}");
            let covered = in_crop(&crop(part(light), &eyes(part(light / 5))));
            assert_eq!(covered, Some(Seen::Sunglasses), "{light}");
        }
    }

    #[test]
    fn a_picture_without_colours_shows_no_mask() {
        assert_eq!(in_crop(&crop([128; 3], &[((18..94, 70..112), [150; 3])])), None);
    }
}
