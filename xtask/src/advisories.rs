//! Known faults of the crates in the lock file, checked offline against a copy of RustSec's database.
//!
//! `GENVEJ_ADVISORY_DB` names a checkout of the database. Without it, an archive
//! `advisories/advisory-db-DATE.tar.gz` in the folder of outside data is unpacked into the cache of
//! the home folder, outside of the clone and of that folder. Where neither is there, nothing is
//! checked, and the last line of the test command says so.

use crate::run::{Failed, cargo, command, output, root, step};
use std::path::{Path, PathBuf};

/// The name that cargo-deny gives its checkout of RustSec's database, under `db-path`: the name of
/// the repository and a hash of its address.
const CHECKOUT: &str = "advisory-db-3157b0e258782691";

/// Checks the lock file, if a copy of the database is there.
pub fn check() -> Result<(), Failed> {
    let Some(checkout) = checkout()? else {
        step("Advisories: not checked (no copy of the database; GENVEJ_ADVISORY_DB can name one)");
        return Ok(());
    };
    step(&format!("Advisories, by the database of {}", date(&checkout)?));
    let config = cache()?.join("deny.toml");
    let rules = std::fs::read_to_string(root().join("deny.toml"))
        .map_err(|error| Failed(format!("deny.toml: {error}")))?;
    let parent = checkout.parent().unwrap_or(&checkout).display().to_string();
    // `[advisories]` is the last table of deny.toml. However old the copy is, it is used: its date
    // is said above.
    let text = format!("{rules}db-path = {parent:?}\nmaximum-db-staleness = \"P9999D\"\n");
    std::fs::write(&config, text).map_err(|error| Failed(format!("{config:?}: {error}")))?;
    let config = config.display().to_string();
    cargo(&[
        "deny",
        "--offline",
        "--config",
        &config,
        "--log-level",
        "error",
        "check",
        "advisories",
    ])
}

/// What the last line of the test command says of advisories.
pub fn summary() -> String {
    match checkout() {
        Ok(Some(checkout)) => match date(&checkout) {
            Ok(date) => format!("advisories: checked by the database of {date}"),
            Err(Failed(reason)) => format!("advisories: not checked ({reason})"),
        },
        Ok(None) => "advisories: not checked (no copy of the database)".to_owned(),
        Err(Failed(reason)) => format!("advisories: not checked ({reason})"),
    }
}

/// The checkout under the name that cargo-deny looks for.
fn checkout() -> Result<Option<PathBuf>, Failed> {
    if let Some(named) = std::env::var_os("GENVEJ_ADVISORY_DB") {
        let named = PathBuf::from(named);
        if !named.join("crates").is_dir() {
            return Err(Failed::because(
                "GENVEJ_ADVISORY_DB names no checkout of RustSec's database (it has no folder `crates`)",
            ));
        }
        return linked(&named).map(Some);
    }
    match archive() {
        Some(archive) => unpacked(&archive).map(Some),
        None => Ok(None),
    }
}

/// A checkout elsewhere, under the name that cargo-deny looks for.
fn linked(checkout: &Path) -> Result<PathBuf, Failed> {
    let broken = |error: std::io::Error| Failed(format!("{}: {error}", checkout.display()));
    let checkout = checkout.canonicalize().map_err(broken)?;
    if checkout.ends_with(CHECKOUT) {
        return Ok(checkout);
    }
    let link = cache()?.join("named").join(CHECKOUT);
    let folder = link.parent().unwrap_or(&link);
    std::fs::create_dir_all(folder).map_err(broken)?;
    if std::fs::read_link(&link).is_ok_and(|target| target == checkout) {
        return Ok(link);
    }
    // A link of an earlier run may name another checkout.
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(&checkout, &link).map_err(broken)?;
    Ok(link)
}

/// The newest archive among the outside data; the date in its name sorts.
fn archive() -> Option<PathBuf> {
    let folder = crate::test::data()?.join("advisories");
    let archives = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    archives.filter(|path| path.to_string_lossy().ends_with(".tar.gz")).max()
}

fn unpacked(archive: &Path) -> Result<PathBuf, Failed> {
    let stem = archive.file_name().unwrap_or_default().to_string_lossy().replace(".tar.gz", "");
    let folder = cache()?.join(stem);
    let place = folder.join(CHECKOUT);
    if place.join("crates").is_dir() {
        return Ok(place);
    }
    let half = folder.join("half");
    let broken = |error: std::io::Error| Failed(format!("{}: {error}", half.display()));
    if half.exists() {
        std::fs::remove_dir_all(&half).map_err(broken)?;
    }
    std::fs::create_dir_all(&half).map_err(broken)?;
    let [from, to] = [archive, &half].map(|path| path.display().to_string());
    command("tar", &["-xzf", &from, "-C", &to, "--strip-components=1", "--no-same-owner"])?;
    std::fs::rename(&half, &place).map_err(broken)?;
    Ok(place)
}

/// The day of the database's last change.
fn date(checkout: &Path) -> Result<String, Failed> {
    let place = checkout.display().to_string();
    let printed = output("git", &["-C", &place, "log", "-1", "--format=%cs"])?;
    Ok(printed.trim().to_owned())
}

fn cache() -> Result<PathBuf, Failed> {
    let home = std::env::var_os("HOME").ok_or_else(|| Failed::because("HOME is not set"))?;
    let cache = PathBuf::from(home).join(".cache/genvej/advisories");
    std::fs::create_dir_all(&cache)
        .map_err(|error| Failed(format!("{}: {error}", cache.display())))?;
    Ok(cache)
}
