//! The face models that are measured: the set of a folder, or the default set where set-up has put it.

use crate::command::Failed;
use face::manifest::{Manifest, folder_name};
use face::{Engine, ModelSet, Threshold};
use server::pictures::{PictureWorkers, Settings};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The manifest of the default set, for the folder that set-up fills.
const DEFAULT_MANIFEST: &str = include_str!("../../../../face/models/default.toml");

pub(super) fn folder(given: Option<&Path>) -> Result<PathBuf, Failed> {
    if let Some(folder) = given {
        return Ok(folder.to_owned());
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache =
        cache.or(home).ok_or("no folder for the face models: give --models, or set HOME")?;
    Ok(cache.join("genvej/models").join(folder_name(DEFAULT_MANIFEST)))
}

fn manifest(folder: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(folder.join("manifest.toml")).map_err(|error| {
        let folder = folder.display();
        format!("{folder} has no manifest: {error}; `cargo xtask models` fetches the default set")
            .into()
    })
}

/// The threshold in the set's own manifest.
pub(super) fn threshold(folder: &Path) -> Result<f64, Failed> {
    let accept = Manifest::parse(&manifest(folder)?)?.threshold.accept;
    Ok(f64::from(accept.ten_thousandths()) / 10_000.0)
}

pub(super) fn engine(folder: &Path) -> Result<Engine, Failed> {
    let set = ModelSet::load(&manifest(folder)?, |name: &str| std::fs::read(folder.join(name)))?;
    let accept = set.bands().accept;
    let pictures = PictureWorkers::start(Settings::default())?;
    Ok(Engine::new(set, Threshold(accept))?.with_decoder(Arc::new(pictures)))
}
