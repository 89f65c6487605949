//! `cargo xtask check`: everything short of running the tests.

use crate::run::{Failed, cargo, command, step};
use crate::{advisories, notices, tidy};

/// Features with smart card readers: set-up brings the system library that they need.
pub const READERS: &str = "server/pcsc,phone/pcsc,desk-reader/pcsc";

/// Format, tidy, lints, docs, licences and duplicates.
pub fn check() -> Result<(), Failed> {
    step("Format");
    cargo(&["fmt", "--all", "--check"])?;
    tidy::tidy()?;
    step("Lints");
    cargo(&[
        "clippy",
        "--quiet",
        "--workspace",
        "--features",
        READERS,
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    step("Docs");
    command("sh", &["-c", "RUSTDOCFLAGS='-D warnings' cargo doc --quiet --workspace --no-deps"])?;
    step("Licences, bans, duplicates, sources");
    cargo(&["deny", "--log-level", "error", "check", "licenses", "bans", "sources"])?;
    advisories::check()?;
    step("Notices of others");
    notices::check()?;
    step("Types of the scripts");
    command("node_modules/.bin/tsc", &["--noEmit", "-p", "tsconfig.json"])
}
