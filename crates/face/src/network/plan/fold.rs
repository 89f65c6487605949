//! Reads the nodes one after the other; what a convolution can take in does not become a layer of its own.

use std::collections::{HashMap, HashSet};

use super::super::connected::Connected;
use super::super::layer::Layer;
use super::super::read::{Constant, Graph, Node};
use super::convolution::Convolution;
use super::{Step, Value};

pub(super) struct Draft {
    steps: Vec<DraftStep>,
    values: HashMap<String, Value>,
    constants: HashMap<String, Constant>,
    /// Values that only say shapes.
    shapes: HashSet<String>,
    /// How often each name is used.
    uses: HashMap<String, usize>,
    made: usize,
}

struct DraftStep {
    kind: Kind,
    inputs: Vec<Value>,
    output: Value,
}

enum Kind {
    Convolution(Convolution),
    Layer(Layer),
}

impl Draft {
    /// The steps, and which value each name is.
    pub(super) fn of(graph: Graph) -> Result<(Self, HashMap<String, Value>), String> {
        let mut uses: HashMap<String, usize> = HashMap::new();
        let used = graph.nodes.iter().flat_map(|node| &node.inputs).chain(&graph.outputs);
        for name in used {
            *uses.entry(name.clone()).or_default() += 1;
        }
        let mut draft = Self {
            steps: Vec::new(),
            values: HashMap::from([(graph.input, 0)]),
            constants: graph.constants,
            shapes: HashSet::new(),
            uses,
            made: 1,
        };
        for node in &graph.nodes {
            draft.take(node)?;
        }
        let values = draft.values.clone();
        Ok((draft, values))
    }

    pub(super) fn steps(self) -> Result<Vec<Step>, String> {
        let steps = self.steps.into_iter().map(|DraftStep { kind, inputs, output }| {
            let layer = match kind {
                Kind::Convolution(convolution) => convolution.layer()?,
                Kind::Layer(layer) => layer,
            };
            Ok(Step { layer, inputs, output })
        });
        steps.collect()
    }

    fn take(&mut self, node: &Node) -> Result<(), String> {
        let operator = node.operator.as_str();
        let says_shapes = |name: &String| self.shapes.contains(name);
        if operator == "Shape" || node.inputs.first().is_some_and(says_shapes) {
            self.shapes.insert(node.output.clone());
            return Ok(());
        }
        let first = node.input(0).ok_or_else(|| unknown(node))?;
        match operator {
            // What stands in another shape, or is said to be of another type, is the same numbers here.
            "Cast" | "Flatten" | "Identity" | "Reshape" => {
                if self.constants.contains_key(first) {
                    let constant = self.constant_again(first);
                    self.constants.insert(node.output.clone(), constant);
                } else {
                    let value = self.value(first)?;
                    self.values.insert(node.output.clone(), value);
                }
                Ok(())
            }
            "Conv" => {
                let bias = node.input(2).map(|_| self.constant(node, 2).cloned()).transpose()?;
                let convolution = Convolution::of(node, self.weights(node)?, bias)?;
                self.step(node, Kind::Convolution(convolution))
            }
            "BatchNormalization" => self.normalisation(node),
            "Add" | "Sub" | "Mul" => self.arithmetic(node),
            "PRelu" => {
                let slopes = self.constant(node, 1)?.values.clone();
                self.activation(node, slopes)
            }
            "Relu" => self.activation(node, vec![0.0]),
            "Gemm" => {
                let weights = self.weights(node)?;
                let bias = self.constant(node, 2)?.values.clone();
                let plain =
                    |name| node.real(name).is_none_or(|value| value.to_bits() == 1.0_f32.to_bits());
                let is = |name, value| node.whole(name).unwrap_or(vec![0]) == [value];
                let fits = weights.dims.first() == Some(&bias.len());
                if !(plain("alpha") && plain("beta") && is("transA", 0) && is("transB", 1) && fits)
                {
                    return Err(unknown(node));
                }
                self.layer(node, Layer::Connected(Connected { weights: weights.values, bias }))
            }
            "Sigmoid" => self.layer(node, Layer::Sigmoid),
            "Softmax" => self.layer(node, Layer::Softmax),
            "AveragePool" => {
                let sides = node.whole("kernel_shape").and_then(|sides| sides.try_into().ok());
                self.layer(node, Layer::Mean(sides.ok_or_else(|| unknown(node))?))
            }
            "MaxPool" if is_plain_halving(node) => self.layer(node, Layer::Halved),
            "Resize" => {
                let scales = self.constant(node, 2)?;
                let nearest = node.text("mode") == Some("nearest");
                if !nearest || scales.values != [1.0, 1.0, 2.0, 2.0] {
                    return Err(unknown(node));
                }
                self.layer(node, Layer::Doubled)
            }
            "Transpose" if node.whole("perm").as_deref() == Some(&[0, 2, 3, 1]) => {
                self.layer(node, Layer::ChannelsLast)
            }
            _ => Err(unknown(node)),
        }
    }

    fn normalisation(&mut self, node: &Node) -> Result<(), String> {
        let values = |at| self.constant(node, at).map(|constant| constant.values.clone());
        let (scale, shift, mean, variance) = (values(1)?, values(2)?, values(3)?, values(4)?);
        let epsilon = node.real("epsilon").unwrap_or(1e-5);
        let scales: Vec<f32> =
            scale.iter().zip(&variance).map(|(s, v)| s / (v + epsilon).sqrt()).collect();
        let offsets: Vec<f32> =
            shift.iter().zip(&mean).zip(&scales).map(|((b, m), s)| b - m * s).collect();
        if scales.len() != scale.len() || offsets.len() != scale.len() {
            return Err(unknown(node));
        }
        self.adjust(node, 0, scales, offsets)
    }

    /// With a constant, or of two values.
    fn arithmetic(&mut self, node: &Node) -> Result<(), String> {
        let operator = node.operator.as_str();
        let of = |at: usize| node.input(at).and_then(|name| self.constants.get(name));
        let (value, constant) = match (of(0), of(1), operator) {
            (None, Some(constant), _) => (0, constant.values.clone()),
            (Some(constant), None, "Add" | "Mul") => (1, constant.values.clone()),
            (None, None, "Add") => return self.layer(node, Layer::Sum),
            (None, None, "Mul") => return self.layer(node, Layer::Product),
            _ => return Err(unknown(node)),
        };
        match operator {
            "Add" => self.adjust(node, value, vec![1.0], constant),
            "Mul" => self.adjust(node, value, constant, vec![0.0]),
            _ => self.adjust(node, value, vec![1.0], constant.iter().map(|c| -c).collect()),
        }
    }

    fn adjust(
        &mut self,
        node: &Node,
        input: usize,
        scales: Vec<f32>,
        offsets: Vec<f32>,
    ) -> Result<(), String> {
        let first = node.input(input).ok_or_else(|| unknown(node))?.to_owned();
        if let Some(step) = self.maker_of(&first)
            && step.adjusted(&scales, &offsets)
        {
            return self.same(&first, node);
        }
        let value = self.value(&first)?;
        let layer = Layer::Adjust { scales, offsets, slopes: vec![1.0] };
        self.push(node, Kind::Layer(layer), vec![value]);
        Ok(())
    }

    fn activation(&mut self, node: &Node, slopes: Vec<f32>) -> Result<(), String> {
        let first = node.input(0).ok_or_else(|| unknown(node))?.to_owned();
        if let Some(step) = self.maker_of(&first)
            && step.activated(&slopes)
        {
            return self.same(&first, node);
        }
        let layer = Layer::Adjust { scales: vec![1.0], offsets: vec![0.0], slopes };
        self.layer(node, layer)
    }

    /// The convolution that makes a value, where nothing but one node uses the value.
    fn maker_of(&mut self, name: &str) -> Option<&mut Convolution> {
        let value = self.values.get(name).copied()?;
        let alone = self.uses.get(name) == Some(&1);
        let step = self.steps.iter_mut().find(|step| step.output == value && alone)?;
        match &mut step.kind {
            Kind::Convolution(convolution) => Some(convolution),
            Kind::Layer(_) => None,
        }
    }

    fn same(&mut self, input: &str, node: &Node) -> Result<(), String> {
        let value = self.value(input)?;
        self.values.insert(node.output.clone(), value);
        Ok(())
    }

    fn value(&self, name: &str) -> Result<Value, String> {
        self.values.get(name).copied().ok_or_else(|| "has a node before its input".to_owned())
    }

    fn constant(&self, node: &Node, at: usize) -> Result<&Constant, String> {
        let constant = node.input(at).and_then(|name| self.constants.get(name));
        constant.filter(|it| !it.values.is_empty()).ok_or_else(|| unknown(node))
    }

    /// A constant under another name.
    fn constant_again(&mut self, name: &str) -> Constant {
        let nothing = || Constant { dims: Vec::new(), values: Vec::new() };
        let alone = self.uses.get(name) == Some(&1);
        let Some(constant) = self.constants.get_mut(name) else { return nothing() };
        if alone { std::mem::replace(constant, nothing()) } else { constant.clone() }
    }

    /// The weights of a layer, taken out where no other layer has them too.
    fn weights(&mut self, node: &Node) -> Result<Constant, String> {
        let weights = self.constant(node, 1)?;
        let Some(name) = node.input(1).filter(|name| self.uses.get(*name) == Some(&1)) else {
            return Ok(weights.clone());
        };
        let nothing = Constant { dims: Vec::new(), values: Vec::new() };
        let kept = self.constants.get_mut(name).ok_or_else(|| unknown(node))?;
        Ok(std::mem::replace(kept, nothing))
    }

    fn layer(&mut self, node: &Node, layer: Layer) -> Result<(), String> {
        self.step(node, Kind::Layer(layer))
    }

    /// A step with all inputs that are not constants.
    fn step(&mut self, node: &Node, kind: Kind) -> Result<(), String> {
        let names = node.inputs.iter().filter(|name| !name.is_empty());
        let values = names.filter(|name| !self.constants.contains_key(*name));
        let inputs = values.map(|name| self.value(name)).collect::<Result<Vec<_>, _>>()?;
        self.push(node, kind, inputs);
        Ok(())
    }

    fn push(&mut self, node: &Node, kind: Kind, inputs: Vec<Value>) {
        let output = self.made;
        self.made += 1;
        self.values.insert(node.output.clone(), output);
        self.steps.push(DraftStep { kind, inputs, output });
    }
}

fn is_plain_halving(node: &Node) -> bool {
    let all = |name: &str, wanted: usize| {
        node.whole(name).unwrap_or_default().iter().all(|value| *value == wanted)
    };
    node.whole("kernel_shape").as_deref() == Some(&[2, 2])
        && node.whole("strides").as_deref() == Some(&[2, 2])
        && all("pads", 0)
        && all("ceil_mode", 0)
        && all("dilations", 1)
}

fn unknown(node: &Node) -> String {
    format!("has a node {} of a kind that is not run", node.operator)
}
