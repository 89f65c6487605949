//! Three servers on one PostgreSQL database: what only one may get only one gets, whichever servers are asked, and a server that is
//! killed takes nothing with it that was acknowledged.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "../src/command/bench/app.rs"]
#[allow(clippy::allow_attributes, dead_code, reason = "the bench uses the rest of it")]
mod app;
mod served;
#[path = "../../store-postgres/tests/servers/mod.rs"]
mod servers;
#[path = "../src/command/bench/timing.rs"]
#[allow(clippy::allow_attributes, dead_code, reason = "the bench uses the rest of it")]
mod timing;

use app::{App, Line, SECRET, word};
use request_signature::SoftwareKey;
use serde_json::{Value, json};
use served::{Installation, PUBLIC, Process};
use servers::{Release, Server};
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

type Failed = Box<dyn std::error::Error + Send + Sync>;

const SERVERS: usize = 3;
const RIVALS: usize = 50;

/// Servers that run over one database.
struct Cluster {
    _database: Server,
    installations: Vec<Installation>,
    processes: Vec<Option<Process>>,
}

impl Cluster {
    fn start() -> Self {
        let database = Server::start(Release::System, &[]);
        let url = format!("{:?}", database.url("public"));
        let addresses: Vec<String> =
            (0..SERVERS).map(|_| format!("{:?}", served::free_port().to_string())).collect();
        let addresses = format!("[{}]", addresses.join(", "));
        let hash = hex::encode(Sha256::digest(SECRET.as_bytes()));
        let client = format!(
            "[{{ id = \"bench\", secret_sha256 = \"{hash}\", scopes = [\"enrolments\"] }}]"
        );
        let numbers: Vec<String> = (1..=SERVERS).map(|number| number.to_string()).collect();
        let mut installations: Vec<Installation> = Vec::new();
        for number in &numbers {
            let changes = [
                ("store", format!("{{ url = {url} }}")),
                ("cluster", format!("{{ servers = {addresses}, this = {number} }}")),
                ("operator.clients", client.clone()),
                ("http.exempt", "[\"127.0.0.0/8\"]".to_owned()),
            ];
            let changes: Vec<_> = changes.iter().map(|(key, it)| (*key, it.as_str())).collect();
            let further = Installation::configured(&changes);
            match installations.first() {
                None => further.install(),
                Some(first) => further.joins(first),
            }
            installations.push(further);
        }
        let processes = installations.iter().map(|it| Some(it.serve())).collect();
        Self { _database: database, installations, processes }
    }

    fn lines(&self) -> Vec<Line> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        let line = |at: SocketAddr| Line::over(agent.clone(), at, format!("https://{PUBLIC}"));
        self.installations.iter().map(|it| line(it.public)).collect()
    }
}

impl Installation {
    /// Takes from a server that runs what a further one has to know from outside the database (docs/scale.md).
    fn joins(&self, first: &Self) {
        for name in ["genvej.keys", "genvej.epoch", "genvej.checkpoint"] {
            std::fs::copy(first.path(name), self.path(name)).unwrap();
        }
    }
}

/// The same app at another server, for what an app does not do: several things at once.
fn again(app: &App, line: &Line) -> App {
    App {
        line: line.clone(),
        keyid: app.keyid.clone(),
        key: SoftwareKey::from_bytes(&app.key.to_bytes()).unwrap(),
        nonce: app.nonce.clone(),
        own: Duration::ZERO,
    }
}

/// A nonce of the server's, for the next request of an app.
async fn renewed(app: &mut App) -> Result<(), Failed> {
    let asked = json!({ "keyid": app.keyid }).to_string().into_bytes();
    app.nonce = app.line.ask("POST", "/v1/app/nonce", &[], asked).await?.text("nonce")?;
    Ok(())
}

/// How many wrong PINs the service says that an app may still give.
async fn tries_left(app: &mut App) -> Result<u64, Failed> {
    renewed(app).await?;
    let state = app.call("GET", "/v1/app/state", &Value::Null).await?;
    state.body["lock"]["tries_left"].as_u64().ok_or_else(|| format!("{}", state.body).into())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_one_may_get_only_one_gets_whichever_servers_are_asked() {
    let cluster = Cluster::start();
    let lines = cluster.lines();

    // One activation code, fifty devices.
    let (offer, code) = lines[0].enrol("one-code").await.unwrap();
    let mut rivals = JoinSet::new();
    for at in 0..RIVALS {
        let (line, offer, code) = (lines[at % SERVERS].clone(), offer.clone(), code.clone());
        rivals.spawn(async move { App::redeem(line, &offer, &code).await.is_ok() });
    }
    let bound = rivals.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(bound, 1, "devices that one code bound");

    // One PIN try at a time, and a request counts once.
    let mut app = App::ready(lines[1].clone(), "one-try").await.unwrap();
    let mut rivals = JoinSet::new();
    for at in 0..RIVALS {
        let mut rival = again(&app, &lines[at % SERVERS]);
        rivals.spawn(async move {
            renewed(&mut rival).await.unwrap();
            let login = rival.login().unwrap();
            rival.begin_try(&login).await.is_ok()
        });
    }
    let begun = rivals.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(begun, 1, "tries that were reserved at once");

    // A nonce is good for one request, at whichever server.
    renewed(&mut app).await.unwrap();
    let mut rivals = JoinSet::new();
    for at in 0..RIVALS {
        let mut rival = again(&app, &lines[at % SERVERS]);
        rivals.spawn(async move { rival.call("GET", "/v1/app/state", &Value::Null).await.is_ok() });
    }
    let answered = rivals.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(answered, 1, "requests that one nonce was good for");
}

/// Wrong PINs until the first lock.
const TRIES: u64 = 3;

/// Gives a wrong PIN and a right one in turn until `stop`, at one server after another. Where a server went away in the middle, it holds
/// what the service says against what was acknowledged and goes on with another app. Returns how often that was.
async fn work(lines: Vec<Line>, stop: Arc<AtomicBool>, acknowledged: Arc<AtomicUsize>) -> usize {
    let (mut lost, mut at) = (0, 0_usize);
    let mut next = move || {
        at += 1;
        lines[at % SERVERS].clone()
    };
    let mut app = None;
    let mut wrong = 0;
    while !stop.load(Ordering::Relaxed) {
        let Some(mut working) = app.take() else {
            app = App::ready(next(), &word()).await.ok();
            wrong = 0;
            continue;
        };
        working.line = next();
        if renewed(&mut working).await.is_err() {
            app = Some(working);
            continue;
        }
        let gives_wrong = wrong == 0;
        let done =
            if gives_wrong { given_wrong(&mut working).await } else { working.check().await };
        if done.is_ok() {
            wrong = u64::from(gives_wrong);
            acknowledged.fetch_add(1, Ordering::Relaxed);
            app = Some(working);
            continue;
        }
        lost += 1;
        let left = loop {
            working.line = next();
            if let Ok(left) = tries_left(&mut working).await {
                break left;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        // What was not acknowledged counts or does not. A right PIN that was not acknowledged may have made all tries good again.
        let may_be = |left: u64| left == TRIES - wrong || left == TRIES - wrong - 1;
        assert!(
            may_be(left) || !gives_wrong && left == TRIES,
            "{left} tries left after {wrong} wrong PINs that were acknowledged"
        );
    }
    lost
}

async fn given_wrong(app: &mut App) -> Result<(), Failed> {
    let login = app.login()?;
    let reserved = app.begin_try(&login).await?;
    let settled = app.end_try(&reserved, &json!({})).await?;
    if settled.body["right"] == Value::Bool(false) { Ok(()) } else { Err("it was right".into()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_takes_nothing_with_it_that_was_acknowledged() {
    let mut cluster = Cluster::start();
    let lines = cluster.lines();
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::default());
    let mut apps = JoinSet::new();
    for _ in 0..6 {
        apps.spawn(work(lines.clone(), Arc::clone(&stop), Arc::clone(&acknowledged)));
    }
    for at in 0..SERVERS {
        tokio::time::sleep(Duration::from_millis(700)).await;
        // Killed, and started again over what it left.
        drop(cluster.processes[at].take());
        tokio::time::sleep(Duration::from_millis(300)).await;
        cluster.processes[at] = Some(cluster.installations[at].serve());
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    stop.store(true, Ordering::Relaxed);
    let lost: usize = apps.join_all().await.into_iter().sum();

    assert!(lost > 0, "no request was under way when a server was killed");
    assert!(acknowledged.load(Ordering::Relaxed) > 50, "{acknowledged:?}");
}
