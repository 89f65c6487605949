//! What a person can do better while the camera runs: cheap enough for every frame of a phone.
//!
//! The phone's own face detector, where it has one, says what it sees; without one, brightness and
//! movement are judged in the middle of the picture, where the screen shows an oval.

use crate::comparison::Reason;
use crate::geometry::{Landmarks, Rect};
use crate::prompt::Prompt;

/// A frame in shades of grey, row by row, e.g. the Y plane of the camera or a small copy of it.
#[derive(Clone, Copy)]
pub struct GreyFrame<'a> {
    width: usize,
    height: usize,
    grey: &'a [u8],
}

impl std::fmt::Debug for GreyFrame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GreyFrame({}×{}, [hidden])", self.width, self.height)
    }
}

/// What the phone's detector sees in the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// The phone has no detector.
    Unknown,
    Nobody,
    OneFace(SeenFace),
    SeveralFaces,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeenFace {
    pub rect: Rect,
    /// Absent where the detector gives a box alone.
    pub landmarks: Option<Landmarks>,
}

/// Grey levels between the darkest and the brightest twentieth of what is looked at, after the noise is taken off: what
/// the networks need, and no measure of skin. Sixty people match down to 8.7.
const CONTRAST_MIN: f32 = 8.0;
/// The same where no face was found: with less, nobody could be.
const EMPTY_CONTRAST_MIN: f32 = 16.0;
/// An even surface is too bright where half of it is above this, and too dark otherwise.
const BRIGHT_ABOVE: u8 = 215;
/// The part of a face that is burnt out before it counts as too bright: at half, faces still match.
const BURNT_SHARE_MAX: f32 = 0.75;
const BURNT_FROM: u8 = 250;
/// Around the five points, in eye distances: eyes, nose and mouth, without hair and background.
const AROUND_POINTS: f32 = 0.4;
/// The face's part of the picture's width.
const FAR_BELOW: f32 = 0.20;
/// Wider, and less than twice the face is in view: [`crate::LivenessReason::TooLittleContext`].
const NEAR_ABOVE: f32 = 0.48;
/// Nose off the middle of the eyes, in half eye distances: about 13°.
const TURNED_ABOVE: f32 = 0.24;
/// Mean difference to the frame before, 0–255.
const MOVED_ABOVE: f32 = 14.0;

impl<'a> GreyFrame<'a> {
    /// `None` where the bytes are not one for each pixel.
    #[must_use]
    pub fn new(width: usize, height: usize, grey: &'a [u8]) -> Option<Self> {
        let wanted = width.checked_mul(height)?;
        (wanted > 0 && grey.len() == wanted).then_some(Self { width, height, grey })
    }

    fn pixels(&self, region: &Rect) -> impl Iterator<Item = u8> {
        let columns = stretch(region.x, region.width, self.width);
        let rows = stretch(region.y, region.height, self.height);
        let (width, grey) = (self.width, self.grey);
        rows.flat_map(move |y| {
            let row = grey.get(y * width..(y + 1) * width).unwrap_or_default();
            row.get(columns.clone()).unwrap_or_default().iter().copied()
        })
    }

    fn middle(&self) -> Rect {
        let (width, height) =
            (crate::geometry::real(self.width), crate::geometry::real(self.height));
        let side = width.min(height) * 0.5;
        Rect { x: (width - side) / 2.0, y: (height - side) / 2.0, width: side, height: side }
    }
}

/// The first thing to say to the person, or `None` where the frame is good.
///
/// `before` is the frame before this one, of the same size.
#[must_use]
pub fn hint(
    frame: &GreyFrame<'_>,
    before: Option<&GreyFrame<'_>>,
    seen: &Seen,
    prompt: Prompt,
) -> Option<Reason> {
    let region = match seen {
        Seen::OneFace(SeenFace { landmarks: Some(landmarks), .. }) => around(landmarks),
        Seen::Nobody => {
            // In the dark no detector sees anybody: say what helps.
            let light = light(frame, &frame.middle(), EMPTY_CONTRAST_MIN);
            return Some(light.unwrap_or(Reason::NoFace));
        }
        Seen::SeveralFaces => return Some(Reason::SeveralFaces),
        Seen::OneFace(face) => face.rect,
        Seen::Unknown => frame.middle(),
    };
    light(frame, &region, CONTRAST_MIN)
        .or_else(|| place(frame, seen))
        .or_else(|| pose(seen, prompt))
        .or_else(|| movement(frame, before, prompt))
}

/// The part of the picture in which eyes, nose and mouth lie.
fn around(landmarks: &Landmarks) -> Rect {
    let margin = landmarks.eye_distance() * AROUND_POINTS;
    let points = landmarks.points();
    let least = |of: fn(&crate::geometry::Point) -> f32| {
        points.iter().map(of).fold(f32::INFINITY, f32::min) - margin
    };
    let most = |of: fn(&crate::geometry::Point) -> f32| {
        points.iter().map(of).fold(f32::NEG_INFINITY, f32::max) + margin
    };
    let (x, y) = (least(|p| p.x), least(|p| p.y));
    Rect { x, y, width: most(|p| p.x) - x, height: most(|p| p.y) - y }
}

/// Whether light and sensor leave enough contrast. The brightness of the skin says nothing about that and is not asked for.
fn light(frame: &GreyFrame<'_>, region: &Rect, contrast_min: f32) -> Option<Reason> {
    let mut levels = [0_u32; 256];
    let mut count = 0_u32;
    for value in frame.pixels(region) {
        if let Some(level) = levels.get_mut(usize::from(value)) {
            *level += 1;
            count += 1;
        }
    }
    if count == 0 {
        return Some(Reason::TooDark);
    }
    let burnt: u32 = levels.iter().skip(usize::from(BURNT_FROM)).sum();
    if f64::from(burnt) > f64::from(count) * f64::from(BURNT_SHARE_MAX) {
        return Some(Reason::TooBright);
    }
    let spread = f32::from(level_at(&levels, count, 95)) - f32::from(level_at(&levels, count, 5));
    // Noise alone spreads over 3.3 standard deviations between the same two twentieths.
    let noise = 3.3 * noise(frame, region);
    let contrast = (spread * spread - noise * noise).max(0.0).sqrt();
    if contrast >= contrast_min {
        return None;
    }
    let even = level_at(&levels, count, 50);
    Some(if even > BRIGHT_ABOVE { Reason::TooBright } else { Reason::TooDark })
}

/// The grey level below which so many hundredths of all pixels lie.
fn level_at(levels: &[u32; 256], count: u32, hundredths: u32) -> u8 {
    let wanted = u64::from(count) * u64::from(hundredths) / 100;
    let mut below = 0_u64;
    for (level, number) in (0..=u8::MAX).zip(levels) {
        below += u64::from(*number);
        if below > wanted {
            return level;
        }
    }
    u8::MAX
}

/// Standard deviation of the sensor's noise: the median of what differs between neighbours beyond edges (Immerkær 1996).
fn noise(frame: &GreyFrame<'_>, region: &Rect) -> f32 {
    let columns = stretch(region.x, region.width, frame.width);
    let rows = stretch(region.y, region.height, frame.height);
    let at = |x: usize, y: usize| {
        frame.grey.get(y * frame.width + x).map_or(0, |value| i32::from(*value))
    };
    let mut found: Vec<i32> = Vec::new();
    for y in rows.start.max(1)..rows.end.min(frame.height.saturating_sub(1)) {
        for x in columns.start.max(1)..columns.end.min(frame.width.saturating_sub(1)) {
            let corners = at(x - 1, y - 1) + at(x + 1, y - 1) + at(x - 1, y + 1) + at(x + 1, y + 1);
            let sides = at(x, y - 1) + at(x, y + 1) + at(x - 1, y) + at(x + 1, y);
            found.push((corners - 2 * sides + 4 * at(x, y)).abs());
        }
    }
    if found.is_empty() {
        return 0.0;
    }
    let middle = found.len() / 2;
    let (_, median, _) = found.select_nth_unstable(middle);
    u16::try_from(*median).map_or(0.0, f32::from) * 1.4826 / 6.0
}

fn place(frame: &GreyFrame<'_>, seen: &Seen) -> Option<Reason> {
    let Seen::OneFace(face) = seen else { return None };
    let width = crate::geometry::real(frame.width);
    let height = crate::geometry::real(frame.height);
    // A turned head is narrower, and no further away.
    let breadth = face.rect.width.max(face.rect.height * 0.75);
    if breadth < width.min(height) * FAR_BELOW {
        return Some(Reason::TooFar);
    }
    let near = face.rect.width > width * NEAR_ABOVE || face.rect.height > height * NEAR_ABOVE;
    near.then_some(Reason::TooNear)
}

fn pose(seen: &Seen, prompt: Prompt) -> Option<Reason> {
    let Seen::OneFace(SeenFace { landmarks: Some(landmarks), .. }) = seen else { return None };
    match prompt {
        Prompt::TurnLeft | Prompt::TurnRight => None,
        Prompt::LookStraight | Prompt::MoveCloser => {
            let half = landmarks.eye_distance() / 2.0;
            let to_right = landmarks.nose.distance(landmarks.right_eye);
            let to_left = landmarks.nose.distance(landmarks.left_eye);
            let offset = (to_right - to_left).abs() / half.max(1.0);
            (offset > TURNED_ABOVE * 2.0).then_some(Reason::LookStraight)
        }
    }
}

fn movement(
    frame: &GreyFrame<'_>,
    before: Option<&GreyFrame<'_>>,
    prompt: Prompt,
) -> Option<Reason> {
    let before = before?;
    if prompt != Prompt::LookStraight || before.grey.len() != frame.grey.len() {
        return None;
    }
    let sum: f32 = frame.grey.iter().zip(before.grey).map(|(a, b)| f32::from(a.abs_diff(*b))).sum();
    let mean = sum / crate::geometry::real(frame.grey.len());
    (mean > MOVED_ABOVE).then_some(Reason::HoldStill)
}

fn stretch(start: f32, length: f32, size: usize) -> std::ops::Range<usize> {
    let first = crate::geometry::whole(start.max(0.0)).min(size);
    let last = crate::geometry::whole((start + length).max(0.0)).clamp(first, size);
    first..last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;

    const SIDE: usize = 200;

    fn face(width: f32) -> SeenFace {
        let (x, y) = (100.0 - width / 2.0, 100.0 - width / 2.0);
        let at = |dx: f32, dy: f32| Point::new(100.0 + width * dx, 100.0 + width * dy);
        SeenFace {
            rect: Rect { x, y, width, height: width },
            landmarks: Some(Landmarks {
                right_eye: at(-0.22, -0.15),
                left_eye: at(0.22, -0.15),
                nose: at(0.0, 0.05),
                right_mouth: at(-0.18, 0.25),
                left_mouth: at(0.18, 0.25),
            }),
        }
    }

    fn said(grey: &[u8], seen: Seen, prompt: Prompt) -> Option<Reason> {
        hint(&GreyFrame::new(SIDE, SIDE, grey).unwrap(), None, &seen, prompt)
    }

    /// A face-like pattern around a mean, with so many grey levels between dark and bright.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a byte"
    )]
    fn pattern(mean: f32, contrast: f32) -> Vec<u8> {
        (0..SIDE * SIDE)
            .map(|at| {
                let (x, y) = (crate::geometry::real(at % SIDE), crate::geometry::real(at / SIDE));
                let wave = (x / 9.0).sin() * (y / 7.0).cos();
                (mean + wave * contrast / 2.0).clamp(0.0, 255.0).round() as u8
            })
            .collect()
    }

    #[test]
    fn a_good_frame_needs_no_hint() {
        let grey = pattern(128.0, 120.0);

        assert_eq!(said(&grey, Seen::OneFace(face(70.0)), Prompt::LookStraight), None);
        assert_eq!(said(&grey, Seen::Unknown, Prompt::LookStraight), None);
    }

    #[test]
    fn light_is_judged_by_contrast_and_not_by_how_dark_or_bright_the_skin_is() {
        let one = Seen::OneFace(face(70.0));
        for mean in [30.0, 45.0, 70.0, 128.0, 200.0, 225.0] {
            assert_eq!(said(&pattern(mean, 40.0), one, Prompt::LookStraight), None, "{mean}");
        }
        assert_eq!(said(&pattern(30.0, 6.0), one, Prompt::LookStraight), Some(Reason::TooDark));
        assert_eq!(said(&pattern(230.0, 6.0), one, Prompt::LookStraight), Some(Reason::TooBright));
    }

    #[test]
    fn noise_is_no_contrast() {
        let mut seed = 5_u32;
        let grey: Vec<u8> = (0..SIDE * SIDE)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                20 + (seed >> 28) as u8
            })
            .collect();

        assert_eq!(
            said(&grey, Seen::OneFace(face(70.0)), Prompt::LookStraight),
            Some(Reason::TooDark)
        );
    }

    #[test]
    fn each_fault_has_its_hint() {
        let even = |value| vec![value; SIDE * SIDE];
        let good = pattern(128.0, 120.0);
        let straight = Prompt::LookStraight;
        let mut turned = face(70.0);
        if let Some(landmarks) = &mut turned.landmarks {
            landmarks.nose.x += 14.0;
        }

        let one = |width| Seen::OneFace(face(width));
        assert_eq!(said(&even(20), one(70.0), straight), Some(Reason::TooDark));
        assert_eq!(said(&even(252), one(70.0), straight), Some(Reason::TooBright));
        assert_eq!(said(&good, one(30.0), straight), Some(Reason::TooFar));
        assert_eq!(said(&good, one(120.0), straight), Some(Reason::TooNear));
        assert_eq!(said(&good, Seen::Nobody, straight), Some(Reason::NoFace));
        assert_eq!(said(&even(20), Seen::Nobody, straight), Some(Reason::TooDark));
        assert_eq!(said(&good, Seen::SeveralFaces, straight), Some(Reason::SeveralFaces));
        assert_eq!(said(&good, Seen::OneFace(turned), straight), Some(Reason::LookStraight));
        assert_eq!(said(&good, Seen::OneFace(turned), Prompt::TurnLeft), None);
    }

    #[test]
    fn moving_matters_only_while_holding_still_was_asked() {
        let (before, now) = (pattern(100.0, 80.0), pattern(140.0, 80.0));
        let before = GreyFrame::new(SIDE, SIDE, &before).unwrap();
        let now = GreyFrame::new(SIDE, SIDE, &now).unwrap();
        let said = |prompt| hint(&now, Some(&before), &Seen::OneFace(face(70.0)), prompt);

        assert_eq!(said(Prompt::LookStraight), Some(Reason::HoldStill));
        assert_eq!(said(Prompt::MoveCloser), None);
    }

    #[test]
    fn a_face_outside_the_frame_is_no_panic() {
        let mut outside = face(70.0);
        outside.rect.x = -500.0;
        if let Some(landmarks) = outside.landmarks {
            outside.landmarks = Some(landmarks.mapped(1.0, Point::new(-500.0, 0.0)));
        }
        let grey = vec![128; SIDE * SIDE];

        assert_eq!(
            said(&grey, Seen::OneFace(outside), Prompt::LookStraight),
            Some(Reason::TooDark)
        );
    }
}
