//! Finds faces: YuNet.
//!
//! The network looks at the picture in three coarsenesses (strides 8, 16, 32). For each cell it
//! says how sure it is of a face, its box and its five points, relative to the cell:
//!
//! ```text
//! score  = sqrt(clamp(cls) · clamp(obj))
//! centre = (cell + bbox[0..2]) · stride        size = exp(bbox[2..4]) · stride
//! point  = (cell + kps[2k..2k+2]) · stride     k: right eye, left eye, nose, right mouth, left mouth
//! ```

use crate::geometry::{Landmarks, Point, Rect};
use crate::geometry::{real, whole};
use crate::network::{Held, Network, NetworkError, Output};
use crate::picture::{ColourOrder, Picture};

/// The long side of what the network sees: enough for a face of a fifteenth of the picture.
const LONG_SIDE: usize = 320;
/// The network halves its input five times.
const STEP: usize = 32;
const SCORE_MIN: f32 = 0.7;
/// Cells that are less sure than a face has to be still help to place it.
const CANDIDATE_SCORE_MIN: f32 = 0.5;
/// Two boxes that share more than this are the same face.
const OVERLAP_MAX: f32 = 0.3;
/// A box that shares more with the surest than this says where the same face is.
const SAME_PLACE_MIN: f32 = 0.6;
/// A picture with more is a crowd; the rest is not needed to say so.
const FACES_MAX: usize = 16;
const STRIDES: [(usize, &str); 3] = [(8, "8"), (16, "16"), (32, "32")];

/// A face that was found, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    pub rect: Rect,
    /// As the surest cell sees them: the embeddings are aligned by these, as they were when their
    /// thresholds were measured.
    pub landmarks: Landmarks,
    /// The mean over all cells that see this face: steadier by some degrees of head turn, for
    /// judging pose and depth.
    pub steady: Landmarks,
    pub score: f32,
}

#[derive(Debug)]
pub(crate) struct Detector {
    network: Network,
    /// Class, object, box and points of each stride.
    outputs: Vec<Output>,
}

impl Detector {
    pub(crate) fn new(network: Network) -> Result<Self, NetworkError> {
        let mut outputs = Vec::new();
        for (_, stride) in STRIDES {
            for kind in ["cls", "obj", "bbox", "kps"] {
                let name = format!("{kind}_{stride}");
                outputs.push(network.output(&name).ok_or_else(|| NetworkError {
                    name: "detector".to_owned(),
                    what: format!("has no output {name}"),
                })?);
            }
        }
        Ok(Self { network, outputs })
    }

    pub(crate) fn for_another_thread(&self) -> Self {
        Self { network: self.network.for_another_thread(), outputs: self.outputs.clone() }
    }

    /// Puts off the wiping of what the network computes until all pictures of a session were looked at.
    pub(crate) fn held(&self) -> Held<'_> {
        self.network.held()
    }

    /// All faces, the largest first.
    pub(crate) fn faces(&self, picture: &Picture) -> Result<Vec<Face>, NetworkError> {
        let long = picture.width().max(picture.height());
        let scale = (real(LONG_SIDE) / real(long)).min(1.0);
        let side = |size: usize| whole((real(size) * scale).round()).clamp(1, LONG_SIDE);
        let (width, height) = (side(picture.width()), side(picture.height()));
        let small;
        let seen = if scale < 1.0 {
            small = picture.shrunk_to(width, height);
            &small
        } else {
            picture
        };
        let (padded_width, padded_height) =
            (width.next_multiple_of(STEP), height.next_multiple_of(STEP));
        let planes = seen.planes(ColourOrder::Bgr, padded_width, padded_height);
        let outputs = self.network.run([3, padded_height, padded_width], &planes, &self.outputs)?;
        let mut candidates = Vec::new();
        for ((stride, _), maps) in STRIDES.iter().zip(outputs.chunks(4)) {
            if let [classes, objects, boxes, points] = maps {
                let columns = padded_width / stride;
                read_cells(*stride, columns, [classes, objects, boxes, points], &mut candidates);
            }
        }
        let (sx, sy) = (real(picture.width()) / real(width), real(picture.height()) / real(height));
        let mut faces = without_doubles(candidates);
        for face in &mut faces {
            face.rect = Rect {
                x: face.rect.x * sx,
                y: face.rect.y * sy,
                width: face.rect.width * sx,
                height: face.rect.height * sy,
            };
            for landmarks in [&mut face.landmarks, &mut face.steady] {
                let points = landmarks.points().map(|p| Point::new(p.x * sx, p.y * sy));
                *landmarks = Landmarks::from_points(points);
            }
        }
        faces.sort_by(|a, b| b.rect.width.total_cmp(&a.rect.width));
        Ok(faces)
    }
}

fn read_cells(stride: usize, columns: usize, maps: [&[f32]; 4], into: &mut Vec<Face>) {
    let [classes, objects, boxes, points] = maps;
    let (boxes, _) = boxes.as_chunks::<4>();
    let (points, _) = points.as_chunks::<10>();
    let cells = classes.iter().zip(objects).zip(boxes.iter().zip(points));
    for (cell, ((class, object), (rect, points))) in cells.enumerate() {
        let score = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
        if score.is_nan() || score < CANDIDATE_SCORE_MIN {
            continue;
        }
        let step = real(stride);
        let (column, row) = (real(cell % columns), real(cell / columns));
        let [dx, dy, log_width, log_height] = *rect;
        let (width, height) = (log_width.exp() * step, log_height.exp() * step);
        let rect = Rect {
            x: (column + dx) * step - width / 2.0,
            y: (row + dy) * step - height / 2.0,
            width,
            height,
        };
        let (pairs, _) = points.as_chunks::<2>();
        let mut landmarks = [Point::default(); 5];
        for (landmark, [x, y]) in landmarks.iter_mut().zip(pairs) {
            *landmark = Point::new((column + x) * step, (row + y) * step);
        }
        let points = Landmarks::from_points(landmarks);
        let face = Face { rect, landmarks: points, steady: points, score };
        let finite = landmarks.iter().all(|p| p.x.is_finite() && p.y.is_finite());
        if finite && width.is_finite() && height.is_finite() {
            into.push(face);
        }
    }
}

/// One face for each group of boxes that overlap: the surest of them, with the mean of the group's
/// points, each weighted by how sure it is.
fn without_doubles(mut candidates: Vec<Face>) -> Vec<Face> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut groups: Vec<(Face, Vec<Face>)> = Vec::new();
    for candidate in candidates {
        let doubles = |(face, _): &(Face, Vec<Face>)| face.rect.overlap(&candidate.rect);
        match groups.iter().position(|group| doubles(group) > OVERLAP_MAX) {
            Some(at) => {
                if let Some(group) = groups.get_mut(at).filter(|g| doubles(g) > SAME_PLACE_MIN) {
                    group.1.push(candidate);
                }
            }
            None if groups.len() < FACES_MAX => groups.push((candidate, vec![candidate])),
            None => {}
        }
    }
    let sure = groups.iter().filter(|(face, _)| face.score >= SCORE_MIN);
    sure.map(|(face, group)| Face { steady: steady(group), ..*face }).collect()
}

fn steady(group: &[Face]) -> Landmarks {
    let weight = |face: &Face| face.score * face.score;
    let total: f32 = group.iter().map(weight).sum();
    let mut points = [Point::default(); 5];
    for face in group {
        let part = weight(face) / total;
        for (point, one) in points.iter_mut().zip(face.landmarks.points()) {
            point.x += one.x * part;
            point.y += one.y * part;
        }
    }
    Landmarks::from_points(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_becomes_a_face_in_pixels() {
        let mut points = [0.0; 20];
        points[10..14].copy_from_slice(&[0.25, -0.5, 1.0, 2.0]);
        let mut boxes = [0.0; 8];
        boxes[4..8].copy_from_slice(&[0.5, 0.5, 2.0_f32.ln(), 4.0_f32.ln()]);
        let mut faces = Vec::new();

        read_cells(8, 1, [&[0.1, 0.9], &[0.9, 0.9], &boxes, &points], &mut faces);

        assert_eq!(faces.len(), 1);
        let face = faces[0];
        assert!((face.score - 0.9).abs() < 1e-6);
        // Cell (0, 1): centre (4, 12), 16 wide and 32 high.
        assert_eq!(face.rect.centre(), Point::new(4.0, 12.0));
        assert!((face.rect.width - 16.0).abs() < 1e-4 && (face.rect.height - 32.0).abs() < 1e-4);
        assert_eq!(face.landmarks.right_eye, Point::new(2.0, 4.0));
        assert_eq!(face.landmarks.left_eye, Point::new(8.0, 24.0));
    }

    #[test]
    fn a_score_that_is_not_a_number_is_no_face() {
        let mut faces = Vec::new();

        read_cells(8, 1, [&[f32::NAN], &[1.0], &[0.0; 4], &[0.0; 10]], &mut faces);
        read_cells(8, 1, [&[1.0], &[1.0], &[0.0, 0.0, 900.0, 0.0], &[0.0; 10]], &mut faces);

        assert_eq!(faces, []);
    }

    #[test]
    fn of_two_boxes_on_one_face_the_surer_stays_with_the_mean_of_the_points() {
        let face = |x: f32, score: f32| Face {
            rect: Rect { x, y: 0.0, width: 10.0, height: 10.0 },
            landmarks: Landmarks::from_points([Point::new(x, 0.0); 5]),
            steady: Landmarks::default(),
            score,
        };

        let faces = without_doubles(vec![face(0.0, 0.8), face(1.0, 0.9), face(30.0, 0.7)]);

        assert_eq!(faces.len(), 2);
        assert_eq!((faces[0].rect.x, faces[0].landmarks.nose.x), (1.0, 1.0));
        assert!((0.5..0.6).contains(&faces[0].steady.nose.x), "{:?}", faces[0].steady);
        assert!((faces[0].score - 0.9).abs() < 1e-6);
        assert!((faces[1].rect.x - 30.0).abs() < 1e-4);
    }
}
