//! Rules of the house that no lint knows: arrows between crates, sizes of files, words that do not belong.

mod shape;

use crate::run::{Failed, output, root, step};
use shape::Shape;
pub use shape::product_lines;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each crate may use of ours (ARCHITECTURE.md section 2). Build and dev dependencies are not arrows of the product.
const ARROWS: &[(&str, &[&str])] = &[
    ("edge", &[]),
    ("wire", &[]),
    ("chip", &[]),
    ("face", &[]),
    ("pin", &[]),
    ("request-signature", &[]),
    ("registers", &[]),
    ("messages", &[]),
    ("audit", &[]),
    ("card-reader", &[]),
    ("desk-reader", &["card-reader", "edge"]),
    ("recovery", &["chip", "face"]),
    ("store", &["recovery", "audit", "chip", "face"]),
    ("store-sqlite", &["store"]),
    ("store-postgres", &["store"]),
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
    ("web", &["service", "edge", "wire", "recovery", "chip", "request-signature"]),
    (
        "server",
        &[
            "web",
            "edge",
            "service",
            "store",
            "store-sqlite",
            "store-postgres",
            "recovery",
            "registers",
            "messages",
            "audit",
            "chip",
            "face",
            "pin",
            "request-signature",
            "wire",
            "card-reader",
        ],
    ),
    ("app-core", &["chip", "face", "pin", "request-signature", "wire"]),
    ("phone", &["app-core", "edge", "pin", "request-signature", "wire", "card-reader"]),
    ("chip-sim", &["chip"]),
    (
        "sandbox",
        &[
            "server",
            "edge",
            "phone",
            "desk-reader",
            "chip-sim",
            "wire",
            "face",
            "registers",
            "messages",
            "app-core",
        ],
    ),
    (
        "testkit",
        &["service", "store", "recovery", "registers", "messages", "request-signature", "chip-sim"],
    ),
    ("xtask", &["face"]),
    (
        "genvej-fuzz",
        &[
            "audit",
            "chip",
            "chip-sim",
            "face",
            "messages",
            "registers",
            "request-signature",
            "wire",
        ],
    ),
];

/// What `recovery` never uses: reading forms, writing sentences and waiting are for the crates around the domain.
const NOT_OF_THE_DOMAIN: &[&str] = &["fluent-bundle", "serde", "serde_json", "tokio", "toml"];

/// Never linked into `genvej` or `genvej-phone`.
const SIMULATED: &[&str] = &["chip-sim", "sandbox", "testkit"];

/// No part of what is shipped.
const NOT_SHIPPED: &[&str] = &["genvej-fuzz"];

/// Which attack is stopped by what, and the test that plays it.
const ATTACKS: &str = "docs/attacks.md";

/// The longest file that anyone should have to read at a sitting, in lines.
const LINES_MAX: usize = 800;

/// The one file of the product that names a storage backend.
const BACKEND: &str = "crates/server/src/backend.rs";

/// Checks every rule and lists all that is broken.
pub fn tidy() -> Result<(), Failed> {
    step("Tidy: arrows, sizes, words, attacks");
    let mut broken = arrows()?;
    broken.extend(twins(&root())?);
    let mut functions = BTreeSet::new();
    let mut attacks = String::new();
    let mut shape = Shape::default();
    files(&root(), &mut |path, text| {
        broken.extend(size(path, text));
        broken.extend(words(path, text));
        broken.extend(backend(path, text));
        broken.extend(shape.look_at(path, text).err());
        functions.extend(functions_of(path, text));
        if path == Path::new(ATTACKS) {
            attacks = text.to_owned();
        }
    })?;
    broken.extend(unplayed(&attacks, &functions));
    let circles = shape.circles();
    println!("  {}", shape.said(circles.len()));
    broken.extend(circles.into_iter().map(|circle| format!("circle of modules in {circle}")));
    broken.extend(shape.long_functions);
    broken.extend(shape.long_files);
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
            if of_product && name == "recovery" && NOT_OF_THE_DOMAIN.contains(&target) {
                broken.push(format!("{name} → {target}: the domain knows no form and no language"));
            }
            let shipped = !SIMULATED.contains(&name) && !NOT_SHIPPED.contains(&name);
            if of_product && shipped && SIMULATED.contains(&target) {
                broken.push(format!(
                    "{name} → {target}: what is simulated is never linked into the product"
                ));
            }
        }
    }
    Ok(broken)
}

/// Copies that stand in two leaf crates on purpose (docs/adr/sensitive-in-each-leaf.md) and must not drift apart.
fn twins(root: &Path) -> Result<Option<String>, Failed> {
    let [one, other] =
        ["registers", "messages"].map(|leaf| format!("crates/{leaf}/src/sensitive.rs"));
    let read = |name: &str| {
        std::fs::read_to_string(root.join(name)).map_err(|error| Failed(format!("{name}: {error}")))
    };
    let same = read(&one)? == read(&other)?;
    Ok((!same).then(|| format!("{one} and {other}: meant to be the same text")))
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
        for (number, _) in (1..).zip(text.lines()).filter(|(_, line)| has_no_subject(line)) {
            broken.push(format!(
                "{shown}:{number}: a comment of a question word alone has no subject"
            ));
        }
    }
    broken
}

/// Whether a comment is nothing but a question, which says nothing to somebody who reads it alone.
fn has_no_subject(line: &str) -> bool {
    let said = line.trim().strip_prefix("///").map(str::trim);
    said.is_some_and(|said| {
        ["Why.", "When.", "Where.", "Who.", "Which.", "What.", "Whose.", "How.", "How many."]
            .contains(&said)
    })
}

/// Product code names a storage backend in one file; tests may choose one.
fn backend(path: &Path, text: &str) -> Option<String> {
    let shown = path.to_string_lossy().replace('\\', "/");
    let is_product = shown.starts_with("crates/")
        && shown.contains("/src/")
        && !shown.contains("/tests")
        && !shown.starts_with("crates/store-")
        && shown != BACKEND;
    let named = is_product
        && ["store_sqlite", "store_postgres"].iter().any(|backend| text.contains(backend));
    named.then(|| format!("{shown}: names a storage backend; that is for {BACKEND} alone"))
}

/// Names of the functions that a source file declares, tests among them; a call declares nothing.
fn functions_of(path: &Path, text: &str) -> Vec<String> {
    let kind = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    let names = text.lines().filter_map(|line| {
        let (before, after) = line.split_once('(')?;
        let name = match kind {
            "rs" => before.split_once("fn ")?.1,
            // A method or a function of a script: its line opens a block.
            "mjs" if after.trim_end().ends_with('{') => before.split_whitespace().last()?,
            _ => return None,
        };
        Some(name.trim().to_owned())
    });
    names.collect()
}

/// Every attack names tests in its last column, and they are there.
fn unplayed(page: &str, functions: &BTreeSet<String>) -> Vec<String> {
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.contains("played by"));
    let mut broken = Vec::new();
    for row in rows {
        let played = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let tests: Vec<&str> = played.split('`').skip(1).step_by(2).collect();
        let gone = tests.iter().filter(|test| !functions.contains(**test));
        broken.extend(gone.map(|test| format!("{ATTACKS}: {test} is no test")));
        if tests.is_empty() {
            broken.push(format!("{ATTACKS}: nothing plays {row}"));
        }
    }
    if page.lines().filter(|line| line.starts_with("| ")).count() < 20 {
        broken.push(format!("{ATTACKS}: the table of attacks is gone"));
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
    fn an_attack_without_its_test_is_found() {
        let there = BTreeSet::from(["it_is_refused".to_owned()]);
        let mut page = "| 1 | a | b | `it_is_refused` |\n".repeat(20);
        assert!(unplayed(&page, &there).is_empty());

        page.push_str("| 2 | c | d | `it_was_renamed` |\n| 3 | e | f | |\n");
        assert_eq!(unplayed(&page, &there).len(), 2);
        assert_eq!(unplayed("", &there).len(), 1);

        let source = "fn it_is_refused() {\n    it_was_renamed();\n}\n";
        assert_eq!(functions_of(Path::new("a.rs"), source), ["it_is_refused"]);
    }

    #[test]
    fn a_backend_that_is_named_elsewhere_is_found() {
        let names = "use store_sqlite::Sqlite;";

        assert_eq!(backend(Path::new(BACKEND), names), None);
        assert_eq!(backend(Path::new("crates/service/src/erasure/tests.rs"), names), None);
        assert!(backend(Path::new("crates/server/src/running.rs"), names).is_some());
    }

    #[test]
    fn a_file_over_the_limit_is_found() {
        let long = "x\n".repeat(LINES_MAX + 1);

        assert!(size(Path::new("a.rs"), &long).is_some());
        assert!(size(Path::new("a.md"), &long).is_none());
    }
}
