//! How well a model set tells people apart, on anybody's own pictures.
//!
//! Every portrait is compared with every live picture. From the scores of the genuine pairs (same
//! number) and of the impostor pairs come the error rates at the set's threshold, with the range
//! that so few pairs allow, the curves, and the threshold that these pictures would recommend.
//!
//! ISO/IEC 19795-1 names the rates: false match (FMR), false non-match (FNMR).

use crate::comparison::{FaceResult, Score};
use crate::engine::{Engine, fused};

mod bounds;
mod canvas;
mod curve;
mod gates;
mod plot;
#[cfg(test)]
mod tests;

pub use bounds::{Bounds, bounds};
pub use curve::{Curve, Point};
pub use gates::{Gate, GateResult, GroupCount, LIGHTS, gates};
pub use plot::svg;

/// One portrait against one live picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub portrait: String,
    pub live: String,
    pub scores: Vec<Score>,
    pub fused: Score,
    pub result: FaceResult,
}

impl Pair {
    #[must_use]
    pub fn is_genuine(&self) -> bool {
        self.portrait == self.live
    }
}

/// A picture of the set that could not be compared, with the reason's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    pub name: String,
    pub is_portrait: bool,
    pub code: &'static str,
}

/// The outcome over all pairs, or over those of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    pub pairs_genuine: usize,
    pub pairs_impostor: usize,
    /// Genuine pairs that were not accepted, "try again" included.
    pub false_non_matches: usize,
    pub false_matches: usize,
    /// With 95 % confidence.
    pub fnmr: Bounds,
    pub fmr: Bounds,
}

/// Everything an evaluation found.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    pub rates: Rates,
    pub threshold: Score,
    pub genuine_lowest: Option<Score>,
    pub impostor_highest: Option<Score>,
    pub curve: Curve,
    /// A threshold halfway between the two kinds of pairs, where they are apart; else the lowest at
    /// which no impostor of this set passes.
    pub recommended: Option<Score>,
    /// The lowest false-match rate that so many impostor pairs can show at all, with 95 %
    /// confidence: no error seen in `n` pairs says that the rate is below `3 / n`.
    pub fmr_provable: f64,
    pub unusable: Vec<Unusable>,
    pub pairs: Vec<Pair>,
    /// What stopped the live pictures, in several lights.
    pub looks: Vec<GateResult>,
}

impl Evaluation {
    /// Whether anything can be said: without a pair of one person and one of two there are no rates.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.rates.pairs_genuine > 0 && self.rates.pairs_impostor > 0
    }
}

/// The pictures of an evaluation: name and bytes. The same name means the same person.
#[derive(Clone, Copy)]
pub struct Pictures<'a> {
    pub portraits: &'a [(String, Vec<u8>)],
    pub lives: &'a [(String, Vec<u8>)],
}

impl std::fmt::Debug for Pictures<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pictures({} portraits, {} lives)", self.portraits.len(), self.lives.len())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    #[error("the engine failed on {name}")]
    Engine {
        name: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Compares every portrait with every live picture; `progress` hears the number of pictures done.
///
/// # Errors
///
/// An [`EvaluationError`] where the engine failed; pictures that cannot be used are part of the answer, even where all are.
pub fn evaluate(
    engine: &Engine,
    pictures: &Pictures<'_>,
    mut progress: impl FnMut(usize),
) -> Result<Evaluation, EvaluationError> {
    let mut unusable = Vec::new();
    let mut looks = Vec::new();
    let mut done = 0;
    let mut templates = |pictures: &[(String, Vec<u8>)], is_portrait: bool| {
        let mut templates = Vec::new();
        for (name, bytes) in pictures {
            let failed = |source| EvaluationError::Engine { name: name.clone(), source };
            match engine.sighting(bytes) {
                Ok(sighting) => {
                    if !is_portrait && let Ok(picture) = crate::decode::decode(bytes) {
                        let seen = gates::look_in_every_light(engine, name, &picture)
                            .map_err(|error| failed(Box::new(error)))?;
                        looks.extend(seen);
                    }
                    let template =
                        engine.template(&sighting).map_err(|error| failed(Box::new(error)))?;
                    templates.push((name.clone(), template));
                }
                Err(error) => match error.reason() {
                    Some(reason) => unusable.push(Unusable {
                        name: name.clone(),
                        is_portrait,
                        code: reason.code(),
                    }),
                    None => return Err(failed(Box::new(error))),
                },
            }
            done += 1;
            progress(done);
        }
        Ok(templates)
    };
    let portraits = templates(pictures.portraits, true)?;
    let lives = templates(pictures.lives, false)?;
    let mut pairs = Vec::with_capacity(portraits.len() * lives.len());
    for (portrait, one) in &portraits {
        for (live, other) in &lives {
            let scores = engine.scores(one, other).map_err(|error| EvaluationError::Engine {
                name: format!("{portrait} against {live}"),
                source: Box::new(error),
            })?;
            if let Some(fused) = fused(&scores) {
                let result = engine.outcome(&scores);
                let (portrait, live) = (portrait.clone(), live.clone());
                pairs.push(Pair { portrait, live, scores, fused, result });
            }
        }
    }
    Ok(Evaluation { looks, ..Evaluation::of(pairs, unusable, engine.bands().accept) })
}

impl Evaluation {
    /// Sums up pairs that were compared already.
    #[must_use]
    pub fn of(pairs: Vec<Pair>, unusable: Vec<Unusable>, threshold: Score) -> Self {
        let of_kind = |genuine: bool| -> Vec<Score> {
            let kind = pairs.iter().filter(|pair| pair.is_genuine() == genuine);
            kind.map(|pair| pair.fused).collect()
        };
        let (genuine, impostor) = (of_kind(true), of_kind(false));
        let genuine_lowest = genuine.iter().min().copied();
        let impostor_highest = impostor.iter().max().copied();
        let fmr_provable = bounds(0, impostor.len()).high;
        Self {
            rates: Rates::of(pairs.iter()),
            threshold,
            genuine_lowest,
            impostor_highest,
            curve: Curve::of(genuine, impostor),
            recommended: recommended(genuine_lowest, impostor_highest),
            fmr_provable,
            unusable,
            pairs,
            looks: Vec::new(),
        }
    }

    /// The rates within each group: pairs whose two people carry the same label.
    #[must_use]
    pub fn by_group(&self, label: impl Fn(&str) -> Option<String>) -> Vec<(String, Rates)> {
        let mut groups: std::collections::BTreeMap<String, Vec<&Pair>> =
            std::collections::BTreeMap::new();
        for pair in &self.pairs {
            if let (Some(one), Some(other)) = (label(&pair.portrait), label(&pair.live))
                && one == other
            {
                groups.entry(one).or_default().push(pair);
            }
        }
        groups.into_iter().map(|(name, pairs)| (name, Rates::of(pairs.into_iter()))).collect()
    }
}

impl Rates {
    fn of<'a>(pairs: impl Iterator<Item = &'a Pair>) -> Self {
        let (mut genuine, mut impostor, mut refused, mut accepted) = (0, 0, 0, 0);
        for pair in pairs {
            let matched = pair.result == FaceResult::Match;
            if pair.is_genuine() {
                genuine += 1;
                refused += usize::from(!matched);
            } else {
                impostor += 1;
                accepted += usize::from(matched);
            }
        }
        Self {
            pairs_genuine: genuine,
            pairs_impostor: impostor,
            false_non_matches: refused,
            false_matches: accepted,
            fnmr: bounds(refused, genuine),
            fmr: bounds(accepted, impostor),
        }
    }
}

fn recommended(genuine_lowest: Option<Score>, impostor_highest: Option<Score>) -> Option<Score> {
    let (low, high) = (genuine_lowest?.ten_thousandths(), impostor_highest?.ten_thousandths());
    let value = if low > high { low.midpoint(high) } else { high.saturating_add(1) };
    Some(Score::from_ten_thousandths(value))
}
