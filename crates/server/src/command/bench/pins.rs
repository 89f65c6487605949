//! PIN checks: OPAQUE alone, and through the whole service.

use super::app::{App, DIGITS, Line, cheap, random, word};
use super::house::{House, with_running};
use super::threads;
use super::timing::{counted, processor_time};
use crate::command::Failed;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey};
use pin::{Account, CredentialIdentifier, Holder, Login, Pin, Record, Registration, ServerSetup};
use rustix::time::ClockId;
use server::Running;
use server::system::Stopwatch;
use std::time::Duration;
use tokio::task::JoinSet;

/// What the cryptography of a PIN check costs alone: the yardstick of the whole service. It is measured with the crates `pin` and
/// `p256` whatever the service itself computes with.
pub(super) struct Bare {
    /// The server's part of one OPAQUE login.
    pub(super) opaque: Duration,
    /// One check of an ECDSA signature on P-256.
    pub(super) signature: Duration,
}

impl Bare {
    /// OPAQUE and the signatures of the two requests.
    pub(super) fn check(&self) -> Duration {
        self.opaque + self.signature * 2
    }
}

/// What PIN checks through the whole service have used.
pub(super) struct Spent {
    pub(super) checks: u32,
    /// The processor time of the app for one check.
    pub(super) of_the_app: Duration,
    /// The processor time of the server for one check.
    pub(super) of_the_server: Duration,
    /// The part of that which the writer of the store used.
    pub(super) of_the_writer: Duration,
    /// The part of that which the readers of the store used.
    pub(super) of_the_readers: Duration,
}

/// Measures the yardstick on one thread, each part for half of `span`.
pub(super) fn bare(span: Duration) -> Result<Bare, Failed> {
    Ok(Bare { opaque: opaque(span / 2)?, signature: signature(span / 2)? })
}

/// Runs the server's part of a login again and again.
fn opaque(span: Duration) -> Result<Duration, Failed> {
    let holder = Holder(b"bench");
    let setup = ServerSetup::generate(&mut random);
    let identifier = CredentialIdentifier::generate(&mut random);
    let registration = Registration::start(Pin::parse(DIGITS)?, &mut random)?;
    let response = setup.answer_registration(&identifier, registration.request())?;
    let upload = registration.finish(&response, holder, &cheap()?, &mut random)?;
    let record = Record::from_bytes(&upload)?;
    let login = Login::start(Pin::parse(DIGITS)?, &mut random)?;
    let (mut spent, mut rounds) = (Duration::ZERO, 0_u32);
    while spent < span {
        let account = Account::Registered { identifier, record: &record };
        let answered =
            counted(&mut spent, || setup.answer_login(account, holder, login.ke1(), &mut random))?;
        let finished = login.finish(&answered.ke2, holder, &cheap()?, &mut random)?;
        counted(&mut spent, || answered.state.finish(holder, &finished.ke3))?;
        rounds = rounds.saturating_add(1);
    }
    Ok(spent / rounds)
}

/// Checks one signature again and again.
fn signature(span: Duration) -> Result<Duration, Failed> {
    let key = SigningKey::from_slice(&[7; 32])?;
    let message = [0x5a; 400];
    let signature: Signature = key.sign(&message);
    let (mut spent, mut rounds) = (Duration::ZERO, 0_u32);
    while spent < span {
        counted(&mut spent, || {
            std::hint::black_box(key.verifying_key()).verify(&message, &signature)
        })?;
        rounds = rounds.saturating_add(1);
    }
    Ok(spent / rounds)
}

/// Runs `clients` apps at once, each checking its PIN again and again: signed requests, tickets, commits on the disk. Returns
/// what was used, and the checks in a second.
pub(super) fn durable(
    house: &House,
    clients: usize,
    span: Duration,
) -> Result<(Spent, f64), Failed> {
    with_running(house, async |running| {
        run_checks(apps(running, house.origin(), clients).await?, span).await
    })
}

/// Apps with a PIN each.
pub(super) async fn apps(
    running: &Running,
    origin: String,
    clients: usize,
) -> Result<Vec<App>, Failed> {
    let line = Line::here(running.router.clone(), origin);
    let mut apps = Vec::with_capacity(clients);
    for number in 0..clients {
        apps.push(App::ready(line.clone(), &format!("bench-{number}-{}", word())).await?);
    }
    Ok(apps)
}

/// Lets each app check its PIN again and again; returns what was used, and the checks in a second.
pub(super) async fn run_checks(apps: Vec<App>, span: Duration) -> Result<(Spent, f64), Failed> {
    let mut under_way = JoinSet::new();
    let (watch, used) = (Stopwatch::start(), processor_time(ClockId::ProcessCPUTime));
    let threads = ["store-writer", "store-reader"];
    let [writer, readers] = threads.map(threads::processor_time_of);
    let (writer, readers) = (writer?, readers?);
    for app in apps {
        under_way.spawn(check_for(app, span));
    }
    let (mut checks, mut own) = (0_u32, Duration::ZERO);
    while let Some(app) = under_way.join_next().await {
        let (of_one, took) = app??;
        checks = checks.saturating_add(of_one);
        own += took;
    }
    let every = checks.max(1);
    let used = processor_time(ClockId::ProcessCPUTime).saturating_sub(used);
    let [writer_after, readers_after] = threads.map(threads::processor_time_of);
    let spent = Spent {
        checks,
        of_the_app: own / every,
        of_the_server: used.saturating_sub(own) / every,
        of_the_writer: writer_after?.saturating_sub(writer) / every,
        of_the_readers: readers_after?.saturating_sub(readers) / every,
    };
    Ok((spent, f64::from(checks) / watch.elapsed().as_secs_f64()))
}

/// The number of checks in `span`, and the processor time of the app's own part in all of them.
async fn check_for(mut app: App, span: Duration) -> Result<(u32, Duration), Failed> {
    let (watch, before) = (Stopwatch::start(), app.own);
    let mut checks = 0_u32;
    while watch.elapsed() < span {
        app.check().await?;
        checks = checks.saturating_add(1);
    }
    Ok((checks, app.own.saturating_sub(before)))
}
