//! How many lines of code the product has, by crate, in an earlier revision and now.

use crate::run::{Failed, output, step};
use crate::tidy;
use std::collections::{BTreeMap, BTreeSet};

/// Code lines of each crate, without blank ones, comments and tests.
type Lines = BTreeMap<String, usize>;

/// Prints the lines of a revision beside those of the last commit; without one, those of the last commit alone.
pub fn lines(revision: Option<&str>) -> Result<(), Failed> {
    step("Code lines of the product, without blank ones, comments and tests");
    let now = of_revision("HEAD")?;
    let Some(revision) = revision else {
        for (krate, lines) in &now {
            println!("  {krate:<20} {lines:>7}");
        }
        println!("  {:<20} {:>7}", "all", now.values().sum::<usize>());
        return Ok(());
    };
    let before = of_revision(revision)?;
    println!("  {:<20} {revision:>9} {:>7} {:>8}", "", "HEAD", "net");
    for krate in before.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
        let of = |lines: &Lines| lines.get(krate).copied().unwrap_or(0);
        print_row(krate, of(&before), of(&now));
    }
    let all = |lines: &Lines| lines.values().sum::<usize>();
    print_row("all", all(&before), all(&now));
    Ok(())
}

fn print_row(krate: &str, before: usize, now: usize) {
    let net = i64::try_from(now).unwrap_or(0) - i64::try_from(before).unwrap_or(0);
    println!("  {krate:<20} {before:>9} {now:>7} {net:>+8}");
}

fn of_revision(revision: &str) -> Result<Lines, Failed> {
    let names = output("git", &["ls-tree", "-r", "--name-only", revision, "crates"])?;
    let mut lines = Lines::new();
    for path in names.lines().filter(|path| path.ends_with(".rs")) {
        let text = output("git", &["show", &format!("{revision}:{path}")])?;
        if let Some((krate, count)) = tidy::product_lines(path, &text) {
            *lines.entry(krate).or_default() += count;
        }
    }
    Ok(lines)
}
