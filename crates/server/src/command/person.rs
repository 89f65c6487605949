//! `genvej person`: what the operator owes a person.

use super::{Failed, block_on, say};
use clap::Subcommand;
use server::system::{SystemClock, SystemRandom};
use server::{Config, Erasures, Overrides, build};
use service::Clock as _;
use service::erasure::Named;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Persons.
#[derive(Debug, Subcommand)]
pub(super) enum Person {
    /// Erases a person (GDPR article 17): everything personal becomes unreadable and goes; the journal still verifies.
    Erase {
        /// The national number, current or earlier; or with --operator-id your own id of the person. `-` reads it from
        /// standard input, so that it stands in no history and no list of processes.
        number: String,
        /// What is given is your own id.
        #[arg(long)]
        operator_id: bool,
    },
}

impl Person {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
        let Self::Erase { number, operator_id } = self;
        let given = Zeroizing::new(if number == "-" {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line)?;
            line
        } else {
            number
        });
        let digits: Zeroizing<String> =
            Zeroizing::new(given.chars().filter(char::is_ascii_digit).collect());
        let name = if operator_id {
            Named::OperatorId(given.trim())
        } else if digits.len() == 10 {
            Named::NationalNumber(&digits)
        } else {
            return Err(
                "a national number has ten digits; your own id goes with --operator-id".into()
            );
        };
        block_on(async {
            let mut running =
                build(config, Arc::new(SystemClock), Arc::new(SystemRandom), Overrides::default())?;
            let erased = match running.ready().await {
                Ok(()) => erase(config, &running.service, name).await,
                Err(error) => Err(error.into()),
            };
            running.stop().await;
            erased
        })
    }
}

async fn erase(config: &Config, service: &service::Service, name: Named<'_>) -> Result<(), Failed> {
    let Some(person) = service.person_named(name).await? else {
        return Err(
            "nobody here has that number; somebody who was erased is not found either".into()
        );
    };
    let list = Erasures::at(config.erased());
    list.add(person, SystemClock.now())?;
    service.erase_person(person).await?;
    say("erased: the key is gone, and with it everything that was sealed under it");
    say(format_args!(
        "{} remembers the id for the day when a backup is restored; keep a copy of it outside the database",
        list.path().display()
    ));
    Ok(())
}
