//! Makes the input of a network from a face.

use zeroize::Zeroizing;

use crate::align::Crop;
use crate::geometry::{Point, Rect, real};
use crate::picture::{ColourOrder, Picture};
use crate::sighting::Sighting;

/// Which part of a picture a network sees, and in which numbers.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) framing: Framing,
    /// Channels, height, width.
    pub(crate) shape: [usize; 3],
    pub(crate) order: ColourOrder,
    /// Mean and scale of each channel; none where the network takes 0–255.
    pub(crate) levels: Vec<(f32, f32)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Framing {
    /// Turned and scaled by the five points.
    Aligned(Crop),
    /// So many face boxes, stretched.
    Boxes(f32),
}

impl Input {
    /// What one of our own embeddings sees.
    pub(crate) fn aligned(crop: Crop) -> Self {
        let side = crop.side();
        Self {
            framing: Framing::Aligned(crop),
            shape: [3, side, side],
            order: crop.order(),
            levels: Vec::new(),
        }
    }

    /// What a MiniFASNet sees.
    pub(crate) fn boxes(boxes: f32, side: usize) -> Self {
        Self {
            framing: Framing::Boxes(boxes),
            shape: [3, side, side],
            order: ColourOrder::Bgr,
            levels: Vec::new(),
        }
    }

    /// The numbers, channel after channel; `None` where the five points cannot be those of a face.
    pub(crate) fn of(&self, sighting: &Sighting) -> Option<Zeroizing<Vec<f32>>> {
        let [_, height, width] = self.shape;
        let made;
        let picture = match self.framing {
            Framing::Aligned(Crop::ArcFace) if width == Crop::ArcFace.side() => {
                sighting.aligned()?
            }
            Framing::Aligned(crop) => {
                made = crop.of(&sighting.picture, &sighting.face.landmarks, width)?;
                &made
            }
            Framing::Boxes(boxes) => {
                let region = region(&sighting.face.rect, &sighting.picture, boxes);
                made = sighting.picture.cropped(&region).0.stretched(width, height);
                &made
            }
        };
        let mut planes = picture.planes(self.order, width, height);
        let of_channel = planes.chunks_exact_mut((width * height).max(1));
        for (plane, (mean, scale)) in of_channel.zip(&self.levels) {
            plane.iter_mut().for_each(|value| *value = (*value - mean) * scale);
        }
        Some(planes)
    }
}

/// The crop that MiniFASNet was trained on: as many face boxes as asked for or as the picture has,
/// shifted inside where it would stand over an edge (Silent-Face-Anti-Spoofing, `CropImage`).
fn region(face: &Rect, picture: &Picture, boxes: f32) -> Rect {
    let (right, bottom) = (real(picture.width()) - 1.0, real(picture.height()) - 1.0);
    let scale = boxes.min(right / face.width).min(bottom / face.height);
    let (width, height) = (face.width * scale, face.height * scale);
    let Point { x, y } = face.centre();
    Rect {
        x: (x - width / 2.0).min(right - width).max(0.0),
        y: (y - height / 2.0).min(bottom - height).max(0.0),
        width: width + 1.0,
        height: height + 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Face;
    use crate::geometry::Landmarks;
    use crate::sighting::View;

    #[test]
    fn each_channel_in_the_order_of_the_network_has_its_own_mean_and_scale() {
        let face = Face {
            rect: Rect { x: 1.0, y: 1.0, width: 2.0, height: 2.0 },
            landmarks: Landmarks::default(),
            steady: Landmarks::default(),
            score: 1.0,
        };
        let picture = Picture::of(8, 8, |_, _| [10.0, 20.0, 30.0]);
        let view = View { width: 8, height: 8, face };
        let sighting = Sighting::new(picture, face, view, 0);
        let input = |order, levels: &[(f32, f32)]| Input {
            framing: Framing::Boxes(1.0),
            shape: [3, 2, 2],
            order,
            levels: levels.to_vec(),
        };
        let levels = [(1.0, 0.5), (2.0, 1.0), (3.0, 2.0)];

        let rgb = input(ColourOrder::Rgb, &levels).of(&sighting).unwrap();
        let bgr = input(ColourOrder::Bgr, &levels).of(&sighting).unwrap();
        let plain = input(ColourOrder::Rgb, &[]).of(&sighting).unwrap();

        assert_eq!(*rgb, [[4.5; 4], [18.0; 4], [54.0; 4]].concat());
        assert_eq!(*bgr, [[14.5; 4], [18.0; 4], [14.0; 4]].concat());
        assert_eq!(*plain, [[10.0; 4], [20.0; 4], [30.0; 4]].concat());
    }
}
