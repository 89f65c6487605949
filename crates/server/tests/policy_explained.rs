//! `genvej policy explain` says the same sentences, letter for letter, in every language that it has.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The policies of `tests/policy_explained`: each profile, one with every check and every unit of time, one without what can be left out.
const POLICIES: [&str; 5] = ["public-service", "nist-aal2", "strict", "every-check", "without"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy_explained")
}

fn explained(policy: &str, language: &str) -> String {
    let mut genvej = Command::new(env!("CARGO_BIN_EXE_genvej"));
    genvej.args(["policy", "explain"]).arg(folder().join(format!("{policy}.toml")));
    let answer = genvej.args(["--language", language]).output().unwrap();
    let complaint = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{policy}, {language}: {complaint}");
    String::from_utf8(answer.stdout).unwrap()
}

#[test]
fn a_policy_is_explained_letter_for_letter_as_the_kept_texts_say() {
    for policy in POLICIES {
        for language in ["en", "da"] {
            let kept = folder().join(format!("{policy}.{language}.txt"));
            let kept = std::fs::read_to_string(kept).unwrap();
            assert_eq!(explained(policy, language), kept, "{policy}, {language}");
        }
    }
}

#[test]
fn a_language_is_found_by_its_main_language_and_is_english_where_there_is_none() {
    let (english, danish) = (explained("strict", "en"), explained("strict", "da"));
    for (tag, said) in [
        ("da-DK", &danish),
        ("DA", &danish),
        ("da_DK", &danish),
        ("en-GB", &english),
        ("qaa", &english),
        ("", &english),
    ] {
        assert_eq!(explained("strict", tag), *said, "{tag}");
    }
}
