//! Runs the networks of other makers with the runtime `rten`: any ONNX file whose operators that runtime knows.
//!
//! The five pinned networks do not come here: they run on layers of our own (`docs/adr/own-network-layers.md`).

use std::sync::Arc;

use rten::{Dimension, Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueView};
use zeroize::Zeroizing;

use crate::network::NetworkError;

/// An ONNX file that takes one picture and gives one row of numbers.
pub struct OnnxNetwork {
    name: String,
    model: Arc<Model>,
    /// One thread: a server runs as many engines as it has cores.
    threads: Arc<ThreadPool>,
    input: NodeId,
    output: NodeId,
    shape: [usize; 3],
}

/// What an ONNX file says that it takes and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Name and dimensions of each input; `None` where any size goes.
    pub inputs: Vec<(String, Vec<Option<usize>>)>,
    /// Names of the outputs.
    pub outputs: Vec<String>,
}

impl std::fmt::Debug for OnnxNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxNetwork").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Reads what a file declares, for whoever writes a manifest.
///
/// # Errors
///
/// A `NetworkError` where the file is not one that the runtime reads.
pub fn declared(name: &str, onnx: Vec<u8>) -> Result<Declared, NetworkError> {
    read(name, onnx).map(|model| declared_by(&model))
}

impl OnnxNetwork {
    /// Loads a file for pictures of this shape (channels, height, width) and the output of this name.
    ///
    /// # Errors
    ///
    /// A `NetworkError` that says in what the file and these differ.
    pub fn load(
        name: &str,
        onnx: Vec<u8>,
        shape: [usize; 3],
        output: &str,
    ) -> Result<Self, NetworkError> {
        let failed = |what| NetworkError { name: name.to_owned(), what };
        let model = read(name, onnx)?;
        let declared = declared_by(&model);
        let [(_, dims)] = declared.inputs.as_slice() else {
            return Err(failed(format!("has {} inputs; one is wanted", declared.inputs.len())));
        };
        let [channels, height, width] = shape;
        let wanted = [1, channels, height, width];
        let fits = |(dim, wanted): (&Option<usize>, &usize)| dim.is_none_or(|dim| dim == *wanted);
        if dims.len() != wanted.len() || !dims.iter().zip(&wanted).all(fits) {
            let takes = shown(dims);
            let wanted = shown(&wanted.map(Some));
            return Err(failed(format!("takes {takes}; the manifest says {wanted}")));
        }
        let known = model.output_ids().iter().zip(&declared.outputs);
        let found = known.filter(|(_, name)| *name == output).map(|(id, _)| *id).next();
        let found = found.ok_or_else(|| {
            let outputs = declared.outputs.join(", ");
            failed(format!("has no output {output}; it has: {outputs}"))
        })?;
        let input = model.input_ids().first().copied();
        Ok(Self {
            name: name.to_owned(),
            input: input.ok_or_else(|| failed("has no input".to_owned()))?,
            output: found,
            model: Arc::new(model),
            threads: Arc::new(ThreadPool::with_num_threads(1)),
            shape,
        })
    }

    /// The same weights for another thread.
    #[must_use]
    pub fn for_another_thread(&self) -> Self {
        Self {
            name: self.name.clone(),
            model: Arc::clone(&self.model),
            threads: Arc::new(ThreadPool::with_num_threads(1)),
            ..*self
        }
    }

    /// Runs the network on the numbers of one picture: channel after channel, row after row.
    ///
    /// # Errors
    ///
    /// A `NetworkError` where the picture does not fit or the network fails on it.
    pub fn run(&self, picture: &[f32]) -> Result<Zeroizing<Vec<f32>>, NetworkError> {
        let failed = |what| NetworkError { name: self.name.clone(), what };
        let [channels, height, width] = self.shape;
        let input = ValueView::from_shape([1, channels, height, width], picture)
            .map_err(|error| failed(error.to_string()))?;
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.threads)));
        let [output] = self
            .model
            .run_n(vec![(self.input, input.into())], [self.output], Some(options))
            .map_err(|error| failed(error.to_string()))?;
        let Value::FloatTensor(output) = output else {
            return Err(failed("gives no real numbers".to_owned()));
        };
        Ok(Zeroizing::new(output.into_data()))
    }
}

fn read(name: &str, onnx: Vec<u8>) -> Result<Model, NetworkError> {
    ModelOptions::with_all_ops()
        .load(onnx)
        .map_err(|error| NetworkError { name: name.to_owned(), what: error.to_string() })
}

fn declared_by(model: &Model) -> Declared {
    let name = |id: &NodeId| {
        let info = model.node_info(*id);
        info.and_then(|info| info.name().map(str::to_owned)).unwrap_or_default()
    };
    let dims = |id: &NodeId| {
        let shape = model.node_info(*id).and_then(|info| info.shape()).unwrap_or_default();
        let size = |dim: Dimension| match dim {
            Dimension::Fixed(size) => Some(size),
            Dimension::Symbolic(_) => None,
        };
        shape.into_iter().map(size).collect()
    };
    Declared {
        inputs: model.input_ids().iter().map(|id| (name(id), dims(id))).collect(),
        outputs: model.output_ids().iter().map(name).collect(),
    }
}

fn shown(dims: &[Option<usize>]) -> String {
    let size = |dim: &Option<usize>| dim.map_or_else(|| "any".to_owned(), |dim| dim.to_string());
    dims.iter().map(size).collect::<Vec<_>>().join("×")
}
