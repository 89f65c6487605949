//! `genvej staff`.

use super::{Failed, block_on, say};
use clap::{Subcommand, ValueEnum};
use recovery::staff::Role;
use server::system::{SystemClock, SystemRandom};
use server::{Config, Overrides, build};
use std::sync::Arc;

/// Accounts of agents and clerks.
#[derive(Debug, Subcommand)]
pub(super) enum Staff {
    /// Makes a link that works once within 48 hours: whoever opens it registers a passkey.
    Invite {
        /// As shown in the console.
        #[arg(long)]
        name: String,
        /// `agent`, `clerk`, `supervisor`, `operator` or `auditor`; may be given several times.
        #[arg(long = "role", required = true, value_parser = role)]
        roles: Vec<Role>,
        /// The operator's id of the centre where they work; agents and clerks need one.
        #[arg(long)]
        centre: Option<String>,
        /// The console that the link is for.
        #[arg(long, value_enum)]
        site: Console,
    },
}

/// A console.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Console {
    Support,
    Desk,
}

fn role(text: &str) -> Result<Role, String> {
    let known = Role::ALL.into_iter().find(|role| role.code() == text);
    known.ok_or_else(|| format!("there is no role named {text}"))
}

impl Staff {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
        let Self::Invite { name, roles, centre, site } = self;
        let origin = match site {
            Console::Support => &config.sites.support.0,
            Console::Desk => &config.sites.desk.0,
        };
        block_on(async {
            let running =
                build(config, Arc::new(SystemClock), Arc::new(SystemRandom), Overrides::default())?;
            let centre = centre.as_deref().map(service::appointment::centre_id);
            let invited = running.service.invite_staff(&name, &roles, centre).await;
            running.stop().await;
            say(format_args!("{origin}/invite/{}", invited?.as_str()));
            Ok(())
        })
    }
}
