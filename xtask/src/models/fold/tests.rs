use super::super::protobuf::{Value, Writer, fields};
use super::super::tensor::{Elements, Tensor};
use super::*;

/// A graph `output = Conv(data, Reshape(DequantizeLinear(q, s, z), shape))`.
fn quantised_model() -> Vec<u8> {
    let tensor = |name: &str, kind: u64, dims: &[u64], raw: &[u8]| {
        let mut tensor = Writer::default();
        for dim in dims {
            tensor.integer(1, *dim);
        }
        tensor.integer(2, kind).bytes(8, name.as_bytes()).bytes(9, raw).finish()
    };
    let scales: Vec<u8> = [0.5_f32, 2.0].iter().flat_map(|s| s.to_le_bytes()).collect();
    let shape: Vec<u8> = [1_i64, -1, 1, 1].iter().flat_map(|s| s.to_le_bytes()).collect();
    let axis = Writer::default().bytes(1, b"axis").integer(3, 1).finish();
    let block = Writer::default().bytes(1, b"block_size").integer(3, 2).finish();
    let input = |name: &str| Writer::default().bytes(1, name.as_bytes()).finish();
    let dequantise = Writer::default()
        .bytes(1, b"q")
        .bytes(1, b"s")
        .bytes(1, b"z")
        .bytes(2, b"d")
        .bytes(4, b"DequantizeLinear")
        .bytes(5, &axis)
        .bytes(5, &block)
        .finish();
    let reshape = Writer::default()
        .bytes(1, b"d")
        .bytes(1, b"shape")
        .bytes(2, b"w")
        .bytes(4, b"Reshape")
        .finish();
    let conv = Writer::default()
        .bytes(1, b"data")
        .bytes(1, b"w")
        .bytes(2, b"output")
        .bytes(4, b"Conv")
        .finish();
    let graph = Writer::default()
        .bytes(1, &dequantise)
        .bytes(1, &reshape)
        .bytes(1, &conv)
        .bytes(5, &tensor("q", 3, &[1, 4], &[10, 20, 0xff, 4]))
        .bytes(5, &tensor("s", 1, &[1, 2], &scales))
        .bytes(5, &tensor("z", 3, &[1, 2], &[0, 1]))
        .bytes(5, &tensor("shape", 7, &[4], &shape))
        .bytes(11, &input("data"))
        .bytes(11, &input("w"))
        .bytes(12, &input("output"))
        .finish();
    Writer::default().integer(1, 6).bytes(7, &graph).finish()
}

fn graph_of(model: &[u8]) -> &[u8] {
    fields(model)
        .unwrap()
        .iter()
        .find_map(|f| match (f.number, f.value) {
            (7, Value::Bytes(graph)) => Some(graph),
            _ => None,
        })
        .unwrap()
}

fn parts(graph: &[u8], number: u64) -> Vec<&[u8]> {
    fields(graph)
        .unwrap()
        .iter()
        .filter_map(|f| match f.value {
            Value::Bytes(bytes) if f.number == number => Some(bytes),
            _ => None,
        })
        .collect()
}

#[test]
fn block_quantised_weights_become_plain_ones() {
    let folded = fold(&quantised_model(), PictureInput::AsDeclared).unwrap();

    let graph = graph_of(&folded);
    let weights = parts(graph, 5);
    assert_eq!(weights.len(), 1);
    assert_eq!(Tensor::name(weights[0]).unwrap(), b"w");
    let tensor = Tensor::read(weights[0]).unwrap();
    assert_eq!(tensor.shape, [1, 4, 1, 1]);
    // (10 - 0) * 0.5, (20 - 0) * 0.5, (-1 - 1) * 2, (4 - 1) * 2
    assert_eq!(tensor.elements, Elements::Float(vec![5.0, 10.0, -4.0, 6.0]));
}

#[test]
fn folding_leaves_only_the_nodes_and_inputs_that_need_a_picture() {
    let folded = fold(&quantised_model(), PictureInput::AsDeclared).unwrap();

    let graph = graph_of(&folded);
    assert_eq!(parts(graph, 1).len(), 1);
    assert_eq!(parts(graph, 11).len(), 1);
    assert_eq!(name_of(parts(graph, 11)[0]).unwrap(), b"data");
}

#[test]
fn a_model_cut_short_is_an_error_at_every_length() {
    let model = quantised_model();

    for length in 3..model.len() {
        assert!(fold(&model[..length], PictureInput::AnySize).is_err(), "cut at {length}");
    }
}

#[test]
fn blocks_that_do_not_cover_the_weight_are_refused() {
    let quantised = Tensor { shape: vec![1, 4], elements: Elements::Int8(vec![1; 4]) };
    let scale = Tensor { shape: vec![1, 2], elements: Elements::Float(vec![1.0; 2]) };
    let zero = Tensor { shape: vec![1, 2], elements: Elements::Int8(vec![0; 2]) };

    assert_eq!(quantised.dequantised(&scale, &zero, 1, 3).map(|_| ()), Ok(()));
    assert!(quantised.dequantised(&scale, &zero, 1, 4).is_err());
    assert!(quantised.dequantised(&scale, &zero, 1, 0).is_err());
    assert!(quantised.dequantised(&scale, &zero, 2, 2).is_err());
}

#[test]
fn what_only_trains_hands_its_input_on() {
    let dropout = Writer::default()
        .bytes(1, b"data")
        .bytes(1, b"ratio")
        .bytes(2, b"output")
        .bytes(2, b"mask")
        .bytes(4, b"Dropout")
        .finish();
    let constant = Writer::default().bytes(2, b"ratio").bytes(4, b"Constant").finish();
    let graph = Writer::default().bytes(1, &constant).bytes(1, &dropout).finish();
    let model = Writer::default().bytes(7, &graph).finish();

    let folded = fold(&model, PictureInput::AsDeclared).unwrap();

    let identity =
        Writer::default().bytes(1, b"data").bytes(2, b"output").bytes(4, b"Identity").finish();
    assert_eq!(parts(graph_of(&folded), 1), [identity]);
}
