//! Data that is not part of the project, found through `GENVEJ_DATA`.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    std::env::var_os("GENVEJ_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    )
}

/// The folder below the data, where it is there; else says so.
#[allow(dead_code, reason = "each test target uses its part")]
pub fn folder(path: &str) -> Option<PathBuf> {
    let folder = root().join(path);
    if !folder.is_dir() {
        println!("external: not run (no data)");
        return None;
    }
    Some(folder)
}

/// A file of the data, where it is there; else says so.
#[allow(dead_code, reason = "each test target uses its part")]
pub fn read(path: &str) -> Option<Vec<u8>> {
    let file = root().join(path);
    match std::fs::read(&file) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("external: not run (no data)");
            None
        }
        Err(error) => panic!("{}: {error}", file.display()),
    }
}

/// A SHA-256 from hexadecimal digits.
#[allow(dead_code, reason = "each test target uses its part")]
pub fn hex32(digits: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
}
