//! The manifest of a model set: what each model is, where it comes from, and at which similarity
//! two pictures show the same person.

use sha2::{Digest, Sha256};
use toml::{Table, Value};

use crate::comparison::Score;

/// The set that `cargo xtask models` fetches.
pub const DEFAULT: &str = include_str!("../models/default.toml");

/// The set with a second embedding and a presentation-attack check; the operator brings the files.
pub const STRONG: &str = include_str!("../models/strong.toml");

/// What the folder of a set is called in the user's cache: two versions of a manifest never share
/// one. `cargo xtask models` uses the same rule.
#[must_use]
pub fn folder_name(manifest: &str) -> String {
    let hash = Sha256::digest(manifest.as_bytes());
    let mut text = hex::encode(hash);
    text.truncate(16);
    text
}

mod onnx;
#[cfg(test)]
mod tests;

pub use onnx::{Onnx, OnnxCrop, Order, Role};

#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    pub name: String,
    pub about: String,
    pub threshold: Bands,
    pub models: Vec<ModelEntry>,
}

/// Where "the same person", "unsure" and "another person" lie. Fixed with the set, by evidence
/// that is older than any picture of this service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bands {
    /// At or above in the mean: the same person,
    pub accept: Score,
    /// if also each single embedding reaches this.
    pub each: Score,
    /// At or above in the mean: unsure, one more try makes sense.
    pub retry: Score,
    pub evidence: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ModelEntry {
    pub kind: Kind,
    pub name: String,
    pub file: String,
    pub sha256: [u8; 32],
    /// Batch, channels, height, width; 0 where any size goes.
    pub input: [usize; 4],
    pub source: String,
    pub licence: String,
    pub training: String,
}

/// What a model is: decides how its input is made and its output read.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Finds faces with five points.
    YuNet,
    /// Embedding, 112 × 112 RGB.
    SFace,
    /// Embedding, 128 × 128 BGR (Open Model Zoo, face-reidentification-retail-0095).
    Reidentification0095,
    /// Presentation-attack check on a crop of so many tenths of the face box, 80 × 80 BGR.
    MiniFasNet { crop_tenths: u16 },
    /// A network of another maker, fed and read as its declaration says.
    Onnx(Onnx),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest is not TOML: {0}")]
    Syntax(String),
    #[error("the manifest has no valid `{0}`")]
    Key(String),
    #[error("the manifest has a key that nobody reads: `{0}`")]
    UnknownKey(String),
    #[error("the model {model} has a `{key}` that cannot be right: {why}")]
    Constant { model: String, key: &'static str, why: &'static str },
    #[error("two models of the manifest have the same {what}: {value}")]
    Twice { what: &'static str, value: String },
}

impl Manifest {
    /// Reads the text of a manifest.
    ///
    /// # Errors
    ///
    /// A [`ManifestError`] that names the key.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let table: Table =
            text.parse().map_err(|error| ManifestError::Syntax(format!("{error}")))?;
        // `fetch` tells the set-up where the files come from.
        only(&table, "", &["format", "name", "about", "threshold", "model", "fetch"])?;
        if table.get("format").and_then(Value::as_integer) != Some(1) {
            return Err(key("format"));
        }
        let threshold = table.get("threshold").and_then(Value::as_table);
        let threshold = bands(threshold.ok_or_else(|| key("threshold"))?)?;
        let models = table.get("model").and_then(Value::as_array).ok_or_else(|| key("model"))?;
        let models = models
            .iter()
            .map(|model| entry(model.as_table().ok_or_else(|| key("model"))?))
            .collect::<Result<Vec<_>, _>>()?;
        all_differ(&models)?;
        Ok(Self {
            name: text_of(&table, "", "name")?,
            about: text_of(&table, "", "about")?,
            threshold,
            models,
        })
    }
}

fn bands(table: &Table) -> Result<Bands, ManifestError> {
    only(table, "threshold.", &["accept", "each", "retry", "evidence"])?;
    let score = |name: &str| {
        let value = table.get(name).and_then(Value::as_float).filter(|v| (0.0..=1.0).contains(v));
        value.map(Score::from_decimal).ok_or_else(|| key(&format!("threshold.{name}")))
    };
    let bands = Bands {
        accept: score("accept")?,
        each: score("each")?,
        retry: score("retry")?,
        evidence: text_of(table, "threshold.", "evidence")?,
    };
    if bands.retry > bands.accept || bands.each > bands.accept {
        return Err(key("threshold.accept"));
    }
    Ok(bands)
}

fn entry(table: &Table) -> Result<ModelEntry, ManifestError> {
    let text = |name: &str| text_of(table, "model.", name);
    let mut keys = vec![
        "kind",
        "name",
        "file",
        "sha256",
        "input",
        "source",
        "licence",
        "training",
        "crop_tenths",
    ];
    if text("kind")? == "onnx" {
        keys.extend(onnx::KEYS);
    }
    only(table, "model.", &keys)?;
    let crop = match table.get("crop_tenths") {
        None => None,
        Some(tenths) => {
            let tenths = tenths.as_integer().and_then(|tenths| u16::try_from(tenths).ok());
            let tenths = tenths.filter(|tenths| (10..=60).contains(tenths));
            Some(tenths.ok_or_else(|| key("model.crop_tenths"))?)
        }
    };
    let input = table.get("input").and_then(Value::as_array).ok_or_else(|| key("model.input"))?;
    let input: Option<Vec<usize>> =
        input.iter().map(|size| usize::try_from(size.as_integer()?).ok()).collect();
    let input = input.and_then(|i| i.try_into().ok()).ok_or_else(|| key("model.input"))?;
    let kind = match (text("kind")?.as_str(), crop) {
        ("yunet", None) => Kind::YuNet,
        ("sface", None) => Kind::SFace,
        ("reidentification-0095", None) => Kind::Reidentification0095,
        ("minifasnet", Some(crop_tenths)) => Kind::MiniFasNet { crop_tenths },
        ("onnx", crop) => Kind::Onnx(onnx::read(table, &text("name")?, crop, input)?),
        _ => return Err(key("model.kind")),
    };
    let file = text("file")?;
    if file.starts_with('.') || file.contains(['/', '\\', '\0', ':']) {
        return Err(key("model.file"));
    }
    Ok(ModelEntry {
        kind,
        name: text("name")?,
        file,
        sha256: hash(&text("sha256")?).ok_or_else(|| key("model.sha256"))?,
        input,
        source: text("source")?,
        licence: text("licence")?,
        training: text("training")?,
    })
}

/// No name, file or network stands in a manifest twice: one network under two names would be counted as a second opinion.
fn all_differ(models: &[ModelEntry]) -> Result<(), ManifestError> {
    for (at, one) in models.iter().enumerate() {
        for other in models.iter().skip(at + 1) {
            let twice = |what, value: String| Err(ManifestError::Twice { what, value });
            if one.name.trim().eq_ignore_ascii_case(other.name.trim()) {
                return twice("name", other.name.clone());
            }
            // On some systems the case of a file's name does not matter.
            if one.file.eq_ignore_ascii_case(&other.file) {
                return twice("file", other.file.clone());
            }
            if one.sha256 == other.sha256 {
                return twice("hash", format!("{} and {}", one.file, other.file));
            }
            if one.kind == Kind::YuNet && other.kind == Kind::YuNet {
                return twice("kind", "yunet".to_owned());
            }
        }
    }
    Ok(())
}

fn text_of(table: &Table, path: &str, name: &str) -> Result<String, ManifestError> {
    match table.get(name).and_then(Value::as_str) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        Some(_) | None => Err(key(&format!("{path}{name}"))),
    }
}

fn only(table: &Table, path: &str, known: &[&str]) -> Result<(), ManifestError> {
    match table.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(ManifestError::UnknownKey(format!("{path}{name}"))),
        None => Ok(()),
    }
}

fn key(name: &str) -> ManifestError {
    ManifestError::Key(name.to_owned())
}

fn hash(text: &str) -> Option<[u8; 32]> {
    hex::decode(text).ok()?.try_into().ok()
}
