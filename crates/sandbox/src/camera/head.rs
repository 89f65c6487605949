//! A head that moves, made from one photograph of it: each pixel gets the depth of an ellipsoid with a nose, is turned,
//! and is seen again.
//!
//! It does what a real head does to first order. Whoever feeds this to a camera plays the injection attack that pixels
//! alone cannot tell; the sandbox does, and says so.

/// Where the face is in a photograph: the box of the detector and the tip of the nose, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FacePlace {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// The nose, from the left.
    pub nose_x: f32,
    /// The nose, from above.
    pub nose_y: f32,
}

impl FacePlace {
    /// The same in a picture of that width, where this is in parts of it.
    #[must_use]
    pub fn times(self, width: usize) -> Self {
        let scaled = |part: f32| part * real(width);
        Self {
            left: scaled(self.left),
            top: scaled(self.top),
            width: scaled(self.width),
            height: scaled(self.height),
            nose_x: scaled(self.nose_x),
            nose_y: scaled(self.nose_y),
        }
    }
}

/// One photograph with the face in it.
pub struct Head {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    place: FacePlace,
    /// How far each pixel stands in front of the axis about which the head turns, and how much of it is head.
    relief: Vec<(f32, f32)>,
}

/// How the head is held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Degrees to the person's own left.
    pub turn: f32,
    /// Width of the face in the picture that the camera makes, in its pixels.
    pub face_width: f32,
    /// Pixels to the right and down.
    pub shift: (f32, f32),
    /// Seeds the noise of the sensor.
    pub noise: u32,
}

/// The side of what the camera delivers.
pub const SIDE: usize = 600;
/// Rounds after which the place that a turned pixel came from is exact to a tenth of a pixel.
const ROUNDS: usize = 10;

impl std::fmt::Debug for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Head({}×{})", self.width, self.height)
    }
}

impl Head {
    /// Takes RGB pixels, three bytes each; `None` where their number is not that.
    #[must_use]
    pub fn new(width: usize, height: usize, rgb: Vec<u8>, place: FacePlace) -> Option<Self> {
        if width < 2 || height < 2 || rgb.len() != width.checked_mul(height)?.checked_mul(3)? {
            return None;
        }
        let relief = (0..width * height)
            .map(|at| relief(&place, real(at % width), real(at / width)))
            .collect();
        Some(Self { width, height, rgb, place, relief })
    }

    /// What the camera sees: [`SIDE`] × [`SIDE`] RGB pixels.
    #[must_use]
    pub fn seen(&self, pose: &Pose) -> Vec<u8> {
        let place = &self.place;
        let (centre_x, centre_y) = (place.left + place.width / 2.0, place.top + place.height / 2.0);
        let scale = place.width / pose.face_width;
        let (sin, cos) = pose.turn.to_radians().sin_cos();
        let mut noise = pose.noise | 1;
        let mut rgb = Vec::with_capacity(SIDE * SIDE * 3);
        let middle = real(SIDE) / 2.0;
        for v in 0..SIDE {
            let y = centre_y + (real(v) - middle - pose.shift.1) * scale;
            for u in 0..SIDE {
                let wanted = (real(u) - middle - pose.shift.0) * scale;
                let mut x = wanted;
                for _ in 0..ROUNDS {
                    let (front, head) = self.relief_at(centre_x + x, y);
                    if head == 0.0 && x == wanted {
                        break;
                    }
                    // Fixed point of x·cos + front·sin = wanted; beside the head nothing moves.
                    let turned = (wanted - front * sin) / cos;
                    x += 0.6 * (head * turned + (1.0 - head) * wanted - x);
                }
                let pixel = self.sample(centre_x + x, y);
                for value in pixel {
                    noise ^= noise << 13;
                    noise ^= noise >> 17;
                    noise ^= noise << 5;
                    rgb.push(byte(value + real((noise % 9) as usize) - 4.0));
                }
            }
        }
        rgb
    }

    fn relief_at(&self, x: f32, y: f32) -> (f32, f32) {
        if x < 0.0 || y < 0.0 {
            return (0.0, 0.0);
        }
        let (column, row) = (whole(x), whole(y));
        if column >= self.width {
            return (0.0, 0.0);
        }
        self.relief.get(row * self.width + column).copied().unwrap_or((0.0, 0.0))
    }

    /// Between four pixels; outside the photograph its edge goes on.
    fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let x = x.clamp(0.0, real(self.width - 1) - 0.01);
        let y = y.clamp(0.0, real(self.height - 1) - 0.01);
        let (column, row) = (whole(x), whole(y));
        let (across, down) = (x - real(column), y - real(row));
        let at = (row * self.width + column) * 3;
        let below = at + self.width * 3;
        let (upper, lower) = (self.rgb.get(at..at + 6), self.rgb.get(below..below + 6));
        let (Some(&[a, b, c, d, e, f]), Some(&[g, h, i, j, k, l])) = (upper, lower) else {
            return [0.0; 3];
        };
        let mix =
            |left: u8, right: u8| f32::from(left) * (1.0 - across) + f32::from(right) * across;
        [(mix(a, d), mix(g, j)), (mix(b, e), mix(h, k)), (mix(c, f), mix(i, l))]
            .map(|(above, under)| above * (1.0 - down) + under * down)
    }
}

/// How far a pixel stands before the axis, in pixels, and how much of it is head.
fn relief(place: &FacePlace, x: f32, y: f32) -> (f32, f32) {
    let axis = place.width * 0.25;
    let (dx, dy) = (
        (x - place.left - place.width / 2.0) / (place.width * 0.72),
        (y - place.top - place.height / 2.0) / (place.height * 0.72),
    );
    let skull = place.width * 0.62 * (1.0 - dx * dx - dy * dy).max(0.0).sqrt();
    let (nx, ny) = ((x - place.nose_x) / place.width, (y - place.nose_y) / place.width);
    let nose = place.width * 0.21 * (-(nx * nx / 0.008 + ny * ny / 0.02)).exp();
    let depth = skull + nose;
    (depth - axis, (depth / axis).min(1.0))
}

#[expect(clippy::cast_precision_loss, reason = "pictures are a few hundred pixels wide")]
fn real(count: usize) -> f32 {
    count as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and places before the first pixel are excluded before"
)]
fn whole(place: f32) -> usize {
    place as usize
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0–255 before"
)]
pub(super) fn byte(value: f32) -> u8 {
    (value + 0.5).clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A light square on dark ground with a bright nose.
    fn head() -> Head {
        let place = FacePlace {
            left: 100.0,
            top: 90.0,
            width: 100.0,
            height: 120.0,
            nose_x: 150.0,
            nose_y: 155.0,
        };
        let mut rgb = vec![40; 300 * 300 * 3];
        for y in 150..160 {
            for x in 145..155 {
                for channel in 0..3 {
                    rgb[(y * 300 + x) * 3 + channel] = 250;
                }
            }
        }
        Head::new(300, 300, rgb, place).unwrap()
    }

    /// Where the bright spot is, from the left.
    fn nose(pose: Pose) -> f32 {
        let seen = head().seen(&pose);
        let bright = seen.chunks_exact(3).enumerate().filter(|(_, pixel)| pixel[0] > 180);
        let columns: Vec<f32> = bright.map(|(at, _)| real(at % SIDE)).collect();
        columns.iter().sum::<f32>() / real(columns.len())
    }

    #[test]
    fn the_nose_goes_to_the_side_to_which_the_head_turns() {
        let held = |turn| nose(Pose { turn, face_width: 150.0, shift: (0.0, 0.0), noise: 5 });

        let (right, straight, left) = (held(-30.0), held(0.0), held(30.0));

        assert!((straight - 300.0).abs() < 2.0, "{straight}");
        assert!(left > straight + 25.0, "the person's left is the right of the picture: {left}");
        assert!(right < straight - 25.0, "{right}");
    }

    #[test]
    fn a_picture_of_another_size_is_none() {
        let place =
            FacePlace { left: 0.0, top: 0.0, width: 1.0, height: 1.0, nose_x: 0.0, nose_y: 0.0 };

        assert!(Head::new(10, 10, vec![0; 299], place).is_none());
    }
}
