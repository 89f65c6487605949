//! Turns a face into a vector, and two vectors into a similarity.

use rten::NodeId;
use zeroize::Zeroizing;

use crate::comparison::{ModelId, Score};
use crate::geometry::{Point, Similarity};
use crate::network::{Network, NetworkError};
use crate::picture::{ColourOrder, Picture};
use crate::sighting::Sighting;

/// Compares faces. A certified vendor's product can take its place.
pub trait Matcher: Send + Sync {
    /// What compares, in the order of the scores.
    fn models(&self) -> Vec<ModelId>;

    /// What is needed of a face to compare it later in the same call.
    ///
    /// # Errors
    ///
    /// A [`MatcherError`] where the matcher itself failed.
    fn template(&self, sighting: &Sighting) -> Result<Template, MatcherError>;

    /// One score for each model, or nothing where a template is not this matcher's.
    fn compare(&self, one: &Template, other: &Template) -> Vec<Score>;
}

/// A face as the matcher sees it: wiped from memory when dropped, never printed, never stored.
pub struct Template(Zeroizing<Vec<Vec<f32>>>);

impl Template {
    #[must_use]
    pub fn new(vectors: Vec<Vec<f32>>) -> Self {
        Self(Zeroizing::new(vectors))
    }

    #[must_use]
    pub fn vectors(&self) -> &[Vec<f32>] {
        &self.0
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template([hidden])")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum MatcherError {
    #[error("the matcher failed")]
    Network(#[source] NetworkError),
    /// The five points cannot be those of a face.
    #[error("the face cannot be aligned")]
    Alignment,
    #[error("the matcher did not answer")]
    Elsewhere(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The five points of a face in the 112 × 112 crop that ArcFace and its followers are trained on.
const ARCFACE: [Point; 5] = [
    Point { x: 38.2946, y: 51.6963 },
    Point { x: 73.5318, y: 51.5014 },
    Point { x: 56.0252, y: 71.7366 },
    Point { x: 41.5493, y: 92.3655 },
    Point { x: 70.7299, y: 92.2041 },
];

/// The same for face-reidentification-retail-0095, in parts of its 128 × 128 crop (its
/// documentation in the Open Model Zoo).
const REIDENTIFICATION: [Point; 5] = [
    Point { x: 0.315_568_7, y: 0.461_574_1 },
    Point { x: 0.682_622_9, y: 0.461_574_1 },
    Point { x: 0.500_262_5, y: 0.640_505_4 },
    Point { x: 0.349_471_9, y: 0.824_692 },
    Point { x: 0.653_436_5, y: 0.824_692 },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crop {
    /// 112 × 112, RGB.
    ArcFace,
    /// 128 × 128, BGR.
    Reidentification,
}

impl Crop {
    fn side(self) -> usize {
        match self {
            Self::ArcFace => 112,
            Self::Reidentification => 128,
        }
    }

    fn order(self) -> ColourOrder {
        match self {
            Self::ArcFace => ColourOrder::Rgb,
            Self::Reidentification => ColourOrder::Bgr,
        }
    }

    fn points(self) -> [Point; 5] {
        match self {
            Self::ArcFace => ARCFACE,
            Self::Reidentification => {
                REIDENTIFICATION.map(|p| Point::new(p.x * 128.0, p.y * 128.0))
            }
        }
    }

    /// The face, turned and scaled so that its points lie where the network expects them.
    pub(crate) fn of(self, sighting: &Sighting) -> Option<Picture> {
        let landmarks = sighting.face.landmarks.points();
        let back = Similarity::between(&self.points(), &landmarks)?;
        let side = self.side();
        // The surroundings are at most four times finer than the crop; halve them until sampling
        // skips no pixel.
        if back.scale() > 2.0 {
            let (width, height) = (sighting.picture.width() / 2, sighting.picture.height() / 2);
            let half = sighting.picture.shrunk_to(width.max(1), height.max(1));
            let halved = landmarks.map(|p| Point::new(p.x / 2.0 - 0.25, p.y / 2.0 - 0.25));
            let back = Similarity::between(&self.points(), &halved)?;
            return Some(half.warped(&back, side, side));
        }
        Some(sighting.picture.warped(&back, side, side))
    }
}

/// One embedding network.
#[derive(Debug)]
pub(crate) struct Embedding {
    pub(crate) id: ModelId,
    pub(crate) crop: Crop,
    network: Network,
    output: NodeId,
}

impl Embedding {
    pub(crate) fn new(id: ModelId, crop: Crop, network: Network) -> Result<Self, NetworkError> {
        let output = network.first_output().ok_or_else(|| NetworkError {
            name: id.name.clone(),
            what: "has no output".to_owned(),
        })?;
        Ok(Self { id, crop, network, output })
    }

    pub(crate) fn on(&self, threads: &std::sync::Arc<rten::ThreadPool>) -> Self {
        Self {
            id: self.id.clone(),
            crop: self.crop,
            network: self.network.on(threads),
            output: self.output,
        }
    }

    /// The vector of a face, of length 1.
    fn vector(&self, sighting: &Sighting) -> Result<Vec<f32>, MatcherError> {
        let side = self.crop.side();
        let picture = self.crop.of(sighting).ok_or(MatcherError::Alignment)?;
        let planes = picture.planes(self.crop.order(), side, side);
        let outputs = self
            .network
            .run([1, 3, side, side], &planes, &[self.output])
            .map_err(MatcherError::Network)?;
        let vector = outputs.first().ok_or(MatcherError::Alignment)?;
        let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
        if !length.is_finite() || length < 1e-6 {
            return Err(MatcherError::Alignment);
        }
        Ok(vector.iter().map(|value| value / length).collect())
    }
}

/// The embeddings of a model set.
#[derive(Debug)]
pub(crate) struct Embeddings(pub(crate) Vec<Embedding>);

impl Matcher for Embeddings {
    fn models(&self) -> Vec<ModelId> {
        self.0.iter().map(|embedding| embedding.id.clone()).collect()
    }

    fn template(&self, sighting: &Sighting) -> Result<Template, MatcherError> {
        let vectors: Result<Vec<_>, _> =
            self.0.iter().map(|embedding| embedding.vector(sighting)).collect();
        vectors.map(Template::new)
    }

    fn compare(&self, one: &Template, other: &Template) -> Vec<Score> {
        let (one, other) = (one.vectors(), other.vectors());
        if one.len() != self.0.len() || other.len() != self.0.len() {
            return Vec::new();
        }
        one.iter().zip(other).map(|(a, b)| Score::from_similarity(cosine(a, b))).collect()
    }
}

/// Of vectors of length 1; of unlike vectors it is not a number.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() || a.is_empty() {
        return f32::NAN;
    }
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
