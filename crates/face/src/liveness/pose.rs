//! How a head is turned and how near it is, from five points.

use crate::geometry::{Landmarks, Point};

/// The nose tip stands about half an eye distance in front of the eyes, so that turning the head
/// by an angle moves it sideways by that part of the eye distance:
///
/// ```text
/// offset = nose along the eye axis, from the middle of the eyes, in half eye distances
/// tan(angle) ≈ offset / 1.03        33 mm in front of eyes that are 64 mm apart
/// ```
const NOSE_FORWARD: f32 = 1.03;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pose {
    /// Degrees; positive to the person's own left, which is the right of the picture.
    pub(crate) turn: f32,
    /// Middle of the eyes to middle of the mouth, in pixels: hardly changes when the head turns.
    pub(crate) size: f32,
}

impl Pose {
    pub(crate) fn of(landmarks: &Landmarks) -> Self {
        let Landmarks { right_eye, left_eye, nose, right_mouth, left_mouth } = *landmarks;
        let eyes = middle(right_eye, left_eye);
        let mouth = middle(right_mouth, left_mouth);
        let distance = landmarks.eye_distance().max(1e-3);
        let axis = Point::new(left_eye.x - right_eye.x, left_eye.y - right_eye.y);
        let along = ((nose.x - eyes.x) * axis.x + (nose.y - eyes.y) * axis.y) / distance;
        let offset = along / (distance / 2.0);
        Self { turn: (offset / NOSE_FORWARD).atan().to_degrees(), size: eyes.distance(mouth) }
    }
}

fn middle(a: Point, b: Point) -> Point {
    Point::new((a.x + b.x) / 2.0, (a.y + b.y) / 2.0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Five points of a head in millimetres: x to its left, y down, z forward.
    pub(crate) const HEAD: [[f32; 3]; 5] = [
        [-32.0, 0.0, 0.0],
        [32.0, 0.0, 0.0],
        [0.0, 38.0, 33.0],
        [-25.0, 68.0, 8.0],
        [25.0, 68.0, 8.0],
    ];

    /// The head turned by so many degrees to its left and seen from half a metre.
    pub(crate) fn seen(points: &[[f32; 3]; 5], degrees: f32) -> Landmarks {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Landmarks::from_points(points.map(|[x, y, z]| {
            let (x, z) = (x * cos + z * sin, z * cos - x * sin);
            let scale = 800.0 / (500.0 - z);
            Point::new(320.0 + x * scale, 200.0 + y * scale)
        }))
    }

    #[test]
    fn a_turn_is_measured_with_its_side() {
        for degrees in [-35.0, -20.0, 0.0, 15.0, 30.0] {
            let pose = Pose::of(&seen(&HEAD, degrees));

            assert!((pose.turn - degrees).abs() < 5.0, "{degrees}: {}", pose.turn);
        }
    }

    #[test]
    fn turning_hardly_changes_the_size() {
        let straight = Pose::of(&seen(&HEAD, 0.0)).size;
        let turned = Pose::of(&seen(&HEAD, 30.0)).size;

        assert!((turned / straight - 1.0).abs() < 0.05);
    }
}
