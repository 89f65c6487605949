//! Backups: made beside a running server, put in place, and refused where they are none.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod apps;
mod installation;
#[path = "served/mod.rs"]
mod served;

use apps::enrolled;
use http::StatusCode;
use installation::Installation;
use recovery::time::Timestamp;
use server::system::{Stopwatch, SystemClock};
use server::{Clock as _, Erasures};
use service::erasure::Named;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What starts all the same is ended after this.
const REFUSED_WITHIN: Duration = Duration::from_secs(60);

impl Installation {
    fn backup(&self, name: &str) -> PathBuf {
        let to = self.path(name);
        self.done(&["backup", "--to", to.to_str().unwrap()]);
        to
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.genvej(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_gives_nobody_anything_back() {
    let here = Installation::migrated();
    let witness = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(&here.config).unwrap();
    let store = format!("[store]\nwitness = {:?}", witness.path());
    std::fs::write(&here.config, text.replacen("[store]", &store, 1)).unwrap();
    let running = here.started().await;
    let mut app = enrolled(&here, &running, "person-1").await;
    enrolled(&here, &running, "person-2").await;
    let backup = here.backup("backup");
    let from = ["restore", "--from", backup.to_str().unwrap()];
    // After the backup: tries are used up, somebody is erased, a nonce is given out.
    app.wrong_try().await.unwrap();
    app.wrong_try().await.unwrap();
    let nonce = app.nonce.clone();
    let erased =
        running.service.person_named(Named::OperatorId("person-2")).await.unwrap().unwrap();
    Erasures::at(here.settings().erased()).add(erased, SystemClock.now()).unwrap();
    running.service.erase_person(erased).await.unwrap();
    running.stop().await;
    assert!(here.refused(&from).contains("database-exists"));

    let said = here.done(&[&from[..], &["--replace"]].concat());

    assert!(said.contains("lost: everything after"), "{said}");
    assert!(said.contains("1 persons were erased again"), "{said}");
    assert!(said.contains("in 1 apps one try"), "{said}");
    assert!(said.contains("epoch 2 begins"), "{said}");
    here.done(&["audit", "verify"]);
    let names = std::fs::read_dir(witness.path()).unwrap();
    let names: Vec<_> = names.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| name.contains(".checkpoint-")), "set aside: {names:?}");
    assert!(here.journal().contains(&"database-restored".to_owned()));
    let running = here.started().await;
    let named = |name| running.service.person_named(Named::OperatorId(name));
    assert!(named("person-2").await.unwrap().is_none(), "who was erased stays erased");
    assert!(named("person-1").await.unwrap().is_some());
    let mut app = app.before(&running).await;
    let fresh = std::mem::replace(&mut app.nonce, nonce);
    let stale = app.wrong_try().await.unwrap_err();
    assert_eq!(stale, StatusCode::UNAUTHORIZED, "a nonce from before the restore");
    app.nonce = fresh;
    app.wrong_try().await.unwrap();
    assert!(app.wrong_try().await.is_err(), "the one try was the last");
    running.stop().await;

    // Of a server that has ended nothing is lost: a move to another disk or machine costs nobody anything.
    let moved = here.backup("moved");
    let said = here.done(&["restore", "--replace", "--from", moved.to_str().unwrap()]);
    assert!(said.contains("nothing was lost"), "{said}");
    here.done(&["audit", "verify"]);
    here.started().await.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_erasures_that_was_lost_comes_back_from_the_backup() {
    let here = Installation::migrated();
    let running = here.started().await;
    enrolled(&here, &running, "person-1").await;
    let person =
        running.service.person_named(Named::OperatorId("person-1")).await.unwrap().unwrap();
    let earlier = here.backup("earlier");
    let list = Erasures::at(here.settings().erased());
    list.add(person, Timestamp(0)).unwrap();
    running.service.erase_person(person).await.unwrap();
    running.stop().await;
    let later = here.backup("later");
    std::fs::remove_file(list.path()).unwrap();

    let said = here.done(&["restore", "--replace", "--from", later.to_str().unwrap()]);
    assert!(said.contains("the list of erased persons lacked 1"), "{said}");
    here.done(&["restore", "--replace", "--from", earlier.to_str().unwrap()]);

    let running = here.started().await;
    let named = running.service.person_named(Named::OperatorId("person-1")).await.unwrap();
    assert!(named.is_none(), "the earlier backup knew the person again");
    running.stop().await;
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_none_is_refused_by_name_and_nothing_is_touched() {
    let here = Installation::migrated();
    here.started().await.stop().await;
    // What was broken off before stands in nobody's way.
    std::fs::create_dir(here.path("backup.part")).unwrap();
    let backup = here.backup("backup");
    let to = backup.to_str().unwrap();
    let restore = ["restore", "--replace", "--from", to];
    let (database, part) = (here.path("genvej.sqlite"), backup.join("genvej.sqlite"));
    let whole = std::fs::read(&part).unwrap();
    let before = std::fs::read(&database).unwrap();
    #[cfg(unix)]
    {
        assert_eq!(mode(&backup), 0o700);
        for entry in std::fs::read_dir(&backup).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
    }
    assert!(!here.path("backup.part").exists());
    assert!(here.done(&["restore", "--check", "--from", to]).contains("it is whole"));

    assert!(here.refused(&["backup", "--to", to]).contains("backup-exists"));
    std::fs::write(&part, &whole[..whole.len() / 2]).unwrap();
    assert!(here.refused(&["restore", "--check", "--from", to]).contains("backup-incomplete"));
    assert!(here.refused(&restore).contains("backup-incomplete"));
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed.splice(middle..=middle, [!whole[middle]]);
    std::fs::write(&part, &changed).unwrap();
    assert!(here.refused(&restore).contains("backup-changed"));
    std::fs::write(&part, &whole).unwrap();
    let list = std::fs::read(backup.join("genvej.erased")).unwrap();
    std::fs::write(backup.join("genvej.erased"), "2026-11-22T14:05:00Z 1").unwrap();
    assert!(here.refused(&restore).contains("backup-changed"));
    std::fs::write(backup.join("genvej.erased"), list).unwrap();
    let other = Installation::migrated();
    assert!(other.refused(&restore).contains("backup-of-another-house"));
    std::fs::rename(backup.join("manifest"), backup.join("m")).unwrap();
    assert!(here.refused(&restore).contains("backup-incomplete"));
    std::fs::rename(backup.join("m"), backup.join("manifest")).unwrap();

    assert_eq!(std::fs::read(&database).unwrap(), before);
    here.done(&restore);
    here.started().await.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_set_back_is_not_backed_up() {
    let here = Installation::migrated();
    here.started().await.stop().await;
    let old = std::fs::read(here.path("genvej.sqlite")).unwrap();
    let running = here.started().await;
    enrolled(&here, &running, "person-1").await;
    running.stop().await;
    std::fs::write(here.path("genvej.sqlite"), old).unwrap();

    let to = here.path("backup");
    let said = here.refused(&["backup", "--to", to.to_str().unwrap()]);

    assert!(said.contains("set back"), "{said}");
    assert!(!to.exists());
    // What somebody has put there by other means is made fit by saying so.
    let said = here.done(&["restore", "--adopt"]);
    assert!(said.contains("epoch 2 begins"), "{said}");
    here.started().await.stop().await;
}

/// Starts a server that is to end by itself; what it logs.
fn refused_start(here: &served::Installation) -> String {
    let mut process = here.spawn();
    let watch = Stopwatch::start();
    while process.0.try_wait().unwrap().is_none() {
        assert!(watch.elapsed() < REFUSED_WITHIN, "it serves: {}", here.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!process.0.wait().unwrap().success());
    here.log()
}

#[test]
fn what_somebody_put_in_place_by_hand_is_named_at_the_start() {
    let here = served::Installation::new(&[]);
    let process = here.serve();
    let to = here.path("backup");
    assert!(here.run(&["backup", "--to", to.to_str().unwrap()]).status.success());
    // Killed: its log lies beside the database.
    drop(process);
    let (database, log) = (here.path("genvej.sqlite"), here.path("genvej.sqlite-wal"));
    assert!(std::fs::metadata(&log).unwrap().len() > 32);
    let (own, own_log) = (std::fs::read(&database).unwrap(), std::fs::read(&log).unwrap());

    std::fs::copy(to.join("genvej.sqlite"), &database).unwrap();
    let beside = refused_start(&here);
    assert!(beside.contains("old-wal"), "{beside}");
    assert_eq!(std::fs::read(&log).unwrap(), own_log, "nothing was opened");
    std::fs::remove_file(&log).unwrap();
    let copied = refused_start(&here);
    assert!(copied.contains("backup-in-place"), "{copied}");

    std::fs::write(&database, &own[..own.len() - 4_096]).unwrap();
    let half = refused_start(&here);
    assert!(half.contains("half-a-copy"), "{half}");

    let other = served::Installation::new(&[]);
    std::fs::copy(other.path("genvej.sqlite"), &database).unwrap();
    let foreign = refused_start(&here);
    assert!(foreign.contains("database-of-another-house"), "{foreign}");
    let adopted = here.run(&["restore", "--adopt"]);
    assert!(!adopted.status.success(), "nor is it adopted");

    std::fs::write(&database, &own).unwrap();
    std::fs::write(&log, &own_log).unwrap();
    drop(here.serve());
}
