//! Does the face show the colours of the screen that shines on it?
//!
//! A face sends back the light of the room and of the screen, each times the colour of the skin. The logarithm of the ratio of
//! two channels therefore moves by what the screen adds, whatever the skin: of a screen that gives the share `s` of the light,
//! by about `s` times the difference of the screen's own channels. The shifts of all frames are held against those that were
//! drawn.

use super::movement::Observed;
use crate::comparison::LightSeen;
use crate::geometry::Rect;
use crate::prompt::{Light, Step};
use crate::sighting::Sighting;

/// Logarithms of red and of blue, each divided by green.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shade {
    red: f32,
    blue: f32,
}

/// The middle of the face: no hair, no background.
const MIDDLE: f32 = 0.6;
/// A screen that gives less of the light than this is lost in the noise of a camera.
const SHARE_MIN: f32 = 0.01;
/// How well the shifts follow those that were drawn: 1 is all, 0 is chance. Heads that turn in the light of a window shift too. Of
/// 28 bent photographs those that no screen shone on came to 0.84 at most, those in the colours of another draw to 0.87, and those
/// of which a screen gave a tenth of the light to 0.94 at least (`tests/external_puppet.rs`).
const FOLLOWS_MIN: f32 = 0.9;
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

fn linear(value: u8) -> f32 {
    (f32::from(value) / 255.0).powf(2.2)
}

impl Shade {
    pub(super) fn of([red, green, blue]: [f32; 3]) -> Self {
        let green = (green + DARKEST).ln();
        Self { red: (red + DARKEST).ln() - green, blue: (blue + DARKEST).ln() - green }
    }

    /// By how much a screen that gives all of the light shifts a shade, to first order.
    fn drawn(light: Light) -> Self {
        let [red, green, blue] = light.rgb().map(linear);
        Self { red: red - green, blue: blue - green }
    }
}

/// Holds the shades of the frames against the lights of their steps; `None` where no light was shown.
pub(super) fn judge(steps: &[Step], observed: &[Observed]) -> Option<LightSeen> {
    let pairs = observed
        .iter()
        .filter_map(|seen| Some((seen.shade, Shade::drawn(steps.get(seen.prompt)?.light?))));
    let pairs: Vec<(Shade, Shade)> = pairs.collect();
    steps.iter().any(|step| step.light.is_some()).then(|| follows(&pairs))
}

fn follows(pairs: &[(Shade, Shade)]) -> LightSeen {
    let count = crate::geometry::real(pairs.len().max(1));
    let mut mean = [0.0_f32; 4];
    for (seen, drawn) in pairs {
        let values = [seen.red, seen.blue, drawn.red, drawn.blue];
        mean.iter_mut().zip(values).for_each(|(mean, value)| *mean += value / count);
    }
    let (mut both, mut of_seen, mut of_drawn) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (seen, drawn) in pairs {
        let [a, b, c, d] = [seen.red, seen.blue, drawn.red, drawn.blue];
        let [red, blue, drawn_red, drawn_blue] =
            [a - mean[0], b - mean[1], c - mean[2], d - mean[3]];
        both += red * drawn_red + blue * drawn_blue;
        of_seen += red * red + blue * blue;
        of_drawn += drawn_red * drawn_red + drawn_blue * drawn_blue;
    }
    let share = both / of_drawn;
    let fit = both / (of_seen * of_drawn).sqrt();
    // What is not a number follows nothing.
    if share >= SHARE_MIN && fit >= FOLLOWS_MIN { LightSeen::Followed } else { LightSeen::NotSeen }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shades of a face of that skin in the light of a room and of a screen that gives `share` of it.
    fn lit(skin: [f32; 3], share: f32, lights: &[Light]) -> Vec<Shade> {
        let of = |light: &Light| {
            let screen = light.rgb().map(linear);
            let mut seen = skin;
            seen.iter_mut().zip(screen).for_each(|(seen, screen)| *seen *= 1.0 + share * screen);
            Shade::of(seen)
        };
        lights.iter().map(of).collect()
    }

    fn judged(shades: &[Shade], drawn: &[Light]) -> LightSeen {
        let pairs: Vec<_> =
            shades.iter().copied().zip(drawn.iter().map(|light| Shade::drawn(*light))).collect();
        follows(&pairs)
    }

    #[test]
    fn every_skin_shows_the_lights_that_were_drawn_and_no_others() {
        let drawn = [Light::White, Light::Blue, Light::Amber, Light::Green];
        let other = [Light::Amber, Light::Green, Light::White, Light::Blue];
        for skin in [[0.05, 0.03, 0.02], [0.3, 0.2, 0.15], [0.7, 0.5, 0.4]] {
            for share in [0.03, 0.1, 0.4] {
                let shades = lit(skin, share, &drawn);

                assert_eq!(judged(&shades, &drawn), LightSeen::Followed, "{skin:?} {share}");
                assert_eq!(judged(&shades, &other), LightSeen::NotSeen, "{skin:?} {share}");
            }
        }
    }

    #[test]
    fn a_face_that_no_screen_shines_on_follows_nothing() {
        let drawn = [Light::White, Light::Blue, Light::Amber, Light::Green];

        assert_eq!(judged(&lit([0.3, 0.2, 0.15], 0.0, &drawn), &drawn), LightSeen::NotSeen);
        assert_eq!(judged(&[], &[]), LightSeen::NotSeen);
    }
}
