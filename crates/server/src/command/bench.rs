//! `genvej bench`: measures what this machine does in a second. Nothing is asserted; the figures are for the reader.

mod app;
mod connections;
mod documents;
mod house;
mod metered;
mod models;
mod pins;
mod rows;
mod stages;
mod threads;
mod timing;

use super::{Failed, say};
use clap::Args;
use house::House;
use serde::Serialize;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// Measures PIN checks, verified documents, compared faces and memory at rest.
#[derive(Debug, Args)]
pub(super) struct Bench {
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Seconds for each measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Apps that check PINs at once.
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// On which disk the database lies meanwhile.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// A folder with face models in place of the default set.
    #[arg(long, env = "GENVEJ_MODELS")]
    models: Option<PathBuf>,
    /// A portrait, to measure faces.
    #[arg(long, requires = "live")]
    portrait: Option<PathBuf>,
    /// Live pictures of one session, to measure faces.
    #[arg(long, num_args = 1..)]
    live: Vec<PathBuf>,
    /// Measures nothing but how `/healthz` and a PIN try are answered for so many seconds while 2,000 connections are idle
    /// and 100 clients send their requests a byte at a time.
    #[arg(long, value_name = "SECONDS")]
    connections: Option<u64>,
    /// Measures nothing but how soon a server is ready over a database of so many rows.
    #[arg(long, value_name = "ROWS", conflicts_with = "connections")]
    rows: Option<u32>,
}

/// One figure of the table.
#[derive(Debug, Serialize)]
struct Figure {
    /// The name of the figure.
    what: &'static str,
    value: f64,
    unit: &'static str,
    /// How it was measured.
    how: String,
}

impl Bench {
    pub(super) fn run(self) -> Result<(), Failed> {
        let span = Duration::from_secs(self.seconds.clamp(1, 600));
        let models = models::folder(self.models.as_deref())?;
        if let Some(seconds) = self.connections {
            step("Answers while others hold the connections");
            let house = House::build(&self.folder, &models)?;
            let figures = connections::held(&house, Duration::from_secs(seconds.clamp(1, 600)))?;
            house.remove();
            return self.show(&figures);
        }
        if let Some(rows) = self.rows {
            step("A start over many rows");
            let house = House::build(&self.folder, &models)?;
            let figures = rows::ready(&house, rows)?;
            house.remove();
            return self.show(&figures);
        }
        let mut figures = Vec::new();
        step("OPAQUE alone, one core");
        let bare = pins::bare(span)?;
        figures.extend(of_the_yardstick(&bare));
        step(&format!("PIN checks over the whole service, {} apps at once", self.clients));
        let house = House::build(&self.folder, &models)?;
        figures.extend(self.pin_checks(&house, &bare, span)?);
        step("The stages of a PIN check");
        figures.extend(stages::measured(&house, self.clients(), span, &bare)?);
        step("Documents verified, one core");
        let documents = documents::verified(span)?;
        figures.push(Figure {
            what: "documents verified",
            value: documents,
            unit: "documents/s per core",
            how: "passive authentication up to the issuing state, ECDSA P-256, DG1, DG2 (13 kB), one thread".to_owned(),
        });
        if let Some(portrait) = &self.portrait {
            step("Faces compared, one core");
            figures.push(documents::faces(portrait, &self.live, &models::engine(&models)?, span)?);
        }
        step("Memory of `genvej serve` at rest");
        figures.push(Figure {
            what: "memory at rest",
            value: house.memory_at_rest()?,
            unit: "MB",
            how: "resident set of `genvej serve`, models loaded, 3 s after it was ready".to_owned(),
        });
        house.remove();
        step("Done");
        self.show(&figures)?;
        if !self.json {
            if self.portrait.is_none() {
                say("faces: not measured (give --portrait and --live)");
            }
            say("chip reading, in APDUs and bytes: cargo bench -p chip --bench reading");
        }
        Ok(())
    }

    /// PIN checks over the whole service, beside what their cryptography costs alone.
    fn pin_checks(
        &self,
        house: &House,
        bare: &pins::Bare,
        span: Duration,
    ) -> Result<[Figure; 3], Failed> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (spent, per_second) = pins::durable(house, self.clients(), span)?;
        Ok([
            Figure {
                what: "PIN checks",
                value: per_second,
                unit: "checks/s",
                how: format!(
                    "on {cores} cores, of which the {} apps use {:.0} µs a check: two signed requests each, SQLite on disk, every commit \
                     synced",
                    self.clients(),
                    micros(spent.of_the_app)
                ),
            },
            Figure {
                what: "processor time of a PIN check",
                value: micros(spent.of_the_server),
                unit: "µs",
                how: "of the server, all its threads, the apps' own work taken off".to_owned(),
            },
            Figure {
                what: "cryptography in a PIN check",
                value: micros(bare.check()) / micros(spent.of_the_server),
                unit: "ratio",
                how: "OPAQUE and two signature checks as measured alone, of the processor time of the server".to_owned(),
            },
        ])
    }

    fn clients(&self) -> usize {
        self.clients.clamp(1, 1_000)
    }

    fn show(&self, figures: &[Figure]) -> Result<(), Failed> {
        if self.json {
            say(serde_json::to_string_pretty(figures)?);
        } else {
            figures.iter().for_each(print);
        }
        Ok(())
    }
}

fn of_the_yardstick(bare: &pins::Bare) -> [Figure; 2] {
    [
        Figure {
            what: "OPAQUE alone",
            value: micros(bare.opaque),
            unit: "µs",
            how: "the server's part of one login, in memory, one thread".to_owned(),
        },
        Figure {
            what: "a signature check alone",
            value: micros(bare.signature),
            unit: "µs",
            how: "ECDSA on P-256 by the crate p256, one thread".to_owned(),
        },
    ]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn print(figure: &Figure) {
    let Figure { what, value, unit, how } = figure;
    let value = if *value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") };
    say(format_args!("{what:<32}{value:>10} {unit:<22} {how}"));
}

fn step(what: &str) {
    let _ = writeln!(std::io::stderr(), "bench: {what} …");
}

/// A count as a floating-point factor; counts here are far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "a count of seconds, cores or checks")]
fn count(number: usize) -> f64 {
    number as f64
}
