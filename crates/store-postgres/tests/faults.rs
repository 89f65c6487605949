//! A server that is away, full, read-only or careless, and a line that is cut: each has a name, and nothing is saved twice.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod line;
mod servers;

use line::{Cut, Line};
use servers::{RELEASES, Release, Server};
use std::sync::Arc;
use std::time::Duration;
use store::{Class, Id, Kind, Record, Store, StoreError, Timestamp, Transaction, Version};
use store_postgres::{OpenError, Place, Postgres, Trouble};
use tokio::task::JoinSet;

const KIND: Kind = Kind::new(900, "test case");

fn insert(id: u128) -> Transaction {
    Transaction::new(Timestamp(1)).insert(Record::new(KIND, Id(id), 1, vec![7; 100]))
}

fn code(error: &StoreError) -> &'static str {
    Trouble::behind(error).unwrap_or_else(|| panic!("{error:?} has no name")).code()
}

/// A store whose connections go over a line.
fn over_a_line(server: &Server) -> (Line, Postgres) {
    let schema = server.schema();
    Postgres::migrate(&server.place(&schema)).unwrap();
    let line = Line::to(server.port);
    let url = server.url(&schema).replace(&server.port.to_string(), &line.port.to_string());
    let store = Postgres::open(&Place::new(&url, None).unwrap()).unwrap();
    (line, store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_whose_answer_is_lost_is_said_to_be_unknown_and_never_tried_again() {
    for release in RELEASES {
        let server = Server::start(release, &[]);
        for (cut, saved) in [(Cut::After, true), (Cut::Before, false)] {
            let (line, store) = over_a_line(&server);
            store.commit(insert(1)).await.unwrap();

            // The whole word: a transaction begins at the level READ COMMITTED.
            line.cut(cut, "COMMIT\0");
            let error = store.commit(insert(2)).await.unwrap_err();

            assert_eq!(code(&error), "outcome-unknown", "{error:?}");
            assert_eq!(error.class(), Class::Retry);
            let row = store.load(KIND, Id(2)).await.unwrap();
            assert_eq!(row.is_some(), saved, "{release:?} {cut:?}");
            // Whoever loads first goes on from what is there.
            let next = store.commit(insert(2)).await;
            assert_eq!(next.is_err(), saved, "{next:?}");
            assert_eq!(store.scan(KIND, None, 9).await.unwrap().len(), 2);
        }
    }
}

/// A machine that falls asleep between the lock and the commit: the others wait until the server has had enough of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_falls_silent_under_the_lock_keeps_others_waiting_for_seconds_only() {
    let server = Server::start(RELEASES[0], &[]);
    let (line, silent) = over_a_line(&server);
    let other = Postgres::open(&server.place("g0")).unwrap();
    line.cut(Cut::Silent, "COMMIT\0");
    let silent = tokio::spawn(async move { silent.commit(insert(1)).await });
    while line.waits() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let saved = tokio::time::timeout(Duration::from_secs(25), other.commit(insert(2))).await;

    saved.expect("the lock is given up").unwrap();
    let error = silent.await.unwrap().unwrap_err();
    assert_eq!(code(&error), "outcome-unknown", "{error:?}");
    assert!(other.load(KIND, Id(1)).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_that_is_lost_before_the_commit_costs_nobody_anything() {
    let server = Server::start(RELEASES[0], &[]);
    let (line, store) = over_a_line(&server);
    store.commit(insert(1)).await.unwrap();

    for (id, word) in [(2, "BEGIN"), (3, "ROLLBACK")] {
        line.cut(Cut::Before, word);
        store.commit(insert(id)).await.unwrap();
        // A refused request alone is rolled back: its answer stands on what was read.
        let refused = store.commit(insert(1)).await;
        assert!(matches!(refused, Err(StoreError::Exists { .. })), "{refused:?}");
        assert!(!line.waits(), "{word} was never said");
    }

    assert_eq!(store.scan(KIND, None, 9).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_is_started_anew_is_found_again() {
    let mut server = Server::start(RELEASES[0], &[]);
    let (store, _) = server.store();
    store.commit(insert(1)).await.unwrap();
    store.load(KIND, Id(1)).await.unwrap();

    server.stop();
    let away = store.commit(insert(2)).await.unwrap_err();
    let unread = store.load(KIND, Id(1)).await.unwrap_err();
    server.run(&[]);

    assert_eq!((code(&away), away.class()), ("server-away", Class::Retry));
    assert_eq!(code(&unread), "server-away");
    store.commit(insert(2)).await.unwrap();
    assert!(store.load(KIND, Id(2)).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_would_lose_commits_is_refused_also_where_it_turns_careless_later() {
    for release in RELEASES {
        let mut server = Server::start(release, &[]);
        let (store, schema) = server.store();
        let careless = |setting: &str| {
            server.sql("public", &format!("ALTER SYSTEM SET {setting}")).unwrap();
            server.sql("public", "SELECT pg_reload_conf()").unwrap();
        };

        careless("synchronous_commit = off");
        // The server reads its settings anew within some milliseconds.
        let mut refused = None;
        for _ in 0..500 {
            refused = store.commit(Transaction::new(Timestamp(1))).await.err();
            if refused.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let error = refused.expect("it goes on committing on a careless server");
        let opened = Postgres::open(&server.place(&schema));

        assert_eq!(code(&error), "commits-not-durable", "{error:?}");
        assert_eq!(opened.unwrap_err().code(), "commits-not-durable");
        careless("synchronous_commit = on");
        for _ in 0..500 {
            let error = store.commit(insert(7)).await.err();
            if error.is_none_or(|error| code(&error) != "commits-not-durable") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(store.load(KIND, Id(7)).await.unwrap().is_some());
        server.stop();
        server.run(&["fsync=off"]);
        let opened = Postgres::open(&server.place(&schema)).unwrap_err();
        assert_eq!(opened.code(), "commits-not-durable");
        assert!(opened.to_string().contains("could not be opened"));
        let said = std::error::Error::source(&opened).unwrap().to_string();
        assert!(said.contains("fsync = off"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_only_server_is_refused_and_named() {
    let mut server = Server::start(RELEASES[0], &[]);
    let (store, schema) = server.store();
    server.stop();
    server.run(&["default_transaction_read_only=on"]);

    let error = store.commit(insert(1)).await.unwrap_err();
    let opened = Postgres::open(&server.place(&schema)).unwrap_err();

    assert_eq!((code(&error), error.class()), ("server-read-only", Class::Retry));
    assert_eq!(opened.code(), "server-read-only");
    server.stop();
    server.run(&[]);
    store.commit(insert(1)).await.unwrap();
}

/// A standby that has not heard of the last commits: nothing is read from it, and after it was made the primary nothing is
/// saved by whoever knows better.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_standby_that_lags_is_never_read_and_its_promotion_is_noticed() {
    for release in RELEASES {
        let mut primary = Server::start(release, &[]);
        let (store, schema) = primary.store();
        store.commit(insert(1)).await.unwrap();
        primary.stop();
        let mut standby = primary.copied();
        standby.put("standby.signal", "");
        standby.run(&[]);
        primary.run(&[]);
        store.commit(insert(2)).await.unwrap();

        let opened = Postgres::open(&standby.place(&schema)).unwrap_err();
        let both = primary.url(&schema).replace(
            &format!("127.0.0.1:{}", primary.port),
            &format!("127.0.0.1:{},127.0.0.1:{}", standby.port, primary.port),
        );
        let of_both = Postgres::open(&Place::new(&both, None).unwrap()).unwrap();
        let read = of_both.load(KIND, Id(2)).await.unwrap();
        of_both.commit(insert(3)).await.unwrap();

        assert_eq!(opened.code(), "server-is-standby");
        assert!(read.is_some(), "{release:?}: it was read from the standby");
        primary.stop();
        let away = of_both.load(KIND, Id(2)).await.unwrap_err();
        assert_eq!(code(&away), "server-away", "{away:?}");
        let turned = primary.url(&schema).replace(
            &format!("127.0.0.1:{}", primary.port),
            &format!("127.0.0.1:{},127.0.0.1:{}", primary.port, standby.port),
        );
        let none = Postgres::open(&Place::new(&turned, None).unwrap()).unwrap_err();
        assert_eq!(none.code(), "server-read-only", "{none:?}");
        standby.sql("public", "SELECT pg_promote()").unwrap();
        let error = of_both.commit(insert(4)).await.unwrap_err();
        assert_eq!((code(&error), error.class()), ("database-set-back", Class::Fault));
        assert!(standby.sql(&schema, "SELECT 1 FROM aggregate OFFSET 1").unwrap().is_empty());
    }
}

/// Files of the server that may not grow: what the kernel says then is what it says of a full disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_is_named_and_what_was_saved_stays() {
    let server = Server::start_limited(Release::System, 9_001);
    let (store, _) = server.store();
    let large = |id: u128| {
        // Bytes that the server cannot press together.
        let mut state = Vec::with_capacity(1_000_000);
        let mut drawn = u64::try_from(id).unwrap_or(0) + 1;
        while state.len() < 1_000_000 {
            drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.extend((drawn >> 16).to_be_bytes());
        }
        Transaction::new(Timestamp(1)).insert(Record::new(KIND, Id(id), 1, state))
    };

    let mut saved = 0;
    let error = loop {
        match store.commit(large(saved)).await {
            Ok(_) => saved += 1,
            Err(error) => break error,
        }
        assert!(saved < 30, "the limit was not reached");
    };

    assert_eq!((code(&error), error.class()), ("disk-full", Class::Retry));
    assert!(saved > 2);
    assert!(store.load(KIND, Id(saved)).await.unwrap().is_none());
    assert!(store.load(KIND, Id(saved - 1)).await.unwrap().is_some());
    // What needs no new room is still saved.
    store.commit(Transaction::new(Timestamp(1)).delete(KIND, Id(0), Version(1))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_was_set_back_under_the_store_is_noticed() {
    let server = Server::start(RELEASES[0], &[]);
    let (store, schema) = server.store();
    store.commit(insert(1)).await.unwrap();
    store.commit(insert(2)).await.unwrap();

    server.sql(&schema, "UPDATE itself SET groups = groups - 1").unwrap();
    let error = store.commit(insert(3)).await.unwrap_err();

    assert_eq!((code(&error), error.class()), ("database-set-back", Class::Fault));
    assert!(store.load(KIND, Id(3)).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closing_finishes_what_was_accepted_and_refuses_the_rest() {
    let server = Server::start(RELEASES[0], &[]);
    let (store, schema) = server.store();
    let mut tasks = JoinSet::new();
    for id in 0..500 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { (id, store.commit(insert(id)).await) });
    }
    tokio::task::yield_now().await;
    let closing = Arc::clone(&store);
    tokio::task::spawn_blocking(move || closing.close()).await.unwrap();

    let results = tasks.join_all().await;
    let reopened = Postgres::open(&server.place(&schema)).unwrap();
    let mut saved = 0;
    for (id, result) in results {
        let there = reopened.load(KIND, Id(id)).await.unwrap().is_some();
        match result {
            Ok(_) => {
                assert!(there, "{id} was acknowledged");
                saved += 1;
            }
            Err(StoreError::Closed) => assert!(!there, "{id} was refused"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(matches!(store.load(KIND, Id(1)).await, Err(StoreError::Closed)));
    assert_eq!(reopened.scan(KIND, None, 1_000).await.unwrap().len(), saved);
}

/// A store is opened and used in one runtime, used in another, and dropped inside a third.
#[test]
fn a_store_outlives_the_runtime_that_it_was_opened_in() {
    let server = Server::start(RELEASES[0], &[]);
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = runtime().block_on(async {
        let (store, _) = server.store();
        store.commit(insert(1)).await.unwrap();
        store
    });

    runtime().block_on(async {
        assert!(store.load(KIND, Id(1)).await.unwrap().is_some());
        store.commit(insert(2)).await.unwrap();
        drop(store);
    });
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let server = Server::new(Release::System);

    let error = Postgres::open(&server.place("public")).unwrap_err();

    assert_eq!(error.code(), "server-away");
    assert!(matches!(error, OpenError::Server { .. }), "{error:?}");
}
