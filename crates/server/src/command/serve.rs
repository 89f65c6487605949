//! `genvej serve`.

use super::{Failed, block_on};
use server::system::{SystemClock, SystemRandom, stop_signal};
use server::{Config, Listeners, Overrides, StoreLock, build};
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

pub(super) fn run(config: &Config) -> Result<(), Failed> {
    let filter = EnvFilter::try_new(&config.log.filter)
        .map_err(|error| format!("configuration, log.filter: {error}"))?;
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    server::system::no_core_dumps()
        .map_err(|error| format!("core dumps cannot be switched off: {error}"))?;
    // Held to the end of the process.
    let _lock = StoreLock::of(config)?;
    block_on(async {
        let listeners = Listeners::bind(&config.http, config.cluster.as_ref())?;
        let running =
            build(config, Arc::new(SystemClock), Arc::new(SystemRandom), Overrides::default())?;
        let stop = stop_signal()?;
        Ok(running.serve_at(listeners, stop).await?)
    })
}
