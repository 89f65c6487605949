//! Pictures that once took the process with them: `pictures` of the folder with failed inputs, through workers and commands.

use server::pictures::{DecodeError, Decoder as _, PictureWorkers, Settings, Terms};
use std::path::{Path, PathBuf};
use std::process::Command;

/// `$GENVEJ_CASES`, else `cases` beside the outside data; `None` where that is not there.
fn cases() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data =
        std::env::var_os("GENVEJ_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let cases =
        std::env::var_os("GENVEJ_CASES").map_or_else(|| data.join("../cases"), PathBuf::from);
    if cases.is_dir() {
        return Some(cases.join("pictures"));
    }
    eprintln!("cases: not run (no folder)");
    None
}

#[test]
fn every_picture_is_refused_and_not_even_a_worker_ends() {
    let Some(cases) = cases() else { return };
    let program = Some(env!("CARGO_BIN_EXE_genvej").into());
    let workers = PictureWorkers::start(Settings { program, ..Settings::default() }).unwrap();
    let before = workers.process_ids();

    for (name, expected) in [
        ("two-codestreams.jp2", DecodeError::TooLarge),
        ("empty-tile-part.j2c", DecodeError::UnknownKind),
    ] {
        let bytes = std::fs::read(cases.join(name)).unwrap();
        assert_eq!(workers.decode(&bytes, Terms::PORTRAIT).unwrap_err(), expected, "{name}");
    }

    assert_eq!(workers.process_ids(), before);
}

#[test]
fn the_command_says_the_stable_code() {
    let Some(cases) = cases() else { return };
    for (name, code) in [
        ("two-codestreams.jp2", "portrait-too-large"),
        ("empty-tile-part.j2c", "portrait-unreadable"),
    ] {
        let file = cases.join(name);
        let output = Command::new(env!("CARGO_BIN_EXE_genvej"))
            .args(["face", "compare"])
            .args([&file, &file])
            .output()
            .unwrap();

        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(code), "{name}: {said}");
    }
}
