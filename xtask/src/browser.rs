//! Browser tests: real Chromium against the sandbox, driven from outside like a person would.

use crate::check;
use crate::run::{Failed, cargo, root, step, target_dir};
use std::process::{Command, Stdio};

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    pub passed: u32,
    pub failed: u32,
}

/// Builds the sandbox and runs `tests/browser`.
pub fn browser_tests() -> Result<Counted, Failed> {
    step("Browser tests (Chromium)");
    // In the selection of the other tests, which have built it: in another one, every crate would be built once more.
    cargo(&["build", "--quiet", "--workspace", "--tests", "--features", check::READERS])?;
    let binary = target_dir()?.join("debug/genvej-sandbox");
    let server = target_dir()?.join("debug/genvej");
    let models = crate::models::default_folder().map_err(|error| Failed(error.to_string()))?;
    let output = Command::new("node")
        .args(["--test", "--test-concurrency=1", "--test-reporter=tap"])
        .args(test_files()?)
        .current_dir(root())
        .env("GENVEJ_SANDBOX", binary)
        .env("GENVEJ", server)
        .env("GENVEJ_MODELS", models)
        // The tests with the strong set run where its files are.
        .envs(strong_set().map(|folder| ("GENVEJ_STRONG_MODELS", folder)))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failed(format!("cannot run node: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let counted = Counted { passed: number(&text, "# pass "), failed: number(&text, "# fail ") };
    for line in
        text.lines().filter(|line| line.trim_start().starts_with("not ok") || output_wanted(line))
    {
        eprintln!("{line}");
    }
    if !output.status.success() {
        eprintln!("{text}");
        return Err(Failed(format!("{} browser tests failed", counted.failed.max(1))));
    }
    if counted.passed == 0 {
        return Err(Failed::because("no browser test ran"));
    }
    Ok(counted)
}

/// The files of the strong set, beside the outside data of the tests.
fn strong_set() -> Option<std::path::PathBuf> {
    let data = std::env::var_os("GENVEJ_DATA")
        .map_or_else(|| root().join("../shared/data"), std::path::PathBuf::from);
    Some(data.join("face/weights")).filter(|folder| folder.is_dir())
}

/// Every `*.test.mjs` of the folder, in order of name.
fn test_files() -> Result<Vec<std::path::PathBuf>, Failed> {
    let folder = root().join("tests/browser");
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| Failed(format!("cannot read {}: {error}", folder.display())))?;
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    Ok(files)
}

fn output_wanted(line: &str) -> bool {
    line.starts_with("ok ")
}

fn number(text: &str, after: &str) -> u32 {
    text.lines()
        .filter_map(|line| line.strip_prefix(after))
        .filter_map(|rest| rest.trim().parse::<u32>().ok())
        .sum()
}
