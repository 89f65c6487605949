//! `genvej restore`.

use super::{Failed, block_on, say};
use clap::Args;
use server::Config;
use server::backup::Backup;
use server::key_file::KeyFile;
use server::restoring::{Lost, Restored, Restoring};
use server::system::{SystemClock, SystemRandom};
use std::path::PathBuf;
use std::sync::Arc;

/// Puts a backup in the place of the database. Where anything was lost, erased persons are erased again, and what could be used
/// a second time ends.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["from", "adopt"])))]
pub(super) struct Restore {
    /// The folder of a backup.
    #[arg(long)]
    from: Option<PathBuf>,
    /// Makes the database fit that was put in place by other means: a cluster that PostgreSQL has restored, or a copy of the file
    /// of a server that had ended.
    #[arg(long)]
    adopt: bool,
    /// Moves a database that is there aside.
    #[arg(long, requires = "from")]
    replace: bool,
    /// Reads the backup to its end and compares it with its manifest, and does nothing else.
    #[arg(long, requires = "from", conflicts_with = "replace")]
    check: bool,
}

impl Restore {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let restoring = Restoring { config, clock, random };
        let Some(from) = &self.from else {
            let restored = block_on(async { Ok(restoring.adopt().await?) })?;
            tell(&restored);
            return Ok(());
        };
        let backup = Backup::open(from, &KeyFile::read(&config.keys.file)?.keys)?;
        super::backup::describe(&backup.manifest);
        if self.check {
            backup.check()?;
            say("it is whole, and as it was written");
            return Ok(());
        }
        let restored = block_on(async { Ok(restoring.restore(from, self.replace).await?) })?;
        tell(&restored);
        Ok(())
    }
}

fn tell(restored: &Restored) {
    for path in &restored.aside {
        say(format_args!("moved aside: {}", path.display()));
    }
    if restored.erasures_taken_over > 0 {
        say(format_args!(
            "the list of erased persons lacked {}, which the backup knew; persons who were erased after it and are not on the list \
             are back: look for a newer copy of the list",
            restored.erasures_taken_over
        ));
    }
    match &restored.lost {
        None => {
            say("nothing was lost: this is the newest database there is, and it goes on as it was")
        }
        Some(lost) => tell_lost(lost),
    }
}

fn tell_lost(lost: &Lost) {
    let until = lost.until.and_then(|at| jiff::Timestamp::from_millisecond(at.0).ok());
    let until = until.map_or_else(|| "the beginning".to_owned(), |at| at.to_string());
    say(format_args!(
        "lost: everything after {until}; the journal had {} rows and has {}",
        lost.kept, lost.rows
    ));
    say(format_args!(
        "{} persons were erased again; {} codes, grants, cases and offers ended, {} sessions and the like went; in {} apps one try \
         of the PIN is left before the last rung",
        lost.erased, lost.ended.ended, lost.ended.deleted, lost.ended.tries
    ));
    say(format_args!(
        "epoch {} begins; what has to be done again by hand stands in docs/backup.md",
        lost.epoch
    ));
}
