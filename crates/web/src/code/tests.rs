use super::*;
use crate::words::FILES;
use recovery::route::RefusalReason;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Every code as text, as the language files have it.
fn by_text() -> BTreeMap<&'static str, Code> {
    Code::all().into_iter().map(|code| (code.code(), code)).collect()
}

/// The code and part of every key `problem-CODE-PART` in a file.
fn keys(text: &str) -> Vec<(&str, &str)> {
    text.lines()
        .filter_map(|line| line.strip_prefix("problem-")?.split_once(" = "))
        .map(|(key, _)| key.rsplit_once('-').unwrap())
        .collect()
}

#[test]
fn no_two_refusals_have_one_code() {
    assert_eq!(by_text().len(), Code::all().len());
}

#[test]
fn a_refusal_is_displayed_as_its_code() {
    for code in Code::all() {
        assert_eq!(code.to_string(), code.code());
    }
}

#[test]
fn every_class_has_its_status() {
    let statuses: BTreeMap<RefusalClass, StatusCode> = RefusalCode::all()
        .into_iter()
        .map(|code| (code.class(), Code::Service(code).status()))
        .collect();

    let of_classes = RefusalClass::ALL.map(|class| statuses.get(&class).map(StatusCode::as_u16));
    let expected = [400, 401, 403, 404, 409, 410, 422, 423, 429, 503];
    assert_eq!(of_classes, expected.map(Some));
}

#[test]
fn every_code_says_what_happened_why_and_what_to_do_in_every_language() {
    for language in Language::ALL {
        let words = Words::of(language);
        for code in Code::all() {
            for part in ["title", "detail", "next"] {
                let key = format!("problem-{code}-{part}");
                let text = words.find(&key, None).unwrap_or_default();
                assert!(text.chars().count() > 3, "{key} in {}", language.tag());
                let code = code.code();
                assert!(!text.contains(code) || !code.contains('-'), "{key} says its own code");
                assert_eq!(text.ends_with(['.', '”', '«']), part != "title", "{key}: {text}");
            }
        }
    }
}

/// The codes that the API returns besides those of the operator's routes, whose texts are already for developers.
#[test]
fn the_api_has_words_for_the_author_of_a_program() {
    let read = |name: &str| FILES.iter().find(|(file, _, _)| *file == name).unwrap();
    let (_, anybody, _) = read("errors");
    let (_, app, _) = read("errors-app");
    let codes: BTreeSet<&str> =
        keys(anybody).into_iter().chain(keys(app)).map(|(code, _)| code).collect();
    let by_text = by_text();
    for language in Language::ALL {
        for text in &codes {
            let code = *by_text.get(text).unwrap();
            let (program, person) =
                (Texts::for_programs(code, language), Texts::of(code, language));
            assert_ne!(program, person, "{code} in {}", language.tag());
            for text in [program.detail, program.next] {
                assert!(text.ends_with('.'), "{code}: {text}");
            }
        }
    }
    let (_, danish, english) = read("errors-api");
    for line in danish.lines().chain(english.lines()).filter_map(|line| line.strip_prefix("api-")) {
        let (code, _) = line.split_once(" = ").unwrap().0.rsplit_once('-').unwrap();
        assert!(codes.contains(code), "api-{code} belongs to no code");
    }
}

#[test]
fn no_text_is_left_over() {
    let all = by_text();
    for (name, danish, english) in FILES {
        for (code, part) in keys(danish).into_iter().chain(keys(english)) {
            assert!(all.contains_key(code), "{name}: problem-{code} belongs to no code");
            assert!(matches!(part, "title" | "detail" | "next"), "{name}: problem-{code}-{part}");
        }
        for line in english.lines() {
            let own = ["desk-error-", "support-error-", "booking-error-"]
                .into_iter()
                .find_map(|start| line.strip_prefix(start)?.split_once(" ="));
            if let Some((code, _)) = own {
                let known = all.contains_key(code) || matches!(code, "other" | "summary");
                assert!(known, "{name}: {line}");
            }
        }
    }
}

#[test]
fn a_code_that_may_not_be_told_sounds_like_a_fault_of_ours_in_a_release() {
    let hidden = RefusalCode::Ended(RefusalReason::DocumentLostOrStolen);
    if cfg!(debug_assertions) {
        assert!(std::panic::catch_unwind(|| Texts::of(hidden, Language::English)).is_err());
    } else {
        let fault = Texts::of(Code::Internal, Language::English);
        assert_eq!(Texts::of(hidden, Language::English), fault);
    }
}

fn page_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md")
}

const HEAD: &str = "# Every error, and what one can do about it

Written by the code: `UPDATE=1 cargo nextest run -p web the_page_of_errors` refreshes this page, and the same test fails when it is out of
date. The pages and the phone show people these three sentences: what happened, why, and what to do now. The API answers with problem
details (RFC 9457): `code` is stable, `status` is that of HTTP, and `title`, `detail` and `next` are words for whoever wrote the program
that asked, in English unless `Accept-Language` asks for Danish (`crates/web/locales/*/errors-api.ftl`). Where one may know, `tries_left` and `retry_after_secs` say how many tries are left and how long to wait.

Which case of bad input ends in which code, and the test that plays it: [bad-input.md](bad-input.md).
";

fn page() -> String {
    let groups: [(&str, &str); 4] = [
        ("errors", "Anybody, and the citizen's pages"),
        ("errors-app", "The app"),
        ("errors-staff", "Support and Citizen Service"),
        ("errors-operator", "The operator's own systems"),
    ];
    let mut page = HEAD.to_owned();
    let by_text = by_text();
    for language in Language::ALL.into_iter().rev() {
        let _ = write!(page, "\n## {}\n", language.own_name());
        for (file, heading) in groups {
            let (_, danish, _) = FILES.iter().find(|(name, _, _)| *name == file).unwrap();
            // The codes are in the order of the files, each once.
            let mut codes: Vec<&str> = keys(danish).into_iter().map(|(code, _)| code).collect();
            codes.dedup();
            let columns = "code | status | what happened | why | what to do now";
            let _ = write!(page, "\n### {heading}\n\n| {columns} |\n|---|---|---|---|---|\n");
            for code in codes {
                let code = *by_text.get(code).unwrap();
                let Texts { title, detail, next } = Texts::of(code, language);
                let status = code.status().as_u16();
                let _ = writeln!(page, "| `{code}` | {status} | {title} | {detail} | {next} |");
            }
        }
    }
    page
}

#[test]
fn the_page_of_errors_is_that_of_the_code() {
    let of_the_code = page();

    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(page_path(), &of_the_code).unwrap();
    }

    let printed = std::fs::read_to_string(page_path()).unwrap_or_default();
    assert!(
        printed == of_the_code,
        "docs/errors.md is out of date; refresh it with: \
         UPDATE=1 cargo nextest run -p web the_page_of_errors"
    );
}

#[test]
fn every_code_stands_once_on_the_page() {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, danish, _) in FILES {
        for (code, _) in keys(danish).iter().filter(|(_, part)| *part == "title") {
            *times.entry(code).or_default() += 1;
        }
    }

    assert!(times.keys().eq(by_text().keys()));
    assert_eq!(times.values().max(), Some(&1));
}

/// Every file under `folder` with this ending.
fn all_sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all_sources(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_case_of_bad_input_names_codes_and_a_test_that_are_there() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(crates.join("../docs/bad-input.md")).unwrap();
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    let all = by_text();
    let mut cases = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let [_, _, codes, played, _] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("four bars: {row}")
        };
        let (krate, test) = played.trim().split_once(' ').unwrap();
        let source = sources.entry(krate.to_owned()).or_insert_with(|| {
            let mut text = String::new();
            for folder in ["src", "tests"] {
                let folder = crates.join(krate).join(folder);
                if folder.is_dir() {
                    all_sources(&folder, &mut text);
                }
            }
            text
        });
        assert!(source.contains(&format!("fn {}(", test.trim_matches('`'))), "{row}");
        for code in codes.split('`').skip(1).step_by(2) {
            let known = all.contains_key(code) || code.starts_with("notice-") || code.contains(':');
            assert!(known, "{code}: {row}");
        }
        cases += 1;
    }
    assert!(cases > 25, "the table is read: {cases}");
}
