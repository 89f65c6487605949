//! What a PIN check through the whole service costs the server, stage by stage.

use super::app::random;
use super::house::{House, with_running_over};
use super::metered::{Cost, MeteredStore};
use super::pins::{Bare, Spent, apps, run_checks};
use super::timing::counted;
use super::{Figure, micros};
use crate::command::Failed;
use request_signature::SoftwareKey;
use server::Overrides;
use std::sync::Arc;
use std::time::Duration;
use store::seal::{self, Binding, DataKey, Frame, Nonce};
use store::{Id, Record, Version, kinds};
use zeroize::Zeroizing;

/// The bytes in clear of a row of a PIN check, about: an app instance.
const ROW_BYTES: usize = 600;

/// Measures the stages; `bare` was measured in the same run.
pub(super) fn measured(
    house: &House,
    clients: usize,
    span: Duration,
    bare: &Bare,
) -> Result<Vec<Figure>, Failed> {
    let metered = Arc::new(MeteredStore::new(Arc::new(server::backend::open(house.config())?)));
    let overrides = Overrides { store: Some(Arc::clone(&metered) as _), ..Overrides::default() };
    let (spent, cost, request) = with_running_over(house, overrides, async |running| {
        let apps = apps(running, house.origin(), clients).await?;
        let line = apps.first().ok_or("no app checks a PIN")?.line.clone();
        let before = metered.cost();
        let (spent, _) = run_checks(apps, span).await?;
        let cost = metered.cost().since(before);
        Ok((spent, cost, line.request_for_a_nonce(span / 4).await?))
    })?;
    let (verified, sealed) = (verified(span / 4)?, sealed(span / 4)?);
    Ok(table(&spent, cost, &Alone { opaque: bare.opaque, verified, sealed, request }))
}

/// What single steps cost when nothing else is done.
struct Alone {
    opaque: Duration,
    verified: Duration,
    sealed: Duration,
    request: Duration,
}

fn table(spent: &Spent, cost: Cost, alone: &Alone) -> Vec<Figure> {
    let checks = spent.checks.max(1);
    let rows = cost.rows_read.saturating_add(cost.rows_written);
    let commits = cost.commits / checks + spent.of_the_writer;
    let reads = cost.reads / checks + spent.of_the_readers;
    let stages = [
        (
            "signatures",
            alone.verified * 2,
            "two, by the crate that the service uses, measured alone",
        ),
        ("OPAQUE", alone.opaque, "measured alone"),
        ("reads", reads, "of the store: the threads that ask and the readers"),
        ("commits", commits, "of the store: the threads that ask and the writer"),
        (
            "seals",
            alone.sealed * rows / checks,
            "all rows that are read and written, one of 600 bytes measured alone",
        ),
        (
            "HTTP and JSON",
            alone.request * 2,
            "two requests for a nonce, with their look at the clock",
        ),
    ];
    let told: Duration = stages.iter().map(|(_, time, _)| *time).sum();
    let rest = spent.of_the_server.saturating_sub(told);
    let all_else =
        ("all else", rest, "decisions, evidence about rows, turns of the runtime: what is left");
    let stages = stages.into_iter().chain([all_else]);
    let figure = |(what, time, how): (&'static str, Duration, &str)| Figure {
        what,
        value: micros(time),
        unit: "µs of a PIN check",
        how: how.to_owned(),
    };
    stages.map(figure).collect()
}

/// One signature, verified as the service does it.
fn verified(span: Duration) -> Result<Duration, Failed> {
    let key = SoftwareKey::generate(&mut random);
    let (public, message) = (key.public_key(), [0x5a; 400]);
    let signature = key.sign(&message);
    again(span, || Ok(std::hint::black_box(&public).verifies(&message, &signature)))
}

/// One row, sealed or opened: half of doing both.
fn sealed(span: Duration) -> Result<Duration, Failed> {
    let key = DataKey::new(Zeroizing::new([7; 32]));
    let record = Record::new(kinds::INSTANCE, Id(1), 1, Vec::new());
    let binding = Binding::row(Frame::saved_as(&record, Version::FIRST), 1);
    let clear = [0x5a; ROW_BYTES];
    let both = again(span, || {
        let sealed = seal::seal(&key, Nonce([3; 24]), &binding, &clear);
        Ok(seal::open(&key, &binding, &sealed, "bench")?.len())
    })?;
    Ok(both / 2)
}

/// The processor time of a step, done again and again.
fn again<T>(
    span: Duration,
    mut step: impl FnMut() -> Result<T, Failed>,
) -> Result<Duration, Failed> {
    let (mut spent, mut rounds) = (Duration::ZERO, 0_u32);
    while spent < span {
        counted(&mut spent, || step().map(|done| drop(std::hint::black_box(done))))?;
        rounds = rounds.saturating_add(1);
    }
    Ok(spent / rounds.max(1))
}
