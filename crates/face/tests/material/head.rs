//! A head that turns, made from one picture of it: each pixel gets the depth of an ellipsoid with a
//! nose, is turned, and is seen again. It does what a real head does to first order; whoever feeds
//! this to a camera plays the injection attack that pixels alone cannot tell.

use face::geometry::{Point, Rect};
use face::picture::Picture;
use face::sighting::Sighting;
use jpeg_encoder::{ColorType, Encoder};

/// What the camera sees of a person.
#[derive(Clone, Copy)]
pub(crate) struct Shot {
    /// Degrees to the person's own left.
    pub(crate) turn: f32,
    /// Part of the original size.
    pub(crate) size: f32,
    /// Pixels to the right.
    pub(crate) shift: f32,
    pub(crate) depth: Depth,
    /// Seeds the noise of the sensor; never 0.
    pub(crate) noise: u32,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Depth {
    Head,
    /// A print or a still on a screen, turned as a whole.
    Flat,
}

pub(crate) struct Model {
    picture: Picture,
    face: Rect,
    nose: Point,
}

impl Model {
    pub(crate) fn new(picture: Picture, sighting: &Sighting) -> Self {
        let face = sighting.view.face;
        Self { picture, face: face.rect, nose: face.landmarks.nose }
    }

    /// Depth at a place of the picture, in pixels.
    fn depth(&self, x: f32, y: f32) -> f32 {
        let centre = self.face.centre();
        let (dx, dy) =
            ((x - centre.x) / (self.face.width * 0.72), (y - centre.y) / (self.face.height * 0.72));
        let skull = self.face.width * 0.62 * (1.0 - dx * dx - dy * dy).max(0.0).sqrt();
        let (nx, ny) = ((x - self.nose.x) / self.face.width, (y - self.nose.y) / self.face.width);
        let nose = self.face.width * 0.21 * (-(nx * nx / 0.008 + ny * ny / 0.02)).exp();
        skull + nose
    }

    pub(crate) fn seen(&self, shot: &Shot) -> Picture {
        let (width, height) = (self.picture.width(), self.picture.height());
        let centre = self.face.centre();
        let (sin, cos) = shot.turn.to_radians().sin_cos();
        let axis = self.face.width * 0.25;
        let mut noise = shot.noise;
        let mut rgb = Vec::with_capacity(width * height * 3);
        for v in 0..height {
            for u in 0..width {
                let out_x = (u as f32 - width as f32 / 2.0 - shot.shift) / shot.size;
                let out_y = (v as f32 - height as f32 / 2.0) / shot.size;
                let (x, y) = match shot.depth {
                    Depth::Head => {
                        let wanted = out_x + width as f32 / 2.0 - centre.x;
                        let y = out_y + height as f32 / 2.0;
                        // Fixed point of x·cos + depth(x)·sin = wanted; outside the head nothing moves.
                        let mut x = wanted;
                        for _ in 0..10 {
                            let depth = self.depth(centre.x + x, y);
                            let inside = (depth / axis).min(1.0);
                            let turned = (wanted - (depth - axis) * sin) / cos;
                            x += 0.6 * (inside * turned + (1.0 - inside) * wanted - x);
                        }
                        (centre.x + x, y)
                    }
                    Depth::Flat => {
                        // A plane at four face widths, turned about its upright axis.
                        let far = self.face.width * 4.0;
                        let x = out_x * far / (far * cos + out_x * sin);
                        let scale = (far + x * sin) / far;
                        (x + width as f32 / 2.0, out_y * scale + height as f32 / 2.0)
                    }
                };
                for channel in 0..3 {
                    noise ^= noise << 13;
                    noise ^= noise >> 17;
                    noise ^= noise << 5;
                    let grain = (noise % 9) as f32 - 4.0;
                    rgb.push((self.sample(x, y, channel) + grain).clamp(0.0, 255.0) as u8);
                }
            }
        }
        Picture::from_rgb(width, height, rgb).unwrap()
    }

    fn sample(&self, x: f32, y: f32, channel: usize) -> f32 {
        let (x, y) = (
            x.clamp(0.0, self.picture.width() as f32 - 1.01),
            y.clamp(0.0, self.picture.height() as f32 - 1.01),
        );
        let (left, top) = (x as usize, y as usize);
        let (fx, fy) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| {
            f32::from(self.picture.rgb()[(y * self.picture.width() + x) * 3 + channel])
        };
        (at(left, top) * (1.0 - fx) + at(left + 1, top) * fx) * (1.0 - fy)
            + (at(left, top + 1) * (1.0 - fx) + at(left + 1, top + 1) * fx) * fy
    }
}

pub(crate) fn jpeg(picture: &Picture, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    Encoder::new(&mut bytes, quality).encode(picture.rgb(), width, height, ColorType::Rgb).unwrap();
    bytes
}
