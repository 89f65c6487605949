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
    pub(crate) fn mapped(&self, scale: f32, shift: Point) -> Self {
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

    #[must_use]
    pub(crate) fn mapped(&self, scale: f32, shift: Point) -> Self {
        Self::from_points(
            self.points().map(|p| Point::new(p.x * scale + shift.x, p.y * scale + shift.y)),
        )
    }
}

/// Rotation, uniform scale and shift.
///
/// ```text
/// x' = a·x − b·y + shift.x
/// y' = b·x + a·y + shift.y
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Similarity {
    pub(crate) a: f32,
    pub(crate) b: f32,
    pub(crate) shift: Point,
}

impl Similarity {
    /// The one that brings `from` nearest to `to` in the least-squares sense, without mirroring.
    /// `None` where all points of `from` coincide.
    pub(crate) fn between(from: &[Point; 5], to: &[Point; 5]) -> Option<Self> {
        let (centre_from, centre_to) = (mean(from), mean(to));
        let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let (px, py) = (p.x - centre_from.x, p.y - centre_from.y);
            let (qx, qy) = (q.x - centre_to.x, q.y - centre_to.y);
            along += px * qx + py * qy;
            across += px * qy - py * qx;
            spread += px * px + py * py;
        }
        if !spread.is_finite() || spread < 1e-6 {
            return None;
        }
        let (a, b) = (along / spread, across / spread);
        let shift = Point::new(
            centre_to.x - a * centre_from.x + b * centre_from.y,
            centre_to.y - b * centre_from.x - a * centre_from.y,
        );
        Some(Self { a, b, shift })
    }

    pub(crate) fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }

    pub(crate) fn apply(&self, p: Point) -> Point {
        Point::new(
            self.a * p.x - self.b * p.y + self.shift.x,
            self.b * p.x + self.a * p.y + self.shift.y,
        )
    }
}

fn mean(points: &[Point; 5]) -> Point {
    let sum = points.iter().fold(Point::default(), |s, p| Point::new(s.x + p.x, s.y + p.y));
    Point::new(sum.x / 5.0, sum.y / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIANGLE: [Point; 5] = [
        Point { x: 0.0, y: 0.0 },
        Point { x: 4.0, y: 0.0 },
        Point { x: 2.0, y: 2.0 },
        Point { x: 1.0, y: 5.0 },
        Point { x: 3.0, y: 5.0 },
    ];

    #[test]
    fn a_turned_scaled_and_shifted_face_is_brought_back() {
        let turn = Similarity { a: 1.5, b: -0.7, shift: Point::new(-30.0, 12.5) };
        let turned = TRIANGLE.map(|p| turn.apply(p));

        let back = Similarity::between(&turned, &TRIANGLE).unwrap();

        for (point, wanted) in turned.iter().zip(&TRIANGLE) {
            assert!(back.apply(*point).distance(*wanted) < 1e-4);
        }
    }

    #[test]
    fn points_that_coincide_have_no_transform() {
        assert_eq!(Similarity::between(&[Point::new(3.0, 3.0); 5], &TRIANGLE), None);
    }

    #[test]
    fn overlap_is_shared_over_united_area() {
        let left = Rect { x: 0.0, y: 0.0, width: 2.0, height: 1.0 };
        let right = Rect { x: 1.0, y: 0.0, width: 2.0, height: 1.0 };

        assert!((left.overlap(&right) - 1.0 / 3.0).abs() < 1e-6);
    }
}
