use super::*;
use crate::house::House;
use recovery::time::Duration;

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

/// A person about whom the journal has an entry.
async fn person(house: &House, n: usize) -> PersonId {
    let person = house.enrolled(n, Duration::from_days(30)).await;
    let mut work = crate::work::Work::begin(&house.service).await.unwrap();
    work.say(person, JournalEvent::ChannelChanged { person });
    work.commit().await.unwrap();
    person
}

fn codes(entries: &[ReadEntry]) -> Vec<&str> {
    entries.iter().filter_map(|it| it.entry.as_ref()).map(|it| it.code.as_str()).collect()
}

#[tokio::test]
async fn an_entry_is_read_a_day_after_the_event_and_the_reading_is_journalled_first() {
    let house = House::new().await;
    let person = person(&house, 1).await;
    store::sequencer::extend(&*house.service.parts().store, 1_000).await.unwrap();

    let early = house.service.read_journal(&reading(Some(person))).await.unwrap();
    assert_eq!(early, [], "not before a day has passed");
    store::sequencer::extend(&*house.service.parts().store, 1_000).await.unwrap();
    house.clock.advance_ms(DAY_MS + 1);
    let late = house.service.read_journal(&reading(Some(person))).await.unwrap();

    assert!(late.iter().all(|it| it.person == Some(person)), "{late:?}");
    assert_eq!(codes(&late), ["channel-changed", "journal-read"]);
    house.clock.advance_ms(DAY_MS + 1);
    let again = house.service.read_journal(&reading(Some(person))).await.unwrap();
    let read: Vec<_> = again
        .iter()
        .filter_map(|it| it.entry.as_ref())
        .filter(|it| it.code == "journal-read")
        .collect();
    assert_eq!(read.len(), 2, "both earlier readings, and this one a day later");
    let field = |name: &str| {
        let mut fields = read.iter().flat_map(|it| &it.fields).filter(|(found, _)| found == name);
        fields.next_back().map(|(_, value)| value.clone()).unwrap()
    };
    assert_eq!(field("by"), "Auditor Ane");
    assert_eq!(field("purpose"), "complaint 17 of 2026");
    assert_eq!(field("entries"), late.len().to_string());
}

#[tokio::test]
async fn without_a_person_all_entries_of_the_time_are_read_and_each_says_whose_it_is() {
    let house = House::new().await;
    let one = person(&house, 1).await;
    house.clock.advance_ms(DAY_MS);
    let other = person(&house, 2).await;
    house.clock.advance_ms(2 * DAY_MS);
    store::sequencer::extend(&*house.service.parts().store, 1_000).await.unwrap();
    let of = |entries: &[ReadEntry]| -> BTreeSet<PersonId> {
        entries.iter().filter_map(|it| it.person).collect()
    };

    let all = house.service.read_journal(&reading(None)).await.unwrap();
    let second = all.iter().find(|it| it.person == Some(other)).unwrap().at;
    let later = Reading { since: second, ..reading(None) };
    let later = house.service.read_journal(&later).await.unwrap();
    let earlier = Reading { until: second, ..reading(None) };
    let earlier = house.service.read_journal(&earlier).await.unwrap();

    assert_eq!(of(&all), BTreeSet::from([one, other]));
    assert_eq!((of(&earlier), of(&later)), (BTreeSet::from([one]), BTreeSet::from([other])));
    assert!(all.iter().all(|it| it.entry.is_some()), "{all:?}");
    house.service.erase_person(one).await.unwrap();
    let erased = house.service.read_journal(&reading(None)).await.unwrap();
    assert!(!of(&erased).contains(&one));
    assert!(
        erased.iter().any(|it| it.entry.is_none()),
        "entries about an erased person open for nobody"
    );
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
