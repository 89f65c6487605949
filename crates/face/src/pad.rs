//! The passive check: does this look like a print or a screen?

use zeroize::Zeroizing;

use crate::comparison::{ModelId, Score};
use crate::geometry::real;
use crate::input::Input;
use crate::network::NetworkError;
use crate::runner::Runner;
use crate::sighting::Sighting;

/// The side of what a MiniFASNet sees.
pub(crate) const MINIFASNET_SIDE: usize = 80;

/// Looks at single pictures. A certified vendor's product can take its place.
pub trait PassivePad: Send + Sync {
    fn models(&self) -> Vec<ModelId>;

    /// How likely it is that the picture shows a living person, 0–1.
    ///
    /// # Errors
    ///
    /// A [`PadError`] where the check itself failed.
    fn living(&self, sighting: &Sighting) -> Result<Score, PadError>;
}

#[derive(Debug, thiserror::Error)]
pub enum PadError {
    #[error("the presentation-attack check failed")]
    Network(#[source] NetworkError),
    #[error("the presentation-attack check did not answer")]
    Elsewhere(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The networks of a passive check, each on a crop of its own width; their mean decides.
#[derive(Debug)]
pub(crate) struct PassiveNets(pub(crate) Vec<PassiveNet>);

#[derive(Debug)]
pub(crate) struct PassiveNet {
    id: ModelId,
    input: Input,
    runner: Runner,
    reading: Reading,
}

/// How the numbers of a network become one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Which of them stands for a living person.
    pub(crate) living: usize,
    /// Whether they still have to become probabilities.
    pub(crate) softmax: bool,
}

impl Reading {
    /// Of the MiniFASNets: print, living person, screen.
    pub(crate) const MINIFASNET: Self = Self { living: 1, softmax: false };

    fn of(self, numbers: &[f32]) -> Option<f32> {
        let living = numbers.get(self.living)?;
        if !self.softmax {
            return Some(*living);
        }
        let most = numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = numbers.iter().map(|number| (number - most).exp()).sum();
        Some((living - most).exp() / sum)
    }
}

impl PassiveNet {
    pub(crate) fn new(id: ModelId, input: Input, runner: Runner, reading: Reading) -> Self {
        Self { id, input, runner, reading }
    }

    pub(crate) fn for_another_thread(&self) -> Self {
        Self {
            id: self.id.clone(),
            input: self.input.clone(),
            runner: self.runner.for_another_thread(),
            reading: self.reading,
        }
    }

    /// The numbers that the network gives.
    pub(crate) fn numbers(&self, sighting: &Sighting) -> Result<Zeroizing<Vec<f32>>, NetworkError> {
        let planes = self.input.of(sighting).ok_or_else(|| self.failed("sees no face"))?;
        self.runner.run(self.input.shape, &planes)
    }

    pub(crate) fn living(&self, sighting: &Sighting) -> Result<f32, NetworkError> {
        let living = self.reading.of(&self.numbers(sighting)?);
        living.ok_or_else(|| self.failed("has fewer numbers than `living` says"))
    }

    pub(crate) fn failed(&self, what: &str) -> NetworkError {
        NetworkError { name: self.id.name.clone(), what: what.to_owned() }
    }
}

impl PassivePad for PassiveNets {
    fn models(&self) -> Vec<ModelId> {
        self.0.iter().map(|net| net.id.clone()).collect()
    }

    fn living(&self, sighting: &Sighting) -> Result<Score, PadError> {
        let mut sum = 0.0;
        for net in &self.0 {
            sum += net.living(sighting).map_err(PadError::Network)?;
        }
        Ok(Score::from_similarity(sum / real(self.0.len())))
    }
}
