//! The clock of a running service: when it is believed, and how a committed future is taken back.

use recovery::event::JournalEvent;
use recovery::time::Timestamp;
use service::trusted_clock::{Heartbeat, Mistrust, believed_by_a_command};
use service::{BootId, ClockReading, Failure, Service, journal};
use store::Transaction;
use store::codec::{Reader, Stored as _, Writer};
use testkit::ManualClock;
use testkit::house::{House, NOW};

const PARTED: Mistrust = Mistrust::PartedFromBootClock;

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
    assert!(is_mistrusted(house.service.centres().await, PARTED), "no use case begins");
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
    let beats = house.rows().all::<Heartbeat>().await;
    assert_eq!(beats.len(), 1);
    let kept = beats[0].reading;
    assert!(house.service.parts().clock.reading().since_boot_ms - kept.since_boot_ms <= 60_000);

    for _ in 0..5 {
        // Another process of the same machine, when the one before it is long gone.
        house.clock.advance_secs(600);
        let again = house.served_with(|_| {});
        again.tick_clock().await.unwrap();
    }

    assert_eq!(house.rows().count(store::kinds::HEARTBEAT).await, 1);
}

#[tokio::test]
async fn after_a_boot_this_server_waits_for_a_confirmation_and_another_server_gives_one() {
    let house = House::new().await;
    ticks(&house, 2).await;
    house.clock.reboot();
    let booted = house.moved_to(|_| {});
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
    let booted = house.moved_to(|_| {});
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
    let since_boot_ms = wall - NOW.0 + 1_000_000;
    let reading = ClockReading { wall: Timestamp(wall), boot: BootId(77), since_boot_ms };
    let mut w = Writer::new();
    w.u128(99);
    reading.store(&mut w);
    let row = w.finish();
    let beat = Heartbeat::restore(&mut Reader::of_schema(1, &row), "heartbeat").unwrap();
    house.rows().save(&beat).await;
}

#[tokio::test]
async fn an_unsynchronised_clock_is_believed_where_the_configuration_says_so_and_the_journal_says_it()
 {
    let house = House::new().await;
    house.clock.reboot();
    let service = house.served_with(|parts| parts.settings.unsynchronised_clock_believed = true);

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
        believed_by_a_command(&*parts.store, &parts.keys, clock, false).await
    };
    assert!(believed(&house.clock).await.is_ok());

    house.clock.put_ms(7_200_000);

    assert!(is_mistrusted(believed(&house.clock).await, PARTED));
}

/// A future that was committed: the clock was ahead at the first start, and confirmed, and is right now.
async fn committed_future() -> House {
    let house = House::new().await;
    let parts = house.service.parts();
    let said = JournalEvent::UnsynchronisedClockBelieved;
    let mut ahead = Transaction::new(Timestamp(NOW.0 + 7_200_000)).taking_time_back();
    ahead.journal.push(journal::row_of_operation(&parts.keys, &*parts.random, &said));
    parts.store.commit(ahead).await.unwrap();
    house
}

/// Started where one person takes a committed future back.
fn accepted_by_one(house: &House) -> Service {
    house.served_with(|parts| parts.settings.time_acceptance_persons = 1)
}

#[tokio::test]
async fn a_committed_future_is_taken_back_by_one_person_where_the_policy_says_one() {
    let house = committed_future().await;
    assert!(is_mistrusted(house.service.now().await, Mistrust::BehindLastCommit));
    let alone = accepted_by_one(&house);

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
    let operator = house.in_operations(501).await;
    let nobody_asked = house.service.confirm_time_acceptance(&operator).await;
    assert!(
        matches!(nobody_asked, Err(Failure::Refused(no)) if no.code.code() == "time-acceptance-not-asked")
    );

    assert!(!house.service.accept_time_by_key_file().await.unwrap(), "one alone does nothing");
    assert!(house.service.now().await.is_err());
    let agent = house.in_support(502).await;
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

    let refused = accepted_by_one(&house).accept_time_by_key_file().await;

    assert!(is_mistrusted(refused, Mistrust::NotConfirmed));
}
