//! A few shapes, written as SVG or painted as PNG.

use std::fmt::Write as _;

use crate::geometry::{real, whole};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub(super) [u8; 3]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Line { from: (f32, f32), to: (f32, f32), colour: Colour, width: f32 },
    Bar { at: (f32, f32), size: (f32, f32), colour: Colour },
    Text { at: (f32, f32), text: String, anchor: Anchor },
}

#[derive(Debug)]
pub(super) struct Canvas {
    width: f32,
    height: f32,
    shapes: Vec<Shape>,
}

const TEXT_COLOUR: Colour = Colour([0x22, 0x22, 0x22]);

impl Canvas {
    pub(super) fn new(width: f32, height: f32) -> Self {
        Self { width, height, shapes: Vec::new() }
    }

    pub(super) fn push(&mut self, shape: Shape) {
        self.shapes.push(shape);
    }

    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), colour: Colour, width: f32) {
        self.push(Shape::Line { from, to, colour, width });
    }

    pub(super) fn text(&mut self, at: (f32, f32), text: &str, anchor: Anchor) {
        self.push(Shape::Text { at, text: text.to_owned(), anchor });
    }

    pub(super) fn svg(&self) -> String {
        let (width, height) = (self.width, self.height);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{width}\" \
             height=\"{height}\" fill=\"#ffffff\"/>\n"
        );
        for shape in &self.shapes {
            // Writing to a string cannot fail.
            let _ = match shape {
                Shape::Line { from, to, colour, width } => writeln!(
                    svg,
                    "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{}\" stroke-width=\"{width}\"/>",
                    from.0,
                    from.1,
                    to.0,
                    to.1,
                    hex(*colour)
                ),
                Shape::Bar { at, size, colour } => writeln!(
                    svg,
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
                    at.0,
                    at.1,
                    size.0,
                    size.1,
                    hex(*colour)
                ),
                Shape::Text { at, text, anchor } => writeln!(
                    svg,
                    "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{}\" fill=\"{}\">{}</text>",
                    at.0,
                    at.1,
                    anchor_name(*anchor),
                    hex(TEXT_COLOUR),
                    escaped(text)
                ),
            };
        }
        svg.push_str("</svg>\n");
        svg
    }

    pub(super) fn png(&self) -> Vec<u8> {
        let (width, height) = (whole(self.width), whole(self.height));
        let mut image = Image { width, height, rgb: vec![0xff; width * height * 3] };
        for shape in &self.shapes {
            match shape {
                Shape::Line { from, to, colour, width } => {
                    image.line(*from, *to, *colour, width.max(1.0));
                }
                Shape::Bar { at, size, colour } => image.bar(*at, *size, *colour),
                Shape::Text { at, text, anchor } => image.text(*at, text, *anchor),
            }
        }
        png::encode(width, height, &image.rgb)
    }
}

fn hex(Colour([r, g, b]): Colour) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn anchor_name(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

mod font;
mod png;

struct Image {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Image {
    fn dot(&mut self, x: f32, y: f32, Colour(colour): Colour) {
        if x < 0.0 || y < 0.0 || x >= real(self.width) || y >= real(self.height) {
            return;
        }
        let at = (whole(y) * self.width + whole(x)) * 3;
        if let Some(pixel) = self.rgb.get_mut(at..at + 3) {
            pixel.copy_from_slice(&colour);
        }
    }

    fn line(&mut self, from: (f32, f32), to: (f32, f32), colour: Colour, width: f32) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).ceil().clamp(1.0, 5_000.0);
        for step in 0..=whole(steps) {
            let part = real(step) / steps;
            let (x, y) = (from.0 + dx * part, from.1 + dy * part);
            let thick = whole(width.round()).max(1);
            for across in 0..thick {
                let shift = real(across) - real(thick - 1) / 2.0;
                if dx.abs() > dy.abs() {
                    self.dot(x, y + shift, colour);
                } else {
                    self.dot(x + shift, y, colour);
                }
            }
        }
    }

    fn bar(&mut self, at: (f32, f32), size: (f32, f32), colour: Colour) {
        for y in 0..whole(size.1.round()).max(1) {
            for x in 0..whole(size.0.round()).max(1) {
                self.dot(at.0 + real(x), at.1 + real(y), colour);
            }
        }
    }

    fn text(&mut self, at: (f32, f32), text: &str, anchor: Anchor) {
        let width = real(text.chars().count()) * font::ADVANCE;
        let left = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::End => at.0 - width,
        };
        for (index, letter) in text.chars().enumerate() {
            let x = left + real(index) * font::ADVANCE;
            for (row, bits) in font::glyph(letter).iter().enumerate() {
                for column in 0..5_u8 {
                    if bits >> (4 - column) & 1 == 1 {
                        let y = at.1 - 9.0 + real(row) * 1.3;
                        self.dot(x + f32::from(column) * 1.2, y, TEXT_COLOUR);
                        self.dot(x + f32::from(column) * 1.2, y + 0.5, TEXT_COLOUR);
                    }
                }
            }
        }
    }
}
