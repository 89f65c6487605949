//! Data that is not part of the project, found through `GENVEJ_DATA`.
#![expect(clippy::print_stdout, reason = "says what was not run")]

use std::path::{Path, PathBuf};

/// A file or folder of the data, where it is there; else says so.
pub(crate) fn path(below: &str) -> Option<PathBuf> {
    let root = std::env::var_os("GENVEJ_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(below);
    if path.exists() {
        return Some(path);
    }
    println!("external: not run (no data)");
    None
}
