//! Reads an ONNX file: nodes in their order, constants by name.

use std::collections::HashMap;

use rten_onnx::onnx::{AttributeProto, DataType, ModelProto, NodeProto, TensorProto};
use rten_simd::f16;

pub(super) struct Graph {
    pub(super) input: String,
    pub(super) outputs: Vec<String>,
    pub(super) nodes: Vec<Node>,
    pub(super) constants: HashMap<String, Constant>,
}

pub(super) struct Node {
    pub(super) operator: String,
    pub(super) inputs: Vec<String>,
    pub(super) output: String,
    attributes: Vec<AttributeProto>,
}

#[derive(Clone)]
pub(super) struct Constant {
    pub(super) dims: Vec<usize>,
    /// Empty for constants that are not of real numbers: those only say shapes, which follow from the input here.
    pub(super) values: Vec<f32>,
}

impl Node {
    pub(super) fn input(&self, at: usize) -> Option<&str> {
        self.inputs.get(at).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// The whole numbers of an attribute; `None` where it is absent.
    pub(super) fn whole(&self, name: &str) -> Option<Vec<usize>> {
        let found = self.attribute(name)?;
        let one = found.i.filter(|_| found.ints.is_empty());
        let all = found.ints.iter().copied().chain(one);
        // A negative number is none that any of these networks has.
        Some(all.map(|value| usize::try_from(value).unwrap_or(usize::MAX)).collect())
    }

    pub(super) fn real(&self, name: &str) -> Option<f32> {
        self.attribute(name)?.f
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.s.as_deref()
    }

    fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.attributes.iter().find(|attribute| attribute.name.as_deref() == Some(name))
    }
}

/// The bytes are dropped as soon as they are read: weights are many, and stand in memory once.
pub(super) fn graph(onnx: Vec<u8>) -> Result<Graph, String> {
    let model = ModelProto::parse_buf(&onnx).map_err(|error| error.to_string())?;
    drop(onnx);
    let graph = model.graph.ok_or("has no graph")?;
    let mut constants = HashMap::new();
    for mut tensor in graph.initializer {
        let name = tensor.name.take().ok_or("has a constant without a name")?;
        constants.insert(name, constant(&tensor)?);
    }
    let mut inputs = graph.input.into_iter().filter_map(|input| input.name);
    let input = inputs.find(|name| !constants.contains_key(name)).ok_or("has no input")?;
    if inputs.any(|name| !constants.contains_key(&name)) {
        return Err("has more than one input".to_owned());
    }
    let mut nodes = Vec::new();
    for node in graph.node {
        let NodeProto { input, output, op_type, attribute, .. } = node;
        let operator = op_type.ok_or("has a node without an operator")?;
        let [output] = <[String; 1]>::try_from(output)
            .map_err(|_| format!("has a node {operator} with several outputs"))?;
        if operator == "Constant" {
            let value = attribute.iter().find_map(|attribute| attribute.t.as_ref());
            constants.insert(output, constant(value.ok_or("has a constant without a value")?)?);
            continue;
        }
        nodes.push(Node { operator, inputs: input, output, attributes: attribute });
    }
    let outputs = graph.output.into_iter().filter_map(|output| output.name).collect();
    Ok(Graph { input, outputs, nodes, constants })
}

fn constant(tensor: &TensorProto) -> Result<Constant, String> {
    let dims: Option<Vec<usize>> =
        tensor.dims.iter().map(|size| usize::try_from(*size).ok()).collect();
    let dims = dims.ok_or("has a constant of a negative size")?;
    let raw = tensor.raw_data.as_ref().map(|raw| raw.borrow());
    let values: Vec<f32> = match (tensor.data_type, &raw) {
        (Some(DataType::FLOAT), Some(raw)) => {
            raw.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
        }
        (Some(DataType::FLOAT), None) => tensor.float_data.clone(),
        (Some(DataType::FLOAT16), Some(raw)) => {
            let half = |bytes: &[u8; 2]| f16::from_bits(u16::from_le_bytes(*bytes)).to_f32();
            raw.as_chunks::<2>().0.iter().map(half).collect()
        }
        (Some(DataType::FLOAT16), None) => {
            return Err("has 16-bit numbers in a form that is not read".to_owned());
        }
        _ => return Ok(Constant { dims, values: Vec::new() }),
    };
    let wanted = dims.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    if wanted != Some(values.len()) {
        return Err("has a constant of another size than it says".to_owned());
    }
    Ok(Constant { dims, values })
}
