//! `genvej time`: takes a future back that was committed.

use super::{Failed, block_on, say};
use clap::Subcommand;
use server::system::{SystemClock, SystemRandom};
use server::{Config, Overrides, build};
use service::parts::NoFaces;
use std::sync::Arc;

/// The clock, and time that was committed.
#[derive(Debug, Subcommand)]
pub(super) enum Time {
    /// Says that a future which was committed is to be taken back, because this machine's clock is right. Where `accept_persons` in
    /// the configuration is 2, a second person confirms it within the hour, with a passkey on the operations site. The journal keeps both.
    Accept,
}

impl Time {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
        let Self::Accept = self;
        let two = config.clock.accept_persons.0 == 2;
        if two && config.sites.operations.is_none() {
            return Err("accept_persons in [clock] is 2, and a second person has nowhere to sign in: name `operations` in [sites], or set accept_persons = 1".into());
        }
        let overrides = Overrides { faces: Some(Arc::new(NoFaces)), ..Overrides::default() };
        block_on(async {
            let running = build(config, Arc::new(SystemClock), Arc::new(SystemRandom), overrides)?;
            let future = running.service.committed_future().await;
            let accepted = running.service.accept_time_by_key_file().await;
            running.stop().await;
            let (is_done, future) = (accepted?, future?);
            let at = |ms: i64| jiff::Timestamp::from_millisecond(ms).map(|at| at.to_string());
            if let Some(future) = future {
                say(format_args!("committed last: {}", at(future.last.0)?));
                say(format_args!("this machine:   {}", at(future.clock.0)?));
            }
            match &config.sites.operations {
                _ if is_done => say("accepted: time goes on from this machine's clock"),
                Some(origin) => say(format_args!(
                    "asked: a second person signs in at {}/ and confirms it within the hour",
                    origin.0
                )),
                None => {}
            }
            Ok(())
        })
    }
}
