//! Turns a face into a vector, and two vectors into a similarity.

use zeroize::Zeroizing;

use crate::comparison::{ModelId, Score};
use crate::input::Input;
use crate::network::NetworkError;
use crate::runner::Runner;
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

    /// The same of several faces, in their order; a matcher that is quicker with many at once says so here.
    ///
    /// # Errors
    ///
    /// A [`MatcherError`] where the matcher itself failed.
    fn templates(&self, sightings: &[&Sighting]) -> Result<Vec<Template>, MatcherError> {
        sightings.iter().map(|sighting| self.template(sighting)).collect()
    }

    /// One score for each model, or nothing where a template is not this matcher's.
    ///
    /// # Errors
    ///
    /// A [`MatcherError`] where the matcher itself failed.
    fn compare(&self, one: &Template, other: &Template) -> Result<Vec<Score>, MatcherError>;
}

/// A face as the matcher sees it: wiped from memory when dropped, never printed, never stored.
#[derive(Default)]
pub struct Template {
    vectors: Zeroizing<Vec<Vec<f32>>>,
    opaque: Zeroizing<Vec<u8>>,
}

impl Template {
    #[must_use]
    pub fn new(vectors: Vec<Vec<f32>>) -> Self {
        Self { vectors: Zeroizing::new(vectors), opaque: Zeroizing::default() }
    }

    /// What only its own matcher can read.
    #[must_use]
    pub fn opaque(bytes: Vec<u8>) -> Self {
        Self { vectors: Zeroizing::default(), opaque: Zeroizing::new(bytes) }
    }

    #[must_use]
    pub fn vectors(&self) -> &[Vec<f32>] {
        &self.vectors
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.opaque
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

/// One embedding network.
#[derive(Debug)]
pub(crate) struct Embedding {
    pub(crate) id: ModelId,
    input: Input,
    runner: Runner,
}

impl Embedding {
    pub(crate) fn new(id: ModelId, input: Input, runner: Runner) -> Self {
        Self { id, input, runner }
    }

    pub(crate) fn for_another_thread(&self) -> Self {
        Self {
            id: self.id.clone(),
            input: self.input.clone(),
            runner: self.runner.for_another_thread(),
        }
    }

    /// The vector of a face, of length 1.
    pub(crate) fn vector(&self, sighting: &Sighting) -> Result<Vec<f32>, MatcherError> {
        self.vectors(&[sighting])?.into_iter().next().ok_or(MatcherError::Alignment)
    }

    /// The vectors of several faces, in their order.
    pub(crate) fn vectors(&self, sightings: &[&Sighting]) -> Result<Vec<Vec<f32>>, MatcherError> {
        let planes: Option<Vec<_>> =
            sightings.iter().map(|sighting| self.input.of(sighting)).collect();
        let planes = planes.ok_or(MatcherError::Alignment)?;
        let planes: Vec<&[f32]> = planes.iter().map(|planes| planes.as_slice()).collect();
        let vectors =
            self.runner.run_each(self.input.shape, &planes).map_err(MatcherError::Network)?;
        vectors.iter().map(|vector| unit(vector)).collect()
    }
}

fn unit(vector: &[f32]) -> Result<Vec<f32>, MatcherError> {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    if !length.is_finite() || length < 1e-6 {
        return Err(MatcherError::Alignment);
    }
    Ok(vector.iter().map(|value| value / length).collect())
}

/// The embeddings of a model set.
#[derive(Debug)]
pub(crate) struct Embeddings(pub(crate) Vec<Embedding>);

impl Matcher for Embeddings {
    fn models(&self) -> Vec<ModelId> {
        self.0.iter().map(|embedding| embedding.id.clone()).collect()
    }

    fn template(&self, sighting: &Sighting) -> Result<Template, MatcherError> {
        let templates = self.templates(&[sighting])?;
        templates.into_iter().next().ok_or(MatcherError::Alignment)
    }

    fn templates(&self, sightings: &[&Sighting]) -> Result<Vec<Template>, MatcherError> {
        let mut of_each: Vec<Vec<Vec<f32>>> = sightings.iter().map(|_| Vec::new()).collect();
        for embedding in &self.0 {
            for (vectors, vector) in of_each.iter_mut().zip(embedding.vectors(sightings)?) {
                vectors.push(vector);
            }
        }
        Ok(of_each.into_iter().map(Template::new).collect())
    }

    fn compare(&self, one: &Template, other: &Template) -> Result<Vec<Score>, MatcherError> {
        let (one, other) = (one.vectors(), other.vectors());
        if one.len() != self.0.len() || other.len() != self.0.len() {
            return Ok(Vec::new());
        }
        Ok(one.iter().zip(other).map(|(a, b)| Score::from_similarity(cosine(a, b))).collect())
    }
}

/// Of vectors of length 1; of unlike vectors it is not a number.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() || a.is_empty() {
        return f32::NAN;
    }
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
