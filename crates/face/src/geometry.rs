//! Points, boxes and the transforms between pictures.

/// A place in a picture, in pixels from its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

impl Point {
    #[must_use]
    pub fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    #[must_use]
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// An upright box, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Rect {
    #[must_use]
    pub fn centre(&self) -> Point {
        Point::new(self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        (self.x..=self.x + self.width).contains(&point.x)
            && (self.y..=self.y + self.height).contains(&point.y)
    }

    /// Shared area over united area.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> f32 {
        let width = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let height = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        let shared = width.max(0.0) * height.max(0.0);
        let united = self.width * self.height + other.width * other.height - shared;
        if united > 0.0 { shared / united } else { 0.0 }
    }

    #[must_use]
    pub fn mapped(&self, scale: f32, shift: Point) -> Self {
        Self {
            x: self.x * scale + shift.x,
            y: self.y * scale + shift.y,
            width: self.width * scale,
            height: self.height * scale,
        }
    }
}

/// The five points of a face. Right and left are the person's own: the right eye is on the left of
/// an unmirrored picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Landmarks {
    pub right_eye: Point,
    pub left_eye: Point,
    pub nose: Point,
    pub right_mouth: Point,
    pub left_mouth: Point,
}

impl Landmarks {
    #[must_use]
    pub fn points(&self) -> [Point; 5] {
        [self.right_eye, self.left_eye, self.nose, self.right_mouth, self.left_mouth]
    }

    #[must_use]
    pub fn from_points(points: [Point; 5]) -> Self {
        let [right_eye, left_eye, nose, right_mouth, left_mouth] = points;
        Self { right_eye, left_eye, nose, right_mouth, left_mouth }
    }

    #[must_use]
    pub fn eye_distance(&self) -> f32 {
        self.right_eye.distance(self.left_eye)
    }

    /// Degrees by which the eye line falls to the right of the picture: 0 for a face that stands upright.
    #[must_use]
    pub fn roll(&self) -> f32 {
        let (across, down) =
            (self.left_eye.x - self.right_eye.x, self.left_eye.y - self.right_eye.y);
        down.atan2(across).to_degrees()
    }

    /// Degrees by which the face leans, to the same side as [`Landmarks::roll`]: the mean of what the eye line and the line from
    /// the eyes to the mouth show. Of a small face that is rolled, detectors get the second less wrong than the first.
    #[must_use]
    pub fn lean(&self) -> f32 {
        let Self { right_eye, left_eye, right_mouth, left_mouth, .. } = *self;
        let across = (right_eye.x + left_eye.x - right_mouth.x - left_mouth.x) / 2.0;
        let down = (right_mouth.y + left_mouth.y - right_eye.y - left_eye.y) / 2.0;
        (self.roll() + across.atan2(down).to_degrees()) / 2.0
    }

    #[must_use]
    pub fn mapped(&self, scale: f32, shift: Point) -> Self {
        Self::from_points(
            self.points().map(|p| Point::new(p.x * scale + shift.x, p.y * scale + shift.y)),
        )
    }
}

/// A count or coordinate as a number to calculate with; pictures stay far below 2^24.
#[expect(clippy::cast_precision_loss, reason = "pictures are at most 65,535 pixels wide")]
#[inline(always)]
pub(crate) fn real(count: usize) -> f32 {
    count as f32
}

/// The nearest whole pixel at or below a place; 0 for anything before the first.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and the value is checked or clamped by every caller"
)]
#[inline(always)]
pub(crate) fn whole(place: f32) -> usize {
    place as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_shared_over_united_area() {
        let left = Rect { x: 0.0, y: 0.0, width: 2.0, height: 1.0 };
        let right = Rect { x: 1.0, y: 0.0, width: 2.0, height: 1.0 };

        assert!((left.overlap(&right) - 1.0 / 3.0).abs() < 1e-6);
    }
    #[test]
    fn a_face_that_is_turned_in_the_picture_rolls_and_leans_by_as_much_to_the_same_side() {
        let upright = [(-30.0, -35.0), (30.0, -35.0), (0.0, 0.0), (-22.0, 32.0), (22.0, 32.0)];
        for degrees in [-40.0_f32, -7.0, 0.0, 12.0, 30.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let turned = upright.map(|(x, y)| Point::new(x * cos - y * sin, x * sin + y * cos));
            let landmarks = Landmarks::from_points(turned);

            assert!((landmarks.roll() - degrees).abs() < 0.01, "{degrees}: {}", landmarks.roll());
            assert!((landmarks.lean() - degrees).abs() < 0.01, "{degrees}: {}", landmarks.lean());
        }
    }

    #[test]
    fn points_of_a_level_eye_line_lean_by_half_of_what_the_mouth_shows() {
        let landmarks = Landmarks::from_points([
            Point::new(-30.0, 0.0),
            Point::new(30.0, 0.0),
            Point::new(-8.0, 30.0),
            Point::new(-50.0, 60.0),
            Point::new(-10.0, 60.0),
        ]);

        assert!(landmarks.roll().abs() < 0.01);
        assert!((landmarks.lean() - 13.3).abs() < 0.1, "{}", landmarks.lean());
    }
}
