//! `genvej audit`: recomputes the chain of the journal.

use super::{Failed, block_on, say};
use audit::Checkpoint;
use clap::Subcommand;
use server::Config;
use std::path::PathBuf;
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
    Checkpoint,
}

impl Audit {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
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
                Self::Checkpoint => {
                    let end = store::Store::journal_chain(&store).await?;
                    let origin = config.sites.public.0.authority().to_owned();
                    super::say(Checkpoint::new(&origin, end.into())?.to_text().trim_end());
                }
            }
            Ok::<(), Failed>(())
        });
        store.close();
        outcome
    }
}
