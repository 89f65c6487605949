//! A model set, loaded and checked against its manifest.

use std::io::ErrorKind;

use sha2::{Digest, Sha256};

use crate::align::Crop;
use crate::comparison::{Missing, ModelId};
use crate::detect::Detector;
use crate::embed::{Embedding, Embeddings};
use crate::geometry::real;
use crate::input::Input;
use crate::manifest::{Bands, Kind, Manifest, ManifestError, ModelEntry, Onnx, Role};
use crate::network::{Network, NetworkError};
use crate::pad::{MINIFASNET_SIDE, PassiveNet, PassiveNets, Reading};
use crate::runner::Runner;

mod foreign;
mod trial;

/// Models whose bytes are those that the manifest pins.
#[derive(Debug)]
pub struct ModelSet {
    pub(crate) name: String,
    pub(crate) bands: Bands,
    pub(crate) detector: Detector,
    pub(crate) detector_id: ModelId,
    pub(crate) embeddings: Embeddings,
    pub(crate) pad: Option<PassiveNets>,
    pub(crate) absent: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the manifest of the model set cannot be used")]
    Manifest(#[source] ManifestError),
    #[error("the model file {file} cannot be read")]
    File {
        file: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the model file {file} has SHA-256 {found}; the manifest pins {pinned}")]
    Hash { file: String, pinned: String, found: String },
    #[error("the model file {file} is not the model that the manifest says")]
    Network {
        file: String,
        #[source]
        source: NetworkError,
    },
    #[error("the model files {one} and {other} hold the same network")]
    Alias { one: String, other: String },
    #[error(
        "the model file {file} needs the runtime for networks of other makers: this program was built without its feature `onnx`"
    )]
    NoRuntime { file: String },
    #[error("the model set has no {0}")]
    Incomplete(&'static str),
}

impl LoadError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Manifest(_) => "face-manifest-invalid",
            Self::File { .. } => "face-model-unreadable",
            Self::Hash { .. } => "face-model-hash",
            Self::Network { .. } => "face-model-unfit",
            Self::Alias { .. } => "face-model-alias",
            Self::NoRuntime { .. } => "face-model-no-runtime",
            Self::Incomplete(_) => "face-models-incomplete",
        }
    }
}

impl ModelSet {
    /// Reads the manifest, asks for each file by its name, checks its hash and loads it. Files are
    /// asked for one after the other and dropped once loaded.
    ///
    /// Files of the passive check may be absent ([`std::io::ErrorKind::NotFound`]): then the set has none and says so in
    /// every comparison. The thresholds hold for all embeddings together, so of those none may.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] that names the file or the key.
    pub fn load(
        manifest: &str,
        mut file: impl FnMut(&str) -> std::io::Result<Vec<u8>>,
    ) -> Result<Self, LoadError> {
        let manifest = Manifest::parse(manifest).map_err(LoadError::Manifest)?;
        let mut loaded = Loaded::default();
        for entry in &manifest.models {
            match file(&entry.file) {
                Ok(bytes) => loaded.take(entry, bytes)?,
                Err(error) if may_be_absent(&entry.kind) && error.kind() == ErrorKind::NotFound => {
                    loaded.absent.push(entry.file.clone());
                }
                Err(source) => {
                    return Err(LoadError::File { file: entry.file.clone(), source });
                }
            }
        }
        let Loaded { detector, embeddings, pads, absent } = loaded;
        if manifest.models.iter().any(|entry| matches!(entry.kind, Kind::Onnx(_))) {
            trial::all_differ(&embeddings)?;
        }
        let (detector, detector_id) = detector.ok_or(LoadError::Incomplete("detector"))?;
        if embeddings.is_empty() {
            return Err(LoadError::Incomplete("embedding"));
        }
        Ok(Self {
            name: manifest.name,
            bands: manifest.threshold,
            detector,
            detector_id,
            embeddings: Embeddings(embeddings.into_iter().map(|(_, one)| one).collect()),
            // One net alone was measured by nobody.
            pad: (absent.is_empty() && !pads.is_empty()).then_some(PassiveNets(pads)),
            absent,
        })
    }

    /// Files of the manifest that were not there.
    #[must_use]
    pub fn absent(&self) -> &[String] {
        &self.absent
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bands of the manifest, which the operator's configuration has to confirm.
    #[must_use]
    pub fn bands(&self) -> &Bands {
        &self.bands
    }

    /// What this set cannot do; said at start and in every comparison.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let second = (self.embeddings.0.len() < 2).then_some(Missing::SecondEmbedding);
        let pad = self.pad.is_none().then_some(Missing::PassivePad);
        second.into_iter().chain(pad).collect()
    }
}

/// The models of a set, as far as they are loaded.
#[derive(Default)]
struct Loaded {
    detector: Option<(Detector, ModelId)>,
    /// Each with its file.
    embeddings: Vec<(String, Embedding)>,
    pads: Vec<PassiveNet>,
    absent: Vec<String>,
}

impl Loaded {
    /// Checks the hash of one model and loads it.
    fn take(&mut self, entry: &ModelEntry, bytes: Vec<u8>) -> Result<(), LoadError> {
        check_hash(entry, &bytes)?;
        let failed = |source| LoadError::Network { file: entry.file.clone(), source };
        let id = ModelId { name: entry.name.clone(), sha256: entry.sha256 };
        let own = |bytes| {
            let network = Network::load(&entry.name, bytes)?;
            Runner::own(&entry.name, network)
        };
        let embedding = |crop, bytes| {
            let runner = own(bytes).map_err(failed)?;
            Ok((entry.file.clone(), Embedding::new(id.clone(), Input::aligned(crop), runner)))
        };
        match &entry.kind {
            Kind::YuNet => {
                let network = Network::load(&entry.name, bytes).map_err(failed)?;
                self.detector = Some((Detector::new(network).map_err(failed)?, id));
            }
            Kind::SFace => self.embeddings.push(embedding(Crop::ArcFace, bytes)?),
            Kind::Reidentification0095 => {
                self.embeddings.push(embedding(Crop::Reidentification, bytes)?);
            }
            Kind::MiniFasNet { crop_tenths } => {
                let crop = real(usize::from(*crop_tenths)) / 10.0;
                let input = Input::boxes(crop, MINIFASNET_SIDE);
                let runner = own(bytes).map_err(failed)?;
                self.pads.push(PassiveNet::new(id, input, runner, Reading::MINIFASNET));
            }
            Kind::Onnx(onnx) => self.take_foreign(entry, onnx, id, bytes)?,
        }
        Ok(())
    }

    /// Loads a network of another maker and tries it out.
    fn take_foreign(
        &mut self,
        entry: &ModelEntry,
        onnx: &Onnx,
        id: ModelId,
        bytes: Vec<u8>,
    ) -> Result<(), LoadError> {
        let failed = |source| LoadError::Network { file: entry.file.clone(), source };
        let runner = foreign::runner(entry, onnx, bytes)?;
        let input = foreign::input(onnx, entry.input);
        match onnx.role {
            Role::Embedding => {
                let embedding = Embedding::new(id, input, runner);
                trial::embedding(&embedding).map_err(failed)?;
                self.embeddings.push((entry.file.clone(), embedding));
            }
            Role::PassiveCheck { living, softmax } => {
                let reading = Reading { living, softmax };
                let net = PassiveNet::new(id, input, runner, reading);
                trial::passive(&net, reading).map_err(failed)?;
                self.pads.push(net);
            }
        }
        Ok(())
    }
}

fn may_be_absent(kind: &Kind) -> bool {
    match kind {
        Kind::MiniFasNet { .. } | Kind::Onnx(Onnx { role: Role::PassiveCheck { .. }, .. }) => true,
        Kind::YuNet
        | Kind::SFace
        | Kind::Reidentification0095
        | Kind::Onnx(Onnx { role: Role::Embedding, .. }) => false,
    }
}

fn check_hash(entry: &ModelEntry, bytes: &[u8]) -> Result<(), LoadError> {
    let found = Sha256::digest(bytes);
    if found.as_slice() == entry.sha256.as_slice() {
        return Ok(());
    }
    Err(LoadError::Hash {
        file: entry.file.clone(),
        pinned: hex::encode(entry.sha256),
        found: hex::encode(found),
    })
}
