//! `cargo xtask …`: set-up, checks, tests and the sandbox, each by one command.

mod advisories;
mod assets;
mod browser;
mod check;
mod film;
mod lines;
mod models;
mod notices;
mod portraits;
mod run;
mod setup;
mod test;
mod tidy;

use run::Failed;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  sandbox [ARGS]           sets up and starts the whole service on this machine; prints where to look
  test [--require-external] [--skip-check]
                           sets up, checks, and runs every test; ends in one clear line
  check                    format, lints, docs, licences and duplicates, tidy
  setup                    fetches what the build and the tests need, by package name
  models [DIR]             fetches the default face models, checked by hash
  assets                   bundles the scripts and the font of the pages
  notices                  writes the notices of others that the binaries contain
  film                     draws the film on scanning again (Chromium, ffmpeg)
  tidy                     arrows between crates, sizes of files, forbidden words
  lines [REVISION]         code lines of the product by crate, beside those of a revision
  browser                  the browser tests alone, with real Chromium
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let outcome = match command.as_str() {
        "sandbox" => sandbox(&rest),
        "test" => test::test(&rest),
        "check" => check::check(),
        "setup" => setup::everything(),
        "models" => models(rest.first()),
        "assets" => assets::bundle(),
        "notices" => notices::write(),
        "film" => film::film(),
        "tidy" => tidy::tidy(),
        "lines" => lines::lines(rest.first().map(String::as_str)),
        "browser" => browser::browser_tests().map(|_| ()),
        _ => {
            eprint!("{HELP}");
            return if command.is_empty() || command == "help" {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(reason)) => {
            eprintln!("\nxtask {command}: failed: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn models(folder: Option<&String>) -> Result<(), Failed> {
    models::ensure_models(folder.map(std::path::Path::new))
        .map(|_| ())
        .map_err(|error| Failed::because(models::explain(&error)))
}

/// Sets up what the sandbox needs, builds it optimised, and runs it until it is stopped.
fn sandbox(arguments: &[String]) -> Result<(), Failed> {
    setup::for_sandbox()?;
    run::step("Building the sandbox (the first time takes some minutes)");
    run::cargo(&["build", "--release", "--package", "sandbox", "--bin", "genvej-sandbox"])?;
    let binary = run::target_dir()?.join("release/genvej-sandbox");
    run::step("Starting the sandbox; stop it with Ctrl-C");
    run::command(binary.to_string_lossy().as_ref(), arguments)
}
