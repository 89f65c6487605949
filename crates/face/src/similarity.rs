//! A plane moved onto another without bending it.

use crate::geometry::Point;

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

    #[inline(always)]
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
}
