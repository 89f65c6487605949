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

/// Mean brightness of a face, 0–255.
const DARK_BELOW: f32 = 55.0;
const BRIGHT_ABOVE: f32 = 215.0;
/// The part of a face that is burnt out before it counts as too bright.
const BURNT_SHARE_MAX: f32 = 0.25;
const BURNT_FROM: u8 = 250;
/// The face's part of the picture's width.
const FAR_BELOW: f32 = 0.20;
/// Wider, and less than twice the face is in view: [`crate::LivenessReason::TooLittleContext`].
const NEAR_ABOVE: f32 = 0.48;
/// Nose off the middle of the eyes, in half eye distances: about 13°.
const TURNED_ABOVE: f32 = 0.24;
/// Mean difference to the frame before, 0–255.
const MOVED_ABOVE: f32 = 14.0;
/// The part of the region around an eye that is burnt out while the face is not.
const REFLECTION_SHARE_MIN: f32 = 0.06;

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
        Seen::Nobody => {
            // In the dark no detector sees anybody: say what helps.
            return Some(light(frame, &frame.middle()).unwrap_or(Reason::NoFace));
        }
        Seen::SeveralFaces => return Some(Reason::SeveralFaces),
        Seen::OneFace(face) => face.rect,
        Seen::Unknown => frame.middle(),
    };
    light(frame, &region)
        .or_else(|| place(frame, seen))
        .or_else(|| pose(seen, prompt))
        .or_else(|| reflection(frame, seen))
        .or_else(|| movement(frame, before, prompt))
}

fn light(frame: &GreyFrame<'_>, region: &Rect) -> Option<Reason> {
    let (mut sum, mut burnt, mut count) = (0.0_f32, 0.0_f32, 0.0_f32);
    for value in frame.pixels(region) {
        sum += f32::from(value);
        burnt += if value >= BURNT_FROM { 1.0 } else { 0.0 };
        count += 1.0;
    }
    if count < 1.0 || sum / count < DARK_BELOW {
        return Some(Reason::TooDark);
    }
    (sum / count > BRIGHT_ABOVE || burnt / count > BURNT_SHARE_MAX).then_some(Reason::TooBright)
}

fn place(frame: &GreyFrame<'_>, seen: &Seen) -> Option<Reason> {
    let Seen::OneFace(face) = seen else { return None };
    let width = crate::geometry::real(frame.width);
    let height = crate::geometry::real(frame.height);
    if face.rect.width < width.min(height) * FAR_BELOW {
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

/// A bright patch on one eye where the face around it is not burnt out.
fn reflection(frame: &GreyFrame<'_>, seen: &Seen) -> Option<Reason> {
    let Seen::OneFace(SeenFace { landmarks: Some(landmarks), .. }) = seen else { return None };
    let side = landmarks.eye_distance() * 0.5;
    let burnt = [landmarks.right_eye, landmarks.left_eye].map(|eye| {
        let around =
            Rect { x: eye.x - side / 2.0, y: eye.y - side / 2.0, width: side, height: side };
        let (mut burnt, mut count) = (0.0_f32, 0.0_f32);
        for value in frame.pixels(&around) {
            burnt += if value >= BURNT_FROM { 1.0 } else { 0.0 };
            count += 1.0;
        }
        burnt / count.max(1.0)
    });
    burnt.iter().any(|share| *share > REFLECTION_SHARE_MIN).then_some(Reason::GlassesReflect)
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

    #[test]
    fn a_good_frame_needs_no_hint() {
        let grey = vec![128; SIDE * SIDE];

        assert_eq!(said(&grey, Seen::OneFace(face(70.0)), Prompt::LookStraight), None);
        assert_eq!(said(&grey, Seen::Unknown, Prompt::LookStraight), None);
    }

    #[test]
    fn each_fault_has_its_hint() {
        let even = |value| vec![value; SIDE * SIDE];
        let good = even(128);
        let straight = Prompt::LookStraight;
        let mut turned = face(70.0);
        if let Some(landmarks) = &mut turned.landmarks {
            landmarks.nose.x += 14.0;
        }
        let mut glaring = even(128);
        for y in 80..94 {
            for x in 78..92 {
                glaring[y * SIDE + x] = 255;
            }
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
        assert_eq!(said(&glaring, one(70.0), straight), Some(Reason::GlassesReflect));
    }

    #[test]
    fn moving_matters_only_while_holding_still_was_asked() {
        let (before, now) = (vec![100; SIDE * SIDE], vec![140; SIDE * SIDE]);
        let before = GreyFrame::new(SIDE, SIDE, &before).unwrap();
        let now = GreyFrame::new(SIDE, SIDE, &now).unwrap();
        let said = |prompt| hint(&now, Some(&before), &Seen::OneFace(face(70.0)), prompt);

        assert_eq!(said(Prompt::LookStraight), Some(Reason::HoldStill));
        assert_eq!(said(Prompt::MoveCloser), None);
    }

    #[test]
    fn a_face_half_outside_the_frame_is_no_panic() {
        let mut outside = face(70.0);
        outside.rect.x = -500.0;
        let grey = vec![128; SIDE * SIDE];

        assert_eq!(
            said(&grey, Seen::OneFace(outside), Prompt::LookStraight),
            Some(Reason::TooDark)
        );
    }
}
