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

    /// Begins to take several faces, whose templates are wanted together. A matcher that is quicker with many at once says so
    /// here; another makes each as it comes.
    fn gather(&self) -> Box<dyn Gathering + '_> {
        Box::new(OneByOne { matcher: self, templates: Vec::new() })
    }

    /// One score for each model, or nothing where a template is not this matcher's.
    ///
    /// # Errors
    ///
    /// A [`MatcherError`] where the matcher itself failed.
    fn compare(&self, one: &Template, other: &Template) -> Result<Vec<Score>, MatcherError>;
}

/// Faces of which the templates are wanted together.
pub trait Gathering {
    /// Takes what is needed of one more face: its picture is not kept.
    ///
    /// # Errors
    ///
    /// A [`MatcherError`] where the matcher itself failed.
    fn add(&mut self, sighting: &Sighting) -> Result<(), MatcherError>;

    /// The templates of all faces, in their order.
    ///
    /// # Errors
    ///
    /// A [`MatcherError`] where the matcher itself failed.
    fn finish(self: Box<Self>) -> Result<Vec<Template>, MatcherError>;
}

struct OneByOne<'a, M: ?Sized> {
    matcher: &'a M,
    templates: Vec<Template>,
}

impl<M: Matcher + ?Sized> Gathering for OneByOne<'_, M> {
    fn add(&mut self, sighting: &Sighting) -> Result<(), MatcherError> {
        self.templates.push(self.matcher.template(sighting)?);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<Template>, MatcherError> {
        Ok(self.templates)
    }
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
        let vectors = self.vectors(&[self.planes(sighting)?])?;
        vectors.into_iter().next().ok_or(MatcherError::Alignment)
    }

    /// What the network sees of a face.
    fn planes(&self, sighting: &Sighting) -> Result<Planes, MatcherError> {
        self.input.of(sighting).ok_or(MatcherError::Alignment)
    }

    /// The vectors of several faces, in their order: large layers read their weights once.
    fn vectors(&self, faces: &[Planes]) -> Result<Vec<Vec<f32>>, MatcherError> {
        let faces: Vec<&[f32]> = faces.iter().map(|planes| planes.as_slice()).collect();
        let vectors =
            self.runner.run_each(self.input.shape, &faces).map_err(MatcherError::Network)?;
        vectors.iter().map(|vector| unit(vector)).collect()
    }
}

type Planes = Zeroizing<Vec<f32>>;

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
        let vectors: Result<Vec<_>, _> =
            self.0.iter().map(|embedding| embedding.vector(sighting)).collect();
        vectors.map(Template::new)
    }

    fn gather(&self) -> Box<dyn Gathering + '_> {
        let of_each = self.0.iter().map(|embedding| (embedding, Vec::new())).collect();
        Box::new(Together { of_each })
    }

    fn compare(&self, one: &Template, other: &Template) -> Result<Vec<Score>, MatcherError> {
        let (one, other) = (one.vectors(), other.vectors());
        if one.len() != self.0.len() || other.len() != self.0.len() {
            return Ok(Vec::new());
        }
        Ok(one.iter().zip(other).map(|(a, b)| Score::from_similarity(cosine(a, b))).collect())
    }
}

/// What each network sees of the faces so far: a tenth of their pictures.
struct Together<'a> {
    of_each: Vec<(&'a Embedding, Vec<Planes>)>,
}

impl Gathering for Together<'_> {
    fn add(&mut self, sighting: &Sighting) -> Result<(), MatcherError> {
        for (embedding, faces) in &mut self.of_each {
            faces.push(embedding.planes(sighting)?);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<Template>, MatcherError> {
        let faces = self.of_each.first().map_or(0, |(_, faces)| faces.len());
        let mut vectors: Vec<Vec<Vec<f32>>> = vec![Vec::new(); faces];
        for (embedding, faces) in &self.of_each {
            for (vectors, vector) in vectors.iter_mut().zip(embedding.vectors(faces)?) {
                vectors.push(vector);
            }
        }
        Ok(vectors.into_iter().map(Template::new).collect())
    }
}

/// Of vectors of length 1; of unlike vectors it is not a number.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() || a.is_empty() {
        return f32::NAN;
    }
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Face;
    use crate::geometry::{Landmarks, Rect};
    use crate::picture::Picture;
    use crate::sighting::View;

    /// Makes a template of the width of a picture.
    struct Widths;

    impl Matcher for Widths {
        fn models(&self) -> Vec<ModelId> {
            Vec::new()
        }

        fn template(&self, sighting: &Sighting) -> Result<Template, MatcherError> {
            Ok(Template::opaque(sighting.picture.width().to_be_bytes().to_vec()))
        }

        fn compare(&self, _: &Template, _: &Template) -> Result<Vec<Score>, MatcherError> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_matcher_that_says_nothing_of_many_faces_makes_each_as_it_comes() {
        let matcher: Box<dyn Matcher> = Box::new(Widths);
        let mut gathered = matcher.gather();
        for width in [3, 1, 2] {
            let face = Face {
                rect: Rect { x: 0.0, y: 0.0, width: 1.0, height: 1.0 },
                landmarks: Landmarks::default(),
                steady: Landmarks::default(),
                score: 1.0,
            };
            let view = View { width, height: 1, face };
            let picture = Picture::of(width, 1, |_, _| [0.0; 3]);
            gathered.add(&Sighting::new(picture, face, view, 0)).unwrap();
        }

        let templates = gathered.finish().unwrap();

        let widths =
            templates.iter().map(|it| usize::from_be_bytes(it.bytes().try_into().unwrap()));
        assert_eq!(widths.collect::<Vec<_>>(), [3, 1, 2]);
    }
}
