//! A process killed in the middle of its commits: what it had acknowledged is there.
//!
//! The test starts itself anew as the process that dies; see `the_process_that_dies`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use store::{
    CoarseType, Id, JournalId, JournalRow, Kind, Record, Store, SubjectId, Timestamp, Transaction,
};
use store_sqlite::Sqlite;

const KIND: Kind = Kind::new(900, "test case");
const FILE: &str = "GENVEJ_CRASH_TEST_FILE";
const CLIENTS: u32 = 16;

/// Row `n` of a client, with its journal row: together, or neither.
fn transaction(client: u32, n: u32) -> Transaction {
    let id = u128::from(client) << 32 | u128::from(n);
    let row = JournalRow {
        id: JournalId(id),
        subject: SubjectId(u128::from(client)),
        coarse: CoarseType(1),
        salt: [1; 32],
        ciphertext: vec![2; 64],
    };
    let record = Record::new(KIND, Id(id), 1, vec![3; 300]);
    Transaction::new(Timestamp(i64::from(n))).insert(record).journal(row)
}

/// Not a test by itself: without its variable it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_dies() {
    let Ok(path) = std::env::var(FILE) else { return };
    let store = std::sync::Arc::new(Sqlite::open(Path::new(&path)).expect("it opens"));
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let store = std::sync::Arc::clone(&store);
        clients.spawn(async move {
            for n in 0_u32.. {
                store.commit(transaction(client, n)).await.expect("it commits");
                println!("saved {client} {n}");
            }
        });
    }
    clients.join_all().await;
}

/// Kills the process after `lines` acknowledgements and returns all that it gave.
fn run_and_kill(path: &Path, lines: usize) -> Vec<u128> {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "the_process_that_dies", "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut read = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut acknowledged = Vec::new();
    let take = |line: &str, found: &mut Vec<u128>| {
        let mut words = line.split_once("saved ").map_or("", |(_, rest)| rest).split(' ');
        if let (Some(Ok(client)), Some(Ok(n))) =
            (words.next().map(str::parse::<u128>), words.next().map(str::parse::<u128>))
        {
            found.push(client << 32 | n);
        }
    };
    while acknowledged.len() < lines {
        let line = read.next().expect("it goes on").expect("a line");
        take(&line, &mut acknowledged);
    }
    child.kill().expect("SIGKILL");
    child.wait().expect("it is gone");
    // What it had said before it died counts too. A last line cut off within its number would name
    // an earlier row of the same client, which was acknowledged as well.
    for line in read.map_while(Result::ok) {
        take(&line, &mut acknowledged);
    }
    acknowledged
}

#[tokio::test]
async fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    for lines in [1, 300, 1_500] {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("crash.sqlite");
        Sqlite::migrate(&path).unwrap();

        let acknowledged = run_and_kill(&path, lines);

        Sqlite::check(&path).unwrap();
        let store = Sqlite::open(&path).unwrap();
        for id in &acknowledged {
            assert!(store.load(KIND, Id(*id)).await.unwrap().is_some(), "{id:x} is lost");
        }
        let rows = store.scan(KIND, None, 1_000_000).await.unwrap();
        let mut saved: Vec<_> = rows.iter().map(|row| row.record.id.0).collect();
        let waiting = store.journal_waiting(1_000_000).await.unwrap();
        let mut journalled: Vec<_> = waiting.iter().map(|row| row.row.id.0).collect();
        saved.sort_unstable();
        journalled.sort_unstable();
        assert_eq!(saved, journalled, "a row without its journal row, or the other way round");
        assert!(saved.len() >= acknowledged.len());
    }
}
