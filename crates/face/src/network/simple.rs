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

#[inline(always)]
pub(super) fn sigmoid(input: &[f32], output: &mut [f32]) {
    output.iter_mut().zip(input).for_each(|(place, value)| *place = 1.0 / (1.0 + (-value).exp()));
}

#[inline(always)]
pub(super) fn softmax(input: &[f32], output: &mut [f32]) {
    let most = input.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    output.iter_mut().zip(input).for_each(|(place, value)| *place = (value - most).exp());
    let sum: f32 = output.iter().sum();
    output.iter_mut().for_each(|place| *place /= sum);
}

#[inline(always)]
pub(super) fn mean(shape: Shape, input: &[f32], output: &mut [f32]) {
    let count = crate::geometry::real(shape.plane());
    for (place, plane) in output.iter_mut().zip(input.chunks_exact(shape.plane().max(1))) {
        *place = plane.iter().sum::<f32>() / count;
    }
}

/// For each channel `value · scale + offset`, then PReLU; of a single scale, offset or slope all channels take that.
#[inline(always)]
pub(super) fn adjust(
    shape: Shape,
    input: &[f32],
    output: &mut [f32],
    [scales, offsets, slopes]: [&[f32]; 3],
) {
    let plane = shape.plane().max(1);
    let channels = output.chunks_exact_mut(plane).zip(input.chunks_exact(plane));
    let numbers = scales.iter().cycle().zip(offsets.iter().cycle()).zip(slopes.iter().cycle());
    for ((places, values), ((scale, offset), slope)) in channels.zip(numbers) {
        for (place, value) in places.iter_mut().zip(values) {
            let sum = value * scale + offset;
            *place = sum.max(0.0) + slope * sum.min(0.0);
        }
    }
}

/// Each number with the one at its place, or with the one of its channel.
#[inline(always)]
pub(super) fn combine(
    shape: Shape,
    [input, others]: [&[f32]; 2],
    output: &mut [f32],
    with: impl Fn(f32, f32) -> f32,
) {
    if others.len() == input.len() {
        let places = output.iter_mut().zip(input).zip(others);
        places.for_each(|((place, value), other)| *place = with(*value, *other));
        return;
    }
    let plane = shape.plane().max(1);
    let channels = output.chunks_exact_mut(plane).zip(input.chunks_exact(plane));
    for ((places, values), other) in channels.zip(others) {
        let places = places.iter_mut().zip(values);
        places.for_each(|(place, value)| *place = with(*value, *other));
    }
}

/// The greatest of each 2 × 2; an odd last row or column is left out.
#[inline(always)]
pub(super) fn halved(shape: Shape, input: &[f32], output: &mut [f32]) {
    let (width, half) = (shape.width, shape.width / 2);
    let planes = input.chunks_exact(shape.plane().max(1));
    let rows = planes.flat_map(|plane| plane.chunks_exact(2 * width));
    for (rows, into) in rows.zip(output.chunks_exact_mut(half.max(1))) {
        let (top, bottom) = rows.split_at(width);
        let (top, bottom) = (top.as_chunks::<2>().0, bottom.as_chunks::<2>().0);
        for ((place, [a, b]), [c, d]) in into.iter_mut().zip(top).zip(bottom) {
            *place = a.max(*b).max(c.max(*d));
        }
    }
}

/// Each number as 2 × 2.
#[inline(always)]
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
#[inline(always)]
pub(super) fn channels_last(shape: Shape, input: &[f32], output: &mut [f32]) {
    for (channel, plane) in input.chunks_exact(shape.plane().max(1)).enumerate() {
        let places = output.iter_mut().skip(channel).step_by(shape.channels.max(1));
        places.zip(plane).for_each(|(place, value)| *place = *value);
    }
}
