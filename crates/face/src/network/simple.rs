//! Layers that need no care to be fast.

use rten_simd::Isa;
use rten_simd::ops::{BitOps as _, NumOps as _};

use super::tensor::Shape;

/// PReLU: a sum below zero is multiplied by the slope.
#[inline(always)]
pub(super) fn activated<I: Isa>(isa: I, sum: I::F32, slope: I::F32) -> I::F32 {
    let ops = isa.f32();
    let zero = ops.zero();
    ops.mul_add(ops.min(sum, zero), slope, ops.max(sum, zero))
}

pub(super) fn sigmoid(values: &mut [f32]) {
    for value in values {
        *value = 1.0 / (1.0 + (-*value).exp());
    }
}

pub(super) fn softmax(values: &mut [f32]) {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for value in values.iter_mut() {
        *value = (*value - most).exp();
        sum += *value;
    }
    for value in values {
        *value /= sum;
    }
}

/// For each channel `value · scale + offset`, then PReLU; of a single scale, offset or slope all channels take that.
pub(super) fn adjust(
    shape: Shape,
    values: &mut [f32],
    scales: &[f32],
    offsets: &[f32],
    slopes: &[f32],
) {
    let channels = values.chunks_exact_mut(shape.plane().max(1));
    let numbers = scales.iter().cycle().zip(offsets.iter().cycle()).zip(slopes.iter().cycle());
    for (channel, ((scale, offset), slope)) in channels.zip(numbers) {
        for value in channel {
            let sum = *value * scale + offset;
            *value = sum.max(0.0) + slope * sum.min(0.0);
        }
    }
}

/// Each number with the one at its place, or with the one of its channel.
pub(super) fn combine(
    shape: Shape,
    values: &mut [f32],
    others: &[f32],
    with: impl Fn(f32, f32) -> f32,
) {
    if others.len() == values.len() {
        values.iter_mut().zip(others).for_each(|(value, other)| *value = with(*value, *other));
        return;
    }
    for (channel, other) in values.chunks_exact_mut(shape.plane().max(1)).zip(others) {
        channel.iter_mut().for_each(|value| *value = with(*value, *other));
    }
}

/// The greatest of each 2 × 2; an odd last row or column is left out.
pub(super) fn halved(shape: Shape, input: &[f32], output: &mut [f32]) {
    let (width, half) = (shape.width, shape.width / 2);
    let planes = input.chunks_exact(shape.plane().max(1));
    let rows = planes.flat_map(|plane| plane.chunks_exact(2 * width));
    for (rows, into) in rows.zip(output.chunks_exact_mut(half.max(1))) {
        let (top, bottom) = rows.split_at(width);
        let pairs = top.chunks_exact(2).zip(bottom.chunks_exact(2));
        for (place, (top, bottom)) in into.iter_mut().zip(pairs) {
            *place = top.iter().chain(bottom).copied().fold(f32::NEG_INFINITY, f32::max);
        }
    }
}

/// Each number as 2 × 2.
pub(super) fn doubled(shape: Shape, input: &[f32], output: &mut [f32]) {
    let rows = input.chunks_exact(shape.width.max(1));
    for (row, into) in rows.zip(output.chunks_exact_mut((4 * shape.width).max(1))) {
        let (top, bottom) = into.split_at_mut(2 * shape.width);
        for (place, value) in top.chunks_exact_mut(2).zip(row) {
            place.fill(*value);
        }
        bottom.copy_from_slice(top);
    }
}

/// Channel after channel becomes place after place.
pub(super) fn channels_last(shape: Shape, input: &[f32], output: &mut [f32]) {
    for (channel, plane) in input.chunks_exact(shape.plane().max(1)).enumerate() {
        let places = output.iter_mut().skip(channel).step_by(shape.channels.max(1));
        places.zip(plane).for_each(|(place, value)| *place = *value);
    }
}
