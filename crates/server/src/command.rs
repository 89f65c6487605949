//! The command line: one file for each subcommand.

mod audit;
mod backup;
mod bench;
mod chip;
mod face;
mod import;
mod keys;
mod migrate;
mod openapi;
mod person;
mod policy;
mod restore;
mod serve;
mod staff;
mod time;

use clap::{Parser, Subcommand};
use server::Config;
use server::config::Unsynchronised;
use server::system::SystemClock;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

pub(crate) const EXAMPLE: &str = include_str!("../genvej.example.toml");

/// The notices of others' work in this program; written by `cargo xtask notices`.
const NOTICES: &str = include_str!("../notices.txt");

/// The error with which a command fails; its chain of reasons is printed once.
pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The recovery service for the authenticator app of an electronic identity.
#[derive(Debug, Parser)]
#[command(name = "genvej", version)]
pub(crate) struct Genvej {
    /// The configuration file.
    #[arg(long, global = true, env = "GENVEJ_CONFIG", default_value = "genvej.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server until it is stopped.
    Serve,
    /// Makes the database, or brings it to this program's layout; or moves it to another backend. Not beside a server.
    Migrate(migrate::Migrate),
    /// Makes a backup of the database, also while the server runs.
    Backup(backup::Backup),
    /// Puts a backup in the place of the database, or makes one fit that was restored by other means. Not beside a server.
    Restore(restore::Restore),
    /// The keys that lie outside the database.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Accounts of agents and clerks.
    #[command(subcommand)]
    Staff(staff::Staff),
    /// Prints a configuration to begin from, with every key explained.
    Example {
        /// Everything in this folder, in place of /etc/genvej and /var/lib/genvej.
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// The rules in force.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Brings in certificates, people, documents and centres.
    #[command(subcommand)]
    Import(import::Import),
    /// What the operator owes a person.
    #[command(subcommand)]
    Person(person::Person),
    /// The tamper-evident journal.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Chips and the states that issue them.
    #[command(subcommand)]
    Chip(chip::Chip),
    /// Faces.
    #[command(subcommand)]
    Face(face::Face),
    /// Measures what this machine does: PIN checks, documents, faces, memory.
    Bench(bench::Bench),
    /// The clock, and time that was committed.
    #[command(subcommand)]
    Time(time::Time),
    /// Prints the description of the HTTP API (OpenAPI 3.1).
    Openapi,
    /// Prints the notices of others whose work this program contains.
    Notices,
}

impl Genvej {
    /// Runs the command.
    pub(crate) fn run(self) -> Result<(), Failed> {
        let config = || read_config(&self.config);
        match self.command {
            Command::Serve => serve::run(&config()?),
            Command::Migrate(command) => command.run(&config()?),
            Command::Backup(command) => command.run(&config()?),
            Command::Restore(command) => command.run(&config()?),
            Command::Keys(command) => command.run(&config()?),
            Command::Staff(command) => command.run(&config()?),
            Command::Example { folder } => {
                say(example_in(folder.as_deref())?.trim_end());
                Ok(())
            }
            Command::Policy(command) => command.run(config),
            Command::Import(command) => command.run(config, self.config.exists()),
            Command::Person(command) => command.run(&config()?),
            Command::Audit(command) => command.run(config),
            Command::Chip(command) => command.run(),
            Command::Face(command) => command.run(),
            Command::Bench(bench) => bench.run(),
            Command::Time(command) => command.run(&config()?),
            Command::Openapi => openapi::run(),
            Command::Notices => {
                say(NOTICES.trim_end());
                Ok(())
            }
        }
    }
}

/// The example configuration, with its folders inside the given one.
fn example_in(folder: Option<&Path>) -> Result<String, Failed> {
    let Some(folder) = folder else { return Ok(EXAMPLE.to_owned()) };
    let folder = std::path::absolute(folder)?;
    let folder = folder.to_str().ok_or("the folder's name is not UTF-8")?;
    // It stands between quotation marks of TOML.
    if folder.contains(['"', '\\']) || folder.chars().any(char::is_control) {
        return Err("the folder's name cannot stand in a configuration".into());
    }
    Ok(EXAMPLE.replace("/etc/genvej", folder).replace("/var/lib/genvej", folder))
}

/// Reads the configuration file under this process's environment.
pub(crate) fn read_config(path: &std::path::Path) -> Result<Config, Failed> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| {
            let path = path.display();
            format!("the configuration {path} cannot be read: {error}; `genvej example` prints one to begin from")
        })?;
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Config::read(&text, &environment).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The time for what a command writes beside the running service: from a clock that is trusted, and never before the last
/// commit.
pub(crate) async fn believed_now(
    config: &Config,
    store: &dyn store::Store,
    keys: &store::keys::Keys,
) -> Result<store::Timestamp, Failed> {
    let believes = config.clock.unsynchronised == Unsynchronised::Believe;
    let now = service::trusted_clock::believed_by_a_command(store, keys, &SystemClock, believes);
    Ok(now.await?)
}

/// Prints an error with its chain of reasons on standard error.
pub(crate) fn complain(error: &(dyn std::error::Error + 'static)) {
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        chain = format!("{chain}: {cause}");
        source = cause.source();
    }
    let _ = writeln!(std::io::stderr(), "genvej: {chain}");
}

/// Prints a line on standard error: progress, which is no result.
pub(crate) fn complain_line(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a line on standard output.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Runs a future to its end on a runtime of its own.
pub(crate) fn block_on<T>(act: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(act)
}
