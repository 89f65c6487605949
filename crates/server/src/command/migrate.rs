//! `genvej migrate`.

use super::{Failed, block_on, say};
use clap::Args;
use server::config::{DatabasePlace, DatabaseServer, Secret};
use server::key_file::KeyFile;
use server::moving::Moving;
use server::system::{SystemClock, SystemRandom};
use server::{Config, Random, StoreLock};
use std::str::FromStr;
use std::sync::Arc;

/// Makes the database, or brings it to this program's layout; or moves it to another backend.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Where the database is: `sqlite:PATH`, `postgres:URL`, or `config` for the one that the configuration names, so that no
    /// password stands in a list of processes.
    #[arg(long, requires = "to")]
    from: Option<End>,
    /// Where it is to be. What was copied by a move that was broken off is not copied again.
    #[arg(long, requires = "from")]
    to: Option<End>,
}

/// One end of a move.
#[derive(Clone, Debug)]
enum End {
    /// The database of the configuration.
    Config,
    File(std::path::PathBuf),
    Server(Secret),
}

impl FromStr for End {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "config" => Ok(Self::Config),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("postgres", url)) if !url.is_empty() => Ok(Self::Server(url.to_owned().into())),
            Some(_) | None => Err("`sqlite:PATH`, `postgres:URL` or `config`"),
        }
    }
}

impl End {
    fn place(self, config: &Config) -> DatabasePlace {
        let configured = &config.store.database;
        let root_certificates = match configured {
            DatabasePlace::Server(server) => server.root_certificates.clone(),
            DatabasePlace::File(_) => None,
        };
        match self {
            Self::Config => configured.clone(),
            Self::File(path) => DatabasePlace::File(path),
            Self::Server(url) => DatabasePlace::Server(DatabaseServer { url, root_certificates }),
        }
    }
}

impl Migrate {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
        match (self.from, self.to) {
            (Some(from), Some(to)) => move_database(config, &from.place(config), &to.place(config)),
            (Some(_), None) | (None, _) => upgrade(config),
        }
    }
}

fn move_database(config: &Config, from: &DatabasePlace, to: &DatabasePlace) -> Result<(), Failed> {
    let keys = KeyFile::read(&config.keys.file)?.keys;
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let moving = Moving { config, keys: &keys, clock: &SystemClock, random: &random };
    let moved = block_on(async { Ok(moving.run(from, to).await?) })?;
    say(format_args!(
        "{} rows, {} effects and {} rows of the journal are there, {} of them since this run began",
        moved.rows, moved.effects, moved.journal, moved.copied
    ));
    say(format_args!(
        "compared row by row; the journal verifies to the same head {}, and the evidence stands. Name the new place in [store] and \
         put the old database away: once the new one is served, the old one is set back",
        hex::encode(moved.head)
    ));
    Ok(())
}

fn upgrade(config: &Config) -> Result<(), Failed> {
    let name = server::backend::name(config)?;
    // A layout does not change under a server that works on it.
    let _lock = StoreLock::of(config)?;
    let keys = KeyFile::read(&config.keys.file)?.keys;
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let installed =
        block_on(async { Ok(server::migrate(config, &keys, &SystemClock, &random).await?) })?;
    let layout = installed.layout;
    if layout.from == layout.to {
        say(format_args!("{name} has layout {} already", layout.to));
    } else {
        say(format_args!("{name}: layout {} → {}", layout.from, layout.to));
    }
    if let Some(begun) = installed.begun {
        let mark = config.epoch();
        say(format_args!(
            "evidence about {} rows begins, {} of them sealed anew; {} remembers it: keep it beside the key file",
            begun.rows,
            begun.resealed,
            mark.path().display()
        ));
    }
    Ok(())
}
