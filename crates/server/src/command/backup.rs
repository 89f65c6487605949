//! `genvej backup`.

use super::{Failed, block_on, complain_line, say};
use clap::Args;
use server::backup::{self, Manifest};
use server::key_file::KeyFile;
use server::system::SystemClock;
use server::{Clock as _, Config};
use std::path::PathBuf;

/// Makes a backup of the database, also while the server runs.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The folder to make. It gets this name when the backup is whole; there must be none.
    #[arg(long)]
    to: PathBuf,
}

impl Backup {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
        let keys = KeyFile::read(&config.keys.file)?.keys;
        let now = jiff::Timestamp::from_millisecond(SystemClock.now().0)?;
        let said = |done: u64, whole: u64| {
            complain_line(format_args!("{done} of about {whole} bytes"));
        };
        let made =
            block_on(async { Ok(backup::make(config, &keys, &self.to, now, &said).await?) })?;
        describe(&made);
        say(format_args!(
            "{} is whole; keep it apart from the key file and from {}",
            self.to.display(),
            config.erased().display()
        ));
        Ok(())
    }
}

/// Says what a backup is.
pub(super) fn describe(manifest: &Manifest) {
    let committed =
        manifest.committed.map_or_else(|| "nothing".to_owned(), |at| format!("the commit of {at}"));
    say(format_args!(
        "backup of {}, made {}: up to {committed}, {} rows of the journal, layout {}, epoch {}, {} persons erased",
        manifest.house,
        manifest.taken,
        manifest.journal,
        manifest.layout,
        manifest.epoch,
        manifest.erased
    ));
}
