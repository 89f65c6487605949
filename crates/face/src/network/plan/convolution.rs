//! A convolution as it stands in the file, and the layer that it becomes.

use super::super::depthwise::Depthwise;
use super::super::layer::{Layer, Window};
use super::super::matrix::Matrix;
use super::super::read::{Constant, Node};

/// A convolution that may still take in what follows it.
pub(super) struct Convolution {
    weights: Vec<f32>,
    out: usize,
    /// Channels that one window sees.
    depth: usize,
    groups: usize,
    side: usize,
    stride: usize,
    frame: usize,
    bias: Vec<f32>,
    /// PReLU: `None` until one follows.
    slopes: Option<Vec<f32>>,
}

impl Convolution {
    pub(super) fn of(
        node: &Node,
        weights: Constant,
        bias: Option<Constant>,
    ) -> Result<Self, String> {
        let unknown = || "has a convolution of a kind that is not run".to_owned();
        let &[out, depth, side, across] = weights.dims.as_slice() else { return Err(unknown()) };
        let all = |name: &str, default: usize| {
            let values = node.whole(name).unwrap_or_default();
            let first = values.first().copied().unwrap_or(default);
            values.iter().all(|value| *value == first).then_some(first).ok_or_else(unknown)
        };
        let (stride, frame) = (all("strides", 1)?, all("pads", 0)?);
        let groups = all("group", 1)?;
        let automatic = node.text("auto_pad").is_some_and(|mode| mode != "NOTSET");
        let bias = bias.map_or_else(|| vec![0.0; out], |bias| bias.values);
        let sane = side == across
            && [out, depth, side, stride, groups].iter().all(|n| (1..=65_536).contains(n))
            && frame < side
            && bias.len() == out
            && all("dilations", 1)? == 1
            && !automatic;
        let weights = weights.values;
        let one = Self { weights, out, depth, groups, side, stride, frame, bias, slopes: None };
        if sane { Ok(one) } else { Err(unknown()) }
    }

    /// Takes in a scale and an offset for each channel, unless a PReLU stands between.
    pub(super) fn adjusted(&mut self, scales: &[f32], offsets: &[f32]) -> bool {
        let fits = |values: &[f32]| values.len() == 1 || values.len() == self.out;
        if self.slopes.is_some() || !fits(scales) || !fits(offsets) {
            return false;
        }
        let windows = self.weights.chunks_exact_mut(self.depth * self.side * self.side);
        let numbers = scales.iter().cycle().zip(offsets.iter().cycle());
        for ((window, bias), (scale, offset)) in windows.zip(&mut self.bias).zip(numbers) {
            window.iter_mut().for_each(|weight| *weight *= scale);
            *bias = *bias * scale + offset;
        }
        true
    }

    /// Takes in a PReLU, unless it has one.
    pub(super) fn activated(&mut self, slopes: &[f32]) -> bool {
        if self.slopes.is_some() || !(slopes.len() == 1 || slopes.len() == self.out) {
            return false;
        }
        self.slopes = Some(slopes.iter().copied().cycle().take(self.out).collect());
        true
    }

    pub(super) fn layer(self) -> Result<Layer, String> {
        let Self { weights, out, depth, groups, side, stride, frame, bias, slopes } = self;
        let whole = groups == out && depth == 1 && frame == 0 && side > 1 && slopes.is_none();
        let slopes = slopes.unwrap_or_else(|| vec![1.0; out]);
        if side == 1 && groups == 1 && stride == 1 && frame == 0 {
            return Ok(Layer::Pointwise(Matrix::new(depth, &weights, &bias, &slopes), out));
        }
        if side == 3 && groups == out && depth == 1 && frame == 1 && stride <= 2 {
            let weights = weights.as_chunks::<9>().0.to_vec();
            return Ok(Layer::Depthwise(Depthwise { stride, weights, bias, slopes }));
        }
        if whole {
            return Ok(Layer::Whole { side, weights, bias });
        }
        if groups == 1 {
            let window = Window { channels: depth, out, side, stride, frame };
            let matrix = Matrix::new(depth * side * side, &weights, &bias, &slopes);
            return Ok(Layer::Windows(matrix, window));
        }
        Err("has a convolution of a kind that is not run".to_owned())
    }
}
