//! Bundles the scripts of the pages and lays the font beside them: `crates/{web,phone}/dist`, never committed.

use crate::run::{Failed, command, root, step};
use std::path::Path;

const FONT: &str = "node_modules/@fontsource-variable/atkinson-hyperlegible-next";

/// Each crate with pages: every `assets/*.ts` becomes one module script, everything else is copied.
pub fn bundle() -> Result<(), Failed> {
    step("Bundling the pages");
    for name in ["web", "phone", "sandbox"] {
        let from = root().join("crates").join(name).join("assets");
        if from.is_dir() {
            one(&from, &root().join("crates").join(name).join("dist"))?;
        }
    }
    let web = root().join("crates/web/dist");
    copy(
        &root().join(FONT).join("files/atkinson-hyperlegible-next-latin-wght-normal.woff2"),
        &web.join("atkinson-latin.woff2"),
    )?;
    copy(&root().join(FONT).join("LICENSE"), &web.join("atkinson-LICENSE.txt"))
}

fn one(from: &Path, to: &Path) -> Result<(), Failed> {
    let failed = |error: std::io::Error| Failed(format!("{}: {error}", from.display()));
    std::fs::create_dir_all(to).map_err(failed)?;
    let mut scripts = Vec::new();
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("ts") => scripts.push(path.to_string_lossy().into_owned()),
            _ if path.is_file() => {
                if let Some(name) = path.file_name() {
                    copy(&path, &to.join(name))?;
                }
            }
            _ => {}
        }
    }
    if scripts.is_empty() {
        return Ok(());
    }
    let mut arguments = scripts;
    arguments.extend(
        [
            "--bundle",
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--sourcemap=external",
            "--log-level=warning",
        ]
        .map(String::from),
    );
    arguments.push(format!("--outdir={}", to.display()));
    command("node_modules/.bin/esbuild", &arguments)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    std::fs::copy(from, to)
        .map(|_| ())
        .map_err(|error| Failed(format!("cannot copy {}: {error}", from.display())))
}
