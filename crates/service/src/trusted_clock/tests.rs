use super::{Guard, Heartbeat, HeartbeatId, Mistrust, Sighting, Ticked, believed_by_a_command};
use crate::failure::Failure;
use crate::house::{House, NOW, TestClock};
use crate::journal;
use crate::parts::{BootId, ClockReading};
use crate::staff::Site;
use crate::work::Work;
use recovery::time::Timestamp;
use store::facade::Aggregate as _;
use testkit::ManualClock;

fn reading(wall: i64, boot: u128, since_boot_ms: i64) -> ClockReading {
    ClockReading { wall: Timestamp(wall), boot: BootId(boot), since_boot_ms }
}

fn trusted(at: ClockReading) -> Guard {
    let mut guard = Guard::default();
    assert_eq!(guard.prove(at, &[], true), None);
    guard
}

const PARTED: Mistrust = Mistrust::PartedFromBootClock;

#[test]
fn a_clock_that_is_put_forward_or_back_is_not_decided_by() {
    for by in [7_200_000, 5_001, -5_001, -7_200_000] {
        let mut guard = trusted(reading(1_000_000_000, 1, 500));

        let seen = guard.look(reading(1_000_001_000 + by, 1, 1_500));

        assert_eq!(seen, Sighting::Mistrusted { why: PARTED, is_new: true }, "{by}");
    }
    let mut guard = trusted(reading(1_000_000_000, 1, 500));
    assert_eq!(guard.look(reading(1_000_006_000, 1, 1_500)), Sighting::Believed, "5 s are slewed");
}

#[test]
fn a_sleep_of_a_month_and_an_outage_are_no_fault() {
    let month = 30 * 86_400_000;
    let mut guard = trusted(reading(1_000_000_000, 1, 500));
    assert_eq!(guard.look(reading(1_000_000_000 + month, 1, 500 + month)), Sighting::Believed);

    let beats = [reading(1_000_000_000, 1, 500)];
    let after_a_boot = reading(1_000_000_000 + month, 2, 9_000);
    assert_eq!(Guard::default().prove(after_a_boot, &beats, true), None);
    let restarted = reading(1_000_000_000 + month, 1, 500 + month);
    assert_eq!(Guard::default().prove(restarted, &beats, false), None, "the same boot");
}

#[test]
fn after_a_boot_an_unconfirmed_clock_is_not_believed() {
    let beats = [reading(1_000_000_000, 1, 500)];

    let why = Guard::default().prove(reading(1_007_200_000, 2, 9_000), &beats, false);

    assert_eq!(why, Some(Mistrust::NotConfirmed));
    let nothing_known = Guard::default().prove(reading(1_007_200_000, 2, 9_000), &[], false);
    assert_eq!(nothing_known, Some(Mistrust::NotConfirmed), "a first start");
}

#[test]
fn a_clock_that_was_put_while_the_server_was_down_is_found_at_the_start() {
    let beats = [reading(990_000_000, 1, 100), reading(1_000_000_000, 1, 10_000_100)];

    for by in [7_200_000, -7_200_000] {
        let now = reading(1_000_060_000 + by, 1, 10_060_100);
        assert_eq!(Guard::default().prove(now, &beats, true), Some(PARTED), "{by}");
    }
}

#[test]
fn many_small_steps_between_two_heartbeats_are_one_large_one() {
    let mut guard = trusted(reading(1_000_000_000, 1, 0));
    let mut ticked = Ticked::Nothing;
    for second in 1..=3_i64 {
        ticked = guard.tick(reading(1_000_000_000 + second * 3_000, 1, second * 1_000), true, None);
    }

    assert_eq!(ticked, Ticked::Closed(PARTED), "2 s a second");
}

#[test]
fn a_step_between_two_ticks_is_found_although_it_makes_good_what_was_lost_before() {
    let mut guard = trusted(reading(1_000_000_000, 1, 0));
    for second in 1..=4_i64 {
        let slow = reading(1_000_000_000, 1, second * 1_000);
        assert_eq!(guard.tick(slow, true, None), Ticked::Nothing, "a second lost in each");
    }

    let ticked = guard.tick(reading(1_000_008_000, 1, 5_000), true, None);

    assert_eq!(ticked, Ticked::Closed(PARTED), "3 s ahead of the heartbeat, 7 s of the last tick");
}

#[test]
fn a_heartbeat_is_due_each_minute() {
    let mut guard = trusted(reading(0, 1, 0));
    let at = |secs: i64| reading(secs * 1_000, 1, secs * 1_000);

    assert_eq!(guard.tick(at(59), true, None), Ticked::Nothing);
    assert_eq!(guard.tick(at(60), true, None), Ticked::BeatDue);
    guard.beaten(at(60));
    assert_eq!(guard.tick(at(119), true, None), Ticked::Nothing);
    assert!(guard.has_beaten_lately(at(64)));
    assert!(!guard.has_beaten_lately(at(66)));
}

/// Ticks once a second from a reading on, with both clocks alike; the second of the opening.
fn opens_after(
    guard: &mut Guard,
    from: ClockReading,
    is_confirmed: impl Fn(i64) -> bool,
) -> Option<i64> {
    (1..=200).find(|second| {
        let now =
            reading(from.wall.0 + second * 1_000, from.boot.0, from.since_boot_ms + second * 1_000);
        matches!(guard.tick(now, is_confirmed(*second), None), Ticked::Opened { .. })
    })
}

#[test]
fn it_opens_by_itself_after_a_minute_of_both_clocks_alike_and_confirmed() {
    let start = reading(1_000_000_000, 1, 0);
    let put = reading(1_007_200_000, 1, 1_000);
    let closed = || {
        let mut guard = trusted(start);
        guard.look(put);
        guard
    };

    assert_eq!(opens_after(&mut closed(), put, |_| true), Some(60));
    assert_eq!(opens_after(&mut closed(), put, |_| false), None, "nothing confirms it");
    assert_eq!(opens_after(&mut closed(), put, |second| second >= 90), Some(90));
    // Put back at the 30th second: the minute begins anew, and the old distance is not asked for.
    let mut guard = closed();
    assert_eq!(opens_after(&mut guard, put, |_| false), None);
    let back = reading(1_000_300_000, 1, 300_000);
    assert_eq!(guard.tick(back, true, None), Ticked::Nothing);
    assert_eq!(opens_after(&mut guard, back, |_| true), Some(60));
}

#[test]
fn a_second_source_counts_until_the_clock_is_moved_again() {
    let start = reading(1_000_000_000, 1, 0);
    let mut guard = Guard::default();
    guard.prove(start, &[], false);
    guard.vouch(start);
    assert_eq!(opens_after(&mut guard, start, |_| false), Some(60));

    let mut guard = Guard::default();
    guard.prove(start, &[], false);
    guard.vouch(start);
    let moved = reading(1_007_200_000, 1, 1_000);
    guard.tick(moved, false, None);
    assert_eq!(opens_after(&mut guard, moved, |_| false), None);
}

#[test]
fn behind_the_last_commit_it_stays_closed_however_steady_it_is() {
    let last = Some(Timestamp(1_007_200_000));
    let mut guard = trusted(reading(1_000_000_000, 1, 0));
    assert!(guard.close(Mistrust::BehindLastCommit, reading(1_000_000_000, 1, 0)));

    let opened = (1..=7_194).find(|second| {
        let now = reading(1_000_000_000 + second * 1_000, 1, second * 1_000);
        matches!(guard.tick(now, true, last), Ticked::Opened { .. })
    });

    assert_eq!(opened, None);
    assert_eq!(guard.mistrust(), Some(Mistrust::BehindLastCommit));
    let arrived = guard.tick(reading(1_007_195_000, 1, 7_195_000), true, last);
    assert!(matches!(arrived, Ticked::Opened { .. }), "the future has come");
}

async fn ticks(house: &House, seconds: u32) {
    for _ in 0..seconds {
        house.clock.advance_secs(1);
        house.service.tick_clock().await.unwrap();
    }
}

fn is_mistrusted<T>(told: Result<T, Failure>, why: Mistrust) -> bool {
    matches!(told, Err(Failure::ClockNotTrusted { why: told }) if told == why)
}

async fn told(house: &House) -> Vec<String> {
    let store = &*house.service.parts().store;
    while !store.journal_waiting(1).await.unwrap().is_empty() {
        store::sequencer::extend(store, 1_000).await.unwrap();
    }
    let rows = store.journal_read(0, 1_000).await.unwrap();
    let keys = &house.service.parts().keys;
    let codes = rows.iter().filter_map(|row| journal::open_of_service(keys, &row.row).ok());
    codes.map(|entry| entry.code).collect()
}

#[tokio::test]
async fn a_clock_two_hours_ahead_opens_no_lock_commits_nothing_and_opens_again_once_it_is_right() {
    let house = House::new().await;
    ticks(&house, 2).await;
    let committed = house.service.parts().store.last_committed().await.unwrap();

    house.clock.put_ms(7_200_000);
    let ahead = house.service.now().await;
    assert!(is_mistrusted(Work::begin(&house.service).await, PARTED), "no use case begins");
    assert!(is_mistrusted(ahead, PARTED));
    ticks(&house, 30).await;
    assert_eq!(house.service.parts().store.last_committed().await.unwrap(), committed);

    house.clock.put_ms(-7_200_000);
    ticks(&house, 1).await;
    ticks(&house, 59).await;
    assert!(house.service.now().await.is_err(), "not yet a minute");
    ticks(&house, 1).await;
    assert!(house.service.now().await.is_ok());
    assert!(told(&house).await.contains(&"clock-trusted-again".to_owned()));
}

#[tokio::test]
async fn a_heartbeat_a_minute_keeps_both_clocks_and_the_number_of_rows_does_not_grow() {
    let house = House::new().await;
    ticks(&house, 130).await;
    let beats = house.service.heartbeats().await.unwrap();
    assert_eq!(beats.len(), 1);
    let kept = beats[0].reading;
    assert!(house.service.parts().clock.reading().since_boot_ms - kept.since_boot_ms <= 60_000);

    for _ in 0..5 {
        // Another process of the same machine, when the one before it is long gone.
        house.clock.advance_secs(600);
        let again = crate::Service { clock: std::sync::Arc::default(), ..house.service.clone() };
        again.tick_clock().await.unwrap();
    }

    assert_eq!(house.service.heartbeats().await.unwrap().len(), 1);
}

#[tokio::test]
async fn after_a_boot_this_server_waits_for_a_confirmation_and_another_server_gives_one() {
    let house = House::new().await;
    ticks(&house, 2).await;
    house.clock.reboot();
    let booted = House {
        service: crate::Service { clock: std::sync::Arc::default(), ..house.service.clone() },
        ..house
    };
    assert!(is_mistrusted(booted.service.now().await, Mistrust::NotConfirmed));
    ticks(&booted, 70).await;
    assert!(booted.service.now().await.is_err(), "a minute alone confirms nothing");

    for second in 0..70 {
        booted.clock.advance_secs(1);
        if second % 60 == 1 {
            another_server_beats(&booted, 0).await;
        }
        booted.service.tick_clock().await.unwrap();
    }

    assert!(booted.service.now().await.is_ok(), "its clock agrees");
}

#[tokio::test]
async fn a_server_whose_clock_disagrees_confirms_nothing() {
    let house = House::new().await;
    ticks(&house, 2).await;
    house.clock.reboot();
    let service = crate::Service { clock: std::sync::Arc::default(), ..house.service.clone() };
    let booted = House { service, ..house };
    another_server_beats(&booted, 0).await;
    for second in 0..140 {
        booted.clock.advance_secs(1);
        if second % 60 == 1 {
            another_server_beats(&booted, -6_000).await;
        }
        booted.service.tick_clock().await.unwrap();
    }

    assert!(booted.service.now().await.is_err());
}

/// A heartbeat of another machine, whose clock differs by so much.
async fn another_server_beats(house: &House, differs_ms: i64) {
    let wall = house.clock.now_ms() + differs_ms;
    let beat =
        Heartbeat { id: HeartbeatId(99), reading: reading(wall, 77, wall - NOW.0 + 1_000_000) };
    let still = house.service.with_time_standing_still();
    let mut work = Work::begin(&still).await.unwrap();
    work.get::<Heartbeat>(beat.id()).await.unwrap();
    work.set(&beat);
    work.commit().await.unwrap();
}

#[tokio::test]
async fn an_unsynchronised_clock_is_believed_where_the_configuration_says_so_and_the_journal_says_it()
 {
    let house = House::new().await;
    house.clock.reboot();
    let service = house.believing_its_clock();

    assert!(service.now().await.is_ok());
    service.say_whether_an_unsynchronised_clock_is_believed().await.unwrap();

    assert!(told(&house).await.contains(&"unsynchronised-clock-believed".to_owned()));
}

#[tokio::test]
async fn a_command_beside_the_server_stands_the_same_look() {
    let house = House::new().await;
    ticks(&house, 61).await;
    let parts = house.service.parts();
    let believed = async |clock: &ManualClock| {
        believed_by_a_command(&*parts.store, &parts.keys, &TestClock(clock.clone()), false).await
    };
    assert!(believed(&house.clock).await.is_ok());

    house.clock.put_ms(7_200_000);

    assert!(is_mistrusted(believed(&house.clock).await, PARTED));
}

/// A future that was committed: the clock was ahead at the first start, and confirmed, and is right now.
async fn committed_future() -> House {
    let house = House::new().await;
    let mut work = Work::begin(&house.service).await.unwrap();
    work.take_time_back(Timestamp(NOW.0 + 7_200_000));
    work.say(
        crate::work::Subject::Nobody { matter: 0 },
        recovery::event::JournalEvent::UnsynchronisedClockBelieved,
    );
    work.commit().await.unwrap();
    house
}

#[tokio::test]
async fn a_committed_future_is_taken_back_by_one_person_where_the_policy_says_one() {
    let house = committed_future().await;
    assert!(is_mistrusted(house.service.now().await, Mistrust::BehindLastCommit));
    let alone = house.accepted_by(1);

    assert!(alone.accept_time_by_key_file().await.unwrap());

    ticks(&house, 61).await;
    assert!(house.service.now().await.is_ok(), "and it opens by itself");
    assert!(told(&house).await.contains(&"time-accepted".to_owned()));
    let again = alone.accept_time_by_key_file().await;
    assert!(matches!(again, Err(Failure::Refused(no)) if no.code.code() == "time-not-ahead"));
}

#[tokio::test]
async fn the_second_person_is_a_member_with_the_role_of_an_operator_and_comes_within_the_hour() {
    let house = committed_future().await;
    ticks(&house, 2).await;
    let operator = house.signed_in(recovery::staff::Role::Operator, Site::Operations).await;
    let nobody_asked = house.service.confirm_time_acceptance(&operator).await;
    assert!(
        matches!(nobody_asked, Err(Failure::Refused(no)) if no.code.code() == "time-acceptance-not-asked")
    );

    assert!(!house.service.accept_time_by_key_file().await.unwrap(), "one alone does nothing");
    assert!(house.service.now().await.is_err());
    let agent = house.signed_in(recovery::staff::Role::Agent, Site::Support).await;
    let refused = house.service.confirm_time_acceptance(&agent).await;
    assert!(matches!(refused, Err(Failure::Refused(no)) if no.code.code() == "role-not-allowed"));
    house.clock.advance_secs(3_601);
    let too_late = house.service.confirm_time_acceptance(&operator).await;
    assert!(
        matches!(too_late, Err(Failure::Refused(no)) if no.code.code() == "time-acceptance-not-asked")
    );

    assert!(!house.service.accept_time_by_key_file().await.unwrap());
    house.service.confirm_time_acceptance(&operator).await.unwrap();

    ticks(&house, 61).await;
    assert!(house.service.now().await.is_ok());
    let told = told(&house).await;
    assert!(
        told.contains(&"time-acceptance-asked".to_owned())
            && told.contains(&"time-accepted".to_owned())
    );
}

#[tokio::test]
async fn a_clock_that_nothing_confirms_takes_no_future_back() {
    let house = committed_future().await;
    ticks(&house, 2).await;
    house.clock.synchronise(false);

    let refused = house.accepted_by(1).accept_time_by_key_file().await;

    assert!(is_mistrusted(refused, Mistrust::NotConfirmed));
}

#[test]
fn rows_of_clocks_of_an_earlier_version_come_back() {
    crate::house::rows_come_back::<crate::trusted_clock::heartbeat::Heartbeat>();
    crate::house::rows_come_back::<crate::trusted_clock::acceptance::AskedAcceptance>();
}
