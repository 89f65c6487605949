//! Runs one network, whichever way it is run: on layers of our own or by the runtime for other makers' files.

use zeroize::Zeroizing;

use crate::network::{Network, NetworkError, Output};
#[cfg(feature = "onnx")]
use crate::onnx::OnnxNetwork;

/// A network that takes one picture and gives one row of numbers.
#[derive(Debug)]
pub(crate) enum Runner {
    Own(Network, Output),
    #[cfg(feature = "onnx")]
    Foreign(OnnxNetwork),
}

impl Runner {
    /// The first output of one of the pinned networks.
    pub(crate) fn own(name: &str, network: Network) -> Result<Self, NetworkError> {
        let output = network.first_output().ok_or_else(|| NetworkError {
            name: name.to_owned(),
            what: "has no output".to_owned(),
        })?;
        Ok(Self::Own(network, output))
    }

    pub(crate) fn for_another_thread(&self) -> Self {
        match self {
            Self::Own(network, output) => Self::Own(network.for_another_thread(), *output),
            #[cfg(feature = "onnx")]
            Self::Foreign(network) => Self::Foreign(network.for_another_thread()),
        }
    }

    /// Runs the network on a picture of this shape (channels, height, width).
    pub(crate) fn run(
        &self,
        shape: [usize; 3],
        picture: &[f32],
    ) -> Result<Zeroizing<Vec<f32>>, NetworkError> {
        Ok(self.run_each(shape, &[picture])?.into_iter().next().unwrap_or_default())
    }

    /// The same for several pictures of one shape.
    pub(crate) fn run_each(
        &self,
        shape: [usize; 3],
        pictures: &[&[f32]],
    ) -> Result<Vec<Zeroizing<Vec<f32>>>, NetworkError> {
        match self {
            Self::Own(network, output) => {
                let results = network.run_each(shape, pictures, &[*output])?;
                Ok(results.into_iter().filter_map(|outputs| outputs.into_iter().next()).collect())
            }
            #[cfg(feature = "onnx")]
            Self::Foreign(network) => pictures.iter().map(|picture| network.run(picture)).collect(),
        }
    }
}
