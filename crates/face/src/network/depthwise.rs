//! Convolution of each channel by itself, with windows of 3 × 3.

use rten_simd::ops::{BitOps as _, NumOps as _};
use rten_simd::{Isa, SimdOp};

use super::matrix::store;
use super::simple::activated;
use super::tensor::{Shape, Spare};

/// Registers of windows that meet a weight together, where a row has as many.
const TOGETHER: usize = 4;

/// 3 × 3 weights for each channel, with bias and slope; the picture is framed by one row and column of zeros.
pub(super) struct Depthwise {
    /// 1 or 2.
    pub(super) stride: usize,
    pub(super) weights: Vec<[f32; 9]>,
    pub(super) bias: Vec<f32>,
    pub(super) slopes: Vec<f32>,
}

impl Depthwise {
    pub(super) fn shape_of(&self, input: Shape) -> Shape {
        let side = |side: usize| side.div_ceil(self.stride);
        Shape { height: side(input.height), width: side(input.width), ..input }
    }

    pub(super) fn apply(&self, shape: Shape, input: &[f32], output: &mut [f32], spare: &mut Spare) {
        Windows { layer: self, shape, input, output, spare }.dispatch();
    }
}

struct Windows<'a> {
    layer: &'a Depthwise,
    shape: Shape,
    input: &'a [f32],
    output: &'a mut [f32],
    spare: &'a mut Spare,
}

impl SimdOp for Windows<'_> {
    type Output = ();

    /// A framed row is laid out so that the numbers which one weight meets in a row of windows stand side by side: as they are
    /// for stride 1; for stride 2 those in even columns first, then those in odd ones.
    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { layer, shape, input, output, spare } = self;
        let ops = isa.f32();
        let lanes = ops.len();
        let to = layer.shape_of(shape);
        let half = (shape.width + 2).div_ceil(2);
        let offsets = if layer.stride == 1 { [0, 1, 2] } else { [0, half, 1] };
        // Registers that begin in a row may reach beyond it.
        let row_length = 2 * half + lanes * TOGETHER;
        let length = (shape.height + 2) * row_length;
        let mut buffer = spare.take(length);
        let framed = buffer.get_mut(..length).unwrap_or_default();
        framed.fill(0.0);
        let planes = input.chunks_exact(shape.plane()).zip(output.chunks_exact_mut(to.plane()));
        let channels = layer.weights.iter().zip(&layer.bias).zip(&layer.slopes);
        for ((plane, into), ((weights, bias), slope)) in planes.zip(channels) {
            let rows = framed.chunks_exact_mut(row_length).skip(1);
            for (row, from) in rows.zip(plane.chunks_exact(shape.width)) {
                lay_out(layer.stride, half, from, row);
            }
            for (y, into) in into.chunks_exact_mut(to.width).enumerate() {
                let from = y * layer.stride * row_length;
                let rows = framed.get(from..from + 3 * row_length).unwrap_or_default();
                let (top, others) = rows.split_at(row_length.min(rows.len()));
                let (middle, bottom) = others.split_at(row_length.min(others.len()));
                let windows = Row { rows: [top, middle, bottom], offsets, weights };
                match to.width.div_ceil(lanes) {
                    1 => windows.sums::<I, 1>(isa, *bias, *slope, into),
                    2 => windows.sums::<I, 2>(isa, *bias, *slope, into),
                    _ => windows.sums::<I, TOGETHER>(isa, *bias, *slope, into),
                }
            }
        }
        spare.give(buffer);
    }
}

/// A row of windows of one channel.
struct Row<'a> {
    rows: [&'a [f32]; 3],
    /// Where in a row the numbers begin that the weights of a column meet.
    offsets: [usize; 3],
    weights: &'a [f32; 9],
}

impl Row<'_> {
    /// The sums, so many registers of them at a time.
    #[inline(always)]
    fn sums<I: Isa, const N: usize>(&self, isa: I, bias: f32, slope: f32, into: &mut [f32]) {
        let ops = isa.f32();
        let step = ops.len() * N;
        let (weights, _) = self.weights.as_chunks::<3>();
        for (at, places) in into.chunks_mut(step).enumerate() {
            let x = at * step;
            let mut sums = [ops.splat(bias); N];
            for (row, weights) in self.rows.iter().zip(weights) {
                for (offset, weight) in self.offsets.iter().zip(weights) {
                    let from = offset + x;
                    let Some(values) = row.get(from..from + step) else { continue };
                    let (values, weight) = (ops.load_many::<N>(values), ops.splat(*weight));
                    for (sum, values) in sums.iter_mut().zip(&values) {
                        *sum = ops.mul_add(*values, weight, *sum);
                    }
                }
            }
            for (sum, place) in sums.iter().zip(places.chunks_mut(ops.len())) {
                store(isa, activated(isa, *sum, ops.splat(slope)), place);
            }
        }
    }
}

/// Puts a row into its frame.
#[inline(always)]
fn lay_out(stride: usize, half: usize, from: &[f32], row: &mut [f32]) {
    if stride == 1 {
        if let Some(inner) = row.get_mut(1..=from.len()) {
            inner.copy_from_slice(from);
        }
        return;
    }
    // The frame moves every column by one: what was even becomes odd.
    let (even, odd) = row.split_at_mut(half);
    let pairs = from.chunks(2).zip(even.iter_mut().skip(1)).zip(odd);
    for ((pair, even), odd) in pairs {
        match *pair {
            [first, second] => (*odd, *even) = (first, second),
            [first] => *odd = first,
            _ => {}
        }
    }
}
