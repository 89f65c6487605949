use super::*;
use std::path::Path;
use testkit::Answered;

/// Arguments that are no literal, and whose codes come from a list of their own.
const WORKED_OUT: [&str; 6] = [
    // `RefusalReason`, less what is never told
    "told(reason)",
    // `Rejection`
    "rejection.code()",
    // `DocumentsProblem` and `WitnessProblem`
    "problem.code()",
    // `staff::NOT_ACCEPTED` and `staff::passkey::NOT_ACCEPTED`, which the list holds
    "NOT_ACCEPTED",
    // What callers of `Work::use_once` name
    "no",
    // `face::CompareError`
    "code",
];

fn answered() -> Answered {
    Answered::under(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

#[test]
fn every_code_that_is_answered_is_listed() {
    let all = all();

    let found = answered();

    assert!(found.codes.len() > 40, "the search finds codes: {}", found.codes.len());
    let forgotten: Vec<_> =
        found.codes.iter().filter(|code| !all.contains(code.as_str())).collect();
    assert_eq!(forgotten, [] as [&String; 0]);
    let unknown: Vec<_> =
        found.computed.iter().filter(|it| !WORKED_OUT.contains(&it.as_str())).collect();
    assert_eq!(unknown, [] as [&String; 0], "a code that no list holds");
}

#[test]
fn nothing_is_listed_that_is_never_answered() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));

    for code in OWN {
        assert!(sources.contains(&format!("\"{code}\"")), "{code}");
    }
}

#[test]
fn what_would_help_a_finder_of_documents_is_in_no_list() {
    for reason in NEVER_TOLD {
        assert!(!all().contains(reason.code()), "{}", reason.code());
    }
}

/// Everything but the list itself.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&sources(&path));
        } else if !path.ends_with("code.rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
    text
}
