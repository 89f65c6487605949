//! Where models and outside pictures lie, for the tests of this crate.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use face::manifest;
use face::{Engine, ModelSet, Threshold};

/// `$GENVEJ_DATA/face`, or `None` where there is no outside data.
pub(crate) fn outside() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data =
        env::var_os("GENVEJ_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let faces = data.join("face");
    if faces.is_dir() {
        Some(faces)
    } else {
        eprintln!("external: not run (no data)");
        None
    }
}

/// The folder of `cargo xtask models`.
pub(crate) fn default_models() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = set("GENVEJ_MODELS").unwrap_or_else(|| {
        let cache = set("XDG_CACHE_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".cache")))
            .expect("a home folder");
        cache.join("genvej/models").join(manifest::folder_name(manifest::DEFAULT))
    });
    assert!(folder.is_dir(), "no models in {}: run `cargo xtask models`", folder.display());
    folder
}

pub(crate) fn default_set() -> ModelSet {
    let folder = default_models();
    ModelSet::load(manifest::DEFAULT, |file| fs::read(folder.join(file))).expect("the default set")
}

pub(crate) fn strong_set(faces: &Path) -> ModelSet {
    let (weights, default) = (faces.join("weights"), default_models());
    ModelSet::load(manifest::STRONG, |file| {
        fs::read(weights.join(file)).or_else(|_| fs::read(default.join(file)))
    })
    .expect("the strong set")
}

pub(crate) fn engine(set: ModelSet) -> Engine {
    let confirmed = Threshold(set.bands().accept);
    Engine::new(set, confirmed).expect("the manifest's own threshold")
}
