//! The pairs of the protocol of Labeled Faces in the Wild, where `GENVEJ_LFW` names a folder that holds `pairs.txt` and a
//! folder of pictures for each person (or a folder `lfw` with these). Nothing here is asked for elsewhere: the pictures may
//! not be passed on.

mod material;

use face::engine::fused;
use face::evaluation::bounds;
use face::{Engine, FaceResult};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the manifests state: the rate of false matches at the shipped threshold, and for the strong set the range of the rate
/// of false non-matches.
struct Stated {
    false_matches: f64,
    false_non_matches: Option<(f64, f64)>,
}

struct Pair {
    one: PathBuf,
    other: PathBuf,
    is_same: bool,
}

fn lfw() -> Option<PathBuf> {
    let folder = std::env::var_os("GENVEJ_LFW").filter(|it| !it.is_empty()).map(PathBuf::from);
    if folder.is_none() {
        eprintln!("external: not run (GENVEJ_LFW names no folder)");
    }
    folder
}

/// `name/name_0001.jpg`.
fn picture(pictures: &Path, name: &str, number: &str) -> PathBuf {
    pictures.join(name).join(format!("{name}_{number:0>4}.jpg"))
}

/// `pairs.txt`: a line of counts; then `name 1 2` for the same person, `name 1 other 2` for two.
fn pairs(folder: &Path) -> Vec<Pair> {
    let inner = folder.join("lfw");
    let pictures = if inner.is_dir() { inner } else { folder.to_owned() };
    let text = std::fs::read_to_string(folder.join("pairs.txt")).expect("pairs.txt of LFW");
    let pair = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [name, one, other] => Some(Pair {
            one: picture(&pictures, name, one),
            other: picture(&pictures, name, other),
            is_same: true,
        }),
        [name, one, other_name, other] => Some(Pair {
            one: picture(&pictures, name, one),
            other: picture(&pictures, other_name, other),
            is_same: false,
        }),
        _ => None,
    };
    text.lines().skip(1).filter_map(pair).collect()
}

fn holds(engine: &Engine, folder: &Path, stated: &Stated) {
    let pairs = pairs(folder);
    assert!(pairs.len() >= 1_000, "{} pairs are none of the protocol", pairs.len());
    let mut templates = BTreeMap::new();
    for path in pairs.iter().flat_map(|pair| [&pair.one, &pair.other]) {
        templates.entry(path.clone()).or_insert_with(|| {
            let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let sighting = engine.sighting(&bytes).ok()?;
            engine.template(&sighting).ok()
        });
    }
    let (mut same, mut refused, mut others, mut accepted, mut unusable) = (0, 0, 0, 0, 0);
    for pair in &pairs {
        let (Some(Some(one)), Some(Some(other))) =
            (templates.get(&pair.one), templates.get(&pair.other))
        else {
            unusable += 1;
            continue;
        };
        let scores = engine.scores(one, other).expect("scores of two templates of one engine");
        assert!(fused(&scores).is_some());
        let is_match = engine.outcome(&scores) == FaceResult::Match;
        if pair.is_same {
            (same, refused) = (same + 1, refused + usize::from(!is_match));
        } else {
            (others, accepted) = (others + 1, accepted + usize::from(is_match));
        }
    }
    let (fnmr, fmr) = (bounds(refused, same), bounds(accepted, others));
    eprintln!(
        "LFW: FNMR {refused} of {same} [{:.4}, {:.4}], FMR {accepted} of {others} [{:.6}, {:.6}], {unusable} pairs with a picture \
         that shows no single face",
        fnmr.low, fnmr.high, fmr.low, fmr.high
    );
    assert!(unusable * 4 < pairs.len(), "{unusable} pairs cannot be used");
    assert!(fmr.low <= stated.false_matches, "more false matches than the manifest states");
    if let Some((low, high)) = stated.false_non_matches {
        assert!(fnmr.low <= high && fnmr.high >= low, "other false non-matches than stated");
    }
}

#[test]
fn the_default_set_holds_what_its_manifest_states_on_labeled_faces_in_the_wild() {
    let Some(folder) = lfw() else { return };
    let engine = material::engine(material::default_set());

    holds(&engine, &folder, &Stated { false_matches: 1e-6, false_non_matches: None });
}

#[test]
fn the_strong_set_holds_what_its_manifest_states_on_labeled_faces_in_the_wild() {
    let (Some(folder), Some(faces)) = (lfw(), material::outside()) else { return };
    let engine = material::engine(material::strong_set(&faces));

    let stated = Stated { false_matches: 1e-4, false_non_matches: Some((0.012, 0.032)) };
    holds(&engine, &folder, &stated);
}
