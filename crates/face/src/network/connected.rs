//! A layer in which every number meets every other. Its weights are tens of megabytes and are read once, as fast as memory gives
//! them, so that all the pictures of a run meet them together.

use rten_simd::ops::{BitOps as _, NumOps as _};
use rten_simd::{Isa, SimdOp};

/// Sums that grow side by side, so that none waits for the last.
const SUMS: usize = 4;
/// Rows that meet an input together: each of its numbers is then loaded once for all of them.
const ROWS: usize = 4;
/// Numbers of a row that meet all inputs before the next are read: as many as stay in the nearest cache.
const STRETCH: usize = 1_024;

pub(super) struct Connected {
    /// A row for each output.
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Connected {
    /// The outputs of several inputs of the same length, each to the output of its place.
    pub(super) fn apply(&self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) {
        let depth = inputs.first().map_or(1, |input| input.len()).max(1);
        for output in outputs.iter_mut() {
            output.iter_mut().zip(&self.bias).for_each(|(place, bias)| *place = *bias);
        }
        for (block, rows) in self.weights.chunks(depth * ROWS).enumerate() {
            for from in (0..depth).step_by(STRETCH) {
                let until = depth.min(from + STRETCH);
                let rows = rows.chunks_exact(depth).map(|row| row.get(from..until));
                let rows: Vec<&[f32]> = rows.flatten().collect();
                for (input, output) in inputs.iter().zip(outputs.iter_mut()) {
                    let input = input.get(from..until).unwrap_or_default();
                    let places = output.iter_mut().skip(block * ROWS);
                    match rows.as_slice() {
                        &[a, b, c, d] => {
                            let sums = Dots { rows: [a, b, c, d], input }.dispatch();
                            places.zip(sums).for_each(|(place, sum)| *place += sum);
                        }
                        rows => {
                            let sums = rows.iter().map(|row| dot(row, input));
                            places.zip(sums).for_each(|(place, sum)| *place += sum);
                        }
                    }
                }
            }
        }
    }
}

/// The sums of the products of one input with four rows.
struct Dots<'a> {
    rows: [&'a [f32]; ROWS],
    input: &'a [f32],
}

impl SimdOp for Dots<'_> {
    type Output = [f32; ROWS];

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> [f32; ROWS] {
        const TWO: usize = 2;
        let ops = isa.f32();
        let step = ops.len() * TWO;
        let [a, b, c, d] = self.rows;
        let mut sums = [[ops.zero(); TWO]; ROWS];
        let rows = a.chunks_exact(step).zip(b.chunks_exact(step));
        let rows = rows.zip(c.chunks_exact(step).zip(d.chunks_exact(step)));
        for (values, ((a, b), (c, d))) in self.input.chunks_exact(step).zip(rows) {
            let values = ops.load_many::<TWO>(values);
            for (sums, row) in sums.iter_mut().zip([a, b, c, d]) {
                let row = ops.load_many::<TWO>(row);
                for ((sum, value), weight) in sums.iter_mut().zip(values).zip(row) {
                    *sum = ops.mul_add(value, weight, *sum);
                }
            }
        }
        let rest = self.input.chunks_exact(step).remainder();
        let mut totals = [0.0; ROWS];
        for ((total, [one, other]), row) in totals.iter_mut().zip(sums).zip(self.rows) {
            let end = row.chunks_exact(step).remainder();
            let rest: f32 = rest.iter().zip(end).map(|(a, b)| a * b).sum();
            *total = rest + ops.sum(one) + ops.sum(other);
        }
        totals
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
