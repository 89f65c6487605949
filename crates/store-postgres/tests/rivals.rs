//! Several stores on one database, as several servers of the service have them.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod servers;

use servers::{RELEASES, Server};
use std::sync::Arc;
use store::{
    CoarseType, Id, Index, JournalId, JournalRow, Kind, LookupKey, Place as Standing, Record,
    Store, StoreError, SubjectId, Timestamp, Transaction, Version, sequencer,
};
use store_postgres::Postgres;
use tokio::task::JoinSet;

const KIND: Kind = Kind::new(900, "test case");
const NAME: Index = Index::unique(2);

fn record(id: u128, state: u8) -> Record {
    Record::new(KIND, Id(id), 1, vec![state])
}

fn entry(id: u128) -> JournalRow {
    JournalRow {
        id: JournalId(id),
        subject: SubjectId(1),
        coarse: CoarseType(1),
        salt: [1; 32],
        ciphertext: vec![2; 64],
    }
}

fn two(server: &Server) -> [Arc<Postgres>; 2] {
    let (one, schema) = server.store();
    [one, Arc::new(Postgres::open(&server.place(&schema)).unwrap())]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_rivals_on_two_stores_one_wins_each_round() {
    for release in RELEASES {
        let server = Server::start(release, &[]);
        let stores = two(&server);
        let first = Transaction::new(Timestamp(1)).insert(record(1, 0));
        stores[0].commit(first).await.unwrap();

        for round in 1..=10_u64 {
            let mut rivals = JoinSet::new();
            for n in 0..50_u128 {
                let store = Arc::clone(&stores[usize::from(n % 2 == 0)]);
                rivals.spawn(async move {
                    let change = Transaction::new(Timestamp(1))
                        .put(Version(round), record(1, 7))
                        .journal(entry(u128::from(round) << 64 | n));
                    match store.commit(change).await {
                        Ok(_) => 1,
                        Err(StoreError::Conflict { .. }) => 0,
                        Err(other) => panic!("{other:?}"),
                    }
                });
            }

            assert_eq!(rivals.join_all().await.into_iter().sum::<u32>(), 1, "{release:?}");
        }

        let row = stores[1].load(KIND, Id(1)).await.unwrap().unwrap();
        assert_eq!(row.version, Version(11));
        assert_eq!(stores[0].journal_waiting(99).await.unwrap().len(), 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_journal_of_two_stores_has_one_order_without_a_gap() {
    for release in RELEASES {
        let server = Server::start(release, &[]);
        let (one, schema) = server.store();
        let two = Arc::new(Postgres::open(&server.place(&schema)).unwrap());
        let mut writers = JoinSet::new();
        for client in 0..16_u128 {
            let store = Arc::clone(if client % 2 == 0 { &one } else { &two });
            writers.spawn(async move {
                for n in 0..20_u128 {
                    let id = client << 32 | n;
                    // Each third is refused, which must leave no gap.
                    let row = if n % 3 == 2 { record(client << 32, 1) } else { record(id, 1) };
                    let change = Transaction::new(Timestamp(1)).insert(row).journal(entry(id));
                    match store.commit(change).await {
                        Ok(_) => assert_ne!(n % 3, 2),
                        Err(StoreError::Exists { .. }) => assert_eq!(n % 3, 2),
                        Err(other) => panic!("{other:?}"),
                    }
                    if n % 5 == 0 {
                        match sequencer::extend(&*store, 9).await {
                            Ok(_) | Err(StoreError::ChainMoved) => {}
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                }
            });
        }
        writers.join_all().await;

        let end = sequencer::extend(&*one, 1_000).await.unwrap();
        assert_eq!(end.size, 16 * 14);
        assert_eq!(sequencer::verify(&*two, None).await.unwrap(), end);
        let rows = two.journal_read(0, 1_000).await.unwrap();
        for (row, wanted) in rows.iter().zip(0_u64..) {
            assert!(matches!(row.place, Standing::At { position, .. } if position == wanted));
        }
        // The order of the places is that of the commits, and of one client's own rows that of its commits.
        let numbers = server.sql(&schema, "SELECT seq FROM journal ORDER BY position").unwrap();
        let wanted: Vec<_> = (0..16 * 14).map(|n| n.to_string()).collect();
        assert_eq!(numbers, wanted, "{release:?}");
        for client in 0..16_u128 {
            let own = rows.iter().map(|row| row.row.id.0).filter(|id| id >> 32 == client);
            assert!(own.is_sorted(), "{release:?}: client {client}");
        }
    }
}

#[tokio::test]
async fn one_refused_request_takes_nobody_of_its_group_with_it() {
    let server = Server::start(RELEASES[0], &[]);
    let (store, _) = server.store();
    let named = |id: u128, name: u8| record(id, 1).lookup(NAME, LookupKey([name; 32]));
    let insert = |row| Transaction::new(Timestamp(1)).insert(row);
    store.commit(insert(named(0, 200))).await.unwrap();

    // On one thread all are queued before the writer answers the first: they share groups.
    let mut tasks = JoinSet::new();
    for n in 0..300_u128 {
        let store = Arc::clone(&store);
        let row = match n % 4 {
            0 => named(0, 1),
            1 => named(n, 200),
            _ => record(n, 1),
        };
        tasks.spawn(async move { (n, store.commit(insert(row)).await) });
    }

    for (n, result) in tasks.join_all().await {
        match n % 4 {
            0 => assert!(matches!(result, Err(StoreError::Exists { .. })), "{result:?}"),
            1 => assert!(matches!(result, Err(StoreError::LookupTaken { .. })), "{result:?}"),
            _ => assert!(result.is_ok(), "{n}: {result:?}"),
        }
    }
    assert_eq!(store.scan(KIND, None, 1_000).await.unwrap().len(), 151);
    let groups = server.sql("g0", "SELECT groups FROM itself").unwrap();
    assert!(groups[0].parse::<u32>().unwrap() < 60, "they were saved one by one: {groups:?}");
}

/// Rows that hang together within one group: each stands on what the one before it left.
#[tokio::test]
async fn requests_of_one_group_see_what_those_before_them_leave() {
    let server = Server::start(RELEASES[0], &[]);
    let (store, _) = server.store();
    let key = LookupKey([9; 32]);
    let at = Timestamp(1);
    let group = [
        Transaction::new(at).insert(record(1, 1).lookup(NAME, key)),
        Transaction::new(at).put(Version(1), record(1, 2)),
        Transaction::new(at).insert(record(2, 1).lookup(NAME, key)),
        Transaction::new(at).delete(KIND, Id(1), Version(2)),
        Transaction::new(at).insert(record(1, 3)).expect(KIND, Id(2), Version(1)),
        Transaction::new(at).insert(record(3, 1)).expect(KIND, Id(3), Version::ABSENT),
        Transaction::new(at).delete(KIND, Id(3), Version(1)),
    ];

    let mut tasks = JoinSet::new();
    for transaction in group {
        let store = Arc::clone(&store);
        tasks.spawn(async move { store.commit(transaction).await });
    }
    for result in tasks.join_all().await {
        result.unwrap();
    }

    let rows = store.scan(KIND, None, 9).await.unwrap();
    let found: Vec<_> =
        rows.iter().map(|row| (row.record.id.0, row.version.0, row.record.state[0])).collect();
    assert_eq!(found, [(1, 1, 3), (2, 1, 1)]);
    let holders = store.find(KIND, store::Lookup { index: NAME, key }, 9).await.unwrap();
    assert_eq!(holders.iter().map(|row| row.record.id.0).collect::<Vec<_>>(), [2]);
}

/// Somebody who does not hold the lock of the writers changes a row between the look and the write of a group.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_row_that_somebody_else_changes_meanwhile_is_decided_anew() {
    let server = Server::start(RELEASES[0], &[]);
    let (store, schema) = server.store();
    store.commit(Transaction::new(Timestamp(1)).insert(record(1, 0))).await.unwrap();
    let meddle = "BEGIN; UPDATE aggregate SET version = version + 1 WHERE id = decode('00000000000000000000000000000001', 'hex');
        SELECT pg_sleep(1); COMMIT";

    let error = std::thread::scope(|scope| {
        scope.spawn(|| server.sql(&schema, meddle).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(300));
        let commit = Transaction::new(Timestamp(1)).put(Version(1), record(1, 9));
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(store.commit(commit))
        })
    });

    assert!(matches!(error, Err(StoreError::Conflict { .. })), "{error:?}");
    let row = store.load(KIND, Id(1)).await.unwrap().unwrap();
    assert_eq!((row.version, row.record.state), (Version(2), vec![0]));
}
