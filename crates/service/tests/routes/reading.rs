//! Reading the journal for an audit.

use recovery::id::PersonId;
use recovery::time::{Duration, Timestamp};
use service::reading::{ReadEntry, Reading};
use std::collections::BTreeSet;
use testkit::House;

const DAY_MS: u32 = 24 * 3_600_000;

fn reading(of: Option<PersonId>) -> Reading {
    Reading {
        by: "Auditor Ane".to_owned(),
        purpose: "complaint 17 of 2026".to_owned(),
        of,
        since: Timestamp(0),
        until: Timestamp(i64::MAX),
    }
}

/// What is read; all rows have a position afterwards.
async fn read(house: &House, reading: &Reading) -> Vec<ReadEntry> {
    let entries = house.service.read_journal(reading).await.unwrap();
    store::sequencer::extend(&*house.service.parts().store, 1_000).await.unwrap();
    entries
}

fn field(entry: &ReadEntry, name: &str) -> String {
    let fields = &entry.entry.as_ref().unwrap().fields;
    fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone()).unwrap()
}

#[tokio::test]
async fn an_entry_is_read_a_day_after_the_event_and_the_reading_is_journalled_first() {
    let house = House::new().await;
    let person = house.enrolled(1, Duration::from_days(30)).await;

    let first = read(&house, &reading(Some(person))).await;
    let second = read(&house, &reading(Some(person))).await;
    assert_eq!((first.len(), second.len()), (0, 0), "not before a day has passed");
    house.clock.advance_ms(DAY_MS + 1);
    let late = read(&house, &reading(Some(person))).await;
    house.clock.advance_ms(DAY_MS + 1);
    let again = read(&house, &reading(Some(person))).await;

    assert_eq!((late.len(), again.len()), (2, 3), "each reading is an entry about the person");
    assert!(again.iter().all(|it| it.person == Some(person)), "{again:?}");
    assert!(again.iter().all(|it| it.entry.as_ref().unwrap().code == "journal-read"));
    assert_eq!(field(&again[2], "by"), "Auditor Ane");
    assert_eq!(field(&again[2], "purpose"), "complaint 17 of 2026");
    assert_eq!(field(&again[2], "entries"), "2");
}

#[tokio::test]
async fn without_a_person_all_entries_of_the_time_are_read_and_each_says_whose_it_is() {
    let house = House::new().await;
    let one = house.enrolled(1, Duration::from_days(30)).await;
    let other = house.enrolled(2, Duration::from_days(30)).await;
    read(&house, &reading(Some(one))).await;
    house.clock.advance_ms(DAY_MS);
    read(&house, &reading(Some(other))).await;
    house.clock.advance_ms(2 * DAY_MS);
    let of = |entries: &[ReadEntry]| -> BTreeSet<PersonId> {
        entries.iter().filter_map(|it| it.person).collect()
    };

    let all = read(&house, &reading(None)).await;
    let second = all.iter().find(|it| it.person == Some(other)).unwrap().at;
    let later = read(&house, &Reading { since: second, ..reading(None) }).await;
    let earlier = read(&house, &Reading { until: second, ..reading(None) }).await;

    assert_eq!(of(&all), BTreeSet::from([one, other]));
    assert_eq!((of(&earlier), of(&later)), (BTreeSet::from([one]), BTreeSet::from([other])));
    assert!(all.iter().all(|it| it.entry.is_some()), "{all:?}");
    house.service.erase_person(one).await.unwrap();
    let erased = read(&house, &reading(None)).await;
    assert!(!of(&erased).contains(&one));
    assert!(erased.iter().any(|it| it.entry.is_none()), "no key opens them any more");
}

#[tokio::test]
async fn nobody_reads_without_saying_who_and_what_for() {
    let house = House::new().await;
    for (by, purpose) in
        [("", "complaint"), ("Ane", ""), ("Ane", "a\nb"), ("Ane", &"a".repeat(251))]
    {
        let reading = Reading { by: by.to_owned(), purpose: purpose.to_owned(), ..reading(None) };

        assert!(house.service.read_journal(&reading).await.is_err(), "{by:?} {purpose:?}");
    }
    assert!(house.journal_of_service().await.iter().all(|entry| entry.code != "journal-read"));
}
