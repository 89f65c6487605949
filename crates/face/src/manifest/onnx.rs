//! The declaration of a network of another maker: `kind = "onnx"`.
//!
//! ```toml
//! [[model]]
//! kind = "onnx"
//! use = "embedding"              # or "passive-check"
//! input = [1, 3, 112, 112]
//! crop = "arcface"               # or "reidentification": five points; or "box", with crop_tenths
//! order = "rgb"                  # or "bgr", or "grey" with one channel
//! mean = [127.5, 127.5, 127.5]   # of pixels of 0–255, in the order above
//! scale = [0.0078125, 0.0078125, 0.0078125]   # a number of the input is (pixel − mean) · scale
//! output = "embedding"           # by its name in the file
//! # A passive check besides:
//! living = 1                     # which number of the output stands for a living person
//! softmax = false                # whether the numbers still have to become probabilities
//! ```

use toml::{Table, Value};

use super::{ManifestError, key, text_of};

/// How a network of another maker is fed and read.
#[derive(Clone, Debug, PartialEq)]
pub struct Onnx {
    pub role: Role,
    pub crop: OnnxCrop,
    pub order: Order,
    /// One number for each channel.
    pub mean: Vec<f32>,
    /// One number for each channel.
    pub scale: Vec<f32>,
    pub output: String,
}

/// What a network is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Embedding,
    PassiveCheck {
        /// Which number of the output stands for a living person.
        living: usize,
        softmax: bool,
    },
}

/// The part of the picture that a network sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnnxCrop {
    /// The five points where ArcFace and its followers expect them.
    ArcFace,
    /// The five points where face-reidentification-retail-0095 expects them.
    Reidentification,
    /// So many tenths of the face box.
    Box { tenths: u16 },
}

/// In which order a network takes the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Rgb,
    Bgr,
    Grey,
}

/// The keys that only this kind has.
pub(super) const KEYS: [&str; 8] =
    ["use", "crop", "order", "mean", "scale", "output", "living", "softmax"];

/// The sides that a network may take, in pixels.
const SIDES: std::ops::RangeInclusive<usize> = 16..=512;
/// Numbers of an input further apart than these come of constants for pictures of another range.
const RANGE: std::ops::RangeInclusive<f32> = 0.5..=256.0;

pub(super) fn read(
    table: &Table,
    model: &str,
    crop_tenths: Option<u16>,
    input: [usize; 4],
) -> Result<Onnx, ManifestError> {
    let word = |name: &str| text_of(table, "model.", name);
    let crop = match (word("crop")?.as_str(), crop_tenths) {
        ("arcface", None) => OnnxCrop::ArcFace,
        ("reidentification", None) => OnnxCrop::Reidentification,
        ("box", Some(tenths)) => OnnxCrop::Box { tenths },
        ("box", None) => return Err(key("model.crop_tenths")),
        _ => return Err(key("model.crop")),
    };
    let order = match word("order")?.as_str() {
        "rgb" => Order::Rgb,
        "bgr" => Order::Bgr,
        "grey" => Order::Grey,
        _ => return Err(key("model.order")),
    };
    let role = match word("use")?.as_str() {
        "embedding" if !table.contains_key("living") && !table.contains_key("softmax") => {
            Role::Embedding
        }
        "passive-check" => {
            let living = table.get("living").and_then(Value::as_integer);
            let living = living.and_then(|living| usize::try_from(living).ok());
            let softmax = match table.get("softmax") {
                None => false,
                Some(value) => value.as_bool().ok_or_else(|| key("model.softmax"))?,
            };
            Role::PassiveCheck { living: living.ok_or_else(|| key("model.living"))?, softmax }
        }
        _ => return Err(key("model.use")),
    };
    let [batch, channels, height, width] = input;
    let wanted = if order == Order::Grey { 1 } else { 3 };
    let is_square = height == width || matches!(crop, OnnxCrop::Box { .. });
    if batch != 1
        || channels != wanted
        || !is_square
        || ![height, width].iter().all(|side| SIDES.contains(side))
    {
        return Err(key("model.input"));
    }
    let mean = numbers(table, "mean", channels)?;
    let scale = numbers(table, "scale", channels)?;
    let wrong = |key, why| Err(ManifestError::Constant { model: model.to_owned(), key, why });
    if !mean.iter().chain(&scale).all(|value| value.is_finite()) {
        return wrong("mean` or `scale", "a number of it is not finite");
    }
    if !scale.iter().all(|value| RANGE.contains(&(value * 255.0))) {
        return wrong("scale", "pixels are 0–255, and 255 of it lie outside of 0.5–256");
    }
    if !mean.iter().all(|value| *value == 0.0 || (1.0..=255.0).contains(value)) {
        return wrong("mean", "pixels are 0–255, and it is neither 0 nor from 1 to 255");
    }
    Ok(Onnx { role, crop, order, mean, scale, output: word("output")? })
}

#[expect(clippy::cast_possible_truncation, reason = "a constant of a network has seven digits")]
fn numbers(table: &Table, name: &str, count: usize) -> Result<Vec<f32>, ManifestError> {
    let number = |value: &Value| {
        let whole = value.as_integer().and_then(|whole| i32::try_from(whole).ok()).map(f64::from);
        value.as_float().or(whole).map(|value| value as f32)
    };
    let values = table.get(name).and_then(Value::as_array);
    let values: Option<Vec<f32>> = values.and_then(|values| values.iter().map(number).collect());
    values.filter(|values| values.len() == count).ok_or_else(|| key(&format!("model.{name}")))
}
