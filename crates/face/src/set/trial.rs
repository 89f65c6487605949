//! Runs a network of another maker on two made-up pictures before anybody's face: constants that are wrong show there.

use super::LoadError;
use crate::align::Crop;
use crate::detect::Face;
use crate::embed::{Embedding, MatcherError, cosine};
use crate::geometry::{Landmarks, Point, Rect, real};
use crate::network::NetworkError;
use crate::pad::{PassiveNet, Reading};
use crate::picture::Picture;
use crate::sighting::{Sighting, View};

/// The numbers of an embedding; a map of features or a single estimate is none.
const LENGTHS: std::ops::RangeInclusive<usize> = 32..=4096;
/// Two pictures that have nothing in common are more alike than this only to a network that sees nothing of either.
const ALIKE_MAX: f32 = 0.9999;
/// Two networks whose vectors are more alike than this, of both pictures, are one.
const SAME_MIN: f32 = 0.999;
/// How far a sum of probabilities may be from 1.
const SUM_ERROR_MAX: f32 = 1e-3;
const SIDE: usize = 448;

/// Whether a network tells two pictures apart, as an embedding has to.
pub(super) fn embedding(embedding: &Embedding) -> Result<(), NetworkError> {
    let failed = |what: String| NetworkError { name: embedding.id.name.clone(), what };
    let [one, other] = pictures().map(|picture| vector(embedding, &picture));
    let (one, other) = (one?, other?);
    if !LENGTHS.contains(&one.len()) {
        return Err(failed(format!("gives {} numbers, which are no embedding", one.len())));
    }
    let alike = cosine(&one, &other);
    if alike > ALIKE_MAX {
        return Err(failed(
            "takes two pictures that have nothing in common for the same: look at `mean`, `scale` and `output`"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Whether a network gives probabilities, as a passive check has to.
pub(super) fn passive(net: &PassiveNet, reading: Reading) -> Result<(), NetworkError> {
    for picture in pictures() {
        let numbers = net.numbers(&picture)?;
        let living = net.living(&picture)?;
        let failed = |what: &str| Err(net.failed(what));
        if !numbers.iter().all(|number| number.is_finite()) || !living.is_finite() {
            return failed("gives what is no number: look at `mean` and `scale`");
        }
        let sum: f32 = numbers.iter().sum();
        let sums_to_one = numbers.len() == 1 || (sum - 1.0).abs() < SUM_ERROR_MAX;
        let is_probability = sums_to_one && (0.0..=1.0).contains(&living);
        if !reading.softmax && !is_probability {
            return failed(
                "gives numbers that are no probabilities: look at `softmax` and `output`",
            );
        }
    }
    Ok(())
}

/// Whether no two embeddings are the same network in two files, which would count as a second opinion.
pub(super) fn all_differ(embeddings: &[(String, Embedding)]) -> Result<(), LoadError> {
    let mut seen: Vec<(&String, [Vec<f32>; 2])> = Vec::new();
    for (file, embedding) in embeddings {
        let failed = |source| LoadError::Network { file: file.clone(), source };
        let [one, other] = pictures().map(|picture| vector(embedding, &picture));
        let vectors = [one.map_err(failed)?, other.map_err(failed)?];
        let is_same = |known: &[Vec<f32>; 2]| {
            known.iter().zip(&vectors).all(|(a, b)| cosine(a, b) > SAME_MIN)
        };
        if let Some((known, _)) = seen.iter().find(|(_, known)| is_same(known)) {
            return Err(LoadError::Alias { one: (*known).clone(), other: file.clone() });
        }
        seen.push((file, vectors));
    }
    Ok(())
}

fn vector(embedding: &Embedding, picture: &Sighting) -> Result<Vec<f32>, NetworkError> {
    embedding.vector(picture).map_err(|error| match error {
        MatcherError::Network(error) => error,
        MatcherError::Alignment | MatcherError::Elsewhere(_) => NetworkError {
            name: embedding.id.name.clone(),
            what: "gives what is no direction: look at `mean`, `scale` and `output`".to_owned(),
        },
    })
}

/// Waves of colour, and patches of noise; each with a face where the five points say so.
fn pictures() -> [Sighting; 2] {
    let waves = |x: usize, y: usize| {
        let wave = |length: f32, along: usize| 127.5 + 100.0 * (real(along) / length).sin();
        [wave(9.0, x), wave(23.0, y), wave(31.0, x + y)]
    };
    let patches = |x: usize, y: usize| {
        [0, 1, 2].map(|channel: usize| {
            let place = (x / 8) + (y / 8) * 101 + channel * 10_007;
            // A multiplicative hash: its upper bits look like noise.
            let hash = place.wrapping_mul(0x9e37_79b9) >> 16;
            real(hash % 256)
        })
    };
    [sighting(waves), sighting(patches)]
}

fn sighting(colour: impl Fn(usize, usize) -> [f32; 3]) -> Sighting {
    let picture = Picture::of(SIDE, SIDE, colour);
    // The face is a third of the picture wide, so that every crop of it is a part of the picture.
    let scale = real(SIDE) / 3.0 / real(Crop::ArcFace.side());
    let shift = Point::new(real(SIDE) / 3.0, real(SIDE) / 3.0);
    let landmarks = Landmarks::from_points(crate::align::ARCFACE).mapped(scale, shift);
    let side = real(SIDE) / 3.0;
    let rect = Rect { x: side, y: side, width: side, height: side };
    let face = Face { rect, landmarks, steady: landmarks, score: 1.0 };
    Sighting::new(picture, face, View { width: SIDE, height: SIDE, face }, 0)
}
