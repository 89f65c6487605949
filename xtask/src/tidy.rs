//! Rules of the house that no lint knows: arrows between crates, sizes of files, words that do not belong.

use crate::run::{Failed, output, root, step};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What each crate may use of ours (ARCHITECTURE.md section 2). Build and dev dependencies are not arrows of the product.
const ARROWS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("chip", &[]),
    ("face", &[]),
    ("pin", &[]),
    ("request-signature", &[]),
    ("registers", &[]),
    ("messages", &[]),
    ("audit", &[]),
    ("recovery", &["chip", "face"]),
    ("store", &["recovery", "audit", "chip"]),
    ("store-sqlite", &["store"]),
    (
        "service",
        &[
            "store",
            "recovery",
            "registers",
            "messages",
            "audit",
            "pin",
            "request-signature",
            "chip",
            "face",
        ],
    ),
    ("web", &["service", "wire", "recovery", "chip", "request-signature"]),
    (
        "server",
        &[
            "web",
            "service",
            "store",
            "store-sqlite",
            "recovery",
            "registers",
            "messages",
            "audit",
            "chip",
            "face",
            "pin",
            "request-signature",
            "wire",
        ],
    ),
    ("app-core", &["chip", "face", "pin", "request-signature", "wire"]),
    ("phone", &["app-core", "pin", "request-signature", "wire"]),
    ("chip-sim", &["chip"]),
    ("sandbox", &["server", "phone", "chip-sim", "wire", "registers", "messages", "app-core"]),
    ("testkit", &["store", "recovery"]),
    ("xtask", &["face"]),
    ("genvej-fuzz", &["chip", "face", "messages", "registers", "request-signature"]),
];

/// Never linked into `genvej` or `genvej-phone`.
const SIMULATED: &[&str] = &["chip-sim", "sandbox", "testkit"];

/// The longest file that anyone should have to read at a sitting, in lines.
const LINES_MAX: usize = 800;

/// Checks every rule and lists all that is broken.
pub fn tidy() -> Result<(), Failed> {
    step("Tidy: arrows, sizes, words");
    let mut broken = arrows()?;
    files(&root(), &mut |path, text| {
        broken.extend(size(path, text));
        broken.extend(words(path, text));
    })?;
    if broken.is_empty() {
        return Ok(());
    }
    for line in &broken {
        eprintln!("  {line}");
    }
    Err(Failed(format!("tidy: {} rules broken, listed above", broken.len())))
}

fn arrows() -> Result<Vec<String>, Failed> {
    let text = output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| Failed(format!("cargo metadata: {error}")))?;
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let ours: Vec<String> =
        packages.iter().filter_map(|package| package["name"].as_str().map(String::from)).collect();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut broken = Vec::new();
    for package in &packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(may) = allowed.get(name) else {
            broken.push(format!("{name}: no line in ARROWS says what it may use"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let target = dependency["name"].as_str().unwrap_or_default();
            let of_product = dependency["kind"].is_null();
            if of_product && ours.iter().any(|our| our == target) && !may.contains(&target) {
                broken
                    .push(format!("{name} → {target}: not an arrow of ARCHITECTURE.md section 2"));
            }
            if of_product && SIMULATED.contains(&target) && !SIMULATED.contains(&name) {
                broken.push(format!(
                    "{name} → {target}: what is simulated is never linked into the product"
                ));
            }
        }
    }
    Ok(broken)
}

fn size(path: &Path, text: &str) -> Option<String> {
    let counted = ["rs", "ts", "css", "html", "mjs"];
    let extension = path.extension()?.to_str()?;
    let lines = text.lines().count();
    (counted.contains(&extension) && lines > LINES_MAX)
        .then(|| format!("{}: {lines} lines, {LINES_MAX} at most", path.display()))
}

fn words(path: &Path, text: &str) -> Vec<String> {
    let shown = path.to_string_lossy().replace('\\', "/");
    let seen_by_people =
        ["/templates/", "/locales/", "/assets/"].iter().any(|part| shown.contains(part));
    let mut broken = Vec::new();
    // Put together from halves, so that this file does not break its own rule.
    let brand = ["mit", "id"].concat();
    if seen_by_people && text.to_lowercase().contains(&brand) {
        broken.push(format!("{shown}: names a real service in something a person sees"));
    }
    if shown.ends_with(".rs") {
        for open in ["todo!(", "unimplemented!("] {
            if text.contains(open) && !shown.contains("xtask/") {
                broken.push(format!("{shown}: {open}…) left open"));
            }
        }
    }
    broken
}

/// Every text file that git tracks or would track.
fn files(root: &Path, each: &mut dyn FnMut(&Path, &str)) -> Result<(), Failed> {
    let list = output("git", &["ls-files", "--cached", "--others", "--exclude-standard"])?;
    for name in list.lines() {
        let path: PathBuf = root.join(name);
        if let Ok(text) = std::fs::read_to_string(&path) {
            each(Path::new(name), &text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arrow_of_the_workspace_is_allowed() {
        assert_eq!(arrows().expect("cargo metadata works"), Vec::<String>::new());
    }

    #[test]
    fn a_real_services_name_in_a_template_is_found() {
        let text = ["Log in with Mit", "ID"].concat();

        assert_eq!(words(Path::new("crates/web/templates/a.html"), &text).len(), 1);
        assert!(words(Path::new("docs/model.md"), &text).is_empty());
    }

    #[test]
    fn a_file_over_the_limit_is_found() {
        let long = "x\n".repeat(LINES_MAX + 1);

        assert!(size(Path::new("a.rs"), &long).is_some());
        assert!(size(Path::new("a.md"), &long).is_none());
    }
}
