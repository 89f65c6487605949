use super::{Subject, Work};
use crate::Failure;
use crate::caller::App;
use crate::house::{House, NOW};
use recovery::caller_limits::{AgentLimit, CentreLimit};
use recovery::event::JournalEvent;
use recovery::id::{CentreId, InstanceId, PersonId, StaffId};
use recovery::person::Person;
use recovery::time::Duration;
use store::{Id, Version, kinds};

const AGENT: StaffId = StaffId(7);

async fn begun(house: &House) -> Work<'_> {
    Work::begin(&house.service).await.unwrap()
}

async fn with_limit(house: &House) {
    let mut work = begun(house).await;
    work.insert(&AgentLimit::new(AGENT));
    work.commit().await.unwrap();
}

async fn stopped_by_a_rival(house: &House) {
    let mut rival = begun(house).await;
    let limit = rival.get::<AgentLimit>(AGENT).await.unwrap();
    let limit = limit.unwrap_or_else(|| AgentLimit::new(AGENT));
    rival.set(&AgentLimit { stopped: true, ..limit });
    rival.commit().await.unwrap();
}

fn say(work: &mut Work<'_>) {
    work.say(Subject::Nobody { matter: 0 }, JournalEvent::UnsynchronisedClockBelieved);
}

async fn version(house: &House) -> Option<Version> {
    let row = house.service.parts().store.load(kinds::AGENT_LIMIT, Id(AGENT.0)).await.unwrap();
    row.map(|row| row.version)
}

#[tokio::test]
async fn what_was_read_is_expected_and_what_was_glanced_at_is_not() {
    let house = House::new().await;
    with_limit(&house).await;
    let (mut reads, mut glances) = (begun(&house).await, begun(&house).await);
    assert!(reads.get::<AgentLimit>(AGENT).await.unwrap().is_some());
    assert!(glances.glance::<AgentLimit>(AGENT).await.unwrap().is_some());
    stopped_by_a_rival(&house).await;
    say(&mut reads);
    say(&mut glances);

    assert!(matches!(reads.commit().await, Err(Failure::Rival)));
    assert!(glances.commit().await.is_ok());
}

#[tokio::test]
async fn a_row_that_was_looked_for_in_vain_must_still_be_away() {
    let house = House::new().await;
    let (mut reads, mut glances) = (begun(&house).await, begun(&house).await);
    assert!(reads.get::<AgentLimit>(AGENT).await.unwrap().is_none());
    assert!(glances.glance::<AgentLimit>(AGENT).await.unwrap().is_none());
    stopped_by_a_rival(&house).await;
    say(&mut reads);
    say(&mut glances);

    assert!(matches!(reads.commit().await, Err(Failure::Rival)));
    assert!(glances.commit().await.is_ok());
}

#[tokio::test]
async fn what_was_glanced_at_is_saved_over_the_version_that_was_seen() {
    let house = House::new().await;
    with_limit(&house).await;
    let mut work = begun(&house).await;
    let limit = work.glance::<AgentLimit>(AGENT).await.unwrap().unwrap();
    stopped_by_a_rival(&house).await;
    work.set(&limit);

    assert!(matches!(work.commit().await, Err(Failure::Rival)));
}

#[tokio::test]
async fn a_row_is_saved_once_however_often_it_is_set() {
    let house = House::new().await;
    with_limit(&house).await;
    let mut work = begun(&house).await;
    let limit = work.get::<AgentLimit>(AGENT).await.unwrap().unwrap();
    work.set(&AgentLimit { stopped: true, ..limit.clone() });
    assert!(
        work.get::<AgentLimit>(AGENT).await.unwrap().unwrap().stopped,
        "as this work leaves it"
    );
    assert!(!work.glance::<AgentLimit>(AGENT).await.unwrap().unwrap().stopped, "as it was before");
    work.set(&AgentLimit { unknown: limit.unknown.with(NOW, Duration::from_days(1)), ..limit });
    work.commit().await.unwrap();

    assert_eq!(version(&house).await, Some(Version(2)));
    let saved = begun(&house).await.get::<AgentLimit>(AGENT).await.unwrap().unwrap();
    assert!(!saved.stopped && saved.unknown.as_slice() == [NOW], "the last word counts");
}

#[tokio::test]
async fn a_new_value_meets_no_living_row_and_follows_one_that_ended() {
    let house = House::new().await;
    with_limit(&house).await;
    for looks in [false, true] {
        let mut work = begun(&house).await;
        if looks {
            work.get::<AgentLimit>(AGENT).await.unwrap();
        }
        work.insert(&AgentLimit::new(AGENT));
        assert!(matches!(work.commit().await, Err(Failure::Rival)), "looked: {looks}");
    }
    let mut unread = begun(&house).await;
    unread.set(&AgentLimit::new(AGENT));
    assert!(matches!(unread.commit().await, Err(Failure::Rival)), "nothing is saved unread");

    let mut work = begun(&house).await;
    let limit = work.get::<AgentLimit>(AGENT).await.unwrap().unwrap();
    work.remove(&limit);
    assert!(work.get::<AgentLimit>(AGENT).await.unwrap().is_none());
    work.commit().await.unwrap();
    assert_eq!(version(&house).await, Some(Version(2)), "a tombstone");
    let mut work = begun(&house).await;
    assert!(work.get::<AgentLimit>(AGENT).await.unwrap().is_none());
    work.insert(&AgentLimit::new(AGENT));
    work.commit().await.unwrap();
    assert_eq!(version(&house).await, Some(Version(3)));
}

#[tokio::test]
async fn rows_of_two_kinds_with_one_number_are_two_rows() {
    let house = House::new().await;
    let mut work = begun(&house).await;
    work.insert(&AgentLimit::new(AGENT));
    work.insert(&CentreLimit::new(CentreId(AGENT.0)));
    work.commit().await.unwrap();

    assert_eq!(house.rows(kinds::AGENT_LIMIT).await, 1);
    assert_eq!(house.rows(kinds::CENTRE_LIMIT).await, 1);
}

/// The key of the person is loaded for the commit, whoever saves.
#[tokio::test]
async fn what_belongs_to_a_person_is_sealed_under_their_key_and_under_none_that_is_gone() {
    let house = House::new().await;
    let person = house.enrolled(1, Duration::from_days(90)).await;
    let mut work = begun(&house).await;
    work.insert(&store::rows::used_sets::UsedSets::none(person));
    work.commit().await.unwrap();
    let mut work = begun(&house).await;
    work.insert(&Person::new(PersonId(99), "da".to_owned(), recovery::person::Status::Active));

    assert!(matches!(work.commit().await, Err(Failure::Refused(_))), "nobody has this key");
    assert_eq!(house.rows(kinds::USED_SETS).await, 1);
}

#[tokio::test]
async fn a_pin_try_does_not_fail_because_something_about_the_person_changes_meanwhile() {
    let house = House::new().await;
    let person = house.enrolled(1, Duration::from_days(90)).await;
    let app = App::of(InstanceId(person.0), person, "a try");
    let (mut try_of_a_pin, mut other) = (begun(&house).await, begun(&house).await);
    try_of_a_pin.refuse_frozen(&app).await.unwrap();
    other.load_person(person).await.unwrap();
    house.change_person(person, |person| "en".clone_into(&mut person.language)).await;
    say(&mut try_of_a_pin);
    say(&mut other);

    assert!(try_of_a_pin.commit().await.is_ok());
    assert!(matches!(other.commit().await, Err(Failure::Rival)));
}
