//! One neural network: read from an ONNX file, run on the caller's thread.
//!
//! These networks are made of a dozen kinds of layers. Each is here in the one form that they use, the convolutions with the
//! processor's wide registers (`rten-simd` picks them at run time); what a file asks for beyond that is an error when it is
//! loaded. Batch normalisation, bias and PReLU that follow a convolution become part of it.

use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

mod connected;
mod depthwise;
mod layer;
mod matrix;
mod plan;
mod read;
mod simple;
mod tensor;
#[cfg(test)]
mod tests;

use plan::{Plan, Value};
use tensor::{Shape, Spare, Tensor};

/// A network that was loaded and is ready to run.
pub(crate) struct Network {
    name: String,
    plan: Arc<Plan>,
    /// What the layers write into: wiped after each run, kept for the next.
    spare: Mutex<Spare>,
}

/// A file that is not one of these networks, or an input that does not fit: our bug or a broken file, never the person's doing.
#[derive(Debug, thiserror::Error)]
#[error("the network {name}: {what}")]
pub struct NetworkError {
    pub name: String,
    pub what: String,
}

/// While it lives, a network does not wipe what it computed after each run, but once, when this ends.
pub(crate) struct Held<'a>(&'a Network);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.spare.lock().unwrap_or_else(PoisonError::into_inner).release();
    }
}

/// One of the results of a network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output(Value);

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Network {
    /// Loads an ONNX file.
    pub(crate) fn load(name: &str, onnx: Vec<u8>) -> Result<Self, NetworkError> {
        let failed = |what| NetworkError { name: name.to_owned(), what };
        let graph = read::graph(onnx).map_err(failed)?;
        let plan = Plan::new(graph).map_err(failed)?;
        Ok(Self { name: name.to_owned(), plan: Arc::new(plan), spare: Mutex::default() })
    }

    /// The same weights for another thread.
    pub(crate) fn for_another_thread(&self) -> Self {
        Self { name: self.name.clone(), plan: Arc::clone(&self.plan), spare: Mutex::default() }
    }

    /// Puts off the wiping until the runs for one session are done: each of them writes over the last.
    pub(crate) fn held(&self) -> Held<'_> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).hold();
        Held(self)
    }

    pub(crate) fn output(&self, name: &str) -> Option<Output> {
        self.plan.output(name).map(Output)
    }

    pub(crate) fn first_output(&self) -> Option<Output> {
        self.plan.first_output().map(Output)
    }

    /// Runs the network on one picture (channels, height, width) and returns the elements of each asked output.
    pub(crate) fn run(
        &self,
        shape: [usize; 3],
        input: &[f32],
        outputs: &[Output],
    ) -> Result<Vec<Zeroizing<Vec<f32>>>, NetworkError> {
        let results = self.run_each(shape, &[input], outputs)?;
        Ok(results.into_iter().next().unwrap_or_default())
    }

    /// Runs the network on several pictures of one shape; the elements of each asked output for each of them. Large layers then
    /// read their weights once.
    pub(crate) fn run_each(
        &self,
        [channels, height, width]: [usize; 3],
        inputs: &[&[f32]],
        outputs: &[Output],
    ) -> Result<Vec<Vec<Zeroizing<Vec<f32>>>>, NetworkError> {
        let failed = |what| NetworkError { name: self.name.clone(), what };
        let shape = Shape { channels, height, width };
        if let Some(other) = inputs.iter().find(|input| input.len() != shape.len()) {
            return Err(failed(format!("{} numbers are no input of {shape}", other.len())));
        }
        let wanted: Vec<Value> = outputs.iter().map(|output| output.0).collect();
        // A panic between taking and giving back loses buffers, nothing else.
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tensors = Vec::new();
        for input in inputs {
            let mut data = spare.take(input.len());
            data.iter_mut().zip(*input).for_each(|(place, value)| *place = *value);
            tensors.push(Tensor { shape, data });
        }
        let results = self.plan.run(tensors, &wanted, &mut spare);
        spare.rest();
        results.map_err(failed)
    }
}
