//! The example configuration with its files in a folder of its own.
#![expect(unreachable_pub, reason = "shared by the tests of this folder")]
#![allow(clippy::allow_attributes, dead_code, reason = "each target uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// An installation in a folder of its own, and its command line.
pub struct Installation {
    pub folder: TempDir,
    pub config: PathBuf,
}

impl Installation {
    /// The example configuration with its files here.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("genvej.example.toml");
        let here = folder.path().display().to_string();
        let text = std::fs::read_to_string(example)
            .unwrap()
            .replace("/var/lib/genvej", &here)
            .replace("/etc/genvej", &here)
            .replace("127.0.0.1:8400", "127.0.0.1:0")
            .replace("127.0.0.1:8401", "127.0.0.1:0")
            // The machine of a test may be one whose clock nobody synchronises.
            .replace("unsynchronised = \"refuse\"", "unsynchronised = \"believe\"");
        let config = folder.path().join("genvej.toml");
        std::fs::write(&config, text).unwrap();
        Self { folder, config }
    }

    pub fn genvej(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_genvej"))
            .arg("--config")
            .arg(&self.config)
            .args(arguments)
            .output()
            .unwrap()
    }

    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.genvej(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A file of this installation.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
