//! `genvej face` on folders and pictures as they come: every one that cannot be used has a code, and the answer is whole.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use jpeg_encoder::{ColorType, Encoder};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn people() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = std::env::var_os("GENVEJ_DATA")
        .map_or_else(|| root.join("../shared/data"), PathBuf::from)
        .join("face");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("external: not run (no data)");
    None
}

fn genvej(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_genvej")).arg("face").args(arguments).output().unwrap()
}

/// The answer in JSON, and whether the command ended with 0.
fn answer(arguments: &[&str]) -> (Value, bool) {
    let output = genvej(&[arguments, &["--json"]].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    let value = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    });
    (value, output.status.success())
}

fn nobody() -> Vec<u8> {
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 80).encode(&[120; 300 * 300 * 3], 300, 300, ColorType::Rgb).unwrap();
    jpeg
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_folder_of_anything_is_evaluated_and_what_cannot_be_used_is_named() {
    let Some(people) = people() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (chip, live) = (folder.path().join("chip"), folder.path().join("live"));
    std::fs::create_dir_all(&chip).unwrap();
    std::fs::create_dir_all(live.join("a folder inside")).unwrap();
    let copy = |from: &str, to: PathBuf| std::fs::copy(people.join(from), to).unwrap();
    copy("chip/003.jp2", chip.join("Anna Ø.JP2"));
    copy("live/003.jpg", live.join("Anna Ø.JPEG"));
    copy("chip/004.j2k", chip.join("bo"));
    copy("live/004.jpg", live.join("bo.picture"));
    copy("chip/005.jp2", chip.join("only-here.jp2"));
    std::fs::write(chip.join("broken.jpg"), b"\xFF\xD8\xFF\xE0 and no more").unwrap();
    std::fs::write(live.join("broken.png"), b"\x89PNG\r\n\x1A\n").unwrap();
    std::fs::write(live.join("nobody.jpg"), nobody()).unwrap();
    std::fs::write(live.join(".DS_Store"), b"the system's own").unwrap();
    let out = folder.path().join("plots");

    let (said, done) = answer(&["evaluate", text(folder.path()), "--out", text(&out)]);

    assert!(done);
    assert_eq!(said["code"], Value::Null);
    assert_eq!((&said["pairs_genuine"], &said["pairs_impostor"]), (&json!(2), &json!(4)));
    assert_eq!((&said["false_non_matches"], &said["false_matches"]), (&json!(0), &json!(0)));
    let unusable = json!([
        { "name": "broken", "portrait": true, "reason": "face-unreadable" },
        { "name": "broken", "portrait": false, "reason": "face-unreadable" },
        { "name": "nobody", "portrait": false, "reason": "face-none" },
    ]);
    assert_eq!(said["unusable"], unusable);
    assert_eq!(said["without_counterpart"], json!(["nobody", "only-here"]));
    assert!(out.join("det.svg").is_file());
}

#[test]
fn a_folder_without_a_pair_gives_a_whole_answer_and_ends_with_a_code() {
    let Some(people) = people() else { return };
    let folder = tempfile::tempdir().unwrap();
    let here = text(folder.path()).to_owned();

    let missing = genvej(&["evaluate", &here]);
    for (part, from) in [("chip", "chip/003.jp2"), ("live", "live/003.jpg")] {
        std::fs::create_dir_all(folder.path().join(part)).unwrap();
        std::fs::copy(people.join(from), folder.path().join(part).join("1.x")).unwrap();
    }
    let (said, done) = answer(&["evaluate", &here, "--out", &here]);

    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("face-folder-missing"));
    assert!(!done);
    assert_eq!((&said["code"], &said["pairs_genuine"]), (&json!("face-no-pairs"), &json!(1)));
    assert_eq!(said["fmr"], json!({ "rate": 0.0, "low": 0.0, "high": 1.0 }));
    assert!(!folder.path().join("det.svg").exists(), "nothing to draw");
}

#[test]
fn every_outcome_ends_with_zero_and_none_with_a_code_in_a_whole_answer() {
    let Some(people) = people() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&people.join(name)).to_owned();
    let made = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        text(&path).to_owned()
    };
    let (portrait, own, other) = (path("chip/003.jp2"), path("live/003.jpg"), path("live/004.jpg"));
    let (grey, broken) = (made("grey.jpg", &nobody()), made("broken.jpg", b"no picture"));

    let outcomes = [
        (vec![own.as_str()], "match", Value::Null),
        (vec![&other], "no-match", Value::Null),
        (vec![&grey], "try-again", json!("face-none")),
        (vec![&broken], "try-again", json!("face-unreadable")),
        (vec![&broken, &grey, &own], "match", Value::Null),
    ];
    for (live, outcome, reason) in outcomes {
        let (said, done) = answer(&[&["compare", &portrait], live.as_slice()].concat());
        assert!(done);
        assert_eq!((&said["outcome"], &said["reason"]), (&json!(outcome), &reason), "{live:?}");
    }
    let none = [
        (grey.as_str(), own.as_str(), "portrait-no-face"),
        (&broken, &own, "portrait-unreadable"),
        ("/nowhere/at.all", &own, "face-not-readable"),
        (&portrait, "/nowhere/at.all", "face-not-readable"),
    ];
    for (portrait, live, code) in none {
        let (said, done) = answer(&["compare", portrait, live]);
        assert!(!done);
        assert_eq!((&said["outcome"], &said["code"]), (&Value::Null, &json!(code)));
        assert!(said["threshold"].is_number() && said["models"].is_array());
    }
}

#[test]
fn frames_of_any_size_and_kind_are_judged_each_by_itself() {
    let Some(people) = people() else { return };
    let folder = tempfile::tempdir().unwrap();
    let grey = folder.path().join("grey.jpg");
    std::fs::write(&grey, nobody()).unwrap();
    let (own, portrait) = (people.join("live/003.jpg"), people.join("chip/003.jp2"));

    let (said, done) = answer(&["liveness", text(&own), text(&portrait), text(&grey), text(&own)]);

    assert!(done);
    assert_eq!(said["liveness"], json!("failed"));
    let of_frame = |at: usize| said["frames"][at]["reasons"].clone();
    assert_eq!(said["frames"].as_array().unwrap().len(), 4);
    assert_eq!(of_frame(2), json!(["live-no-face"]));
    assert_eq!(of_frame(3), json!(["live-repeated-frame"]));
    let reasons = said["liveness_reasons"].to_string();
    assert!(reasons.contains("live-too-few-frames") && reasons.contains("live-flat-picture"));
    let (none, done) = answer(&["liveness", "/nowhere/at.all"]);
    assert!(!done);
    assert_eq!(none["code"], json!("face-not-readable"));
}
