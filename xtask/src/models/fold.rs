//! Turns a block-quantised ONNX model into a plain fp32 one.
//!
//! The registry's files keep their weights as `DequantizeLinear` over int8 blocks (ONNX opset 21),
//! followed by a `Reshape`. Both are computed here, once:
//!
//! ```text
//! weight[i] = (quantised[i] - zero_point[block of i]) * scale[block of i]
//! ```
//!
//! The ONNX operator specification, `DequantizeLinear-21`, defines blocks along `axis`.

use std::collections::{BTreeMap, BTreeSet};

use super::protobuf::{Field, ReadError, Value, Writer, fields};
use super::tensor::{Elements, Tensor, TensorError};

mod model {
    pub(super) const GRAPH: u64 = 7;
}
mod graph {
    pub(super) const NODE: u64 = 1;
    pub(super) const INITIALIZER: u64 = 5;
    pub(super) const INPUT: u64 = 11;
    pub(super) const OUTPUT: u64 = 12;
    pub(super) const VALUE_INFO: u64 = 13;
}
mod node {
    pub(super) const INPUT: u64 = 1;
    pub(super) const OUTPUT: u64 = 2;
    pub(super) const OP_TYPE: u64 = 4;
    pub(super) const ATTRIBUTE: u64 = 5;
}
mod attribute {
    pub(super) const NAME: u64 = 1;
    pub(super) const INTEGER: u64 = 3;
}
mod value_info {
    pub(super) const NAME: u64 = 1;
    pub(super) const TYPE: u64 = 2;
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FoldError {
    #[error("the file is not an ONNX model")]
    Read(#[from] ReadError),
    #[error("weight {name} cannot be unfolded")]
    Weight {
        name: String,
        #[source]
        source: TensorError,
    },
    #[error("the model has no graph")]
    NoGraph,
}

/// What the folded model's picture input looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PictureInput {
    AsDeclared,
    /// Height and width become free: for fully convolutional detectors that were exported at one
    /// size.
    AnySize,
}

struct Node<'a> {
    raw: &'a [u8],
    operator: &'a [u8],
    inputs: Vec<&'a [u8]>,
    outputs: Vec<&'a [u8]>,
    attributes: BTreeMap<&'a [u8], u64>,
}

impl<'a> Node<'a> {
    /// `Dropout` does nothing outside of training.
    fn only_trains(&self) -> bool {
        self.operator == b"Dropout"
    }

    fn needs(&self) -> &[&'a [u8]] {
        let inputs = self.inputs.as_slice();
        if self.only_trains() { inputs.get(..1).unwrap_or(inputs) } else { inputs }
    }
}

/// Computes every dequantised weight and returns the model as fp32.
pub(crate) fn fold(onnx: &[u8], input: PictureInput) -> Result<Vec<u8>, FoldError> {
    let model = fields(onnx)?;
    let mut folded = Writer::default();
    let mut found = false;
    for field in &model {
        match (field.number, field.value) {
            (model::GRAPH, Value::Bytes(graph)) => {
                found = true;
                folded.bytes(model::GRAPH, &fold_graph(graph, input)?);
            }
            _ => {
                folded.field(field);
            }
        }
    }
    if found { Ok(folded.finish()) } else { Err(FoldError::NoGraph) }
}

fn fold_graph(bytes: &[u8], input: PictureInput) -> Result<Vec<u8>, FoldError> {
    let graph = fields(bytes)?;
    let mut constants = read_constants(&graph)?;
    let mut computed = Vec::new();
    let mut kept = Vec::new();
    for node in read_nodes(&graph)? {
        match compute(&node, &constants)? {
            Some(tensor) => {
                let name = node.outputs.first().copied().unwrap_or_default().to_vec();
                computed.push(name.clone());
                constants.insert(name, tensor);
            }
            None => kept.push(node),
        }
    }
    let used: BTreeSet<&[u8]> = kept.iter().flat_map(Node::needs).copied().collect();
    kept.retain(|node| {
        node.operator != b"Constant" || node.outputs.iter().any(|o| used.contains(o))
    });
    let mut folded = Writer::default();
    for field in &graph {
        match (field.number, field.value) {
            (graph::VALUE_INFO, _) => {}
            (graph::NODE, Value::Bytes(raw)) => {
                if let Some(node) = kept.iter().find(|node| std::ptr::eq(node.raw, raw)) {
                    folded.bytes(graph::NODE, &at_rest(node));
                }
            }
            (graph::INITIALIZER, Value::Bytes(raw)) if !used.contains(Tensor::name(raw)?) => {}
            (graph::INPUT, Value::Bytes(raw)) => {
                let name = name_of(raw)?;
                if used.contains(name) && !constants.contains_key(name) {
                    folded.bytes(graph::INPUT, &rewritten_input(raw, input)?);
                }
            }
            (graph::OUTPUT, Value::Bytes(raw)) => {
                folded.bytes(graph::OUTPUT, &rewritten_output(raw, input)?);
            }
            _ => {
                folded.field(field);
            }
        }
    }
    for name in computed.iter().filter(|name| used.contains(name.as_slice())) {
        if let Some(tensor) = constants.get(name) {
            folded.bytes(graph::INITIALIZER, &tensor.write(name));
        }
    }
    Ok(folded.finish())
}

fn read_constants(graph: &[Field<'_>]) -> Result<BTreeMap<Vec<u8>, Tensor>, FoldError> {
    let mut constants = BTreeMap::new();
    for field in graph {
        if let (graph::INITIALIZER, Value::Bytes(raw)) = (field.number, field.value) {
            let name = Tensor::name(raw)?.to_vec();
            let tensor = Tensor::read(raw).map_err(|source| weight(&name, source))?;
            constants.insert(name, tensor);
        }
    }
    Ok(constants)
}

fn read_nodes<'a>(graph: &[Field<'a>]) -> Result<Vec<Node<'a>>, FoldError> {
    let mut nodes = Vec::new();
    for field in graph {
        let (graph::NODE, Value::Bytes(raw)) = (field.number, field.value) else { continue };
        let mut node = Node {
            raw,
            operator: b"",
            inputs: Vec::new(),
            outputs: Vec::new(),
            attributes: BTreeMap::new(),
        };
        for part in fields(raw)? {
            match (part.number, part.value) {
                (node::INPUT, Value::Bytes(name)) => node.inputs.push(name),
                (node::OUTPUT, Value::Bytes(name)) => node.outputs.push(name),
                (node::OP_TYPE, Value::Bytes(name)) => node.operator = name,
                (node::ATTRIBUTE, Value::Bytes(raw)) => {
                    let (name, value) = read_attribute(raw)?;
                    node.attributes.insert(name, value);
                }
                _ => {}
            }
        }
        nodes.push(node);
    }
    Ok(nodes)
}

fn read_attribute(raw: &[u8]) -> Result<(&[u8], u64), ReadError> {
    let (mut name, mut integer): (&[u8], u64) = (b"", 0);
    for part in fields(raw)? {
        match (part.number, part.value) {
            (attribute::NAME, Value::Bytes(bytes)) => name = bytes,
            (attribute::INTEGER, Value::Varint(value)) => integer = value,
            _ => {}
        }
    }
    Ok((name, integer))
}

/// A node as it is outside of training: `Dropout` hands its first input on.
fn at_rest(node: &Node<'_>) -> Vec<u8> {
    if !node.only_trains() {
        return node.raw.to_vec();
    }
    let mut identity = Writer::default();
    for input in node.needs() {
        identity.bytes(node::INPUT, input);
    }
    for output in node.outputs.iter().take(1) {
        identity.bytes(node::OUTPUT, output);
    }
    identity.bytes(node::OP_TYPE, b"Identity").finish()
}

/// The value of a node that needs nothing but constants, where it is one that we fold.
fn compute(
    node: &Node<'_>,
    constants: &BTreeMap<Vec<u8>, Tensor>,
) -> Result<Option<Tensor>, FoldError> {
    let Some(inputs) =
        node.inputs.iter().map(|name| constants.get(*name)).collect::<Option<Vec<_>>>()
    else {
        return Ok(None);
    };
    let name = node.outputs.first().copied().unwrap_or_default();
    match (node.operator, inputs.as_slice()) {
        (b"DequantizeLinear", [quantised, scale, zero_point]) => {
            let axis = attribute_of(node, b"axis").unwrap_or(1);
            let block = attribute_of(node, b"block_size").unwrap_or(0);
            quantised
                .dequantised(scale, zero_point, axis, block)
                .map(Some)
                .map_err(|source| weight(name, source))
        }
        (b"Reshape", [tensor, shape]) if matches!(tensor.elements, Elements::Float(_)) => {
            tensor.reshaped(shape).map(Some).map_err(|source| weight(name, source))
        }
        _ => Ok(None),
    }
}

fn attribute_of(node: &Node<'_>, name: &[u8]) -> Option<usize> {
    node.attributes.get(name).and_then(|value| usize::try_from(*value).ok())
}

fn weight(name: &[u8], source: TensorError) -> FoldError {
    FoldError::Weight { name: String::from_utf8_lossy(name).into_owned(), source }
}

fn name_of(value_info: &[u8]) -> Result<&[u8], ReadError> {
    Ok(fields(value_info)?
        .iter()
        .find_map(|field| match (field.number, field.value) {
            (value_info::NAME, Value::Bytes(name)) => Some(name),
            _ => None,
        })
        .unwrap_or_default())
}

fn rewritten_input(raw: &[u8], input: PictureInput) -> Result<Vec<u8>, ReadError> {
    match input {
        PictureInput::AsDeclared => Ok(raw.to_vec()),
        PictureInput::AnySize => Ok(picture_input_of_any_size(name_of(raw)?)),
    }
}

fn rewritten_output(raw: &[u8], input: PictureInput) -> Result<Vec<u8>, ReadError> {
    match input {
        PictureInput::AsDeclared => Ok(raw.to_vec()),
        // The declared shape holds for one picture size only: keep the rank, free every size.
        PictureInput::AnySize => {
            let mut shape = Writer::default();
            for _ in 0..rank(raw)? {
                shape.bytes(1, &[]);
            }
            let shape = shape.finish();
            let mut output = Writer::default();
            output.bytes(value_info::NAME, name_of(raw)?);
            output.bytes(value_info::TYPE, &tensor_type(&shape));
            Ok(output.finish())
        }
    }
}

/// How many dimensions a `ValueInfoProto` declares.
fn rank(raw: &[u8]) -> Result<usize, ReadError> {
    let inside = |raw, number| -> Result<_, ReadError> {
        Ok(fields(raw)?.into_iter().find_map(|field| match field.value {
            Value::Bytes(bytes) if field.number == number => Some(bytes),
            _ => None,
        }))
    };
    let declared = inside(raw, value_info::TYPE)?.unwrap_or_default();
    let tensor = inside(declared, 1)?.unwrap_or_default();
    let shape = inside(tensor, 2)?.unwrap_or_default();
    Ok(fields(shape)?.len())
}

fn picture_input_of_any_size(name: &[u8]) -> Vec<u8> {
    let mut shape = Writer::default();
    for size in [1, 3] {
        shape.bytes(1, &Writer::default().integer(1, size).finish());
    }
    for free in ["height", "width"] {
        shape.bytes(1, &Writer::default().bytes(2, free.as_bytes()).finish());
    }
    let shape = shape.finish();
    let mut input = Writer::default();
    input.bytes(value_info::NAME, name).bytes(value_info::TYPE, &tensor_type(&shape));
    input.finish()
}

/// `TypeProto` of an fp32 tensor.
fn tensor_type(shape: &[u8]) -> Vec<u8> {
    const FLOAT: u64 = 1;
    let mut tensor = Writer::default();
    tensor.integer(1, FLOAT).bytes(2, shape);
    let tensor = tensor.finish();
    Writer::default().bytes(1, &tensor).finish()
}

#[cfg(test)]
#[path = "fold/tests.rs"]
mod tests;
