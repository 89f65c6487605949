//! Somebody who keeps the database, knows every row that was ever in it, writes to it as they like, and has not the key file
//! (CHECKLIST attacks 21 to 23).
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod apps;
mod installation;

use apps::{as_operator, enrolled};
use http::StatusCode;
use installation::Installation;
use recovery::id::PersonId;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use serde_json::{Value as Json, json};
use server::key_file::KeyFile;
use std::path::Path;
use store::Store as _;

const AUTHENTICATOR: u16 = 10;
const GRANT: u16 = 11;
const IDENTITY: u16 = 32;
/// Writes to the database directly.
struct Keeper(Connection);

/// A row with all its columns, and its look-ups.
#[derive(Clone)]
struct Old {
    row: Vec<Value>,
    lookups: Vec<Vec<Value>>,
}

impl Keeper {
    fn all(&self, sql: &str, kind: u16, id: u128) -> Vec<Vec<Value>> {
        let mut statement = self.0.prepare(sql).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map(params![kind, id.to_be_bytes()], |row| {
            (0..columns).map(|at| row.get(at)).collect()
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn copy(&self, kind: u16, id: u128) -> Old {
        let row = self.all("SELECT * FROM aggregate WHERE kind = ?1 AND id = ?2", kind, id);
        let lookups = self.all("SELECT * FROM lookup WHERE kind = ?1 AND id = ?2", kind, id);
        Old { row: row.into_iter().next().unwrap(), lookups }
    }

    fn delete(&self, kind: u16, id: u128) {
        for table in ["aggregate", "lookup"] {
            let sql = format!("DELETE FROM {table} WHERE kind = ?1 AND id = ?2");
            self.0.execute(&sql, params![kind, id.to_be_bytes()]).unwrap();
        }
    }

    fn restore(&self, kind: u16, id: u128, old: &Old) {
        self.delete(kind, id);
        let put = |table: &str, row: &Vec<Value>| {
            let marks = vec!["?"; row.len()].join(", ");
            let sql = format!("INSERT INTO {table} VALUES ({marks})");
            self.0.execute(&sql, params_from_iter(row)).unwrap();
        };
        put("aggregate", &old.row);
        old.lookups.iter().for_each(|row| put("lookup", row));
    }

    fn ids(&self, kind: u16) -> Vec<u128> {
        let mut statement = self.0.prepare("SELECT id FROM aggregate WHERE kind = ?1").unwrap();
        let ids = statement.query_map([kind], |row| row.get::<_, [u8; 16]>(0)).unwrap();
        ids.map(|id| u128::from_be_bytes(id.unwrap())).collect()
    }

    fn kinds(&self) -> Vec<u16> {
        let sql = "SELECT DISTINCT kind FROM aggregate WHERE kind NOT IN (2, 3, 4, 5)";
        let mut statement = self.0.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }
}
fn sign_in(person: &str) -> Json {
    json!({ "person": person, "service_name": "Banken" })
}

const UNTRUSTED: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;

#[tokio::test(flavor = "multi_thread")]
async fn a_row_set_back_after_every_second_try_buys_no_third() {
    let here = Installation::migrated();
    let running = here.started().await;
    let mut app = enrolled(&here, &running, "person-1").await;
    let keeper = here.keeper();
    let fresh = keeper.copy(AUTHENTICATOR, app.instance());
    let mut tries = 0;
    let status = loop {
        match app.wrong_try().await {
            Ok(()) => tries += 1,
            Err(status) => break status,
        }
        assert!(tries < 60, "sixty wrong PINs");
        if tries % 2 == 0 {
            keeper.restore(AUTHENTICATOR, app.instance(), &fresh);
        }
    };

    assert_eq!(tries, 2);
    assert_eq!(status, UNTRUSTED);
    assert!(running.service.now().await.is_err(), "nothing more is decided: /readyz says so");
    running.stop().await;
    let journal = here.journal();
    assert!(journal.contains(&"row-distrusted".to_owned()), "{journal:?}");
}

impl Installation {
    fn keeper(&self) -> Keeper {
        Keeper(Connection::open(self.path("genvej.sqlite")).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_graceful_stop_a_row_set_back_is_found_at_its_first_use() {
    let here = Installation::migrated();
    let running = here.started().await;
    let mut app = enrolled(&here, &running, "person-1").await;
    let other = enrolled(&here, &running, "person-2").await;
    let fresh = here.keeper().copy(AUTHENTICATOR, app.instance());
    app.wrong_try().await.unwrap();
    running.stop().await;
    here.keeper().restore(AUTHENTICATOR, app.instance(), &fresh);

    let running = here.started().await;
    let (mut app, mut other) = (app.before(&running).await, other.before(&running).await);
    other.wrong_try().await.unwrap();
    let status = app.wrong_try().await.unwrap_err();

    assert_eq!(status, UNTRUSTED);
    running.stop().await;
    let said = here.genvej(&["audit", "verify"]);
    assert!(!said.status.success());
    assert!(String::from_utf8(said.stdout).unwrap().contains("set back"));
    // The operator judges it and accepts: an epoch begins, and the row is believed as it stands.
    let accepted = here.done(&["audit", "accept-restore"]);
    assert!(accepted.contains("epoch 2 begins"), "{accepted}");
    here.done(&["audit", "verify"]);
    let running = here.started().await;
    app.before(&running).await.wrong_try().await.unwrap();
    running.stop().await;
    assert!(!here.genvej(&["audit", "accept-restore"]).status.success(), "nothing to accept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_had_acknowledged_cannot_be_dropped() {
    let here = Installation::migrated();
    let running = here.started().await;
    let mut app = enrolled(&here, &running, "person-1").await;
    let fresh = here.keeper().copy(AUTHENTICATOR, app.instance());
    let journal = |keeper: &Keeper| -> i64 {
        keeper.0.query_row("SELECT max(seq) FROM journal", [], |row| row.get(0)).unwrap()
    };
    let before = journal(&here.keeper());
    app.wrong_try().await.unwrap();
    let killed = here.killed();
    let keeper = killed.keeper();
    keeper.restore(AUTHENTICATOR, app.instance(), &fresh);
    // The evidence and the tail of the journal that nothing outside covers go with it.
    keeper.0.execute("DELETE FROM aggregate WHERE kind = 3", []).unwrap();
    keeper.0.execute_batch("DROP TRIGGER journal_keeps_its_rows").unwrap();
    let tail = "DELETE FROM journal WHERE seq > ?1 AND position IS NULL";
    keeper.0.execute(tail, [before]).unwrap();
    drop(keeper);

    let mut again = killed.built();

    let ready = again.ready().await;
    let refused = ready.is_err() || app.before(&again).await.wrong_try().await.is_err();
    assert!(refused);
    again.stop().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_grant_that_was_removed_or_set_back_sets_no_second_pin() {
    for removed in [false, true] {
        let here = Installation::migrated();
        let running = here.started().await;
        let mut app = enrolled(&here, &running, "person-1").await;
        let keeper = here.keeper();
        let [grant] = keeper.ids(GRANT)[..] else { panic!("one grant") };
        if removed {
            keeper.delete(GRANT, grant);
        } else {
            let mut old = keeper.copy(GRANT, grant);
            // The version column alone: the state is bound to it.
            old.row[2] = Value::Integer(1);
            keeper.restore(GRANT, grant, &old);
        }

        assert_eq!(app.choose_pin().await.unwrap_err(), UNTRUSTED);
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_swapped_look_ups_make_nobody_somebody_else() {
    let here = Installation::migrated();
    let running = here.started().await;
    enrolled(&here, &running, "person-a").await;
    enrolled(&here, &running, "person-v").await;
    let keeper = here.keeper();
    let swap = "UPDATE lookup SET id = CASE id WHEN ?2 THEN ?3 ELSE ?2 END
        WHERE kind = ?1 AND id IN (?2, ?3)";
    let [one, other] = keeper.ids(IDENTITY)[..] else { panic!("two persons") };
    let (one, other) = (one.to_be_bytes(), other.to_be_bytes());
    assert!(keeper.0.execute(swap, params![IDENTITY, one, other]).unwrap() >= 2);

    let asked = as_operator(&here, &running, "/v1/sign-ins", &sign_in("person-v")).await;

    assert_eq!(asked.unwrap_err(), UNTRUSTED);
    assert!(running.service.now().await.is_err(), "and nothing is believed any more");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_verify_finds_a_row_of_any_kind_that_was_touched() {
    let here = Installation::migrated();
    let running = here.started().await;
    let mut app = enrolled(&here, &running, "person-1").await;
    app.wrong_try().await.unwrap();
    as_operator(&here, &running, "/v1/sign-ins", &sign_in("person-1")).await.unwrap();
    running.stop().await;
    here.done(&["audit", "verify"]);
    let kinds = here.keeper().kinds();
    assert!(kinds.len() >= 8, "{kinds:?}");
    for kind in kinds {
        let keeper = here.keeper();
        let id = keeper.ids(kind)[0];
        let old = keeper.copy(kind, id);
        type Touch = fn(&Keeper, u16, u128, &Old);
        let touches: [(&str, Touch); 4] = [
            ("removed", |keeper, kind, id, _| keeper.delete(kind, id)),
            ("state", |keeper, kind, id, old| {
                let mut changed = old.clone();
                if let Value::Blob(state) = &mut changed.row[4] {
                    state.push(0);
                }
                keeper.restore(kind, id, &changed);
            }),
            ("version", |keeper, kind, id, old| {
                let mut changed = old.clone();
                changed.row[2] = Value::Integer(77);
                keeper.restore(kind, id, &changed);
            }),
            ("deadline", |keeper, kind, id, old| {
                let mut changed = old.clone();
                changed.row[5] = Value::Integer(4_000_000_000_000);
                keeper.restore(kind, id, &changed);
            }),
        ];
        for (how, touch) in touches {
            touch(&keeper, kind, id, &old);

            let found = here.genvej(&["audit", "verify"]);

            assert!(!found.status.success(), "kind {kind}: {how}");
            keeper.restore(kind, id, &old);
        }
    }
    here.done(&["audit", "verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_ids_and_subjects_of_journal_rows_are_found_and_the_journal_names_no_row() {
    let here = Installation::migrated();
    let running = here.started().await;
    let mut app = enrolled(&here, &running, "person-1").await;
    app.wrong_try().await.unwrap();
    running.stop().await;
    let keeper = here.keeper();
    keeper.0.execute_batch("DROP TRIGGER journal_keeps_its_entries").unwrap();
    let named = "SELECT count(*) FROM journal WHERE subject IN (SELECT id FROM aggregate)";
    let named: i64 = keeper.0.query_row(named, [], |row| row.get(0)).unwrap();
    assert_eq!(named, 0, "subjects are random");
    for (change, back) in [
        ("committed_at = committed_at + 60000", "committed_at = committed_at - 60000"),
        ("subject = randomblob(16)", ""),
    ] {
        let only = "WHERE position = 3";
        let subject: Vec<u8> = keeper
            .0
            .query_row("SELECT subject FROM journal WHERE position = 3", [], |row| row.get(0))
            .unwrap();
        keeper.0.execute(&format!("UPDATE journal SET {change} {only}"), []).unwrap();

        let found = here.genvej(&["audit", "verify"]);

        assert!(String::from_utf8(found.stderr).unwrap().contains("does not verify"), "{change}");
        if back.is_empty() {
            let undo = "UPDATE journal SET subject = ?1 WHERE position = 3";
            keeper.0.execute(undo, [subject]).unwrap();
        } else {
            keeper.0.execute(&format!("UPDATE journal SET {back} {only}"), []).unwrap();
        }
        here.done(&["audit", "verify"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_checkpoint_nothing_is_served_and_verify_uses_the_servers_own() {
    let here = Installation::migrated();
    let running = here.started().await;
    enrolled(&here, &running, "person-1").await;
    running.stop().await;
    let path = here.path("genvej.checkpoint");
    let kept = std::fs::read(&path).unwrap();
    here.done(&["audit", "verify"]);
    let other = Installation::migrated();

    for wrong in
        [None, Some(Vec::new()), Some(std::fs::read(other.path("genvej.checkpoint")).unwrap())]
    {
        std::fs::remove_file(&path).unwrap();
        if let Some(bytes) = wrong {
            std::fs::write(&path, bytes).unwrap();
        } else {
            // Nothing there.
            assert!(!path.exists());
        }
        let mut running = here.built();
        assert!(running.ready().await.is_err());
        assert!(running.service.now().await.is_err());
        running.stop().await;
        assert!(!here.genvej(&["audit", "verify"]).status.success());
        std::fs::write(&path, &kept).unwrap();
    }
    here.started().await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_hears_of_each_checkpoint_and_knows_when_both_were_set_back() {
    let here = Installation::new();
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(&here.config).unwrap();
    let witness = format!("[store]\nwitness = \"{}\"", folder.path().display());
    std::fs::write(&here.config, text.replacen("[store]", &witness, 1)).unwrap();
    here.done(&["keys", "init"]);
    here.done(&["migrate"]);
    here.started().await.stop().await;
    let earlier = here.files();
    let running = here.started().await;
    enrolled(&here, &running, "person-1").await;
    running.stop().await;
    let witnessed = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let own = std::fs::read(here.path("genvej.checkpoint")).unwrap();
    assert_eq!(std::fs::read(&witnessed).unwrap(), own, "the last one too");

    let keeper = here.keeper();
    let rows: i64 = keeper.0.query_row("SELECT count(*) FROM journal", [], |it| it.get(0)).unwrap();
    drop(keeper);
    let of_checkpoint = String::from_utf8(own).unwrap();
    assert!(of_checkpoint.lines().any(|line| line == rows.to_string()), "{of_checkpoint}");

    // Everything that lies with the server is set back together: one witness elsewhere knows better.
    for path in here.files().into_keys().filter(|path| !earlier.contains_key(path)) {
        std::fs::remove_file(path).unwrap();
    }
    for (path, bytes) in earlier {
        std::fs::write(path, bytes).unwrap();
    }
    let mut running = here.built();

    assert!(running.ready().await.is_err());
    running.stop().await;
    std::fs::remove_file(witnessed).unwrap();
    here.started().await.stop().await;
}

/// As the database was before rows were bound to more than kind and id.
fn first_layout(path: &Path, keys: &store::keys::Keys) {
    use recovery::policy::{Policy, Profile};
    use store::seal::{DataKey, Nonce};
    use store::{Id, Transaction, facade, person_key};
    store_sqlite::Sqlite::migrate(path).unwrap();
    let store = store_sqlite::Sqlite::open(path).unwrap();
    let key = DataKey::new(zeroize::Zeroizing::new([7; 32]));
    let (policy, nonce) = (Policy::of(Profile::PublicService), Nonce([1; 24]));
    let of = PersonId(5);
    let sets = store::rows::used_sets::UsedSets::none(of);
    let old = facade::record_of_first_layout(&sets, (&policy, keys), Some(&key), nonce);
    let wrapped = person_key::wrap_of_first_layout(keys, Id(of.0), &key, Nonce([2; 24]));
    let erased = store::rows::used_sets::UsedSets::none(PersonId(6));
    let erased = facade::record_of_first_layout(&erased, (&policy, keys), Some(&key), nonce);
    let row = store::JournalRow {
        id: store::JournalId(9),
        subject: store::SubjectId(of.0),
        coarse: store::CoarseType(1),
        salt: [0; 32],
        ciphertext: vec![1; 40],
    };
    let all = Transaction::new(store::Timestamp(1_000)).insert(old).insert(wrapped).insert(erased);
    let deed = async { store.commit(all.journal(row)).await.map(|_| ()) };
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(deed)).unwrap();
    store.close();
    let database = Connection::open(path).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER journal_keeps_its_entries; ALTER TABLE journal DROP COLUMN layout;
             CREATE TRIGGER journal_keeps_its_entries BEFORE UPDATE ON journal
             WHEN OLD.position IS NOT NULL BEGIN SELECT RAISE(ABORT, 'no'); END;
             PRAGMA user_version = 1;",
        )
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_first_layout_pass_one_upgrade_and_never_another() {
    let here = Installation::new();
    here.done(&["keys", "init"]);
    let keys = KeyFile::read(&here.path("genvej.keys")).unwrap().keys;
    let path = here.path("genvej.sqlite");
    first_layout(&path, &keys);
    let backup = std::fs::read(&path).unwrap();

    let said = here.done(&["migrate"]);

    assert!(said.contains("layout 1 → 2"), "{said}");
    assert!(said.contains("evidence about 2 rows begins, 3 of them sealed anew"), "{said}");
    let verified = here.done(&["audit", "verify"]);
    assert!(verified.contains("2 rows are what was saved last"), "{verified}");
    assert!(verified.contains("the journal verifies: 2 rows"), "both layouts: {verified}");
    let running = here.started().await;
    running.stop().await;
    for file in ["genvej.sqlite-wal", "genvej.sqlite-shm"] {
        let _ = std::fs::remove_file(here.path(file));
    }
    std::fs::write(&path, backup).unwrap();
    let again = here.genvej(&["migrate"]);
    assert!(!again.status.success());
    assert!(String::from_utf8(again.stderr).unwrap().contains("old backup and no upgrade"));
    // Only somebody with the key file who says so can have it.
    here.done(&["audit", "accept-restore"]);
    here.started().await.stop().await;
}
