//! Each layer against the plainest way to compute it, and files that are put together here.

use rten_onnx::onnx::{
    AttributeProto, DataType, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};

use super::connected::dot;
use super::depthwise::Depthwise;
use super::matrix::Matrix;
use super::tensor::{Shape, Spare};
use super::*;

/// Numbers between −1 and 1 that look like noise.
fn noise(seed: u32, length: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u16::try_from(state >> 16).unwrap()) / 32_768.0 - 1.0
    };
    (0..length).map(|_| next()).collect()
}

fn near(one: &[f32], other: &[f32]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-4)
}

fn prelu(value: f32, slope: f32) -> f32 {
    if value < 0.0 { value * slope } else { value }
}

/// Windows over framed pictures as they are written in a textbook.
struct Plain<'a> {
    weights: &'a [f32],
    bias: &'a [f32],
    depth: usize,
    groups: usize,
    side: usize,
    stride: usize,
    frame: usize,
}

impl Plain<'_> {
    fn of(&self, shape: Shape, input: &[f32]) -> Vec<f32> {
        let side = |side: usize| (side + 2 * self.frame - self.side) / self.stride + 1;
        let mut output = Vec::new();
        for (out, bias) in self.bias.iter().enumerate() {
            let group = out / (self.bias.len() / self.groups);
            for y in 0..side(shape.height) {
                for x in 0..side(shape.width) {
                    let mut sum = *bias;
                    for place in 0..self.depth * self.side * self.side {
                        let (channel, place) =
                            (place / (self.side * self.side), place % (self.side * self.side));
                        let from_y = y * self.stride + place / self.side;
                        let from_x = x * self.stride + place % self.side;
                        let inside = (self.frame..shape.height + self.frame).contains(&from_y)
                            && (self.frame..shape.width + self.frame).contains(&from_x);
                        if inside {
                            let row =
                                (group * self.depth + channel) * shape.height + from_y - self.frame;
                            let at = (out * self.depth + channel) * self.side * self.side + place;
                            sum +=
                                self.weights[at] * input[row * shape.width + from_x - self.frame];
                        }
                    }
                    output.push(sum);
                }
            }
        }
        output
    }
}

#[test]
fn a_matrix_times_columns_is_the_sum_of_products_for_any_size() {
    for (rows, depth, columns) in [(1, 1, 1), (6, 3, 16), (7, 5, 33), (13, 64, 200), (32, 27, 130)]
    {
        let (weights, input) = (noise(1, rows * depth), noise(2, depth * columns));
        let (bias, slopes) = (noise(3, rows), noise(4, rows));
        let mut output = vec![f32::NAN; rows * columns];

        let matrix = Matrix::new(depth, &weights, &bias, &slopes);
        matrix.times(&input, columns, &mut output, &mut Spare::default());

        let mut wanted = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                let products =
                    (0..depth).map(|k| weights[row * depth + k] * input[k * columns + column]);
                wanted.push(prelu(bias[row] + products.sum::<f32>(), slopes[row]));
            }
        }
        assert!(near(&output, &wanted), "{rows} × {depth} × {columns}");
    }
}

#[test]
fn windows_over_single_channels_are_what_a_textbook_says_for_any_size() {
    for (height, width) in [(1, 1), (2, 3), (7, 7), (9, 16), (14, 31), (20, 40)] {
        for stride in [1, 2] {
            let shape = Shape { channels: 3, height, width };
            let (input, weights) = (noise(5, shape.len()), noise(6, 27));
            let (bias, slopes) = (noise(7, 3), vec![0.25; 3]);
            let plain = Plain {
                weights: &weights,
                bias: &bias,
                depth: 1,
                groups: 3,
                side: 3,
                stride,
                frame: 1,
            };
            let wanted: Vec<f32> =
                plain.of(shape, &input).into_iter().map(|value| prelu(value, 0.25)).collect();
            let mut output = vec![f32::NAN; wanted.len()];

            let weights = weights.as_chunks::<9>().0.to_vec();
            let layer = Depthwise { stride, weights, bias, slopes };
            layer.apply(shape, &input, &mut output, &mut Spare::default());

            assert_eq!(layer.shape_of(shape).len(), wanted.len());
            assert!(near(&output, &wanted), "{height} × {width}, stride {stride}");
        }
    }
}

#[test]
fn the_product_of_two_vectors_is_summed_to_its_last_number() {
    for length in [0, 1, 31, 32, 33, 257] {
        let (one, other) = (noise(8, length), noise(9, length));

        let wanted: f32 = one.iter().zip(&other).map(|(a, b)| a * b).sum();

        assert!((dot(&one, &other) - wanted).abs() < 1e-4, "{length}");
    }
}

fn tensor(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        dims: dims.to_vec(),
        data_type: Some(DataType::FLOAT),
        float_data: values.to_vec(),
        name: Some(name.to_owned()),
        ..TensorProto::default()
    }
}

fn node(operator: &str, inputs: &[&str], output: &str, whole: &[(&str, &[i64])]) -> NodeProto {
    let attribute = |(name, values): &(&str, &[i64])| AttributeProto {
        name: Some((*name).to_owned()),
        ints: values.to_vec(),
        ..AttributeProto::default()
    };
    NodeProto {
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.to_owned()],
        op_type: Some(operator.to_owned()),
        attribute: whole.iter().map(attribute).collect(),
        ..NodeProto::default()
    }
}

fn file(nodes: Vec<NodeProto>, constants: Vec<TensorProto>) -> Vec<u8> {
    let value = |name: &str| ValueInfoProto { name: Some(name.to_owned()), r#type: None };
    let graph = GraphProto {
        node: nodes,
        initializer: constants,
        input: vec![value("in")],
        output: vec![value("out")],
        ..GraphProto::default()
    };
    ModelProto { graph: Some(graph), ..ModelProto::default() }.write_buf().unwrap()
}

fn run(file: Vec<u8>, shape: [usize; 3], input: &[f32]) -> Result<Vec<f32>, NetworkError> {
    let network = Network::load("test", file)?;
    let output = network.first_output().unwrap();
    Ok(network.run(shape, input, &[output])?.pop().unwrap().to_vec())
}

#[test]
fn what_follows_a_convolution_counts_whether_it_is_taken_in_or_stands_alone() {
    let (weights, input) = (noise(10, 4 * 2 * 9), noise(11, 2 * 5 * 6));
    let constants = || {
        vec![
            tensor("w", &[4, 2, 3, 3], &weights),
            tensor("scale", &[4], &[0.5, 2.0, -1.0, 1.5]),
            tensor("shift", &[4], &[0.1, 0.2, 0.3, 0.4]),
            tensor("mean", &[4], &[0.3, -0.2, 0.1, 0.0]),
            tensor("variance", &[4], &[1.0, 4.0, 0.25, 2.0]),
            tensor("more", &[1, 4, 1, 1], &[1.0, -1.0, 0.5, -0.5]),
            tensor("slope", &[4, 1, 1], &[0.1, 0.2, 0.3, 0.4]),
        ]
    };
    let after = |end: &str| {
        vec![
            node("Conv", &["in", "w"], "a", &[("pads", &[1, 1, 1, 1]), ("strides", &[2, 2])]),
            node("BatchNormalization", &["a", "scale", "shift", "mean", "variance"], "b", &[]),
            node("Add", &["b", "more"], "c", &[]),
            node("PRelu", &["c", "slope"], end, &[]),
        ]
    };
    let alone = {
        // A second use of each value keeps the layers apart.
        let mut nodes = after("d");
        nodes.push(node("Sub", &["a", "zero"], "a2", &[]));
        nodes.push(node("Mul", &["a2", "zero"], "a3", &[]));
        nodes.push(node("Mul", &["b", "zero"], "b2", &[]));
        nodes.push(node("Mul", &["c", "zero"], "c2", &[]));
        nodes.push(node("Add", &["d", "a3"], "e", &[]));
        nodes.push(node("Add", &["e", "b2"], "f", &[]));
        nodes.push(node("Add", &["f", "c2"], "out", &[]));
        let mut constants = constants();
        constants.push(tensor("zero", &[1], &[0.0]));
        file(nodes, constants)
    };

    let taken_in = run(file(after("out"), constants()), [2, 5, 6], &input).unwrap();
    let alone = run(alone, [2, 5, 6], &input).unwrap();

    let plain = Plain {
        weights: &weights,
        bias: &[0.0; 4],
        depth: 2,
        groups: 1,
        side: 3,
        stride: 2,
        frame: 1,
    };
    let shape = Shape { channels: 2, height: 5, width: 6 };
    let [scale, shift] = [[0.5, 2.0, -1.0, 1.5], [0.1, 0.2, 0.3, 0.4]];
    let [mean, variance] = [[0.3, -0.2, 0.1, 0.0], [1.0, 4.0, 0.25, 2.0_f32]];
    let [more, slope] = [[1.0, -1.0, 0.5, -0.5], [0.1, 0.2, 0.3, 0.4]];
    let wanted: Vec<f32> = plain
        .of(shape, &input)
        .chunks(9)
        .enumerate()
        .flat_map(|(c, values)| {
            let root = (variance[c] + 1e-5).sqrt();
            let value = move |v: &f32| (v - mean[c]) / root * scale[c] + shift[c] + more[c];
            values.iter().map(move |v| prelu(value(v), slope[c]))
        })
        .collect();
    assert!(near(&taken_in, &wanted));
    assert!(near(&alone, &wanted));
}

#[test]
fn the_small_layers_do_what_their_names_say() {
    let input = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -7.0, 8.0];
    let of = |node: NodeProto, constants| run(file(vec![node], constants), [2, 2, 2], &input);
    let halves: &[(&str, &[i64])] = &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])];

    let halved = of(node("MaxPool", &["in"], "out", halves), vec![]).unwrap();
    let mean = of(node("AveragePool", &["in"], "out", halves), vec![]).unwrap();
    let last = of(node("Transpose", &["in"], "out", &[("perm", &[0, 2, 3, 1])]), vec![]).unwrap();
    let mut resize = node("Resize", &["in", "", "scales"], "out", &[]);
    resize.attribute.push(AttributeProto {
        name: Some("mode".to_owned()),
        s: Some("nearest".to_owned()),
        ..AttributeProto::default()
    });
    let doubled = of(resize, vec![tensor("scales", &[4], &[1.0, 1.0, 2.0, 2.0])]).unwrap();
    let soft = of(node("Softmax", &["in"], "out", &[]), vec![]).unwrap();

    assert_eq!(halved, [4.0, 8.0]);
    assert_eq!(mean, [2.5, 3.0]);
    assert_eq!(last, [1.0, 5.0, 2.0, 6.0, 3.0, -7.0, 4.0, 8.0]);
    assert_eq!(doubled[..8], [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    assert!((soft.iter().sum::<f32>() - 1.0).abs() < 1e-6 && soft[7] > 0.8);
}

#[test]
fn what_is_not_run_is_refused_when_it_is_loaded() {
    let weights = || vec![tensor("w", &[2, 1, 3, 3], &[0.0; 18])];
    let cases: [(NodeProto, &str); 5] = [
        (node("Einsum", &["in"], "out", &[]), "Einsum"),
        (node("Conv", &["in", "w"], "out", &[("dilations", &[2, 2])]), "convolution"),
        (node("Conv", &["in", "w"], "out", &[("pads", &[1, 1, 0, 0])]), "convolution"),
        (node("Conv", &["in", "missing"], "out", &[]), "Conv"),
        (node("Transpose", &["in"], "out", &[("perm", &[0, 1, 3, 2])]), "Transpose"),
    ];
    for (node, named) in cases {
        let error = Network::load("test", file(vec![node], weights())).unwrap_err();

        assert!(error.to_string().contains(named), "{error}");
    }
    assert!(Network::load("test", b"not a network".to_vec()).is_err());
}

#[test]
fn an_input_that_does_not_fit_is_an_error() {
    let convolution = node("Conv", &["in", "w"], "out", &[]);
    let network = || file(vec![convolution.clone()], vec![tensor("w", &[2, 3, 1, 1], &[0.0; 6])]);

    assert!(run(network(), [3, 2, 2], &[0.0; 12]).is_ok());
    assert!(run(network(), [3, 2, 2], &[0.0; 11]).is_err());
    assert!(run(network(), [2, 2, 2], &[0.0; 8]).is_err());
    assert!(run(network(), [3, 0, 2], &[]).is_err());
}

/// What a layer wrote is a part of somebody's face.
#[test]
fn nothing_of_a_picture_is_left_in_the_buffers() {
    let nodes = vec![
        node("Conv", &["in", "w"], "a", &[]),
        node("Sigmoid", &["a"], "b", &[]),
        node("Sigmoid", &["b"], "out", &[]),
    ];
    let constants = vec![tensor("w", &[2, 3, 1, 1], &noise(12, 6))];
    let network = Network::load("test", file(nodes, constants)).unwrap();
    let output = network.first_output().unwrap();

    let left = || {
        let spare = network.spare.lock().unwrap();
        let numbers: Vec<f32> = spare.left().flatten().copied().collect();
        assert!(numbers.len() >= 48);
        numbers.iter().filter(|number| **number != 0.0).count()
    };

    network.run([3, 4, 4], &noise(13, 48), &[output]).unwrap();
    assert_eq!(left(), 0);

    let (session, picture) = (network.held(), network.held());
    network.run([3, 4, 4], &noise(13, 48), &[output]).unwrap();
    drop(picture);
    assert!(left() > 0, "put off until the last that asked for it is done");
    drop(session);
    assert_eq!(left(), 0);
}

#[test]
fn several_pictures_at_once_give_what_each_gives_alone() {
    // Neither the inputs nor the outputs are a multiple of what is taken together, and a layer follows the large one.
    let (depth, outs) = (3 * 25 * 17, 7);
    // Small, so that the sums stay where the layer that follows is steep.
    let weights: Vec<f32> = noise(20, depth * outs).iter().map(|weight| weight / 50.0).collect();
    let bias = noise(21, outs);
    let network = Network::load(
        "test",
        file(
            vec![
                node("Flatten", &["in"], "a", &[]),
                node("Gemm", &["a", "w", "b"], "c", &[("transB", &[1])]),
                node("Sigmoid", &["c"], "out", &[]),
            ],
            vec![
                tensor(
                    "w",
                    &[i64::try_from(outs).unwrap(), i64::try_from(depth).unwrap()],
                    &weights,
                ),
                tensor("b", &[i64::try_from(outs).unwrap()], &bias),
            ],
        ),
    )
    .unwrap();
    let output = network.first_output().unwrap();
    let pictures: Vec<Vec<f32>> = (0..3).map(|seed| noise(30 + seed, depth)).collect();
    let given: Vec<&[f32]> = pictures.iter().map(Vec::as_slice).collect();

    let together = network.run_each([3, 25, 17], &given, &[output]).unwrap();

    assert_eq!(together.len(), 3);
    for (picture, results) in pictures.iter().zip(&together) {
        let sums = weights.chunks(depth).zip(&bias).map(|(row, bias)| {
            let sum: f32 = row.iter().zip(picture).map(|(a, b)| a * b).sum();
            1.0 / (1.0 + (-sum - bias).exp())
        });
        assert!(near(&results[0], &sums.collect::<Vec<_>>()));
        assert_eq!(*results[0], *network.run([3, 25, 17], picture, &[output]).unwrap()[0]);
    }
    assert!(network.run_each([3, 25, 17], &[], &[output]).unwrap().is_empty());
    assert!(network.run_each([3, 25, 17], &[&pictures[0], &[1.0]], &[output]).is_err());
}
