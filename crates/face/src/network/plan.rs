//! From the nodes of a file to the layers that are run, in their order.

use std::collections::HashMap;

use zeroize::Zeroizing;

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

    pub(super) fn run(
        &self,
        input: Tensor,
        wanted: &[Value],
        spare: &mut Spare,
    ) -> Result<Vec<Zeroizing<Vec<f32>>>, String> {
        let mut values: Vec<Option<Tensor>> = Vec::new();
        values.resize_with(self.values.max(1), || None);
        if let Some(first) = values.first_mut() {
            *first = Some(input);
        }
        let done = self.run_steps(&mut values, wanted, spare);
        let results: Option<Vec<_>> = wanted
            .iter()
            .map(|value| values.get(*value)?.as_ref())
            .map(|tensor| tensor.map(|tensor| Zeroizing::new(tensor.numbers().to_vec())))
            .collect();
        // Whatever happened: what is given back is wiped.
        for left in values.into_iter().flatten() {
            spare.give(left.data);
        }
        done?;
        results.ok_or_else(lost)
    }

    fn run_steps(
        &self,
        values: &mut [Option<Tensor>],
        wanted: &[Value],
        spare: &mut Spare,
    ) -> Result<(), String> {
        for (at, step) in self.steps.iter().enumerate() {
            let inputs: Option<Vec<&Tensor>> =
                step.inputs.iter().map(|value| values.get(*value)?.as_ref()).collect();
            let made = step.layer.run(&inputs.ok_or_else(lost)?, spare)?;
            *values.get_mut(step.output).ok_or_else(lost)? = Some(made);
            let later = self.steps.iter().skip(at + 1);
            for value in step.inputs.iter().filter(|value| !wanted.contains(value)) {
                let used_later = later.clone().any(|step| step.inputs.contains(value));
                let done = values.get_mut(*value).filter(|_| !used_later);
                if let Some(done) = done.and_then(Option::take) {
                    spare.give(done.data);
                }
            }
        }
        Ok(())
    }
}

fn lost() -> String {
    "has a layer before its input".to_owned()
}

fn draft_values(known: &HashMap<String, Value>) -> usize {
    known.values().max().map_or(1, |most| most + 1)
}
