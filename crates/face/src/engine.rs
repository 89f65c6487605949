//! The engine: pictures in, a [`Comparison`] out.

use crate::comparison::{
    Comparison, ComparisonParts, Covering, FaceResult, LightSeen, Liveness, Missing, ModelId,
    PictureProblem, Reason, Score, Scores,
};
use crate::decode::{Decoder, HereDecoder, Terms};
use crate::detect::{Detector, Face};
use crate::embed::{Embedding, Embeddings, Matcher, MatcherError, Template};
use crate::manifest::Bands;
use crate::pad::{PassiveNet, PassiveNets, PassivePad};
use crate::picture::Picture;
use crate::set::ModelSet;
use crate::sighting::{Sighting, SightingError};
use std::sync::Arc;

/// Compares portraits with live captures; one for each worker thread.
pub struct Engine {
    pub(crate) decoder: Arc<dyn Decoder>,
    pub(crate) detector: Detector,
    detector_id: ModelId,
    pub(crate) matcher: Box<dyn Matcher>,
    pub(crate) pad: Option<Box<dyn PassivePad>>,
    bands: Bands,
    missing: Vec<Missing>,
}

/// The similarity from which the operator's configuration accepts. It has to be the one of the
/// model set's manifest: whoever changes models has to look at the number again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold(pub Score);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    #[error(
        "the configuration confirms a threshold of {confirmed}, the manifest of the model set {set} says {manifest}"
    )]
    Threshold { set: String, confirmed: Score, manifest: Score },
}

/// Why no comparison came about.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The portrait of the document cannot be compared with anything: other routes remain.
    #[error("the portrait cannot be used")]
    Portrait(#[source] SightingError),
    #[error("no live picture was given")]
    NoPictures,
    #[error("more live pictures than allowed")]
    TooManyPictures,
    /// Ours, not the person's: nothing is counted against anybody.
    #[error("the engine failed")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl CompareError {
    /// The problem with the pictures, by which a person is told.
    #[must_use]
    pub fn problem(&self) -> PictureProblem {
        match self {
            Self::Portrait(error) => match error.reason() {
                Some(Reason::TooLarge) => PictureProblem::PortraitTooLarge,
                Some(Reason::NotJpeg) => PictureProblem::NotJpeg,
                Some(Reason::NoFace | Reason::Profile) => PictureProblem::PortraitNoFace,
                Some(Reason::SeveralFaces) => PictureProblem::PortraitSeveralFaces,
                Some(Reason::FaceTooSmall) => PictureProblem::PortraitFaceTooSmall,
                Some(_) => PictureProblem::PortraitUnreadable,
                None => PictureProblem::EngineFailed,
            },
            Self::NoPictures => PictureProblem::NoPictures,
            Self::TooManyPictures => PictureProblem::TooManyPictures,
            Self::Engine(_) => PictureProblem::EngineFailed,
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.problem().code()
    }
}

/// The most live pictures of one comparison.
pub const LIVE_PICTURES_MAX: usize = 12;

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("models", &self.models()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Takes a model set at the threshold that the operator confirms.
    ///
    /// # Errors
    ///
    /// [`EngineError::Threshold`] where that is not the threshold of the set.
    pub fn new(set: ModelSet, confirmed: Threshold) -> Result<Self, EngineError> {
        // Nobody attests an app yet, so that every verdict has to say so.
        let mut missing = set.missing();
        missing.push(Missing::AppAttestation);
        if confirmed.0 != set.bands.accept {
            return Err(EngineError::Threshold {
                set: set.name,
                confirmed: confirmed.0,
                manifest: set.bands.accept,
            });
        }
        Ok(Self {
            decoder: Arc::new(HereDecoder),
            detector: set.detector,
            detector_id: set.detector_id,
            matcher: Box::new(set.embeddings),
            pad: set.pad.map(|pad| Box::new(pad) as Box<dyn PassivePad>),
            bands: set.bands,
            missing,
        })
    }

    /// Lets somebody else decode: a server keeps decoders out of its own process.
    #[must_use]
    pub fn with_decoder(mut self, decoder: Arc<dyn Decoder>) -> Self {
        self.decoder = decoder;
        self
    }

    /// Puts another matcher, with bands of its own, in the place of the set's embeddings.
    #[must_use]
    pub fn with_matcher(mut self, matcher: Box<dyn Matcher>, bands: Bands) -> Self {
        self.matcher = matcher;
        self.bands = bands;
        self.missing.retain(|missing| *missing != Missing::SecondEmbedding);
        self
    }

    /// Puts another presentation-attack check in the place of the set's.
    #[must_use]
    pub fn with_pad(mut self, pad: Box<dyn PassivePad>) -> Self {
        self.pad = Some(pad);
        self.missing.retain(|missing| *missing != Missing::PassivePad);
        self
    }

    #[must_use]
    pub fn bands(&self) -> &Bands {
        &self.bands
    }

    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Every model in use: detector, matcher, passive check.
    #[must_use]
    pub fn models(&self) -> Vec<ModelId> {
        let pad = self.pad.as_ref().map(|pad| pad.models()).unwrap_or_default();
        let detector = std::iter::once(self.detector_id.clone());
        detector.chain(self.matcher.models()).chain(pad).collect()
    }

    /// Finds the one face in an encoded picture.
    ///
    /// # Errors
    ///
    /// A [`SightingError`] where the picture does not show exactly one usable face.
    pub fn sighting(&self, picture: &[u8]) -> Result<Sighting, SightingError> {
        self.sighting_on(picture, Terms::PORTRAIT)
    }

    pub(crate) fn sighting_on(
        &self,
        picture: &[u8],
        terms: Terms,
    ) -> Result<Sighting, SightingError> {
        let whole = self.decoder.decode(picture, terms).map_err(SightingError::Decode)?;
        self.sighting_in(&whole)
    }

    /// The same in a picture that is decoded already.
    ///
    /// # Errors
    ///
    /// A [`SightingError`] where the picture does not show exactly one usable face.
    pub fn sighting_in(&self, picture: &Picture) -> Result<Sighting, SightingError> {
        Sighting::in_picture(picture, &self.detector)
    }

    /// Every face in a picture, the largest first.
    ///
    /// # Errors
    ///
    /// A [`SightingError`] where the detector failed.
    pub fn faces(&self, picture: &Picture) -> Result<Vec<Face>, SightingError> {
        self.detector.faces(picture).map_err(SightingError::Network)
    }

    /// What the passive check says of a sighting; `None` where the set has none.
    ///
    /// # Errors
    ///
    /// [`CompareError::Engine`] where the check failed.
    pub fn living(&self, sighting: &Sighting) -> Result<Option<Score>, CompareError> {
        let Some(pad) = &self.pad else { return Ok(None) };
        pad.living(sighting).map(Some).map_err(|error| CompareError::Engine(Box::new(error)))
    }

    /// Compares a portrait with live pictures of one person, without looking for life in them.
    ///
    /// The best of the pictures decides. Pictures without one usable face are passed over; where
    /// all are, the reason of the first is the outcome.
    ///
    /// # Errors
    ///
    /// A [`CompareError`] where nothing can be said.
    pub fn compare(&self, portrait: &[u8], live: &[&[u8]]) -> Result<Comparison, CompareError> {
        if live.is_empty() {
            return Err(CompareError::NoPictures);
        }
        if live.len() > LIVE_PICTURES_MAX {
            return Err(CompareError::TooManyPictures);
        }
        let portrait = self.portrait(portrait)?;
        let mut best: Option<Vec<Score>> = None;
        let mut refused = None;
        for picture in live {
            let sighting = match self.sighting(picture) {
                Ok(sighting) => sighting,
                Err(error) => match error.reason() {
                    Some(reason) => {
                        refused.get_or_insert(reason);
                        continue;
                    }
                    None => return Err(CompareError::Engine(Box::new(error))),
                },
            };
            // A blurred face looks like nobody: the person can hold still, and nobody is told that it is another's.
            if crate::sharpness::is_blurred(&sighting) {
                refused.get_or_insert(Reason::HoldStill);
                continue;
            }
            let template = self.template(&sighting)?;
            let scores = self.scores(&portrait, &template)?;
            if best.as_ref().is_none_or(|best| fused(best) < fused(&scores)) {
                best = Some(scores);
            }
        }
        let result = match (&best, refused) {
            (Some(scores), _) => self.outcome(scores),
            (None, Some(reason)) => FaceResult::TryAgain(reason),
            (None, None) => FaceResult::TryAgain(Reason::NoFace),
        };
        let scores = best.unwrap_or_default();
        Ok(self.comparison(
            result,
            Liveness::NotChecked,
            Measured { scores: &scores, ..Measured::default() },
        ))
    }

    /// The template of a document's portrait.
    ///
    /// # Errors
    ///
    /// [`CompareError::Portrait`] where the portrait does not show one usable face.
    pub fn portrait(&self, portrait: &[u8]) -> Result<Template, CompareError> {
        self.template(&self.portrait_sighting(portrait)?)
    }

    pub(crate) fn portrait_sighting(&self, portrait: &[u8]) -> Result<Sighting, CompareError> {
        self.sighting(portrait).map_err(|error| match error.reason() {
            None => CompareError::Engine(Box::new(error)),
            Some(_) => CompareError::Portrait(error),
        })
    }

    /// The template of a sighting.
    ///
    /// # Errors
    ///
    /// [`CompareError::Engine`] where the matcher failed.
    pub fn template(&self, sighting: &Sighting) -> Result<Template, CompareError> {
        let engine = |error: MatcherError| CompareError::Engine(Box::new(error));
        self.matcher.template(sighting).map_err(engine)
    }

    /// One score for each embedding.
    ///
    /// # Errors
    ///
    /// [`CompareError::Engine`] where the matcher failed.
    pub fn scores(&self, one: &Template, other: &Template) -> Result<Vec<Score>, CompareError> {
        self.matcher.compare(one, other).map_err(|error| CompareError::Engine(Box::new(error)))
    }

    /// What these scores mean at the bands of the set. No scores are no match.
    #[must_use]
    pub fn outcome(&self, scores: &[Score]) -> FaceResult {
        match fused(scores) {
            Some(mean) if mean >= self.bands.accept => {
                if scores.iter().all(|score| *score >= self.bands.each) {
                    FaceResult::Match
                } else {
                    FaceResult::TryAgain(Reason::Unsure)
                }
            }
            Some(mean) if mean >= self.bands.retry => FaceResult::TryAgain(Reason::Unsure),
            Some(_) | None => FaceResult::NoMatch,
        }
    }

    pub(crate) fn comparison(
        &self,
        result: FaceResult,
        liveness: Liveness,
        measured: Measured<'_>,
    ) -> Comparison {
        let Measured { scores, pad, covered, light } = measured;
        let names = self.matcher.models().into_iter().map(|id| id.name);
        Comparison::assume_verified(ComparisonParts {
            result,
            liveness,
            scores: Scores {
                fused: fused(scores),
                embeddings: names.zip(scores.iter().copied()).collect(),
                pad,
            },
            models: self.models(),
            missing: self.missing.clone(),
            covered,
            light,
        })
    }
}

/// What was measured besides the outcome.
#[derive(Default)]
pub(crate) struct Measured<'a> {
    pub(crate) scores: &'a [Score],
    pub(crate) pad: Option<Score>,
    pub(crate) covered: Vec<Covering>,
    pub(crate) light: Option<LightSeen>,
}

/// The mean of the scores.
#[must_use]
pub fn fused(scores: &[Score]) -> Option<Score> {
    let sum: i32 = scores.iter().map(|score| i32::from(score.ten_thousandths())).sum();
    let count = i32::try_from(scores.len()).ok().filter(|count| *count > 0)?;
    i16::try_from(sum.div_euclid(count)).ok().map(Score::from_ten_thousandths)
}

/// Engines for a pool of workers: they share the weights, each runs on a thread of its own.
///
/// # Errors
///
/// [`EngineError::Threshold`] where the confirmed threshold is not that of the set.
pub fn pool(
    set: &ModelSet,
    confirmed: Threshold,
    workers: usize,
) -> Result<Vec<Engine>, EngineError> {
    (0..workers).map(|_| Engine::new(set.for_another_thread(), confirmed)).collect()
}

impl ModelSet {
    /// The same weights for another worker.
    #[must_use]
    pub fn for_another_thread(&self) -> Self {
        Self {
            name: self.name.clone(),
            bands: self.bands.clone(),
            detector: self.detector.for_another_thread(),
            detector_id: self.detector_id.clone(),
            embeddings: Embeddings(
                self.embeddings.0.iter().map(Embedding::for_another_thread).collect(),
            ),
            pad: self
                .pad
                .as_ref()
                .map(|pad| PassiveNets(pad.0.iter().map(PassiveNet::for_another_thread).collect())),
            absent: self.absent.clone(),
        }
    }
}
