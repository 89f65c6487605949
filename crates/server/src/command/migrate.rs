//! `genvej migrate`.

use super::{Failed, block_on, say};
use server::key_file::KeyFile;
use server::system::{SystemClock, SystemRandom};
use server::{Config, Random, StoreLock};
use std::sync::Arc;

pub(super) fn run(config: &Config) -> Result<(), Failed> {
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
