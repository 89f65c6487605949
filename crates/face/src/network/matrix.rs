//! The product of a weight matrix with the columns of a picture: what a convolution comes down to.
//!
//! Six rows of weights meet two registers of columns at a time, so that twelve sums stay in registers. The weights are laid out
//! for that when the network is loaded, the columns in strips as they are needed:
//!
//! ```text
//! tile:   w[0][k] … w[5][k] for each k        strip: x[k][0] … x[k][2 · lanes − 1] for each k
//! ```

use rten_simd::ops::{BitOps as _, NumOps as _};
use rten_simd::{Isa, Simd as _, SimdOp};

use super::simple::activated;
use super::tensor::Spare;

/// Rows of a tile.
const ROWS: usize = 6;
/// Registers that a strip is wide.
const REGISTERS: usize = 2;
/// Strips that are laid out together: a tile of weights, read from afar, then meets as many.
const STRIPS: usize = 4;

/// Weights with what follows them: each row has a bias, and a slope for sums below zero (1 where nothing follows).
pub(super) struct Matrix {
    depth: usize,
    tiles: Vec<f32>,
    bias: Vec<f32>,
    slopes: Vec<f32>,
}

impl Matrix {
    /// `weights` has a row of `depth` numbers for each bias.
    pub(super) fn new(depth: usize, weights: &[f32], bias: &[f32], slopes: &[f32]) -> Self {
        let rows = bias.len().next_multiple_of(ROWS);
        let mut tiles = Vec::with_capacity(rows * depth);
        for tile in weights.chunks(depth * ROWS) {
            for column in 0..depth {
                let row = |row| tile.get(row * depth + column).copied().unwrap_or(0.0);
                tiles.extend((0..ROWS).map(row));
            }
        }
        let padded = |values: &[f32]| {
            let mut values = values.to_vec();
            values.resize(rows, 0.0);
            values
        };
        Self { depth, tiles, bias: padded(bias), slopes: padded(slopes) }
    }

    /// Numbers in a row of weights.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// `input` has `depth` rows of `columns` numbers, `output` a row for each of the matrix.
    pub(super) fn times(
        &self,
        input: &[f32],
        columns: usize,
        output: &mut [f32],
        spare: &mut Spare,
    ) {
        Product { matrix: self, input, columns, output, spare }.dispatch();
    }
}

struct Product<'a> {
    matrix: &'a Matrix,
    input: &'a [f32],
    columns: usize,
    output: &'a mut [f32],
    spare: &'a mut Spare,
}

impl SimdOp for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { matrix, input, columns, output, spare } = self;
        let ops = isa.f32();
        let strip = ops.len() * REGISTERS;
        let mut strips = spare.take(matrix.depth * strip * STRIPS);
        for start in (0..columns).step_by(strip * STRIPS) {
            let places = (start..columns).step_by(strip).take(STRIPS);
            for (at, strip_of) in places.clone().zip(strips.chunks_exact_mut(matrix.depth * strip))
            {
                lay_out(isa, input, columns, at, strip_of);
            }
            let (bias, _) = matrix.bias.as_chunks::<ROWS>();
            let (slopes, _) = matrix.slopes.as_chunks::<ROWS>();
            let tiles = matrix.tiles.chunks_exact(matrix.depth * ROWS);
            let rows = output.chunks_mut(ROWS * columns);
            for (((tile, bias), slopes), rows) in tiles.zip(bias).zip(slopes).zip(rows) {
                for (at, strip_of) in places.clone().zip(strips.chunks_exact(matrix.depth * strip))
                {
                    // Loops over places of arrays, here and below: what takes an array by value is not inlined, and then compiled
                    // for the oldest processor.
                    let mut sums = [[ops.zero(); REGISTERS]; ROWS];
                    for (sum, bias) in sums.iter_mut().zip(bias) {
                        *sum = [ops.splat(*bias); REGISTERS];
                    }
                    let (weights, _) = tile.as_chunks::<ROWS>();
                    for (weights, values) in weights.iter().zip(strip_of.chunks_exact(strip)) {
                        let [left, right] = ops.load_many::<REGISTERS>(values);
                        for (sum, weight) in sums.iter_mut().zip(weights) {
                            let weight = ops.splat(*weight);
                            sum[0] = ops.mul_add(left, weight, sum[0]);
                            sum[1] = ops.mul_add(right, weight, sum[1]);
                        }
                    }
                    for ((sum, slope), row) in
                        sums.iter().zip(slopes).zip(rows.chunks_exact_mut(columns))
                    {
                        let row = row.get_mut(at..).unwrap_or_default();
                        for (sum, place) in sum.iter().zip(row.chunks_mut(ops.len())) {
                            store(isa, activated(isa, *sum, ops.splat(*slope)), place);
                        }
                    }
                }
            }
        }
        spare.give(strips);
    }
}

/// Copies the columns from `at` on; beyond the last stand zeros.
#[inline(always)]
fn lay_out<I: Isa>(isa: I, input: &[f32], columns: usize, at: usize, strip_of: &mut [f32]) {
    let ops = isa.f32();
    let strip = ops.len() * REGISTERS;
    for (row, into) in input.chunks_exact(columns).zip(strip_of.chunks_exact_mut(strip)) {
        let row = row.get(at..).unwrap_or_default();
        if row.len() >= strip {
            let values = ops.load_many::<REGISTERS>(row);
            for (value, into) in values.iter().zip(into.chunks_exact_mut(ops.len())) {
                ops.store(*value, into);
            }
        } else {
            let (values, beyond) = into.split_at_mut(row.len());
            values.copy_from_slice(row);
            beyond.fill(0.0);
        }
    }
}

/// Writes as much of a register as there is room for.
#[inline(always)]
pub(super) fn store<I: Isa>(isa: I, register: I::F32, place: &mut [f32]) {
    let ops = isa.f32();
    if place.len() >= ops.len() {
        ops.store(register, place);
    } else {
        let values = register.to_array();
        place.iter_mut().zip(values).for_each(|(place, value)| *place = value);
    }
}
