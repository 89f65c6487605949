//! A picture on paper or on a screen, held before a camera in any way.

use std::f32::consts::PI;

use face::picture::Picture;

/// How it is held.
#[derive(Clone, Copy, Default)]
pub(crate) struct Held {
    /// Degrees about the upright axis, the level one, and the line of sight.
    pub(crate) turns: [f32; 3],
    /// Pixels on the canvas for one of the picture.
    pub(crate) size: f32,
    /// Pixels to the right and down.
    pub(crate) shift: [f32; 2],
    /// Seeds the noise of the sensor; never 0.
    pub(crate) noise: u32,
}

/// The picture, seen by a camera of `side` × `side` pixels; where it ends begins a room.
pub(crate) fn seen(picture: &Picture, side: usize, held: &Held) -> Picture {
    let back = back(side, held);
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let middle = side as f32 / 2.0;
    let mut noise = held.noise;
    let mut rgb = Vec::with_capacity(side * side * 3);
    for v in 0..side {
        for u in 0..side {
            let [x, y, w] =
                back.map(|[a, b, c]| a * (u as f32 - middle) + b * (v as f32 - middle) + c);
            let (x, y) = (x / w + width / 2.0, y / w + height / 2.0);
            let inside = x >= 0.0 && y >= 0.0 && x < width - 1.0 && y < height - 1.0;
            for channel in 0..3 {
                noise ^= noise << 13;
                noise ^= noise >> 17;
                noise ^= noise << 5;
                let grain = (noise % 9) as f32 - 4.0;
                let value = if inside { sample(picture, x, y, channel) } else { room(u, v) };
                rgb.push((value + grain).clamp(0.0, 255.0) as u8);
            }
        }
    }
    Picture::from_rgb(side, side, rgb).unwrap()
}

/// A wall with a shadow on it.
fn room(u: usize, v: usize) -> f32 {
    150.0 + 40.0 * (u as f32 / 90.0).sin() + 20.0 * (v as f32 / 140.0).cos()
}

/// From the canvas to the picture: the inverse of what a camera does to a plane that is `focal` away.
fn back(side: usize, held: &Held) -> [[f32; 3]; 3] {
    let focal = side as f32 * 1.2;
    let [yaw, pitch, roll] = held.turns.map(|degrees| degrees / 180.0 * PI);
    let [(sy, cy), (sp, cp), (sr, cr)] = [yaw, pitch, roll].map(f32::sin_cos);
    let right = [cr * cy, sr * cp + cr * sy * sp, -cr * sy * cp + sr * sp];
    let down = [-sr * cy, cr * cp - sr * sy * sp, sr * sy * cp + cr * sp];
    let size = held.size;
    let [tx, ty] = held.shift;
    // Columns: where one pixel to the right, one down, and the middle of the picture come to lie.
    let [a, d, g] = [right[0] * size * focal, right[1] * size * focal, right[2] * size];
    let [b, e, h] = [down[0] * size * focal, down[1] * size * focal, down[2] * size];
    let [c, f, i] = [tx * focal, ty * focal, focal];
    [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
}

fn sample(picture: &Picture, x: f32, y: f32, channel: usize) -> f32 {
    let (left, top) = (x as usize, y as usize);
    let (fx, fy) = (x - left as f32, y - top as f32);
    let at = |x: usize, y: usize| f32::from(picture.rgb()[(y * picture.width() + x) * 3 + channel]);
    (at(left, top) * (1.0 - fx) + at(left + 1, top) * fx) * (1.0 - fy)
        + (at(left, top + 1) * (1.0 - fx) + at(left + 1, top + 1) * fx) * fy
}
