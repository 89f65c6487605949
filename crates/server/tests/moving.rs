//! The database moves from a file to a server and back: broken off, gone on with, refused where it must be.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod apps;
mod installation;
#[path = "../../store-postgres/tests/servers/mod.rs"]
mod servers;

use apps::enrolled;
use installation::Installation;
use server::StoreLock;
use servers::{Release, Server};
use std::process::{Command, Stdio};
use store::{
    EffectKey, EffectKind, Id, OutboxRow, Record, Store as _, Timestamp, Transaction, kinds,
};

/// The number of rows that nobody watches, so that a move takes its time.
const MANY: u128 = 30_000;

impl Installation {
    /// Names another database in the configuration.
    fn live_on(&self, place: &str) {
        let text = std::fs::read_to_string(&self.config).unwrap();
        let is_place = |line: &str| {
            line.starts_with("url = \"postgresql:")
                || (line.starts_with("path = ") && line.contains(".sqlite"))
        };
        let lines = text.lines().map(|line| if is_place(line) { place } else { line });
        std::fs::write(&self.config, lines.collect::<Vec<_>>().join("\n")).unwrap();
    }

    async fn filled(&self) {
        let store = store_sqlite::Sqlite::open(&self.path("genvej.sqlite")).unwrap();
        let at = store.last_committed().await.unwrap().unwrap_or(Timestamp(0));
        let ids: Vec<u128> = (1_000..1_000 + MANY).collect();
        for part in ids.chunks(1_000) {
            let all = part.iter().fold(Transaction::new(at), |all, id| {
                all.insert(Record::new(kinds::LEASE, Id(*id), 1, vec![7; 50]))
            });
            store.commit(all).await.unwrap();
        }
        // An effect of next year that was tried once.
        let next_year = Timestamp(at.0 + 365 * 24 * 3_600_000);
        let key = EffectKey { owner: Id(7), version: 3, index: 1 };
        let row = OutboxRow {
            key,
            effect: EffectKind(3),
            person: Id(8),
            payload: vec![9; 20],
            not_before: next_year,
            expires_at: None,
        };
        store.commit(Transaction::new(at).effect(row)).await.unwrap();
        assert_eq!(store.claim_effects(next_year, 1, 1).await.unwrap().len(), 1);
        store.close();
    }
}

fn count(server: &Server) -> usize {
    let asked = server.sql("public", "SELECT count(*) FROM aggregate");
    asked.map_or(0, |rows| rows.first().map_or(0, |it| it.parse().unwrap()))
}

/// How many rows a run has copied, by what it said.
fn copied(said: &str) -> usize {
    let (before, _) = said.split_once(" of them since this run began").unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_moves_to_a_server_and_back_and_everybody_goes_on_where_they_were() {
    let server = Server::start(Release::System, &[]);
    let here = Installation::migrated();
    let running = here.started().await;
    let mut app = enrolled(&here, &running, "person-1").await;
    app.wrong_try().await.unwrap();
    running.stop().await;
    here.filled().await;
    let url = server.url("public");
    let to = format!("postgres:{url}");
    let moves = ["migrate", "--from", "config", "--to", to.as_str()];
    let lock = StoreLock::take(&here.path("genvej.sqlite")).unwrap();
    let refused = String::from_utf8(here.genvej(&moves).stderr).unwrap();
    assert!(refused.contains("another server works on this database"), "{refused}");
    drop(lock);

    // Killed in the middle, and given again.
    let mut first = Command::new(env!("CARGO_BIN_EXE_genvej"));
    first.arg("--config").arg(&here.config).args(moves).stdout(Stdio::null());
    let mut first = first.spawn().unwrap();
    while count(&server) < 1_000 {
        assert!(first.try_wait().unwrap().is_none(), "it has ended");
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let there = count(&server);
    let said = here.done(&moves);
    assert!(said.contains("compared row by row"), "{said}");
    assert!(copied(&said) < usize::try_from(MANY).unwrap(), "{said}, and {there} were there");
    assert_eq!(copied(&here.done(&moves)), 0, "given once more it copies nothing");
    let tried = server.sql("public", "SELECT attempts FROM outbox WHERE version = 3 AND idx = 1");
    assert_eq!(tried.unwrap(), ["1"]);

    here.live_on(&format!("url = {url:?}"));
    let verified = here.done(&["audit", "verify"]);
    assert!(verified.contains("the database stands"), "{verified}");
    let running = here.started().await;
    let mut app = app.before(&running).await;
    app.wrong_try().await.unwrap();
    app.wrong_try().await.unwrap();
    assert!(app.wrong_try().await.is_err(), "the third wrong PIN locks: the first one counts");
    running.stop().await;

    let path = here.path("back.sqlite");
    let back = format!("sqlite:{}", path.display());
    here.done(&["migrate", "--from", "config", "--to", &back]);
    here.live_on(&format!("path = {path:?}"));
    here.done(&["audit", "verify"]);
    let running = here.started().await;
    assert!(app.before(&running).await.wrong_try().await.is_err(), "still locked");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_with_anything_else_in_it_is_left_alone() {
    let here = Installation::migrated();
    here.started().await.stop().await;
    let there = here.path("there.sqlite");
    let to = format!("sqlite:{}", there.display());
    let moves = ["migrate", "--from", "config", "--to", to.as_str()];
    here.done(&moves);
    let own = format!("sqlite:{}", here.path("genvej.sqlite").display());
    let same = here.genvej(&["migrate", "--from", "config", "--to", &own]);
    assert!(!same.status.success(), "a database is not moved to itself");

    let changes = [
        "UPDATE aggregate SET version = version + 1 WHERE kind = 5",
        "UPDATE aggregate SET version = version - 1 WHERE kind = 5;
         INSERT INTO aggregate VALUES (900, zeroblob(16), 1, 1, x'07', NULL)",
    ];
    for change in changes {
        rusqlite::Connection::open(&there).unwrap().execute_batch(change).unwrap();
        let refused = here.genvej(&moves);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && said.contains("target-differs"), "{said}");
    }

    // The source was set back, by its checkpoint.
    let old = std::fs::read(here.path("genvej.sqlite")).unwrap();
    let running = here.started().await;
    enrolled(&here, &running, "person-1").await;
    running.stop().await;
    std::fs::write(here.path("genvej.sqlite"), old).unwrap();
    let new = format!("sqlite:{}", here.path("new.sqlite").display());
    let refused = here.genvej(&["migrate", "--from", "config", "--to", &new]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("was set back"), "{said}");
}
