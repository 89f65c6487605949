//! Pictures that once passed the guard: `pictures` of the folder with failed inputs.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use face::decode::{DecodeError, decode};
use std::env;
use std::path::{Path, PathBuf};

/// `$GENVEJ_CASES`, else `cases` beside the outside data; `None` where that is not there.
fn cases() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data =
        env::var_os("GENVEJ_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let cases = env::var_os("GENVEJ_CASES").map_or_else(|| data.join("../cases"), PathBuf::from);
    if cases.is_dir() {
        return Some(cases.join("pictures"));
    }
    eprintln!("cases: not run (no folder)");
    None
}

fn refused(name: &str) -> Option<DecodeError> {
    let bytes = std::fs::read(cases()?.join(name)).unwrap();
    Some(decode(&bytes).expect_err(name))
}

#[test]
fn a_large_codestream_behind_a_small_one_is_refused_from_its_header() {
    if let Some(error) = refused("two-codestreams.jp2") {
        assert_eq!(error, DecodeError::TooLarge);
    }
}

#[test]
fn a_style_behind_an_empty_tile_part_is_refused() {
    if let Some(error) = refused("empty-tile-part.j2c") {
        assert!(matches!(error, DecodeError::UnknownKind | DecodeError::TooLarge), "{error:?}");
    }
}
