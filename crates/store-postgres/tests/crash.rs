//! A server killed in the middle of commits: what it had acknowledged is there after its next start.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod servers;

use servers::{RELEASES, Server};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use store::{
    CoarseType, Id, JournalId, JournalRow, Kind, Record, Store, StoreError, SubjectId, Timestamp,
    Transaction,
};
use store_postgres::{Postgres, Trouble};
use tokio::task::JoinSet;

const KIND: Kind = Kind::new(900, "test case");
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

/// What a client was told: the rows that are saved, and the last error.
async fn commit_until_it_fails(
    store: Arc<Postgres>,
    client: u32,
    saved: Arc<AtomicUsize>,
) -> (Vec<u128>, StoreError) {
    let mut acknowledged = Vec::new();
    for n in 0_u32.. {
        match store.commit(transaction(client, n)).await {
            Ok(_) => acknowledged.push(u128::from(client) << 32 | u128::from(n)),
            Err(error) => return (acknowledged, error),
        }
        saved.fetch_add(1, Ordering::Relaxed);
    }
    unreachable!("the numbers do not end before the server does")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    for release in RELEASES {
        let mut server = Server::start(release, &[]);
        let (store, _) = server.store();
        for (round, commits) in [(0, 1), (1, 400)] {
            let saved = Arc::new(AtomicUsize::new(0));
            let mut clients = JoinSet::new();
            for client in 0..CLIENTS {
                let (store, saved) = (Arc::clone(&store), Arc::clone(&saved));
                clients.spawn(commit_until_it_fails(store, round * CLIENTS + client, saved));
            }
            while saved.load(Ordering::Relaxed) < commits {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }

            server.kill();
            let told = clients.join_all().await;
            server.run(&[]);

            let rows = store.scan(KIND, None, 1_000_000).await.unwrap();
            let mut there: Vec<_> = rows.iter().map(|row| row.record.id.0).collect();
            let waiting = store.journal_waiting(1_000_000).await.unwrap();
            let mut journalled: Vec<_> = waiting.iter().map(|row| row.row.id.0).collect();
            there.sort_unstable();
            journalled.sort_unstable();
            assert_eq!(there, journalled, "a row without its journal row, or the other way round");
            for (acknowledged, error) in told {
                for id in acknowledged {
                    assert!(there.binary_search(&id).is_ok(), "{release:?}: {id:x} is lost");
                }
                // A row more than was acknowledged may be there only where its outcome was said to be unknown.
                let trouble = Trouble::behind(&error).expect("a named trouble");
                assert!(
                    matches!(trouble, Trouble::OutcomeUnknown(_) | Trouble::Away(_)),
                    "{error:?}"
                );
            }
        }
    }
}
