//! Frames as a phone might take them, made from a photograph: smaller on a wider canvas, in other light, blurred, rolled, turned.

use face::picture::Picture;

/// What a pixel is made of.
type Colour = [f32; 3];

/// Each pixel of a picture of this size, by a function.
pub(crate) fn picture(width: usize, height: usize, of: impl Fn(usize, usize) -> Colour) -> Picture {
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            rgb.extend(of(x, y).map(|value| (value + 0.5).clamp(0.0, 255.0) as u8));
        }
    }
    Picture::from_rgb(width, height, rgb).unwrap()
}

pub(crate) fn at(picture: &Picture, x: usize, y: usize) -> Colour {
    let place = (y.min(picture.height() - 1) * picture.width() + x.min(picture.width() - 1)) * 3;
    [0, 1, 2].map(|channel| f32::from(picture.rgb()[place + channel]))
}

/// Between four pixels; light grey outside.
fn between(picture: &Picture, x: f32, y: f32) -> Colour {
    if x < 0.0 || y < 0.0 || x > (picture.width() - 1) as f32 || y > (picture.height() - 1) as f32 {
        return [210.0; 3];
    }
    let (left, top) = (x as usize, y as usize);
    let (fx, fy) = (x - left as f32, y - top as f32);
    let corners = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| at(picture, left + dx, top + dy));
    let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
    [0, 1, 2].map(|channel| {
        corners.iter().zip(weights).map(|(corner, weight)| corner[channel] * weight).sum()
    })
}

/// The photograph on a light-grey canvas, so many pixels wide; each pixel is the mean of four samples.
pub(crate) fn framed(
    photograph: &Picture,
    side: usize,
    (width, height): (usize, usize),
) -> Picture {
    rolled(photograph, side, (width, height), 0.0)
}

/// The same, rolled about its middle by so many degrees.
pub(crate) fn rolled(
    photograph: &Picture,
    side: usize,
    (width, height): (usize, usize),
    degrees: f32,
) -> Picture {
    let scale = photograph.width() as f32 / side as f32;
    let (sin, cos) = degrees.to_radians().sin_cos();
    picture(width, height, |x, y| {
        let mut sum = [0.0; 3];
        for (dx, dy) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
            let across = (x as f32 + dx - width as f32 / 2.0) * scale;
            let down = (y as f32 + dy - height as f32 / 2.0) * scale;
            let from_x = across * cos + down * sin + photograph.width() as f32 / 2.0;
            let from_y = down * cos - across * sin + photograph.height() as f32 / 2.0;
            let seen = between(photograph, from_x, from_y);
            sum.iter_mut().zip(seen).for_each(|(sum, value)| *sum += value / 4.0);
        }
        sum
    })
}

pub(crate) fn in_light(original: &Picture, factor: f32) -> Picture {
    picture(original.width(), original.height(), |x, y| {
        at(original, x, y).map(|value| value * factor)
    })
}

/// Motion along a direction over so many pixels.
pub(crate) fn moved(original: &Picture, pixels: usize, (dx, dy): (f32, f32)) -> Picture {
    picture(original.width(), original.height(), |x, y| {
        let mut sum = [0.0; 3];
        for step in 0..pixels {
            let along = step as f32 - (pixels - 1) as f32 / 2.0;
            let place = |from: usize, by: f32| (from as f32 + by * along).round().max(0.0) as usize;
            let seen = at(original, place(x, dx), place(y, dy));
            sum.iter_mut().zip(seen).for_each(|(sum, value)| *sum += value / pixels as f32);
        }
        sum
    })
}

/// A lens out of focus: three box blurs, about a Gauss of this deviation.
pub(crate) fn out_of_focus(original: &Picture, deviation: f32) -> Picture {
    let width = ((4.0 * deviation * deviation + 1.0).sqrt().round() as usize) | 1;
    let mut picture = moved(original, width, (1.0, 0.0));
    for direction in [(0.0, 1.0), (1.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.0, 1.0)] {
        picture = moved(&picture, width, direction);
    }
    picture
}

/// Turned to the left by so many right angles.
pub(crate) fn quarter_turned(original: &Picture, turns: u8) -> Picture {
    let (width, height) = (original.width(), original.height());
    match turns % 4 {
        0 => picture(width, height, |x, y| at(original, x, y)),
        1 => picture(height, width, |x, y| at(original, width - 1 - y, x)),
        2 => picture(width, height, |x, y| at(original, width - 1 - x, height - 1 - y)),
        _ => picture(height, width, |x, y| at(original, y, height - 1 - x)),
    }
}

/// As a front camera shows it to its owner.
pub(crate) fn mirrored(original: &Picture) -> Picture {
    picture(original.width(), original.height(), |x, y| at(original, original.width() - 1 - x, y))
}

/// A colour over every pixel for which a function says so.
pub(crate) fn covered(
    original: &Picture,
    colour: Colour,
    over: impl Fn(f32, f32) -> bool,
) -> Picture {
    picture(original.width(), original.height(), |x, y| {
        if over(x as f32, y as f32) { colour } else { at(original, x, y) }
    })
}
