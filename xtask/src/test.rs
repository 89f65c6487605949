//! `cargo xtask test`: everything, on a fresh machine, in one command.

use crate::browser::{self, Counted};
use crate::run::{Failed, root, step};
use crate::{advisories, check, setup};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Tests on outside data live in test targets of this name (DESIGN.md section 5).
const EXTERNAL: &str = "binary(/^external/)";

/// Tests on inputs that failed once and lie outside the tree live in test targets of this name.
const CASES: &str = "binary(/^cases/)";

#[expect(clippy::disallowed_methods, reason = "the last line says how long it took")]
/// Sets up, checks, runs all tests, prints counts and time.
pub fn test(arguments: &[String]) -> Result<(), Failed> {
    let began = Instant::now();
    let require_external = arguments.iter().any(|argument| argument == "--require-external");
    setup::everything()?;
    if !arguments.iter().any(|argument| argument == "--skip-check") {
        check::check()?;
    }
    step("Tests");
    let mut total = nextest(&format!("not {EXTERNAL} and not {CASES}"))?;
    step("Examples in the docs");
    total = sum(total, doc_tests()?);
    let external = external(require_external)?;
    total = sum(total, external.unwrap_or_default());
    let cases = cases()?;
    total = sum(total, cases.unwrap_or_default());
    total = sum(total, browser::browser_tests()?);
    eprintln!("time: {} s", began.elapsed().as_secs());
    if external.is_none() {
        eprintln!("external: {} not run (no data)", count(EXTERNAL)?);
    }
    eprintln!("{}", advisories::summary());
    let absent = match cases {
        Some(_) => String::new(),
        None => format!(", {} cases not run (no folder)", count(CASES)?),
    };
    println!("{} passed, {} failed{absent}", total.passed, total.failed);
    if total.failed > 0 {
        return Err(Failed(format!("{} tests failed", total.failed)));
    }
    Ok(())
}

/// Where outside data are to be looked for.
fn data_place() -> PathBuf {
    std::env::var_os("GENVEJ_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from)
}

/// Where outside data lies, if it is there.
pub fn data() -> Option<PathBuf> {
    let place = data_place();
    place.is_dir().then_some(place)
}

/// Runs the tests on inputs that failed once; `None` where their folder (`GENVEJ_CASES`, else `cases` beside the outside
/// data) is not there, which no option turns into a failure.
fn cases() -> Result<Option<Counted>, Failed> {
    let place = std::env::var_os("GENVEJ_CASES")
        .map_or_else(|| data_place().join("../cases"), PathBuf::from);
    if !place.is_dir() {
        return Ok(None);
    }
    step(&format!("Tests on inputs that failed once ({})", place.display()));
    nextest(CASES).map(Some)
}

fn external(required: bool) -> Result<Option<Counted>, Failed> {
    match data() {
        Some(place) => {
            step(&format!("Tests on outside data ({})", place.display()));
            nextest(EXTERNAL).map(Some)
        }
        None if required => {
            Err(Failed::because("--require-external, but GENVEJ_DATA names no folder"))
        }
        None => Ok(None),
    }
}

fn count(filter: &str) -> Result<usize, Failed> {
    let text = crate::run::output(
        "cargo",
        &["nextest", "list", "--workspace", "--message-format", "json", "-E", filter],
    )?;
    let listed: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| Failed(format!("nextest list: {error}")))?;
    Ok(listed["rust-suites"]
        .as_object()
        .into_iter()
        .flat_map(|suites| suites.values())
        .filter_map(|suite| suite["testcases"].as_object())
        .flat_map(|cases| cases.values())
        .filter(|case| case["filter-match"]["status"] == "matches")
        .count())
}

fn nextest(filter: &str) -> Result<Counted, Failed> {
    let mut arguments = vec!["nextest", "run", "--workspace"];
    // Set-up brings the system library that smart card readers need.
    arguments.extend(["--features", crate::check::READERS]);
    arguments.extend(["--no-fail-fast", "--status-level", "fail", "-E", filter]);
    let (ok, lines) = shown(&arguments)?;
    let summary =
        lines.iter().rev().find(|line| line.contains("tests run:")).cloned().unwrap_or_default();
    let counted =
        Counted { passed: before(&summary, " passed"), failed: before(&summary, " failed") };
    if counted.passed == 0 || (!ok && counted.failed == 0) {
        return Err(Failed(format!("no clean run of the tests ({filter})")));
    }
    Ok(counted)
}

fn doc_tests() -> Result<Counted, Failed> {
    let (ok, lines) =
        shown(&["test", "--quiet", "--workspace", "--doc", "--features", check::READERS])?;
    let counted = lines.iter().filter(|line| line.starts_with("test result:")).fold(
        Counted::default(),
        |total, line| {
            sum(total, Counted { passed: before(line, " passed"), failed: before(line, " failed") })
        },
    );
    if !ok && counted.failed == 0 {
        return Err(Failed::because("the examples in the docs did not build"));
    }
    Ok(counted)
}

/// Runs cargo, shows its output as it comes, and keeps it.
fn shown(arguments: &[&str]) -> Result<(bool, Vec<String>), Failed> {
    let mut child = Command::new("sh")
        .arg("-c")
        .arg("exec cargo \"$@\" 2>&1")
        .arg("cargo")
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Failed(format!("cannot run cargo: {error}")))?;
    let mut lines = Vec::new();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            eprintln!("{line}");
            lines.push(line);
        }
    }
    let status = child.wait().map_err(|error| Failed(format!("cargo: {error}")))?;
    Ok((status.success(), lines))
}

/// The number that stands before `word` in `line`.
fn before(line: &str, word: &str) -> u32 {
    line.split_once(word)
        .and_then(|(head, _)| head.rsplit([' ', '(']).next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

fn sum(a: Counted, b: Counted) -> Counted {
    Counted { passed: a.passed + b.passed, failed: a.failed + b.failed }
}

#[cfg(test)]
mod tests {
    use super::before;

    #[test]
    fn counts_are_read_from_the_summary_of_the_runner() {
        let line = "     Summary [   0.021s] 13 tests run: 10 passed (2 slow), 3 failed, 0 skipped";

        assert_eq!((before(line, " passed"), before(line, " failed")), (10, 3));
        assert_eq!(before("test result: ok. 4 passed; 0 failed; 1 ignored", " passed"), 4);
    }
}
