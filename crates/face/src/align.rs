//! Brings a face to where the embeddings expect it.

use crate::geometry::{Landmarks, Point, Rect, real};
use crate::picture::{ColourOrder, Picture};
use crate::similarity::Similarity;

/// The five points of a face in the 112 × 112 crop that ArcFace and its followers are trained on.
pub(crate) const ARCFACE: [Point; 5] = [
    Point { x: 38.2946, y: 51.6963 },
    Point { x: 73.5318, y: 51.5014 },
    Point { x: 56.0252, y: 71.7366 },
    Point { x: 41.5493, y: 92.3655 },
    Point { x: 70.7299, y: 92.2041 },
];

/// The same for face-reidentification-retail-0095, in parts of its 128 × 128 crop (its
/// documentation in the Open Model Zoo).
const REIDENTIFICATION: [Point; 5] = [
    Point { x: 0.315_568_7, y: 0.461_574_1 },
    Point { x: 0.682_622_9, y: 0.461_574_1 },
    Point { x: 0.500_262_5, y: 0.640_505_4 },
    Point { x: 0.349_471_9, y: 0.824_692 },
    Point { x: 0.653_436_5, y: 0.824_692 },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crop {
    /// 112 × 112, RGB.
    ArcFace,
    /// 128 × 128, BGR.
    Reidentification,
}

impl Crop {
    pub(crate) fn side(self) -> usize {
        match self {
            Self::ArcFace => 112,
            Self::Reidentification => 128,
        }
    }

    pub(crate) fn order(self) -> ColourOrder {
        match self {
            Self::ArcFace => ColourOrder::Rgb,
            Self::Reidentification => ColourOrder::Bgr,
        }
    }

    /// Where the points lie in a crop of this side.
    fn points(self, side: usize) -> [Point; 5] {
        let (points, scale) = match self {
            // A factor of exactly 1 for the crop that the points are given in.
            Self::ArcFace => (ARCFACE, real(side) / real(self.side())),
            Self::Reidentification => (REIDENTIFICATION, real(side)),
        };
        points.map(|p| Point::new(p.x * scale, p.y * scale))
    }

    /// The face with these points in the picture, turned and scaled so that they lie where the network expects them in a crop of
    /// this side.
    pub(crate) fn of(
        self,
        picture: &Picture,
        landmarks: &Landmarks,
        side: usize,
    ) -> Option<Picture> {
        let landmarks = landmarks.points();
        let points = self.points(side);
        let back = Similarity::between(&points, &landmarks)?;
        // The surroundings are at most four times finer than the crop; halved once, sampling skips no pixel.
        if back.scale() > 2.0 {
            let (half, origin) = picture.halved(&seen_by(&back, side));
            let in_half = |place: f32, origin: f32| (place - origin) / 2.0 - 0.25;
            let landmarks =
                landmarks.map(|p| Point::new(in_half(p.x, origin.x), in_half(p.y, origin.y)));
            let back = Similarity::between(&points, &landmarks)?;
            return Some(half.warped(&back, side, side));
        }
        Some(picture.warped(&back, side, side))
    }
}

/// What a crop of this side shows of the picture, and one pixel of the crop around it.
fn seen_by(back: &Similarity, side: usize) -> Rect {
    let middle = real(side) / 2.0;
    let centre = back.apply(Point::new(middle, middle));
    let reach = (back.a.abs() + back.b.abs()) * (middle + 1.0);
    let (x, y) = (centre.x - reach, centre.y - reach);
    Rect { x, y, width: 2.0 * reach, height: 2.0 * reach }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Face;
    use crate::sighting::{Sighting, View};

    /// A picture whose brightness rises by one each pixel, and begins anew every 200, shows where each pixel of a crop came from.
    #[test]
    fn a_face_finer_than_the_crop_comes_from_where_its_points_lie_also_at_an_edge() {
        let picture = || Picture::of(401, 403, |x, y| [real(x % 200), real(y % 200), 0.0]);
        for (scale, origin) in [
            (1.5, Point::new(120.0, 80.0)),
            (2.8, Point::new(61.0, 33.0)),
            (3.0, Point::new(-40.0, 90.0)),
        ] {
            let place = |p: Point| Point::new(origin.x + p.x * scale, origin.y + p.y * scale);
            let landmarks = Landmarks::from_points(ARCFACE.map(place));
            let rect =
                Rect { x: origin.x, y: origin.y, width: 112.0 * scale, height: 112.0 * scale };
            let face = Face { rect, landmarks, steady: landmarks, score: 1.0 };
            let view = View { width: 401, height: 403, face };

            let sighting = Sighting::new(picture(), face, view, 0);
            let crop = sighting.aligned().unwrap();

            for (x, y) in [(20, 10), (56, 56), (100, 90)] {
                let from = place(Point::new(real(x), real(y)));
                let [red, green, _] = crop.pixel(x, y).map(f32::from);
                // Two pixels of which one is the mean of both lie half a pixel from it, and a half is rounded up.
                assert!((red - from.x % 200.0).abs() <= 1.25, "{scale} {x} {y}: {red} {from:?}");
                assert!(
                    (green - from.y % 200.0).abs() <= 1.25,
                    "{scale} {x} {y}: {green} {from:?}"
                );
            }
        }
    }
}
