//! A few shapes, written as SVG.

use std::fmt::Write as _;

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
