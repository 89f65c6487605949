//! `genvej chip replay` on recordings of other cards that lie outside the project.
use std::path::{Path, PathBuf};
use std::process::Command;

fn cases() -> PathBuf {
    match (std::env::var_os("GENVEJ_CASES"), std::env::var_os("GENVEJ_DATA")) {
        (Some(cases), _) => PathBuf::from(cases),
        (None, Some(data)) => PathBuf::from(data).join("../cases"),
        (None, None) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases"),
    }
}

#[test]
fn a_recording_that_left_something_unread_ends_with_0_and_says_what() {
    let folder = cases().join("chips/recordings");
    if !folder.is_dir() {
        println!("cases: not run (no folder)");
        return;
    }
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let output = Command::new(env!("CARGO_BIN_EXE_genvej"))
            .args(["chip", "replay"])
            .arg(&path)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {text}{errors}", path.display());
        assert!(text.contains("not read: 20 of 276 bytes at the end of card-access"), "{text}");
        assert!(text.contains("every byte agreed"), "{text}");
    }
}
