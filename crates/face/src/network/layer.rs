//! One layer: from some tensors to one.

use super::connected::{Connected, dot};
use super::depthwise::Depthwise;
use super::matrix::Matrix;
use super::simple;
use super::tensor::{Shape, Spare, Tensor};

pub(super) enum Layer {
    /// Every place by itself.
    Pointwise(Matrix, usize),
    /// Windows over all channels.
    Windows(Matrix, Window),
    Depthwise(Depthwise),
    /// One window for each channel that is the whole of it.
    Whole {
        side: usize,
        weights: Vec<f32>,
        bias: Vec<f32>,
    },
    Connected(Connected),
    /// For each channel `value · scale + offset`, then PReLU.
    Adjust {
        scales: Vec<f32>,
        offsets: Vec<f32>,
        slopes: Vec<f32>,
    },
    Sum,
    Product,
    Sigmoid,
    Softmax,
    /// The mean of each channel, which has this height and width.
    Mean([usize; 2]),
    Halved,
    Doubled,
    ChannelsLast,
}

/// Square windows over framed pictures.
pub(super) struct Window {
    pub(super) channels: usize,
    pub(super) out: usize,
    pub(super) side: usize,
    pub(super) stride: usize,
    pub(super) frame: usize,
}

impl Window {
    fn shape_of(&self, input: Shape) -> Option<Shape> {
        let side =
            |side: usize| Some((side + 2 * self.frame).checked_sub(self.side)? / self.stride + 1);
        Some(Shape { channels: self.out, height: side(input.height)?, width: side(input.width)? })
    }

    /// For each channel and each place in a window a row: what every window has there.
    fn unrolled(&self, shape: Shape, to: Shape, input: &[f32], rows: &mut [f32]) {
        rows.fill(0.0);
        let mut rows = rows.chunks_exact_mut(to.plane());
        for plane in input.chunks_exact(shape.plane()) {
            for place in 0..self.side * self.side {
                let Some(row) = rows.next() else { return };
                let (down, across) = (place / self.side, place % self.side);
                for (y, line) in row.chunks_exact_mut(to.width).enumerate() {
                    let from = (y * self.stride + down).checked_sub(self.frame);
                    let Some(from) = from.and_then(|y| plane.chunks_exact(shape.width).nth(y))
                    else {
                        continue;
                    };
                    // The first window that begins inside, and where in the line that is.
                    let skipped = self.frame.saturating_sub(across).div_ceil(self.stride);
                    let first = skipped * self.stride + across - self.frame;
                    let values = from.iter().skip(first).step_by(self.stride);
                    let places = line.iter_mut().skip(skipped);
                    places.zip(values).for_each(|(place, value)| *place = *value);
                }
            }
        }
    }
}

impl Layer {
    /// The tensor that comes out.
    pub(super) fn run(&self, inputs: &[&Tensor], spare: &mut Spare) -> Result<Tensor, String> {
        let &[input, ..] = inputs else { return Err("has a layer without an input".to_owned()) };
        let shape = input.shape;
        let other = inputs.get(1).copied();
        let to = self.fitting(shape)?;
        let mut data = spare.take(to.len());
        let (numbers, made) = (input.numbers(), data.get_mut(..to.len()).unwrap_or_default());
        match self {
            Self::Pointwise(matrix, _) => {
                matrix.times(numbers, shape.plane(), made, spare);
            }
            Self::Windows(matrix, window) => {
                let rows = window.channels * window.side * window.side * to.plane();
                let mut buffer = spare.take(rows);
                let rows = buffer.get_mut(..rows).unwrap_or_default();
                window.unrolled(shape, to, numbers, rows);
                matrix.times(rows, to.plane(), made, spare);
                spare.give(buffer);
            }
            Self::Depthwise(layer) => layer.apply(shape, numbers, made, spare),
            Self::Whole { weights, bias, .. } => {
                let windows = weights.chunks_exact(shape.plane()).zip(bias);
                let planes = numbers.chunks_exact(shape.plane());
                for ((place, plane), (window, bias)) in made.iter_mut().zip(planes).zip(windows) {
                    *place = bias + dot(plane, window);
                }
            }
            Self::Connected(layer) => layer.apply(&[numbers], &mut [made]),
            Self::Adjust { scales, offsets, slopes } => {
                made.copy_from_slice(numbers);
                simple::adjust(shape, made, scales, offsets, slopes);
            }
            Self::Sum | Self::Product => {
                let other = other.filter(|other| {
                    let per_channel = Shape { height: 1, width: 1, ..shape };
                    other.shape == shape || other.shape == per_channel
                });
                let other = other.ok_or_else(|| unfit(shape))?;
                made.copy_from_slice(numbers);
                if matches!(self, Self::Sum) {
                    simple::combine(shape, made, other.numbers(), |a, b| a + b);
                } else {
                    simple::combine(shape, made, other.numbers(), |a, b| a * b);
                }
            }
            Self::Sigmoid => {
                made.copy_from_slice(numbers);
                simple::sigmoid(made);
            }
            Self::Softmax => {
                made.copy_from_slice(numbers);
                simple::softmax(made);
            }
            Self::Mean(_) => {
                let count = crate::geometry::real(shape.plane());
                for (place, plane) in made.iter_mut().zip(numbers.chunks_exact(shape.plane())) {
                    *place = plane.iter().sum::<f32>() / count;
                }
            }
            Self::Halved => simple::halved(shape, numbers, made),
            Self::Doubled => simple::doubled(shape, numbers, made),
            Self::ChannelsLast => simple::channels_last(shape, numbers, made),
        }
        Ok(Tensor { shape: to, data })
    }

    /// The shape that comes out of an input that fits.
    pub(super) fn fitting(&self, input: Shape) -> Result<Shape, String> {
        let to = self.shape_of(input).filter(|to| to.len() > 0 && input.len() > 0);
        to.ok_or_else(|| unfit(input))
    }

    /// The shape that comes out; `None` where the input does not fit.
    fn shape_of(&self, input: Shape) -> Option<Shape> {
        let Shape { channels, height, width } = input;
        match self {
            Self::Pointwise(matrix, out) => {
                (matrix.depth() == channels).then_some(Shape { channels: *out, ..input })
            }
            Self::Windows(_, window) => {
                window.shape_of(input).filter(|_| window.channels == channels)
            }
            Self::Depthwise(layer) => {
                (layer.weights.len() == channels).then(|| layer.shape_of(input))
            }
            Self::Whole { side, bias, .. } => ([height, width] == [*side; 2]
                && bias.len() == channels)
                .then_some(Shape::vector(channels)),
            Self::Connected(layer) => (layer.weights.len() == layer.bias.len() * input.len())
                .then_some(Shape::vector(layer.bias.len())),
            Self::Adjust { scales, offsets, slopes } => {
                let fits = |values: &[f32]| values.len() == 1 || values.len() == channels;
                (fits(scales) && fits(offsets) && fits(slopes)).then_some(input)
            }
            Self::Sum | Self::Product | Self::Sigmoid | Self::Softmax => Some(input),
            Self::Mean(sides) => ([height, width] == *sides).then_some(Shape::vector(channels)),
            Self::Halved => Some(Shape { height: height / 2, width: width / 2, ..input }),
            Self::Doubled => Some(Shape { height: height * 2, width: width * 2, ..input }),
            Self::ChannelsLast => Some(Shape { channels: height, height: width, width: channels }),
        }
    }
}

fn unfit(input: Shape) -> String {
    format!("has a layer that an input of {input} does not fit")
}
