//! Does the face show the colours of the screen that shines on it?
//!
//! A face sends back the light of the room and of the screen, each times the colour of the skin. The logarithm of the ratio of
//! two channels therefore moves by what the screen adds, whatever the skin: of a screen that gives the share `s` of the light,
//! by about `s` times the difference of the screen's own channels. The shifts of all frames are held against those that were
//! drawn.

use super::observed::Observed;
use super::shade::Shade;
use crate::comparison::LightSeen;
use crate::prompt::Step;

/// A screen that gives less of the light than this is lost in the noise of a camera.
const SHARE_MIN: f32 = 0.01;
/// How well the shifts follow those that were drawn: 1 is all, 0 is chance. Heads that turn in the light of a window shift too. Of
/// 28 bent photographs those that no screen shone on came to 0.84 at most, those in the colours of another draw to 0.87, and those
/// of which a screen gave a tenth of the light to 0.94 at least (`tests/external_puppet.rs`).
const FOLLOWS_MIN: f32 = 0.9;
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
    use crate::liveness::shade::linear;
    use crate::prompt::Light;

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
