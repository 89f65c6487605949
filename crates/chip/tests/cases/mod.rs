//! Small inputs that failed once, found through `GENVEJ_CASES` or beside `GENVEJ_DATA`.
#![expect(clippy::print_stdout, reason = "says what was not run")]

use std::path::{Path, PathBuf};

/// A file or folder of the cases, where it is there; else says so.
pub(crate) fn path(below: &str) -> Option<PathBuf> {
    let root = match (std::env::var_os("GENVEJ_CASES"), std::env::var_os("GENVEJ_DATA")) {
        (Some(cases), _) => PathBuf::from(cases),
        (None, Some(data)) => PathBuf::from(data).join("../cases"),
        (None, None) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases"),
    };
    let path = root.join(below);
    if path.exists() {
        return Some(path);
    }
    println!("cases: not run (no folder)");
    None
}
