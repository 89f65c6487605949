//! `genvej audit`: recomputes the chain of the journal.

use super::{Failed, block_on, say};
use audit::Checkpoint;
use clap::Subcommand;
use recovery::event::JournalEvent;
use server::Config;
use server::checkpoint_file::KeepError;
use server::key_file::KeyFile;
use server::system::SystemRandom;
use std::path::PathBuf;
use store::{Store, Transaction};
use store_sqlite::Sqlite;

/// The tamper-evident journal.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Recomputes every leaf and the chain, and compares them with a checkpoint kept elsewhere.
    Verify {
        /// A checkpoint that was kept outside the database.
        #[arg(long)]
        checkpoint: Option<PathBuf>,
    },
    /// Prints the checkpoint as of now, to be kept outside the database.
    Checkpoint {
        /// Keeps it in the file of the configuration too, as the running server does.
        #[arg(long)]
        keep: bool,
    },
    /// Says that a database which was set back is the newest there is: the server starts again, and the journal keeps
    /// that it was said. Counters and codes are as they were in the backup: whom that may help is yours to judge.
    AcceptRestore,
}

impl Audit {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
        if matches!(self, Self::AcceptRestore) {
            return accept_restore(config);
        }
        let store = Sqlite::open(&config.store.path)?;
        let outcome = block_on(async {
            // Rows that were committed and not yet placed are placed first: nothing escapes the look.
            while !store::Store::journal_waiting(&store, 1).await?.is_empty() {
                store::sequencer::extend(&store, 10_000).await?;
            }
            match self {
                Self::Verify { checkpoint } => {
                    let kept = match checkpoint {
                        Some(path) => {
                            let text = std::fs::read_to_string(&path).map_err(|error| {
                                format!("{} cannot be read: {error}", path.display())
                            })?;
                            Some(Checkpoint::parse(&text)?)
                        }
                        None => None,
                    };
                    let end = store::sequencer::verify(&store, kept.as_ref()).await?;
                    say(format_args!(
                        "the journal verifies: {} rows, head {}",
                        end.size,
                        hex::encode(end.head)
                    ));
                    if kept.is_none() {
                        say(
                            "no checkpoint was given: a database that was set back as a whole is not found out",
                        );
                    }
                }
                Self::Checkpoint { keep } => {
                    if keep {
                        config.checkpoint().keep(&store).await?;
                    }
                    let end = store::Store::journal_chain(&store).await?;
                    let origin = config.sites.public.0.authority().to_owned();
                    super::say(Checkpoint::new(&origin, end.into())?.to_text().trim_end());
                }
                Self::AcceptRestore => {}
            }
            Ok::<(), Failed>(())
        });
        store.close();
        outcome
    }
}

/// The old checkpoint is kept under another name: it shows what was lost.
fn accept_restore(config: &Config) -> Result<(), Failed> {
    let file = config.checkpoint();
    let kept =
        file.read()?.ok_or("there is no checkpoint, so nothing keeps the server from starting")?;
    let keys = KeyFile::read(&config.keys.file)?;
    let store = Sqlite::open(&config.store.path)?;
    let outcome = block_on(async {
        match file.check(&store).await {
            Ok(()) => {
                let stands = "the journal stands up to the checkpoint: there is nothing to accept";
                return Err(stands.into());
            }
            Err(KeepError::SetBack { .. } | KeepError::Rewritten { .. }) => {}
            // A disk or a database that fails for a moment is nothing that anybody could accept.
            Err(error) => return Err(error.into()),
        }
        let rows = Store::journal_chain(&store).await?.size;
        let event = JournalEvent::RestoreAccepted { kept: kept.head().size, rows };
        let row = service::journal::row_of_operation(&keys.keys, &SystemRandom, &event);
        let now = super::believed_now(config, &store, &keys.keys).await?;
        Store::commit(&store, Transaction::new(now).journal(row)).await?;
        let aside = file.path().with_extension(format!("checkpoint-{}", kept.head().size));
        std::fs::rename(file.path(), &aside)
            .map_err(|error| format!("{} cannot be moved: {error}", file.path().display()))?;
        while !Store::journal_waiting(&store, 1).await?.is_empty() {
            store::sequencer::extend(&store, 10_000).await?;
        }
        file.keep(&store).await?;
        say(format_args!(
            "accepted: the journal had {} rows and has {rows}; the old checkpoint is {}",
            kept.head().size,
            aside.display()
        ));
        Ok::<(), Failed>(())
    });
    store.close();
    outcome
}
