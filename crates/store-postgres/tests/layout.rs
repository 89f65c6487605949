//! The layout of the database: made, recognised, refused.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod servers;

use servers::{RELEASES, Server};
use store::{JournalId, Store, Timestamp, Transaction};
use store_postgres::{Migrated, OpenError, Postgres};

#[test]
fn an_empty_database_says_what_to_run() {
    let server = Server::start(RELEASES[0], &[]);
    let place = server.place(&server.schema());

    let error = Postgres::open(&place).unwrap_err();

    assert!(matches!(error, OpenError::Missing { .. }), "{error:?}");
    assert_eq!(Postgres::layout(&place).unwrap(), 0);
    assert!(error.to_string().ends_with("`genvej migrate` fills it"), "{error}");
}

#[test]
fn migrating_twice_or_at_once_changes_nothing_the_second_time() {
    for release in RELEASES {
        let server = Server::start(release, &[]);
        let place = server.place(&server.schema());
        assert_eq!(Postgres::migrate(&place).unwrap(), Migrated { from: 0, to: 2 });
        assert_eq!(Postgres::migrate(&place).unwrap(), Migrated { from: 2, to: 2 });

        let place = server.place(&server.schema());
        std::thread::scope(|scope| {
            let four: Vec<_> = (0..4).map(|_| scope.spawn(|| Postgres::migrate(&place))).collect();
            for one in four {
                assert_eq!(one.join().unwrap().unwrap().to, 2, "{release:?}");
            }
        });
        assert_eq!(Postgres::layout(&place).unwrap(), 2);
        Postgres::open(&place).unwrap();
    }
}

#[test]
fn a_database_of_something_else_is_refused_and_left_alone() {
    let server = Server::start(RELEASES[0], &[]);
    let schema = server.schema();
    server.sql(&schema, "CREATE TABLE letters (words TEXT)").unwrap();

    let place = server.place(&schema);
    assert!(matches!(Postgres::open(&place), Err(OpenError::Foreign { .. })));
    assert!(matches!(Postgres::migrate(&place), Err(OpenError::Foreign { .. })));
    assert!(matches!(Postgres::layout(&place), Err(OpenError::Foreign { .. })));

    let tables = server
        .sql(
            &schema,
            &format!(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'"
            ),
        )
        .unwrap();
    assert_eq!(tables, ["letters"]);
}

#[test]
fn a_database_of_another_layout_is_refused_with_both_named() {
    let server = Server::start(RELEASES[0], &[]);
    let schema = server.schema();
    let place = server.place(&schema);
    Postgres::migrate(&place).unwrap();

    server.sql(&schema, "UPDATE genvej SET layout = 99").unwrap();
    let error = Postgres::open(&place).unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 99, known: 2, .. }), "{error:?}");
    assert!(matches!(Postgres::migrate(&place), Err(OpenError::Newer { found: 99, .. })));

    server.sql(&schema, "UPDATE genvej SET layout = 1").unwrap();
    let error = Postgres::open(&place).unwrap_err();
    assert!(matches!(error, OpenError::Older { found: 1, known: 2, .. }), "{error:?}");
    assert!(error.to_string().ends_with("run `genvej migrate`"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_journal_row_can_be_neither_changed_nor_deleted_nor_moved() {
    let server = Server::start(RELEASES[0], &[]);
    let (store, schema) = server.store();
    let row = store::JournalRow {
        id: JournalId(1),
        subject: store::SubjectId(1),
        coarse: store::CoarseType(1),
        salt: [1; 32],
        ciphertext: vec![1],
    };
    store.commit(Transaction::new(Timestamp(1)).journal(row)).await.unwrap();
    store::sequencer::extend(&*store, 9).await.unwrap();

    for sql in [
        "DELETE FROM journal",
        "UPDATE journal SET ciphertext = '\\x02'",
        "UPDATE journal SET position = 5",
        "UPDATE journal SET position = NULL, head = NULL",
        "UPDATE journal SET layout = 1",
    ] {
        assert!(server.sql(&schema, sql).is_err(), "{sql}");
    }
}

/// The look-ups inside a group and the reads find their rows by an index, also in a database that was never analysed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_statement_walks_through_all_rows() {
    let server = Server::start(RELEASES[0], &["autovacuum=off"]);
    let (store, schema) = server.store();
    for batch in 0..20_u128 {
        let rows = (0..500_u128).fold(Transaction::new(Timestamp(1)), |transaction, n| {
            let id = store::Id(batch << 32 | n);
            let mut key = [0; 32];
            key[..16].copy_from_slice(&id.0.to_be_bytes());
            let record = store::Record::new(store::Kind::new(900, "test"), id, 1, vec![7; 400])
                .lookup(store::Index::unique(1), store::LookupKey(key));
            transaction.insert(record)
        });
        store.commit(rows).await.unwrap();
    }
    let kind = store::Kind::new(900, "test");
    let scans = || {
        let sql = "SELECT coalesce(sum(seq_tup_read), 0)::text FROM pg_stat_user_tables
            WHERE schemaname = current_schema() AND relname IN ('aggregate', 'lookup', 'journal')";
        server.sql(&schema, sql).unwrap()[0].parse::<u64>().unwrap()
    };
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let before = scans();

    for n in 0..20_u128 {
        let row = store.load(kind, store::Id(n)).await.unwrap().unwrap();
        let lookup = row.record.lookups[0];
        assert_eq!(store.find(kind, lookup, 9).await.unwrap().len(), 1);
        store.scan(kind, Some(store::Id(n)), 3).await.unwrap();
        let put = Transaction::new(Timestamp(1)).put(row.version, row.record);
        store.commit(put).await.unwrap();
    }

    store.close();
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert!(scans() < before + 2_000, "{} rows were walked through", scans() - before);
}
