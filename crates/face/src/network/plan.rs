//! From the nodes of a file to the layers that are run, in their order.

use std::collections::HashMap;
use std::ops::Range;

use zeroize::Zeroizing;

use super::connected::Connected;
use super::layer::Layer;
use super::read::Graph;
use super::tensor::{Spare, Tensor};

mod convolution;
mod fold;

use fold::Draft;

/// Which of the tensors of a run.
pub(super) type Value = usize;

pub(super) struct Plan {
    steps: Vec<Step>,
    outputs: Vec<(String, Value)>,
    values: usize,
}

struct Step {
    layer: Layer,
    inputs: Vec<Value>,
    output: Value,
}

impl Plan {
    pub(super) fn new(graph: Graph) -> Result<Self, String> {
        let names = graph.outputs.clone();
        let (draft, known) = Draft::of(graph)?;
        let mut outputs = Vec::new();
        for name in names {
            let value = known.get(&name).copied();
            outputs.push((name, value.ok_or("has an output that nothing makes")?));
        }
        Ok(Self { steps: draft.steps()?, outputs, values: draft_values(&known) })
    }

    pub(super) fn output(&self, name: &str) -> Option<Value> {
        self.outputs.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    pub(super) fn first_output(&self) -> Option<Value> {
        self.outputs.first().map(|(_, value)| *value)
    }

    /// Runs the network on each input; the results of each, in the order of `wanted`.
    pub(super) fn run(
        &self,
        inputs: Vec<Tensor>,
        wanted: &[Value],
        spare: &mut Spare,
    ) -> Result<Vec<Vec<Zeroizing<Vec<f32>>>>, String> {
        let mut runs: Vec<Values> = inputs.into_iter().map(|input| self.begun(input)).collect();
        let done = self.run_steps(&mut runs, wanted, spare);
        let results: Option<Vec<_>> = runs.iter().map(|values| results(values, wanted)).collect();
        // Whatever happened: what is given back is wiped.
        for left in runs.into_iter().flatten().flatten() {
            spare.give(left.data);
        }
        done?;
        results.ok_or_else(lost)
    }

    fn begun(&self, input: Tensor) -> Values {
        let mut values = Values::new();
        values.resize_with(self.values.max(1), || None);
        if let Some(first) = values.first_mut() {
            *first = Some(input);
        }
        values
    }

    /// One input after the other as far as the next layer whose weights all of them are to meet together.
    fn run_steps(
        &self,
        runs: &mut [Values],
        wanted: &[Value],
        spare: &mut Spare,
    ) -> Result<(), String> {
        let mut from = 0;
        for (shared, step) in self.steps.iter().enumerate() {
            let Layer::Connected(layer) = &step.layer else { continue };
            self.run_alone(from..shared, runs, wanted, spare)?;
            run_together(layer, step, runs, spare)?;
            runs.iter_mut().for_each(|values| self.release(shared, values, wanted, spare));
            from = shared + 1;
        }
        self.run_alone(from..self.steps.len(), runs, wanted, spare)
    }

    fn run_alone(
        &self,
        steps: Range<usize>,
        runs: &mut [Values],
        wanted: &[Value],
        spare: &mut Spare,
    ) -> Result<(), String> {
        for values in runs {
            for at in steps.clone() {
                let Some(step) = self.steps.get(at) else { continue };
                let inputs: Option<Vec<&Tensor>> =
                    step.inputs.iter().map(|value| values.get(*value)?.as_ref()).collect();
                let made = step.layer.run(&inputs.ok_or_else(lost)?, spare)?;
                *values.get_mut(step.output).ok_or_else(lost)? = Some(made);
                self.release(at, values, wanted, spare);
            }
            // What waits for the others must not keep the large buffers from them.
            values.iter_mut().flatten().for_each(|tensor| tensor.shrink(spare));
        }
        Ok(())
    }

    /// Gives back what no later step reads.
    fn release(&self, at: usize, values: &mut Values, wanted: &[Value], spare: &mut Spare) {
        let Some(step) = self.steps.get(at) else { return };
        let later = self.steps.iter().skip(at + 1);
        for value in step.inputs.iter().filter(|value| !wanted.contains(value)) {
            let used_later = later.clone().any(|step| step.inputs.contains(value));
            let done = values.get_mut(*value).filter(|_| !used_later);
            if let Some(done) = done.and_then(Option::take) {
                spare.give(done.data);
            }
        }
    }
}

/// The tensors of one input, as far as they are made and still wanted.
type Values = Vec<Option<Tensor>>;

fn results(values: &Values, wanted: &[Value]) -> Option<Vec<Zeroizing<Vec<f32>>>> {
    let tensors = wanted.iter().map(|value| values.get(*value)?.as_ref());
    tensors.map(|it| it.map(|tensor| Zeroizing::new(tensor.numbers().to_vec()))).collect()
}

fn run_together(
    layer: &Connected,
    step: &Step,
    runs: &mut [Values],
    spare: &mut Spare,
) -> Result<(), String> {
    let input = step.inputs.first().copied().unwrap_or_default();
    let tensors: Option<Vec<&Tensor>> =
        runs.iter().map(|values| values.get(input)?.as_ref()).collect();
    let tensors = tensors.ok_or_else(lost)?;
    let mut made = Vec::new();
    for tensor in &tensors {
        let shape = step.layer.fitting(tensor.shape)?;
        made.push(Tensor { shape, data: spare.take(shape.len()) });
    }
    let inputs: Vec<&[f32]> = tensors.iter().map(|tensor| tensor.numbers()).collect();
    let mut outputs: Vec<&mut [f32]> =
        made.iter_mut().map(|tensor| tensor.data.as_mut_slice()).collect();
    layer.apply(&inputs, &mut outputs);
    for (values, made) in runs.iter_mut().zip(made) {
        *values.get_mut(step.output).ok_or_else(lost)? = Some(made);
    }
    Ok(())
}

fn lost() -> String {
    "has a layer before its input".to_owned()
}

fn draft_values(known: &HashMap<String, Value>) -> usize {
    known.values().max().map_or(1, |most| most + 1)
}
