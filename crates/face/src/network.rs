//! One neural network, run on one thread of its own.

use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueView, op_registry};
use zeroize::Zeroizing;

/// A network that was loaded and is ready to run.
pub(crate) struct Network {
    name: String,
    model: Arc<Model>,
    input: NodeId,
    threads: Arc<ThreadPool>,
}

/// The runtime refused a model or an input: our bug or a broken file, never the person's doing.
#[derive(Debug, thiserror::Error)]
#[error("the network {name}: {what}")]
pub struct NetworkError {
    pub name: String,
    pub what: String,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

impl Network {
    /// Loads an ONNX file; the bytes are dropped as soon as the weights are out of them.
    pub(crate) fn load(
        name: &str,
        onnx: Vec<u8>,
        threads: &Arc<ThreadPool>,
    ) -> Result<Self, NetworkError> {
        let failed = |what: String| NetworkError { name: name.to_owned(), what };
        // Only what these networks are made of; a file that asks for more is not one of them.
        let operators = op_registry!(
            Add,
            AveragePool,
            BatchNormalization,
            Cast,
            Concat,
            Conv,
            Flatten,
            Gather,
            Gemm,
            Identity,
            MaxPool,
            Mul,
            PRelu,
            Relu,
            Reshape,
            Resize,
            Shape,
            Sigmoid,
            Softmax,
            Sub,
            Transpose,
            Unsqueeze
        );
        let model = ModelOptions::with_ops(operators)
            .load(onnx)
            .map_err(|error| failed(error.to_string()))?;
        let &[input] = model.input_ids() else {
            return Err(failed("has not exactly one input".to_owned()));
        };
        Ok(Self {
            name: name.to_owned(),
            model: Arc::new(model),
            input,
            threads: Arc::clone(threads),
        })
    }

    /// The same weights on another thread.
    pub(crate) fn on(&self, threads: &Arc<ThreadPool>) -> Self {
        Self {
            name: self.name.clone(),
            model: Arc::clone(&self.model),
            input: self.input,
            threads: Arc::clone(threads),
        }
    }

    pub(crate) fn output(&self, name: &str) -> Option<NodeId> {
        self.model.find_node(name)
    }

    pub(crate) fn first_output(&self) -> Option<NodeId> {
        self.model.output_ids().first().copied()
    }

    /// Runs the network on one input and returns the elements of each asked output.
    pub(crate) fn run(
        &self,
        shape: [usize; 4],
        input: &[f32],
        outputs: &[NodeId],
    ) -> Result<Vec<Zeroizing<Vec<f32>>>, NetworkError> {
        let failed = |what: String| NetworkError { name: self.name.clone(), what };
        let view = ValueView::from_shape(shape, input).map_err(|e| failed(e.to_string()))?;
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.threads)));
        let values = self
            .model
            .run(vec![(self.input, view.into())], outputs, Some(options))
            .map_err(|error| failed(error.to_string()))?;
        let floats = |value| {
            let Value::FloatTensor(tensor) = value else {
                return Err(failed("an output is not of floats".to_owned()));
            };
            Ok(Zeroizing::new(tensor.into_data()))
        };
        values.into_iter().map(floats).collect()
    }
}
