//! One layer: from some tensors to one.

use rten_simd::{Isa, SimdOp};

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
}

/// For each channel and each place in a window a row: what every window has there.
struct Unroll<'a> {
    window: &'a Window,
    shape: Shape,
    to: Shape,
    input: &'a [f32],
    rows: &'a mut [f32],
    spare: &'a mut Spare,
}

impl SimdOp for Unroll<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) {
        let Self { window, shape, to, input, rows, spare } = self;
        let stride = window.stride;
        // What one row of windows meets of a line stands side by side in it: every `stride`th number, from each of the first.
        let run = shape.width.div_ceil(stride);
        let mut buffer = spare.take(shape.height * run * stride);
        let mut rows = rows.chunks_exact_mut(to.plane());
        for plane in input.chunks_exact(shape.plane()) {
            for (line, sorted) in
                plane.chunks_exact(shape.width).zip(buffer.chunks_exact_mut(run * stride))
            {
                for (first, run) in sorted.chunks_exact_mut(run).enumerate() {
                    let values = line.iter().skip(first).step_by(stride);
                    run.iter_mut().zip(values).for_each(|(to, value)| *to = *value);
                }
            }
            for place in 0..window.side * window.side {
                let Some(row) = rows.next() else { break };
                let (down, across) = (place / window.side, place % window.side);
                // How many windows begin before the line, and where in the line the first other one does.
                let before = window.frame.saturating_sub(across).div_ceil(stride).min(to.width);
                let first = (before * stride + across).saturating_sub(window.frame);
                let inside = shape.width.saturating_sub(first).div_ceil(stride);
                let inside = inside.min(to.width - before);
                for (y, line) in row.chunks_exact_mut(to.width).enumerate() {
                    let y = (y * stride + down).checked_sub(window.frame);
                    let sorted = y.filter(|y| *y < shape.height).and_then(|y| {
                        let at = y * run * stride + first % stride * run + first / stride;
                        buffer.get(at..at + inside)
                    });
                    let (outside, line) = line.split_at_mut(before);
                    outside.fill(0.0);
                    let (line, outside) = line.split_at_mut(inside);
                    outside.fill(0.0);
                    match sorted {
                        Some(sorted) => line.copy_from_slice(sorted),
                        None => line.fill(0.0),
                    }
                }
            }
        }
        spare.give(buffer);
    }
}

/// A layer that needs no care to be fast, but to be compiled for the processor that runs it.
struct Plain<'a> {
    layer: &'a Layer,
    shape: Shape,
    input: &'a [f32],
    /// What a sum or product has besides the input.
    other: &'a [f32],
    output: &'a mut [f32],
}

impl SimdOp for Plain<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) {
        let Self { layer, shape, input, other, output } = self;
        match layer {
            Layer::Adjust { scales, offsets, slopes } => {
                simple::adjust(shape, input, output, [scales, offsets, slopes]);
            }
            Layer::Sum => simple::combine(shape, [input, other], output, |a, b| a + b),
            Layer::Product => simple::combine(shape, [input, other], output, |a, b| a * b),
            Layer::Sigmoid => simple::sigmoid(input, output),
            Layer::Softmax => simple::softmax(input, output),
            Layer::Mean(_) => simple::mean(shape, input, output),
            Layer::Halved => simple::halved(shape, input, output),
            Layer::Doubled => simple::doubled(shape, input, output),
            Layer::ChannelsLast => simple::channels_last(shape, input, output),
            Layer::Pointwise(..)
            | Layer::Windows(..)
            | Layer::Depthwise(_)
            | Layer::Whole { .. }
            | Layer::Connected(_) => {}
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
                Unroll { window, shape, to, input: numbers, rows, spare }.dispatch();
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
            Self::Sum | Self::Product => {
                let other = other.filter(|other| {
                    let per_channel = Shape { height: 1, width: 1, ..shape };
                    other.shape == shape || other.shape == per_channel
                });
                let other = other.ok_or_else(|| unfit(shape))?.numbers();
                Plain { layer: self, shape, input: numbers, other, output: made }.dispatch();
            }
            Self::Adjust { .. }
            | Self::Sigmoid
            | Self::Softmax
            | Self::Mean(_)
            | Self::Halved
            | Self::Doubled
            | Self::ChannelsLast => {
                Plain { layer: self, shape, input: numbers, other: &[], output: made }.dispatch();
            }
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
