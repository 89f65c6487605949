//! The colour of the light that a face sends back.

use crate::geometry::Rect;
use crate::prompt::Light;
use crate::sighting::Sighting;

/// Logarithms of red and of blue, each divided by green.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shade {
    pub(super) red: f32,
    pub(super) blue: f32,
}

/// The middle of the face: no hair, no background.
const MIDDLE: f32 = 0.6;
/// Keeps the logarithm of a black pixel finite.
const DARKEST: f32 = 1e-4;

/// The shade of the face.
pub(super) fn shade(sighting: &Sighting) -> Shade {
    let linear: Vec<f32> = (0..=255_u8).map(linear).collect();
    let of = |value: u8| linear.get(usize::from(value)).copied().unwrap_or(0.0);
    let face = &sighting.face.rect;
    let (width, height) = (face.width * MIDDLE, face.height * MIDDLE);
    let centre = face.centre();
    let middle = Rect { x: centre.x - width / 2.0, y: centre.y - height / 2.0, width, height };
    let (cut, _) = sighting.picture.cropped(&middle);
    let mut sum = [0.0_f32; 3];
    for pixel in cut.rgb().as_chunks::<3>().0 {
        sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += of(*value));
    }
    let count = crate::geometry::real((cut.width() * cut.height()).max(1));
    Shade::of(sum.map(|sum| sum / count))
}

/// The light that a number of a picture stands for.
pub(super) fn linear(value: u8) -> f32 {
    (f32::from(value) / 255.0).powf(2.2)
}

impl Shade {
    pub(super) fn of([red, green, blue]: [f32; 3]) -> Self {
        let green = (green + DARKEST).ln();
        Self { red: (red + DARKEST).ln() - green, blue: (blue + DARKEST).ln() - green }
    }

    /// By how much a screen that gives all of the light shifts a shade, to first order.
    pub(super) fn drawn(light: Light) -> Self {
        let [red, green, blue] = light.rgb().map(linear);
        Self { red: red - green, blue: blue - green }
    }
}
