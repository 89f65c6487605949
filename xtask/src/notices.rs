//! Notices of the crates and the typeface that a shipped binary contains, in one file that `genvej
//! notices` prints.

use crate::run::{Failed, output, root, step};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// Embedded in the binaries.
const FILE: &str = "crates/server/notices.txt";

/// The crates whose binaries are shipped.
const SHIPPED: [&str; 3] = ["server", "phone", "desk-reader"];

/// The typeface of the pages, from the npm registry.
const TYPEFACE: &str = "node_modules/@fontsource-variable/atkinson-hyperlegible-next/LICENSE";

/// Longest licence text that is taken from a crate, in bytes.
const TEXT_BYTES_MAX: u64 = 65_536;

/// Writes the file.
pub fn write() -> Result<(), Failed> {
    let text = notices()?;
    std::fs::write(root().join(FILE), text).map_err(|error| Failed(format!("{FILE}: {error}")))?;
    step(&format!("Wrote {FILE}"));
    Ok(())
}

/// Fails where the file is not that of the crates in the lock file.
pub fn check() -> Result<(), Failed> {
    let kept = std::fs::read_to_string(root().join(FILE))
        .map_err(|error| Failed(format!("{FILE}: {error}")))?;
    if kept == notices()? {
        return Ok(());
    }
    Err(Failed(format!("{FILE} is not that of today's crates: run `cargo xtask notices`")))
}

fn notices() -> Result<String, Failed> {
    let metadata = output(
        "cargo",
        &[
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--all-features",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ],
    )?;
    let metadata: Value = serde_json::from_str(&metadata)
        .map_err(|error| Failed(format!("cargo metadata: {error}")))?;
    let mut of_text: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut without: BTreeSet<String> = BTreeSet::new();
    let mut jpeg_group = false;
    for package in shipped_packages(&metadata) {
        let part = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let name = format!("{} {} ({})", part("name"), part("version"), part("license"));
        jpeg_group |= part("license").contains("IJG");
        let texts = texts(Path::new(&part("manifest_path")), &part("license"))?;
        if texts.is_empty() {
            without.insert(name);
            continue;
        }
        for text in texts {
            of_text.entry(text).or_default().insert(name.clone());
        }
    }
    let typeface = std::fs::read_to_string(root().join(TYPEFACE))
        .map_err(|error| Failed(format!("{TYPEFACE}: {error}")))?;
    of_text
        .entry(tidied(&typeface))
        .or_default()
        .insert("Atkinson Hyperlegible Next, the typeface of the pages (OFL-1.1)".to_owned());
    Ok(written(&of_text, &without, jpeg_group))
}

fn written(
    of_text: &BTreeMap<String, BTreeSet<String>>,
    without: &BTreeSet<String>,
    jpeg_group: bool,
) -> String {
    let mut out = String::from(
        "Genvej is licensed under MIT or Apache-2.0, at your option.\n\
         This program contains the works of others that are named here, under the licences given.\n",
    );
    if jpeg_group {
        out.push_str(
            "\nThis software is based in part on the work of the Independent JPEG Group.\n",
        );
    }
    // By the names; a crate with two texts stands twice.
    let by_name: BTreeSet<_> = of_text.iter().map(|(text, names)| (names, text)).collect();
    for (names, text) in by_name {
        let _ = write!(out, "\n{}\n", "=".repeat(78));
        for name in names {
            let _ = writeln!(out, "{name}");
        }
        let _ = write!(out, "{}\n\n{text}\n", "-".repeat(78));
    }
    if !without.is_empty() {
        let _ = write!(
            out,
            "\n{}\nThese come without a text of their own; their licence is the one named.\n\n",
            "=".repeat(78)
        );
        for name in without {
            let _ = writeln!(out, "{name}");
        }
    }
    out
}

/// The packages of others that are linked into what is shipped: normal dependencies, all features.
fn shipped_packages(metadata: &Value) -> Vec<&Value> {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let linked: BTreeMap<String, Vec<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let normal = list(&node["deps"])
                .iter()
                .filter(|dep| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()))
                .map(|dep| text(&dep["pkg"]))
                .collect();
            (text(&node["id"]), normal)
        })
        .collect();
    let ours = |package: &&Value| package["source"].is_null();
    let mut waiting: Vec<String> = packages
        .iter()
        .filter(ours)
        .filter(|package| SHIPPED.contains(&package["name"].as_str().unwrap_or_default()))
        .map(|package| text(&package["id"]))
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if seen.insert(id.clone()) {
            waiting.extend(linked.get(&id).into_iter().flatten().cloned());
        }
    }
    packages
        .iter()
        .filter(|package| !package["source"].is_null() && seen.contains(&text(&package["id"])))
        .collect()
}

/// The licence texts of a crate. Where the licence is a choice with MIT in it, MIT is taken.
fn texts(manifest: &Path, licence: &str) -> Result<Vec<String>, Failed> {
    let folder = manifest.parent().unwrap_or(manifest);
    let broken = |error: std::io::Error| Failed(format!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        let legal = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT", "UNLICENSE"];
        let metadata = entry.metadata().map_err(broken)?;
        if legal.iter().any(|word| name.starts_with(word))
            && metadata.is_file()
            && metadata.len() <= TEXT_BYTES_MAX
        {
            files.push((name, entry.path()));
        }
    }
    files.sort();
    let choice = licence.contains("MIT") && (licence.contains(" OR ") || licence.contains('/'));
    if choice && files.iter().any(|(name, _)| name.contains("MIT")) {
        files.retain(|(name, _)| {
            !["APACHE", "UNLICENSE", "ZLIB", "BSL", "CC0", "0BSD"]
                .iter()
                .any(|other| name.contains(other))
        });
    }
    let mut texts = Vec::new();
    for (_, path) in files {
        let bytes = std::fs::read(&path).map_err(broken)?;
        texts.push(tidied(&String::from_utf8_lossy(&bytes)));
    }
    texts.retain(|text| !text.is_empty());
    Ok(texts)
}

/// Line ends and blanks at the ends of lines differ between copies of one text.
fn tidied(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_a_crate_is_written() {
        let name = || BTreeSet::from(["one 1.0.0 (MIT)".to_owned()]);
        let of_text =
            BTreeMap::from([("licence".to_owned(), name()), ("notice".to_owned(), name())]);

        let text = written(&of_text, &BTreeSet::new(), false);

        assert!(text.contains("\nlicence\n") && text.contains("\nnotice\n"), "{text}");
    }
}
