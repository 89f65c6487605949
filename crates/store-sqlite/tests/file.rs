//! The file: made, opened, refused, closed.

use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Id, JournalId, Kind, Record, Store, StoreError, Timestamp, Transaction};
use store_sqlite::{Migrated, OpenError, Sqlite};
use tempfile::TempDir;

const KIND: Kind = Kind::new(900, "test case");

fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a directory");
    let path = folder.path().join("genvej.sqlite");
    (folder, path)
}

fn insert(id: u128) -> Transaction {
    Transaction::new(Timestamp(1)).insert(Record::new(KIND, Id(id), 1, vec![7; 100]))
}

fn change(path: &Path, sql: &str) -> rusqlite::Result<()> {
    Connection::open(path)?.execute_batch(sql)
}

#[test]
fn a_file_that_is_not_there_is_said_to_be_missing_and_is_not_made() {
    let (_folder, path) = place();

    assert!(matches!(Sqlite::open(&path), Err(OpenError::Missing { .. })));
    assert!(!path.exists());
}

#[test]
fn migrating_twice_changes_nothing_the_second_time() {
    let (_folder, path) = place();

    assert_eq!(Sqlite::migrate(&path).unwrap(), Migrated { from: 0, to: 2 });
    assert_eq!(Sqlite::migrate(&path).unwrap(), Migrated { from: 2, to: 2 });
    Sqlite::check(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_the_file_and_its_log() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let _open = Sqlite::open(&path).unwrap();

    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}

#[test]
fn a_file_of_something_else_is_refused_and_left_alone() {
    let (_folder, path) = place();
    change(&path, "CREATE TABLE letters (text)").unwrap();
    let before = std::fs::read(&path).unwrap();

    assert!(matches!(Sqlite::open(&path), Err(OpenError::Foreign { .. })));
    assert!(matches!(Sqlite::migrate(&path), Err(OpenError::Foreign { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);

    std::fs::write(&path, "not a database, and long enough to hold a header of one".repeat(9))
        .unwrap();
    assert!(matches!(Sqlite::open(&path), Err(OpenError::Foreign { .. })));
    assert!(matches!(Sqlite::migrate(&path), Err(OpenError::Foreign { .. })));
}

#[test]
fn a_file_of_a_newer_program_is_refused_with_both_layouts_named() {
    let (_folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    change(&path, "PRAGMA user_version = 99").unwrap();

    let error = Sqlite::open(&path).unwrap_err();

    assert!(matches!(error, OpenError::Newer { found: 99, known: 2, .. }), "{error:?}");
    assert!(matches!(Sqlite::migrate(&path), Err(OpenError::Newer { found: 99, .. })));
}

#[test]
fn a_file_without_its_migrations_says_what_to_run() {
    let (_folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    change(&path, "PRAGMA user_version = 0").unwrap();

    let error = Sqlite::open(&path).unwrap_err();

    assert!(error.to_string().ends_with("run `genvej migrate`"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_found_by_the_check() {
    let (_folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let store = Sqlite::open(&path).unwrap();
    for id in 0..200 {
        store.commit(insert(id)).await.unwrap();
    }
    store.close();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();

    assert!(matches!(Sqlite::check(&path), Err(OpenError::Damaged { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closing_finishes_what_was_accepted_and_refuses_the_rest() {
    let (_folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let store = Arc::new(Sqlite::open(&path).unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for id in 0..500 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { (id, store.commit(insert(id)).await) });
    }
    tokio::task::yield_now().await;
    let closing = Arc::clone(&store);
    tokio::task::spawn_blocking(move || closing.close()).await.unwrap();

    let mut saved = 0;
    let results = tasks.join_all().await;
    let reopened = Sqlite::open(&path).unwrap();
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

#[tokio::test]
async fn one_refused_request_takes_nobody_of_its_group_with_it() {
    let (_folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let store = Arc::new(Sqlite::open(&path).unwrap());
    store.commit(insert(0)).await.unwrap();

    // On one thread all are queued before the writer answers the first: they share groups.
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..300_u128 {
        let store = Arc::clone(&store);
        let id = if n % 3 == 0 { 0 } else { n };
        tasks.spawn(async move { (id, store.commit(insert(id)).await) });
    }
    let results = tasks.join_all().await;

    for (id, result) in results {
        match id {
            0 => assert!(matches!(result, Err(StoreError::Exists { .. })), "{result:?}"),
            _ => assert!(result.is_ok(), "{id}: {result:?}"),
        }
    }
    assert_eq!(store.scan(KIND, None, 1_000).await.unwrap().len(), 201);
}

#[tokio::test]
async fn a_journal_row_can_be_neither_changed_nor_deleted_nor_moved() {
    let (_folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let store = Sqlite::open(&path).unwrap();
    let row = store::JournalRow {
        id: JournalId(1),
        subject: store::SubjectId(1),
        coarse: store::CoarseType(1),
        salt: [1; 32],
        ciphertext: vec![1],
    };
    store.commit(Transaction::new(Timestamp(1)).journal(row)).await.unwrap();
    store::sequencer::extend(&store, 9).await.unwrap();

    for sql in [
        "DELETE FROM journal",
        "UPDATE journal SET ciphertext = x'02'",
        "UPDATE journal SET position = 5",
        "UPDATE journal SET position = NULL, head = NULL",
    ] {
        assert!(change(&path, sql).is_err(), "{sql}");
    }
}

#[tokio::test]
async fn what_is_deleted_is_in_neither_file_nor_log_once_the_log_is_emptied() {
    let (folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let store = Sqlite::open(&path).unwrap();
    let secret = b"a wrapped key that erasure throws away".to_vec();
    let record = Record::new(KIND, Id(1), 1, secret.clone());
    store.commit(Transaction::new(Timestamp(1)).insert(record)).await.unwrap();
    let found = |folder: &Path| {
        std::fs::read_dir(folder).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes.windows(secret.len()).any(|window| window == secret)
        })
    };
    assert!(found(folder.path()), "it is there before");

    let gone = Transaction::new(Timestamp(2)).delete(KIND, Id(1), store::Version::FIRST);
    store.commit(gone).await.unwrap();
    store.empty_log().await.unwrap();

    assert!(!found(folder.path()));
}

#[tokio::test]
async fn a_second_process_may_write_between_the_groups_and_its_time_counts() {
    let (_folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let (one, two) = (Sqlite::open(&path).unwrap(), Sqlite::open(&path).unwrap());
    one.commit(insert(1)).await.unwrap();

    let later = Transaction::new(Timestamp(60_000)).insert(Record::new(KIND, Id(2), 1, vec![]));
    two.commit(later).await.unwrap();

    let error = one.commit(insert(3)).await.unwrap_err();
    assert!(matches!(error, StoreError::SteppedBack { .. }), "{error:?}");
    let twice = insert(2);
    let twice = Transaction { at: Timestamp(60_000), ..twice };
    assert!(matches!(one.commit(twice).await, Err(StoreError::Exists { .. })));
}

fn silent(_: u64, _: u64) {}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_one_moment_of_a_file_that_is_written_to_meanwhile() {
    let (folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let store = Arc::new(Sqlite::open(&path).unwrap());
    for id in 0..200 {
        store.commit(insert(id)).await.unwrap();
    }
    let ends = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let writing = tokio::spawn({
        let (store, ends) = (Arc::clone(&store), Arc::clone(&ends));
        async move {
            // Two rows in one transaction each: a copy has both or neither.
            let mut id = 1_000;
            while !ends.load(std::sync::atomic::Ordering::Relaxed) {
                let both = insert(id).insert(Record::new(KIND, Id(id + 1), 1, vec![8; 9_000]));
                store.commit(both).await.unwrap();
                id += 2;
            }
            id
        }
    });
    let to = folder.path().join("copy.sqlite");

    let copied = tokio::task::spawn_blocking({
        let (path, to) = (path.clone(), to.clone());
        move || Sqlite::copy(&path, &to, &silent)
    });
    copied.await.unwrap().unwrap();
    ends.store(true, std::sync::atomic::Ordering::Relaxed);
    let last = writing.await.unwrap();

    assert!(matches!(Sqlite::open(&to), Err(OpenError::Backup { .. })), "nobody works on it");
    assert!(matches!(Sqlite::copy(&path, &to, &silent), Err(OpenError::Make { .. })));
    Sqlite::take_for_database(&to).unwrap();
    Sqlite::check(&to).unwrap();
    let copy = Sqlite::open(&to).unwrap();
    let rows = copy.scan(KIND, None, 1_000_000).await.unwrap();
    assert!(rows.len() >= 200 && rows.len() % 2 == 0, "{}", rows.len());
    assert!(rows.len() as u128 <= 200 + last - 1_000);
    store.commit(insert(9_000_000)).await.unwrap();
}

#[tokio::test]
async fn what_was_deleted_is_in_no_copy() {
    let (folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let store = Sqlite::open(&path).unwrap();
    let secret = vec![0xa7; 3_000];
    let record = Record::new(KIND, Id(1), 1, secret.clone());
    store.commit(Transaction::new(Timestamp(1)).insert(record)).await.unwrap();
    let row = store.load(KIND, Id(1)).await.unwrap().unwrap();
    store.commit(Transaction::new(Timestamp(2)).delete(KIND, Id(1), row.version)).await.unwrap();
    let to = folder.path().join("copy.sqlite");

    Sqlite::copy(&path, &to, &silent).unwrap();

    let bytes = std::fs::read(&to).unwrap();
    assert!(!bytes.windows(secret.len()).any(|part| part == secret));
}

#[tokio::test]
async fn a_log_that_an_earlier_file_left_is_not_taken_for_that_of_a_backup() {
    let (folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let store = Sqlite::open(&path).unwrap();
    store.commit(insert(1)).await.unwrap();
    let backup = folder.path().join("copy.sqlite");
    Sqlite::copy(&path, &backup, &silent).unwrap();
    store.commit(insert(2)).await.unwrap();
    // As a server leaves it that was killed; then somebody copies the backup over the file.
    let log = std::fs::read(path.with_extension("sqlite-wal")).unwrap();
    drop(store);
    std::fs::copy(&backup, &path).unwrap();

    let alone = Sqlite::open(&path).unwrap_err();
    std::fs::write(path.with_extension("sqlite-wal"), &log).unwrap();
    let before = std::fs::read(&path).unwrap();
    let beside = Sqlite::open(&path).unwrap_err();

    assert_eq!(alone.code(), "backup-in-place", "{alone}");
    assert_eq!(beside.code(), "old-wal", "{beside}");
    assert_eq!(Sqlite::migrate(&path).unwrap_err().code(), "old-wal");
    assert_eq!(Sqlite::layout(&path).unwrap_err().code(), "old-wal");
    assert_eq!(std::fs::read(&path).unwrap(), before, "nothing was done to it");
}

#[tokio::test]
async fn half_a_copy_is_said_to_be_half() {
    let (_folder, path) = place();
    Sqlite::migrate(&path).unwrap();
    let store = Sqlite::open(&path).unwrap();
    for id in 0..300 {
        store.commit(insert(id)).await.unwrap();
    }
    store.close();
    let bytes = std::fs::read(&path).unwrap();

    for kept in [bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..kept]).unwrap();
        let error = Sqlite::open(&path).unwrap_err();
        assert!(matches!(error, OpenError::Half { .. }), "{kept}: {error}");
    }
    std::fs::write(&path, &bytes).unwrap();
    Sqlite::open(&path).unwrap();
}
