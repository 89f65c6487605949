//! The source of a model set: a folder with a manifest of its own, or with the files of the strong set, which shares a file
//! with the default one.

use face::manifest::{self, Manifest};
use face::{LoadError, ModelSet};
use std::io;
use std::path::{Path, PathBuf};

const MANIFEST: &str = "manifest.toml";

/// A model set cannot be loaded from a folder.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// The folder holds neither a manifest nor a file of the strong set.
    #[error(
        "the folder {folder} holds neither a manifest.toml nor a file of the strong set; `cargo xtask models` fetches the default \
         set, docs/faces.md says where the files of the strong set come from"
    )]
    Nothing {
        /// The folder.
        folder: String,
    },
    /// The manifest cannot be read.
    #[error("{path} cannot be read")]
    Manifest {
        /// The path of the manifest.
        path: String,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The manifest or a model file is not valid.
    #[error("the face models in {folder} cannot be loaded")]
    Load {
        /// The folder.
        folder: String,
        /// The file, and why it is not valid.
        #[source]
        source: LoadError,
    },
    /// Model files are missing.
    #[error("face models are missing: {missing}")]
    Missing {
        /// The missing files, each with its source.
        missing: String,
    },
}

/// The folder that `cargo xtask models` fills: `$GENVEJ_MODELS`, or one of the user's cache.
#[must_use]
pub fn default_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    set("GENVEJ_MODELS").or_else(|| {
        let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
        let models = cache?.join("genvej").join("models");
        Some(models.join(manifest::folder_name(manifest::DEFAULT)))
    })
}

/// Loads the set of a folder. A file that is missing there is taken from the default folder. Every file is checked by hash.
///
/// # Errors
///
/// [`ModelsError`], which names the files.
pub fn load(folder: &Path) -> Result<ModelSet, ModelsError> {
    load_with(folder, default_folder().as_deref())
}

fn load_with(folder: &Path, fallback: Option<&Path>) -> Result<ModelSet, ModelsError> {
    let shown = || folder.display().to_string();
    let manifest = manifest_of(folder)?;
    let read = |name: &str| -> io::Result<Vec<u8>> {
        // A name in a manifest is a name, never a path out of the folder.
        if Path::new(name).components().count() != 1 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file name"));
        }
        match std::fs::read(folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match fallback {
                Some(fallback) => std::fs::read(fallback.join(name)),
                None => Err(error),
            },
            read => read,
        }
    };
    match ModelSet::load(&manifest, read) {
        Ok(set) => Ok(set),
        Err(LoadError::File { file, source }) if source.kind() == io::ErrorKind::NotFound => {
            let missing = missing(&manifest, folder, fallback).unwrap_or(file);
            Err(ModelsError::Missing { missing })
        }
        Err(source) => Err(ModelsError::Load { folder: shown(), source }),
    }
}

fn manifest_of(folder: &Path) -> Result<String, ModelsError> {
    let path = folder.join(MANIFEST);
    match std::fs::read_to_string(&path) {
        Ok(manifest) => Ok(manifest),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let strong = Manifest::parse(manifest::STRONG).map(|it| it.models).unwrap_or_default();
            let holds_one = strong.iter().any(|model| folder.join(&model.file).is_file());
            let nothing = || ModelsError::Nothing { folder: folder.display().to_string() };
            holds_one.then(|| manifest::STRONG.to_owned()).ok_or_else(nothing)
        }
        Err(source) => Err(ModelsError::Manifest { path: path.display().to_string(), source }),
    }
}

/// Every file of the manifest that is in neither folder, with its source.
fn missing(manifest: &str, folder: &Path, fallback: Option<&Path>) -> Option<String> {
    let models = Manifest::parse(manifest).ok()?.models;
    let absent = models.iter().filter(|model| {
        !folder.join(&model.file).is_file()
            && !fallback.is_some_and(|fallback| fallback.join(&model.file).is_file())
    });
    let named: Vec<String> =
        absent.map(|model| format!("{} (from {})", model.file, model.source)).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_says_what_fetches_models() {
        let folder = tempfile::tempdir().unwrap();

        let error = load_with(folder.path(), None).unwrap_err();

        assert!(matches!(error, ModelsError::Nothing { .. }), "{error}");
        assert!(error.to_string().contains("cargo xtask models"));
    }

    #[test]
    fn a_file_with_another_hash_is_refused_and_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("yunet_n_dynamic.onnx"), b"not a network").unwrap();

        let error = load_with(folder.path(), None).unwrap_err();

        let ModelsError::Load { source: LoadError::Hash { file, .. }, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(file, "yunet_n_dynamic.onnx");
    }

    #[test]
    fn every_missing_file_is_named_with_its_source() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("minifas_v2_2.7.onnx"), b"").unwrap();

        let error = load_with(folder.path(), None).unwrap_err().to_string();

        for name in ["yunet_n_dynamic.onnx", "sface_2021dec.onnx", "omz_reid0095_fp16w.onnx"] {
            assert!(error.contains(name), "{error}");
        }
        assert!(error.contains("libfacedetection.train"), "{error}");
        assert!(!error.contains("minifas_v2_2.7.onnx"), "{error}");
    }

    #[test]
    fn a_manifest_names_no_file_outside_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let manifest =
            manifest::DEFAULT.replace("file = \"yunet_2023mar.onnx\"", "file = \"../yunet.onnx\"");
        std::fs::write(folder.path().join(MANIFEST), manifest).unwrap();

        let error = load_with(folder.path(), None).unwrap_err();

        assert!(matches!(error, ModelsError::Load { .. }), "{error}");
    }
}
