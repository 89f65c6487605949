//! Durable commits a second on a server that the benchmark starts for itself, side by side in one run: the product (sealed rows, with
//! evidence about each) beside a bare group commit (one statement that compares and swaps the versions of a whole group).
//!
//! `cargo bench -p store-postgres` prints them for 32 and 256 clients, and the ratio.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

#[path = "../tests/servers/mod.rs"]
mod servers;

use servers::{Release, Server};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::keeper::{KeptStore, Known};
use store::keys::Keys;
use store::seal::{self, Binding, DataKey, Frame, Nonce};
use store::{Id, Kind, Record, Store, Timestamp, Transaction, Version, kinds};
use tokio_postgres::NoTls;
use zeroize::Zeroizing;

const RUN: Duration = Duration::from_secs(5);
const CLEAR: [u8; 400] = [7; 400];
/// How often the evidence is folded, as a server does it.
const FOLDED_EVERY: Duration = Duration::from_secs(1);

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn start() -> Instant {
    Instant::now()
}

fn per_second(commits: u64, took: Duration) -> u64 {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    commits.saturating_mul(1_000) / millis
}

/// A row of 400 bytes, sealed as it will be saved after `seen`.
fn sealed(key: &DataKey, kind: Kind, id: u128, seen: Version) -> Record {
    let mut record = Record::new(kind, Id(id), 1, Vec::new());
    let binding = Binding::row(Frame::saved_as(&record, seen.next()), 1);
    record.state = seal::seal(key, Nonce([5; 24]), &binding, &CLEAR);
    record
}

/// Each client saves a row of its own again and again, one commit at a time.
async fn product(server: &Server, clients: u64) -> u64 {
    let (inner, _) = server.store();
    let keys = Keys::generate(&Zeroizing::new([9; 96]));
    let drawn = Arc::new(AtomicU64::new(1));
    let random = Arc::new(move |bytes: &mut [u8]| {
        let number = drawn.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.iter_mut().zip(number.iter().cycle()).for_each(|(to, from)| *to = *from);
    });
    let store = Arc::new(KeptStore::new(inner, &keys, random, Known::nothing(), None));
    let stopped = Arc::new(AtomicBool::new(false));
    let folding = {
        let (store, stopped) = (Arc::clone(&store), Arc::clone(&stopped));
        tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                tokio::time::sleep(FOLDED_EVERY).await;
                store.fold().await.unwrap();
            }
        })
    };
    let begun = start();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let (key, id) = (DataKey::new(Zeroizing::new([7; 32])), u128::from(client) + 1);
                let mut seen = Version::ABSENT;
                while begun.elapsed() < RUN {
                    let record = sealed(&key, kinds::PERSON, id, seen);
                    let transaction = Transaction::new(Timestamp(1));
                    let transaction = if seen == Version::ABSENT {
                        transaction.insert(record)
                    } else {
                        transaction.put(seen, record)
                    };
                    store.commit(transaction).await.unwrap();
                    seen = seen.next();
                }
                seen.0
            })
        })
        .collect();
    let mut commits = 0;
    for task in tasks {
        commits += task.await.unwrap();
    }
    let rate = per_second(commits, begun.elapsed());
    stopped.store(true, Ordering::Relaxed);
    folding.await.unwrap();
    rate
}

/// One connection that swaps the versions of as many rows as there are clients with each statement, and waits for the disk.
async fn bare(server: &Server, clients: u64) -> u64 {
    let (_store, schema) = server.store();
    let (db, connection) = tokio_postgres::connect(&server.url(&schema), NoTls).await.unwrap();
    tokio::spawn(connection);
    db.batch_execute("CREATE TABLE bare (id bytea PRIMARY KEY, version int8, state bytea)")
        .await
        .unwrap();
    let ids: Vec<Vec<u8>> =
        (0..clients).map(|client| u128::from(client).to_be_bytes().to_vec()).collect();
    let states: Vec<Vec<u8>> = ids.iter().map(|_| CLEAR.to_vec()).collect();
    let sql = "INSERT INTO bare SELECT id, 1, state FROM unnest($1::bytea[], $2::bytea[]) AS w (id, state)";
    db.execute(sql, &[&ids, &states]).await.unwrap();
    let sql = "UPDATE bare SET version = w.seen + 1, state = w.state
        FROM unnest($1::bytea[], $2::int8[], $3::bytea[]) AS w (id, seen, state)
        WHERE bare.id = w.id AND bare.version = w.seen";
    let swap = db.prepare(sql).await.unwrap();
    let (begun, mut version, mut commits) = (start(), 1_i64, 0);
    while begun.elapsed() < RUN {
        let seen = vec![version; ids.len()];
        commits += db.execute(&swap, &[&ids, &seen, &states]).await.unwrap();
        version += 1;
    }
    per_second(commits, begun.elapsed())
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its table")]
fn main() {
    let server = Server::start(Release::System, &[]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{:>8} {:>14} {:>14} {:>7}", "clients", "product /s", "bare /s", "ratio");
    for clients in [32, 256] {
        let product = runtime.block_on(product(&server, clients));
        let bare = runtime.block_on(bare(&server, clients));
        let hundredths = product.saturating_mul(100) / bare.max(1);
        println!(
            "{clients:>8} {product:>14} {bare:>14} {:>4}.{:02}",
            hundredths / 100,
            hundredths % 100
        );
    }
}
