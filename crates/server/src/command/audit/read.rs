//! `genvej audit read`: entries of the journal in clear, for an audit.

use crate::command::{Failed, block_on, say};
use clap::Args;
use server::system::{SystemClock, SystemRandom};
use server::{Config, Overrides, Timestamp, build};
use service::erasure::Named;
use service::parts::NoFaces;
use service::reading::{ENTRIES_MAX, ReadEntry, Reading};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Which entries, for whom and what for.
#[derive(Debug, Args)]
pub(in crate::command) struct Read {
    /// Who reads; it is journalled.
    #[arg(long)]
    by: String,
    /// What it is for, such as the number of a complaint; it is journalled, and the person sees it in the own journal.
    #[arg(long)]
    purpose: String,
    /// The entries about one person alone, by the national number; `-` reads it from standard input.
    #[arg(long)]
    number: Option<String>,
    /// The same, by your own id of the person.
    #[arg(long, conflicts_with = "number")]
    operator_id: Option<String>,
    /// From this instant on, such as 2026-11-23T00:00Z.
    #[arg(long)]
    since: Option<jiff::Timestamp>,
    /// Up to this instant.
    #[arg(long)]
    until: Option<jiff::Timestamp>,
    /// Entries with this code alone, such as `refused`.
    #[arg(long)]
    code: Option<String>,
}

impl Read {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
        let overrides = Overrides { faces: Some(Arc::new(NoFaces)), ..Overrides::default() };
        block_on(async {
            let mut running =
                build(config, Arc::new(SystemClock), Arc::new(SystemRandom), overrides)?;
            let read = match running.ready().await {
                Ok(()) => self.read(&running.service).await,
                Err(error) => Err(error.into()),
            };
            running.stop().await;
            read
        })
    }

    async fn read(&self, service: &service::Service) -> Result<(), Failed> {
        let given = self.number.as_deref().map(number).transpose()?;
        let name = match (&given, &self.operator_id) {
            (Some(digits), _) => Some(Named::NationalNumber(digits)),
            (None, Some(id)) => Some(Named::OperatorId(id)),
            (None, None) => None,
        };
        let of = match name {
            None => None,
            Some(name) => Some(service.person_named(name).await?.ok_or(
                "nobody here has that number; somebody who was erased is not found either",
            )?),
        };
        let instant =
            |at: Option<jiff::Timestamp>, or| at.map_or(or, jiff::Timestamp::as_millisecond);
        let reading = Reading {
            by: self.by.clone(),
            purpose: self.purpose.clone(),
            of,
            since: Timestamp(instant(self.since, 0)),
            until: Timestamp(instant(self.until, i64::MAX)),
        };
        let entries = service.read_journal(&reading).await?;
        let full = entries.len() >= ENTRIES_MAX;
        let wanted = |entry: &&ReadEntry| match (&self.code, &entry.entry) {
            (None, _) => true,
            (Some(code), Some(entry)) => entry.code == *code,
            (Some(_), None) => false,
        };
        for entry in entries.iter().filter(wanted) {
            say(line(entry)?);
        }
        if full {
            say(format_args!(
                "{ENTRIES_MAX} entries were read; the next begin at --since the last of them"
            ));
        }
        Ok(())
    }
}

fn number(given: &str) -> Result<Zeroizing<String>, Failed> {
    let mut line = Zeroizing::new(String::new());
    if given == "-" {
        std::io::stdin().read_line(&mut line)?;
    } else {
        line.push_str(given);
    }
    let digits: Zeroizing<String> =
        Zeroizing::new(line.chars().filter(char::is_ascii_digit).collect());
    if digits.len() == 10 { Ok(digits) } else { Err("a national number has ten digits".into()) }
}

/// Time, position, id, person, code and fields, with tabulators between.
fn line(entry: &ReadEntry) -> Result<String, Failed> {
    let at = jiff::Timestamp::from_millisecond(entry.at.0)?;
    let position = entry.position.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let person = entry.person.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let said = entry.entry.as_ref().map_or_else(
        || "(about somebody who was erased)".to_owned(),
        |entry| {
            let fields = entry.fields.iter().map(|(name, value)| format!("\t{name}={value}"));
            format!("{}{}", entry.code, fields.collect::<String>())
        },
    );
    Ok(format!("{at}\t{position}\t{:032x}\t{person}\t{said}", entry.id))
}
