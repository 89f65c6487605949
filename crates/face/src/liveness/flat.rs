//! Is it a flat picture that moves?
//!
//! Between two views of a flat thing lies a homography, whatever way it is held or moved. Eyes and
//! mouth corners fix it; the nose of a flat picture then falls where it says, that of a head does
//! not, because it stands in front of the plane of the other four. What is left over, in parts of
//! the face's size, is about
//!
//! ```text
//! nose height / face size · sin(turn) = 27 mm / 68 mm · sin(turn)        0.10 at 15°, 0.17 at 25°
//! ```
//!
//! A print that is bent, or a mask, has depth too: the other checks have to stop those.

use crate::geometry::{Landmarks, Point};
use crate::liveness::pose::Pose;

/// How far the nose lies from where a flat picture would have it, along the eyes: positive to the
/// person's own left. `None` where the four points do not fix a homography.
pub(crate) fn depth(one: &Landmarks, other: &Landmarks) -> Option<f32> {
    let corners = |l: &Landmarks| [l.right_eye, l.left_eye, l.right_mouth, l.left_mouth];
    let map = homography(&corners(one), &corners(other))?;
    let expected = apply(&map, one.nose)?;
    let (size, eyes) = (Pose::of(other).size, other.eye_distance());
    let along = (other.nose.x - expected.x) * (other.left_eye.x - other.right_eye.x)
        + (other.nose.y - expected.y) * (other.left_eye.y - other.right_eye.y);
    let depth = along / eyes / size;
    (size > 1.0 && depth.is_finite()).then_some(depth)
}

/// The eight numbers of a homography (the ninth is 1) through four pairs of points.
fn homography(from: &[Point; 4], to: &[Point; 4]) -> Option<[f64; 8]> {
    let mut rows = Vec::with_capacity(8);
    for (p, q) in from.iter().zip(to) {
        let (x, y) = (f64::from(p.x), f64::from(p.y));
        let (u, v) = (f64::from(q.x), f64::from(q.y));
        rows.push([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u]);
        rows.push([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v]);
    }
    solve(rows)
}

fn apply(map: &[f64; 8], p: Point) -> Option<Point> {
    let [a, b, c, d, e, f, g, h] = *map;
    let (x, y) = (f64::from(p.x), f64::from(p.y));
    let w = g * x + h * y + 1.0;
    if w.abs() < 1e-9 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "pixels need no more than f32")]
    let point = Point::new(((a * x + b * y + c) / w) as f32, ((d * x + e * y + f) / w) as f32);
    Some(point)
}

/// Gauss elimination with pivoting; `None` for a system without exactly one solution.
fn solve(mut rows: Vec<[f64; 9]>) -> Option<[f64; 8]> {
    for column in 0..8 {
        let size = |row: &[f64; 9]| row.get(column).map_or(0.0, |value| value.abs());
        let (at, pivot) = rows
            .iter()
            .enumerate()
            .skip(column)
            .max_by(|a, b| size(a.1).total_cmp(&size(b.1)))
            .map(|(at, row)| (at, *row))?;
        let lead = *pivot.get(column)?;
        if lead.abs() < 1e-9 {
            return None;
        }
        rows.swap(column, at);
        for (index, row) in rows.iter_mut().enumerate() {
            let factor = row.get(column)? / lead;
            for (value, pivot) in row.iter_mut().zip(&pivot) {
                if index != column {
                    *value -= factor * pivot;
                }
            }
        }
    }
    let mut solution = [0.0; 8];
    for (index, (row, value)) in rows.iter().zip(&mut solution).enumerate() {
        *value = row.last()? / row.get(index)?;
    }
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::liveness::pose::tests::{HEAD, seen};

    #[test]
    fn a_head_that_turns_has_depth() {
        for degrees in [-30.0, -15.0, 15.0, 30.0] {
            let depth = depth(&seen(&HEAD, 0.0), &seen(&HEAD, degrees)).unwrap();

            assert!(depth * degrees.signum() > 0.08, "{degrees}: {depth}");
        }
    }

    #[test]
    fn a_flat_picture_has_none_however_it_is_held() {
        let flat = HEAD.map(|[x, y, _]| [x, y, 0.0]);
        for degrees in [-40.0, -15.0, 15.0, 40.0] {
            let depth = depth(&seen(&flat, 0.0), &seen(&flat, degrees)).unwrap();

            assert!(depth.abs() < 1e-3, "{degrees}: {depth}");
        }
    }

    #[test]
    fn points_on_a_line_fix_nothing() {
        let line = Landmarks::from_points([Point::new(1.0, 1.0); 5]);

        assert_eq!(depth(&line, &seen(&HEAD, 10.0)), None);
    }
}
