//! A network of another maker, as its declaration in the manifest says.

use super::LoadError;
use crate::align::Crop;
use crate::geometry::real;
use crate::input::{Framing, Input};
use crate::manifest::{ModelEntry, Onnx, OnnxCrop, Order};
use crate::picture::ColourOrder;
use crate::runner::Runner;

#[cfg(feature = "onnx")]
pub(super) fn runner(entry: &ModelEntry, onnx: &Onnx, bytes: Vec<u8>) -> Result<Runner, LoadError> {
    let [_, channels, height, width] = entry.input;
    let shape = [channels, height, width];
    crate::onnx::OnnxNetwork::load(&entry.name, bytes, shape, &onnx.output)
        .map(Runner::Foreign)
        .map_err(|source| LoadError::Network { file: entry.file.clone(), source })
}

#[cfg(not(feature = "onnx"))]
pub(super) fn runner(
    entry: &ModelEntry,
    _onnx: &Onnx,
    _bytes: Vec<u8>,
) -> Result<Runner, LoadError> {
    Err(LoadError::NoRuntime { file: entry.file.clone() })
}

pub(super) fn input(onnx: &Onnx, [_, channels, height, width]: [usize; 4]) -> Input {
    Input {
        framing: match onnx.crop {
            OnnxCrop::ArcFace => Framing::Aligned(Crop::ArcFace),
            OnnxCrop::Reidentification => Framing::Aligned(Crop::Reidentification),
            OnnxCrop::Box { tenths } => Framing::Boxes(real(usize::from(tenths)) / 10.0),
        },
        shape: [channels, height, width],
        order: match onnx.order {
            Order::Rgb => ColourOrder::Rgb,
            Order::Bgr => ColourOrder::Bgr,
            Order::Grey => ColourOrder::Grey,
        },
        levels: onnx.mean.iter().copied().zip(onnx.scale.iter().copied()).collect(),
    }
}
