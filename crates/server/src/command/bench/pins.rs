//! PIN checks: OPAQUE alone, and through the whole service.

use super::app::{App, Line, random, word};
use super::house::{House, with_running};
use crate::command::Failed;
use pin::{
    Account, CredentialIdentifier, Holder, Login, Pin, Record, Registration, ServerSetup, Stretch,
};
use serde_json::json;
use server::system::Stopwatch;
use std::time::Duration;
use tokio::task::JoinSet;

const DIGITS: &str = "402916";

/// The figures of OPAQUE alone.
pub(super) struct Bare {
    pub(super) per_second: f64,
}

/// The figures of PIN checks through the whole service.
pub(super) struct Durable {
    pub(super) per_second: f64,
    /// What an app itself needs for one check, on one core.
    pub(super) of_the_app: Duration,
    /// Processor time of this whole process for one check, the app's own part in it.
    pub(super) processor: Duration,
}

/// The cheapest key stretching: it is the phone's work and not the server's, and is not measured.
fn cheap() -> Result<Stretch, Failed> {
    Ok(Stretch::new(8, 1)?)
}

/// Runs the server's part of a login again and again, on one thread.
pub(super) fn bare(span: Duration) -> Result<Bare, Failed> {
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
        let watch = Stopwatch::start();
        let answered = setup.answer_login(account, holder, login.ke1(), &mut random)?;
        let answering = watch.elapsed();
        let finished = login.finish(&answered.ke2, holder, &cheap()?, &mut random)?;
        let watch = Stopwatch::start();
        answered.state.finish(holder, &finished.ke3)?;
        spent += answering + watch.elapsed();
        rounds = rounds.saturating_add(1);
    }
    Ok(Bare { per_second: f64::from(rounds) / spent.as_secs_f64() })
}

/// Runs `clients` apps at once, each checking its PIN again and again: signed requests, tickets, commits on the disk.
pub(super) fn durable(house: &House, clients: usize, span: Duration) -> Result<Durable, Failed> {
    with_running(house, async |running| {
        let line = Line::here(running.router.clone(), house.origin());
        let mut apps = Vec::with_capacity(clients);
        for number in 0..clients {
            apps.push(ready(line.clone(), &format!("bench-{number}")).await?);
        }
        let mut under_way = JoinSet::new();
        let (watch, used) = (Stopwatch::start(), processor_time());
        for app in apps {
            under_way.spawn(check_for(app, span));
        }
        let (mut checks, mut own, mut done) = (0_u32, Duration::ZERO, 0_u32);
        while let Some(app) = under_way.join_next().await {
            let (of_one, took) = app??;
            checks = checks.saturating_add(of_one);
            own += took;
            done = done.saturating_add(1);
        }
        let processor = processor_time().saturating_sub(used) / checks.max(1);
        let of_the_app = own / done.max(1);
        let per_second = f64::from(checks) / watch.elapsed().as_secs_f64();
        Ok(Durable { per_second, of_the_app, processor })
    })
}

/// The processor time that this process has used since it began.
fn processor_time() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(used.tv_sec).unwrap_or(0), u32::try_from(used.tv_nsec).unwrap_or(0))
}

/// A bound app with a PIN.
pub(super) async fn ready(line: Line, person: &str) -> Result<App, Failed> {
    let (mut app, grant) = App::bind(line, person).await?;
    let registration = Registration::start(Pin::parse(DIGITS)?, &mut random)?;
    let request = wire::Bytes(registration.request().to_vec());
    let body = json!({ "grant_id": grant, "request": request });
    let answer = app.call("POST", "/v1/app/pin/registrations", &body).await?;
    let holder = app.keyid.clone();
    let record = registration.finish(
        &answer.bytes("response")?,
        Holder(holder.as_bytes()),
        &cheap()?,
        &mut random,
    )?;
    let body = json!({ "grant_id": grant, "record": wire::Bytes(record.to_vec()) });
    app.call("PUT", "/v1/app/pin/registrations", &body).await?;
    Ok(app)
}

/// The number of checks in `span`, and the shortest time that the app's own part of one took.
async fn check_for(mut app: App, span: Duration) -> Result<(u32, Duration), Failed> {
    let watch = Stopwatch::start();
    let (mut checks, mut own) = (0_u32, Duration::MAX);
    while watch.elapsed() < span {
        own = own.min(check(&mut app).await?);
        checks = checks.saturating_add(1);
    }
    Ok((checks, own))
}

/// Checks the PIN once; returns the time that the app's own part took.
pub(super) async fn check(app: &mut App) -> Result<Duration, Failed> {
    let holder = app.keyid.clone();
    let begun = Stopwatch::start();
    let login = Login::start(Pin::parse(DIGITS)?, &mut random)?;
    let starting = begun.elapsed();
    let body = json!({ "purpose": { "for": "unlock" }, "ke1": wire::Bytes(login.ke1().to_vec()) });
    let reserved = app.call("POST", "/v1/app/pin/tries", &body).await?;
    let ke2 = reserved.bytes("ke2")?;
    let begun = Stopwatch::start();
    let finished = login.finish(&ke2, Holder(holder.as_bytes()), &cheap()?, &mut random)?;
    let own = starting + begun.elapsed();
    let path = format!("/v1/app/pin/tries/{}", reserved.text("ticket_id")?);
    let body = json!({ "ke3": wire::Bytes(finished.ke3.to_vec()) });
    let settled = app.call("POST", &path, &body).await?;
    if settled.body.get("right") != Some(&true.into()) {
        return Err(format!("check {} was not right", word()).into());
    }
    Ok(own)
}
