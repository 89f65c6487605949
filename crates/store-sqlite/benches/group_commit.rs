//! One writer that commits in groups beside one connection a client, side by side in one run.
//!
//! `cargo bench -p store-sqlite` prints durable commits a second for 1 and 32 clients, and the ratio.

use rusqlite::{Connection, TransactionBehavior, params};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::{Id, Kind, Record, Store, Timestamp, Transaction};
use store_sqlite::Sqlite;

const KIND: Kind = Kind::new(900, "benchmark");
const RUN: Duration = Duration::from_secs(3);
const STATE: [u8; 400] = [7; 400];

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn start() -> Instant {
    Instant::now()
}

fn per_second(commits: u64, took: Duration) -> u64 {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    commits.saturating_mul(1_000) / millis
}

fn grouped(path: &Path, clients: u64) -> u64 {
    let store = Arc::new(Sqlite::open(path).expect("it opens"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let begun = start();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let store = Arc::clone(&store);
            runtime.spawn(async move {
                let mut done = 0_u64;
                while begun.elapsed() < RUN {
                    let id = Id(u128::from(client) << 64 | u128::from(done));
                    let record = Record::new(KIND, id, 1, STATE.to_vec());
                    let transaction = Transaction::new(Timestamp(1)).insert(record);
                    store.commit(transaction).await.expect("it commits");
                    done += 1;
                }
                done
            })
        })
        .collect();
    let commits = tasks.into_iter().map(|task| runtime.block_on(task).expect("it ends")).sum();
    per_second(commits, begun.elapsed())
}

fn naive(path: &Path, clients: u64) -> u64 {
    let commits = AtomicU64::new(0);
    let begun = start();
    std::thread::scope(|scope| {
        for client in 0..clients {
            let commits = &commits;
            scope.spawn(move || {
                let mut db = Connection::open(path).expect("it opens");
                db.busy_timeout(Duration::from_secs(30)).expect("it is set");
                db.pragma_update(None, "synchronous", "FULL").expect("it is set");
                let mut done = 0_u64;
                while begun.elapsed() < RUN {
                    let behavior = TransactionBehavior::Immediate;
                    let transaction = db.transaction_with_behavior(behavior).expect("it begins");
                    let id = (u128::from(client) << 64 | u128::from(done)).to_be_bytes();
                    transaction
                        .prepare_cached(
                            "INSERT INTO aggregate (kind, id, version, schema, state)
                             VALUES (901, ?1, 1, 1, ?2)",
                        )
                        .and_then(|mut insert| insert.execute(params![id, STATE]))
                        .expect("it inserts");
                    transaction.commit().expect("it commits");
                    commits.fetch_add(1, Ordering::Relaxed);
                    done += 1;
                }
            });
        }
    });
    per_second(commits.into_inner(), begun.elapsed())
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its table")]
fn main() {
    println!("{:>8} {:>14} {:>14} {:>7}", "clients", "grouped /s", "one each /s", "ratio");
    for clients in [1, 32] {
        let folder = tempfile::TempDir::new().expect("a directory");
        let path = folder.path().join("bench.sqlite");
        Sqlite::migrate(&path).expect("a new file");
        let (grouped, naive) = (grouped(&path, clients), naive(&path, clients));
        let tenths = grouped.saturating_mul(10) / naive.max(1);
        println!("{clients:>8} {grouped:>14} {naive:>14} {:>5}.{}", tenths / 10, tenths % 10);
    }
}
