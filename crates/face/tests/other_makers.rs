//! Networks of other makers (`kind = "onnx"`): what loads, and what is refused before it sees anybody's face. The networks are
//! made here, byte by byte.

#![cfg(feature = "onnx")]
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test may stop, and its networks are small"
)]

#[path = "material/protobuf.rs"]
mod protobuf;

use std::collections::HashMap;
use std::fmt::Write as _;

use face::onnx::{OnnxNetwork, declared};
use face::{LoadError, ModelSet};
use protobuf::{file, node, tensor, value};
use sha2::{Digest, Sha256};

const SHAPE: [usize; 4] = [1, 3, 16, 16];
const DECLARATION: &str = r#"
use = "embedding"
input = [1, 3, 16, 16]
crop = "arcface"
order = "rgb"
mean = [127.5, 127.5, 127.5]
scale = [0.0078125, 0.0078125, 0.0078125]
output = "out"
"#;

/// The pixels themselves are the vector.
fn pixels(name_of_input: &str) -> Vec<u8> {
    let nodes = [node("Flatten", &[name_of_input], "out")];
    file(&nodes, &[], &[value(name_of_input, &SHAPE)], &[value("out", &[1, 768])])
}

/// Each number of the output is the sum of all pixels times a weight, and a bias.
fn connected(weights: &[f32], bias: &[f32]) -> Vec<u8> {
    let count = bias.len();
    let matrix: Vec<f32> = (0..768).flat_map(|_| weights.iter().copied()).collect();
    let nodes = [
        node("Flatten", &["in"], "flat"),
        node("MatMul", &["flat", "weights"], "sums"),
        node("Add", &["sums", "bias"], "out"),
    ];
    let constants = [tensor("weights", &[768, count], &matrix), tensor("bias", &[count], bias)];
    file(&nodes, &constants, &[value("in", &[0, 3, 16, 16])], &[value("out", &[0, count])])
}

/// Something that has the outputs of a detector: the sets of these tests never see a face.
fn detector() -> Vec<u8> {
    let kinds = ["cls", "obj", "bbox", "kps"];
    let names: Vec<String> = [8, 16, 32]
        .iter()
        .flat_map(|stride| kinds.iter().map(move |kind| format!("{kind}_{stride}")))
        .collect();
    let nodes: Vec<_> = names.iter().map(|name| node("Sigmoid", &["in"], name)).collect();
    let outputs: Vec<_> = names.iter().map(|name| value(name, &[1, 3, 0, 0])).collect();
    file(&nodes, &[], &[value("in", &[1, 3, 0, 0])], &outputs)
}

/// One model for each file; the text is what stands in the manifest beside what every model has.
fn load(models: &[(&str, &[u8], &str)]) -> Result<ModelSet, LoadError> {
    let detector = detector();
    let yunet = ("detector", detector.as_slice(), "kind = \"yunet\"\ninput = [1, 3, 0, 0]\n");
    let mut manifest = "format = 1\nname = \"test\"\nabout = \"made here\"\n\
        [threshold]\naccept = 0.5\neach = 0.5\nretry = 0.4\nevidence = \"none\"\n"
        .to_owned();
    let mut files = HashMap::new();
    for (name, bytes, declaration) in std::iter::once(&yunet).chain(models) {
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        write!(
            manifest,
            "[[model]]\nname = \"{name}\"\nfile = \"{name}.onnx\"\nsha256 = \"{hash}\"\nsource = \"here\"\n\
             licence = \"MIT\"\ntraining = \"none\"\n{declaration}\n"
        )
        .unwrap();
        files.insert(format!("{name}.onnx"), bytes.to_vec());
    }
    ModelSet::load(&manifest, |file| files.get(file).cloned().ok_or_else(|| file_missing(file)))
}

fn file_missing(file: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::NotFound, file.to_owned())
}

fn onnx(declaration: &str) -> String {
    format!("kind = \"onnx\"\n{declaration}")
}

/// Code and words of the refusal, with what caused it.
fn refused(models: &[(&str, &[u8], &str)]) -> (&'static str, String) {
    let error = load(models).unwrap_err();
    let source = std::error::Error::source(&error);
    (error.code(), source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}")))
}

#[test]
fn a_network_is_run_on_the_numbers_that_it_is_given() {
    let network = OnnxNetwork::load("test", pixels("in"), [3, 16, 16], "out").unwrap();
    let picture: Vec<f32> = (0..768_u16).map(f32::from).collect();

    assert_eq!(*network.run(&picture).unwrap(), picture);
    assert_eq!(*network.for_another_thread().run(&picture).unwrap(), picture);
    assert!(network.run(&picture[1..]).is_err());
    let declared = declared("test", connected(&[1.0], &[0.0])).unwrap();
    assert_eq!(declared.inputs, [("in".to_owned(), vec![None, Some(3), Some(16), Some(16)])]);
    assert_eq!(declared.outputs, ["out"]);
}

#[test]
fn an_embedding_and_a_passive_check_of_other_makers_are_loaded_and_named() {
    let chances = {
        let nodes = [
            node("Flatten", &["in"], "flat"),
            node("MatMul", &["flat", "weights"], "sums"),
            node("Softmax", &["sums"], "out"),
        ];
        let weights: Vec<f32> = (0..768 * 2_usize).map(|at| (at % 7) as f32 * 0.001).collect();
        let constants = [tensor("weights", &[768, 2], &weights)];
        file(&nodes, &constants, &[value("in", &SHAPE)], &[value("out", &[1, 2])])
    };
    let check = DECLARATION
        .replace("\"embedding\"", "\"passive-check\"\nliving = 1")
        .replace("crop = \"arcface\"", "crop = \"box\"\ncrop_tenths = 27");
    let models: [(&str, &[u8], &str); 2] =
        [("likeness", &pixels("in"), &onnx(DECLARATION)), ("presence", &chances, &onnx(&check))];

    let set = load(&models).unwrap();

    assert_eq!(set.missing(), [face::Missing::SecondEmbedding]);
    let accept = face::Threshold(set.bands().accept);
    let names: Vec<String> = face::Engine::new(set, accept)
        .unwrap()
        .models()
        .into_iter()
        .map(|model| model.name)
        .collect();
    assert_eq!(names, ["detector", "likeness", "presence"]);
}

#[test]
fn a_declaration_that_does_not_fit_the_file_is_refused_and_says_in_what() {
    let small = DECLARATION.replace("16, 16", "32, 32");
    let grey = DECLARATION
        .replace("[1, 3,", "[1, 1,")
        .replace("\"rgb\"", "\"grey\"")
        .replace("[127.5, 127.5, 127.5]", "[127.5]")
        .replace("[0.0078125, 0.0078125, 0.0078125]", "[0.0078125]");
    let elsewhere = DECLARATION.replace("\"out\"", "\"elsewhere\"");
    let check = DECLARATION.replace("\"embedding\"", "\"passive-check\"\nliving = 1");
    let beyond = check.replace("living = 1", "living = 40\nsoftmax = true");
    let two_inputs = {
        let nodes = [node("Add", &["in", "more"], "sum"), node("Flatten", &["sum"], "out")];
        let inputs = [value("in", &SHAPE), value("more", &SHAPE)];
        file(&nodes, &[], &inputs, &[value("out", &[1, 768])])
    };
    let unknown = {
        let nodes = [node("Clairvoyance", &["in"], "out")];
        file(&nodes, &[], &[value("in", &SHAPE)], &[value("out", &[1, 768])])
    };
    let blind = connected(&[0.0; 64], &[0.5; 64]);
    let dark = connected(&[0.0; 64], &[0.0; 64]);
    let estimate = connected(&[1.0, -1.0], &[0.3, 0.1]);
    let cases: [(&[u8], &str, &str); 10] = [
        (&pixels("in"), &small, "takes 1×3×16×16; the manifest says 1×3×32×32"),
        (&pixels("in"), &grey, "takes 1×3×16×16; the manifest says 1×1×16×16"),
        (&pixels("in"), &elsewhere, "has no output elsewhere; it has: out"),
        (&two_inputs, DECLARATION, "has 2 inputs"),
        (&unknown, DECLARATION, "Clairvoyance"),
        (b"not a network", DECLARATION, "not a network"),
        (&blind, DECLARATION, "nothing in common for the same"),
        (&dark, DECLARATION, "no direction"),
        (&estimate, DECLARATION, "gives 2 numbers, which are no embedding"),
        (&estimate, &check, "no probabilities"),
    ];
    for (bytes, declaration, said) in cases {
        let (code, words) = refused(&[("likeness", bytes, &onnx(declaration))]);

        assert_eq!(code, "face-model-unfit", "{words}");
        assert!(words.contains(said) || said == "not a network", "{words}: {said}");
    }
    let (code, words) = refused(&[("presence", &estimate, &onnx(&beyond))]);
    assert_eq!(code, "face-model-unfit");
    assert!(words.contains("fewer numbers than `living`"), "{words}");
}

#[test]
fn one_network_in_two_files_is_no_second_opinion() {
    let declaration = onnx(DECLARATION);
    let models: [(&str, &[u8], &str); 2] =
        [("one", &pixels("in"), &declaration), ("other", &pixels("input"), &declaration)];
    let same_bytes: [(&str, &[u8], &str); 2] =
        [("one", &pixels("in"), &declaration), ("other", &pixels("in"), &declaration)];

    let (code, words) = refused(&models);
    assert_eq!(code, "face-model-alias");
    assert!(words.contains("one.onnx") && words.contains("other.onnx"), "{words}");
    assert_eq!(refused(&same_bytes).0, "face-manifest-invalid");
}
