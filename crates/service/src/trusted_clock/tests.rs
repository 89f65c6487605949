use super::{Guard, Mistrust, Sighting, Ticked};
use crate::parts::{BootId, ClockReading};
use crate::tests::rows_come_back;
use recovery::time::Timestamp;

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

#[test]
fn rows_of_clocks_of_an_earlier_version_come_back() {
    rows_come_back::<crate::trusted_clock::heartbeat::Heartbeat>();
    rows_come_back::<crate::trusted_clock::acceptance::AskedAcceptance>();
}
