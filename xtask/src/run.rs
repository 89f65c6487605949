//! Running other programs, with a line that says what is being done.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why a command stopped, in one sentence for the last line.
#[derive(Debug)]
pub struct Failed(pub String);

impl Failed {
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Says what happens next.
pub fn step(what: &str) {
    eprintln!("==> {what}");
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root").to_owned()
}

/// Runs a program in the root with its output shown.
pub fn command<S: AsRef<str>>(program: &str, arguments: &[S]) -> Result<(), Failed> {
    let status = prepared(program, arguments)
        .status()
        .map_err(|error| Failed(format!("cannot run {program}: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        let line: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
        Err(Failed(format!("`{program} {}` ended with {status}", line.join(" "))))
    }
}

/// Runs cargo in the root with its output shown.
pub fn cargo(arguments: &[&str]) -> Result<(), Failed> {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), arguments)
}

/// Runs a program quietly; whether it went well.
pub fn works(program: &str, arguments: &[&str]) -> bool {
    prepared(program, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a program quietly; whether this word is among what it printed.
pub fn says(program: &str, arguments: &[&str], word: &str) -> bool {
    prepared(program, arguments).stderr(Stdio::null()).output().is_ok_and(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success() && text.split_whitespace().any(|it| it == word)
    })
}

/// Runs a program and returns what it printed to standard output.
pub fn output(program: &str, arguments: &[&str]) -> Result<String, Failed> {
    let output = prepared(program, arguments)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failed(format!("cannot run {program}: {error}")))?;
    if !output.status.success() {
        return Err(Failed(format!(
            "`{program} {}` ended with {}",
            arguments.join(" "),
            output.status
        )));
    }
    String::from_utf8(output.stdout).map_err(|_| Failed(format!("{program} printed no text")))
}

/// The folder cargo builds into.
pub fn target_dir() -> Result<PathBuf, Failed> {
    let text = output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| Failed(format!("cargo metadata: {error}")))?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| Failed::because("cargo metadata names no target directory"))
}

fn prepared<S: AsRef<str>>(program: &str, arguments: &[S]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    for argument in arguments {
        command.arg(argument.as_ref());
    }
    command
}
