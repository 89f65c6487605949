//! Networks of other makers that lie outside: every ONNX file in `GENVEJ_ONNX`, and the passive checks of the shared data, whose
//! results on the runtime are those of the layers of our own.

#![cfg(feature = "onnx")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop")]

#[expect(dead_code, reason = "the default set alone is not used here")]
mod material;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use face::manifest::STRONG;
use face::onnx::{OnnxNetwork, declared};
use face::{Engine, ModelSet};

/// Channels and sides where a file leaves them open; detectors halve the sides five times.
const USUAL: [usize; 4] = [1, 3, 128, 128];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|it| it == "onnx")).collect();
    files.sort();
    files
}

/// Loads a file and runs it once for each of its outputs; says how many numbers came.
fn run(path: &Path) -> Vec<usize> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let bytes = fs::read(path).unwrap();
    let declared = declared(&name, bytes.clone()).unwrap();
    let [(_, dims)] = declared.inputs.as_slice() else { panic!("{name}: {:?}", declared.inputs) };
    assert_eq!(dims.len(), 4, "{name}");
    let size = |at: usize| dims[at].unwrap_or(USUAL[at]);
    let shape = [size(1), size(2), size(3)];
    let picture: Vec<f32> =
        (0..shape.iter().product()).map(|at: usize| ((at % 255) as f32 - 127.0) / 128.0).collect();
    let of_output = |output: &String| {
        let network = OnnxNetwork::load(&name, bytes.clone(), shape, output).unwrap();
        let numbers = network.run(&picture).unwrap();
        assert!(numbers.iter().all(|number| number.is_finite()), "{name}, {output}");
        numbers.len()
    };
    declared.outputs.iter().map(of_output).collect()
}

#[test]
fn every_network_of_a_folder_is_loaded_and_run() {
    let Some(folder) = env::var_os("GENVEJ_ONNX").filter(|it| !it.is_empty()) else {
        eprintln!("external: not run (GENVEJ_ONNX names no folder)");
        return;
    };
    let files = files(Path::new(&folder));
    assert!(!files.is_empty(), "no ONNX file in {}", folder.display());
    for path in files {
        let counts = run(&path);

        eprintln!("{}: {counts:?} numbers", path.display());
        assert!(counts.iter().all(|count| *count > 0), "{}", path.display());
    }
}

#[test]
fn the_networks_of_the_shared_data_are_loaded_and_run() {
    let Some(faces) = material::outside() else { return };
    for path in files(&faces.join("weights")) {
        assert!(run(&path).iter().all(|count| *count > 0), "{}", path.display());
    }
}

/// The strong set with its second embedding and its passive checks declared as networks of other makers.
fn declared_anew() -> String {
    let constants = |order: &str, output: &str| {
        format!(
            "order = \"{order}\"\nmean = [0, 0, 0]\nscale = [1, 1, 1]\noutput = \"{output}\"\nsource"
        )
    };
    let mut text = STRONG.to_owned();
    for (kind, role, crop, output) in [
        ("reidentification-0095", "use = \"embedding\"", "crop = \"reidentification\"\n", "REID"),
        ("minifasnet", "use = \"passive-check\"\nliving = 1", "crop = \"box\"\n", "PAD"),
        ("minifasnet", "use = \"passive-check\"\nliving = 1", "crop = \"box\"\n", "PAD"),
    ] {
        let (before, after) = text.split_once(&format!("kind = \"{kind}\"\n")).unwrap();
        let after = after.replacen("source", &format!("{crop}{}", constants("bgr", output)), 1);
        text = format!("{before}kind = \"onnx\"\n{role}\n{after}");
    }
    text
}

#[test]
fn the_runtime_gives_the_scores_of_our_own_layers() {
    let Some(faces) = material::outside() else { return };
    let (weights, default) = (faces.join("weights"), material::default_models());
    let read = |file: &str| fs::read(weights.join(file)).or_else(|_| fs::read(default.join(file)));
    let output = |file: &str| {
        let declared = declared(file, read(file).unwrap()).unwrap();
        declared.outputs[0].clone()
    };
    let manifest = declared_anew()
        .replace("\"REID\"", &format!("\"{}\"", output("omz_reid0095_fp16w.onnx")))
        .replacen("\"PAD\"", &format!("\"{}\"", output("minifas_v2_2.7.onnx")), 1)
        .replacen("\"PAD\"", &format!("\"{}\"", output("minifas_v1se_4.0.onnx")), 1);
    let foreign = material::engine(ModelSet::load(&manifest, read).unwrap());
    let own = material::engine(material::strong_set(&faces));
    assert_eq!(foreign.models(), own.models());
    for person in ["003", "014", "061"] {
        let live = fs::read(faces.join(format!("live/{person}.jpg"))).unwrap();
        let scores = |engine: &Engine| {
            let portrait = fs::read(faces.join("chip/003.jp2")).unwrap();
            let sighting = engine.sighting(&live).unwrap();
            let template = engine.template(&sighting).unwrap();
            let scores = engine.scores(&engine.portrait(&portrait).unwrap(), &template).unwrap();
            (scores, engine.living(&sighting).unwrap().unwrap())
        };
        let ((own, own_living), (foreign, foreign_living)) = (scores(&own), scores(&foreign));
        let near =
            |a: face::Score, b: face::Score| (a.ten_thousandths() - b.ten_thousandths()).abs() <= 1;

        assert!(own.iter().zip(&foreign).all(|(a, b)| near(*a, *b)), "{own:?} {foreign:?}");
        assert!(near(own_living, foreign_living), "{own_living:?} {foreign_living:?}");
    }
}
