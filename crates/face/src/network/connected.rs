//! A layer in which every number meets every other: weights that are read once, as fast as memory gives them.

use rten_simd::ops::{BitOps as _, NumOps as _};
use rten_simd::{Isa, SimdOp};

/// Sums that grow side by side, so that none waits for the last.
const SUMS: usize = 4;

pub(super) struct Connected {
    /// A row for each output.
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Connected {
    pub(super) fn apply(&self, input: &[f32], output: &mut [f32]) {
        let rows = self.weights.chunks_exact(input.len().max(1)).zip(&self.bias);
        for (place, (row, bias)) in output.iter_mut().zip(rows) {
            *place = bias + dot(row, input);
        }
    }
}

/// The sum of the products.
pub(super) fn dot(one: &[f32], other: &[f32]) -> f32 {
    Dot { one, other }.dispatch()
}

struct Dot<'a> {
    one: &'a [f32],
    other: &'a [f32],
}

impl SimdOp for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> f32 {
        let ops = isa.f32();
        let step = ops.len() * SUMS;
        let mut sums = [ops.zero(); SUMS];
        let (one, other) = (self.one.chunks_exact(step), self.other.chunks_exact(step));
        let rest: f32 = one.remainder().iter().zip(other.remainder()).map(|(a, b)| a * b).sum();
        for (one, other) in one.zip(other) {
            let values = ops.load_many::<SUMS>(one).into_iter().zip(ops.load_many::<SUMS>(other));
            for (sum, (a, b)) in sums.iter_mut().zip(values) {
                *sum = ops.mul_add(a, b, *sum);
            }
        }
        rest + sums.into_iter().map(|sum| ops.sum(sum)).sum::<f32>()
    }
}
