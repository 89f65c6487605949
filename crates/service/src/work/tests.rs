use super::{Subject, Work};
use crate::Failure;
use crate::Service;
use crate::caller::App;
use crate::tests::{NOW, in_memory};
use recovery::caller_limits::{AgentLimit, CentreLimit};
use recovery::event::JournalEvent;
use recovery::id::{CentreId, InstanceId, PersonId, StaffId};
use recovery::person::Person;
use recovery::time::Duration;
use store::{Id, Kind, Version, kinds};

const AGENT: StaffId = StaffId(7);

async fn begun(service: &Service) -> Work<'_> {
    Work::begin(service).await.unwrap()
}

async fn with_limit(service: &Service) {
    let mut work = begun(service).await;
    work.insert(&AgentLimit::new(AGENT));
    work.commit().await.unwrap();
}

async fn stopped_by_a_rival(service: &Service) {
    let mut rival = begun(service).await;
    let limit = rival.get::<AgentLimit>(AGENT).await.unwrap();
    let limit = limit.unwrap_or_else(|| AgentLimit::new(AGENT));
    rival.set(&AgentLimit { stopped: true, ..limit });
    rival.commit().await.unwrap();
}

/// A person with a key and nothing else.
async fn with_person(service: &Service) -> PersonId {
    let person = PersonId(1);
    let mut work = begun(service).await;
    work.new_person_key(person);
    work.insert(&Person::new(person, "da".to_owned(), recovery::person::Status::Active));
    work.commit().await.unwrap();
    person
}

async fn rows(service: &Service, kind: Kind) -> usize {
    service.parts().store.scan(kind, None, 100).await.unwrap().len()
}

fn say(work: &mut Work<'_>) {
    work.say(Subject::Nobody { matter: 0 }, JournalEvent::UnsynchronisedClockBelieved);
}

async fn version(service: &Service) -> Option<Version> {
    let row = service.parts().store.load(kinds::AGENT_LIMIT, Id(AGENT.0)).await.unwrap();
    row.map(|row| row.version)
}

#[tokio::test]
async fn what_was_read_is_expected_and_what_was_glanced_at_is_not() {
    let (service, _) = in_memory();
    with_limit(&service).await;
    let (mut reads, mut glances) = (begun(&service).await, begun(&service).await);
    assert!(reads.get::<AgentLimit>(AGENT).await.unwrap().is_some());
    assert!(glances.glance::<AgentLimit>(AGENT).await.unwrap().is_some());
    stopped_by_a_rival(&service).await;
    say(&mut reads);
    say(&mut glances);

    assert!(matches!(reads.commit().await, Err(Failure::Rival)));
    assert!(glances.commit().await.is_ok());
}

#[tokio::test]
async fn a_row_that_was_looked_for_in_vain_must_still_be_away() {
    let (service, _) = in_memory();
    let (mut reads, mut glances) = (begun(&service).await, begun(&service).await);
    assert!(reads.get::<AgentLimit>(AGENT).await.unwrap().is_none());
    assert!(glances.glance::<AgentLimit>(AGENT).await.unwrap().is_none());
    stopped_by_a_rival(&service).await;
    say(&mut reads);
    say(&mut glances);

    assert!(matches!(reads.commit().await, Err(Failure::Rival)));
    assert!(glances.commit().await.is_ok());
}

#[tokio::test]
async fn what_was_glanced_at_is_saved_over_the_version_that_was_seen() {
    let (service, _) = in_memory();
    with_limit(&service).await;
    let mut work = begun(&service).await;
    let limit = work.glance::<AgentLimit>(AGENT).await.unwrap().unwrap();
    stopped_by_a_rival(&service).await;
    work.set(&limit);

    assert!(matches!(work.commit().await, Err(Failure::Rival)));
}

#[tokio::test]
async fn a_row_is_saved_once_however_often_it_is_set() {
    let (service, _) = in_memory();
    with_limit(&service).await;
    let mut work = begun(&service).await;
    let limit = work.get::<AgentLimit>(AGENT).await.unwrap().unwrap();
    work.set(&AgentLimit { stopped: true, ..limit.clone() });
    assert!(
        work.get::<AgentLimit>(AGENT).await.unwrap().unwrap().stopped,
        "as this work leaves it"
    );
    assert!(!work.glance::<AgentLimit>(AGENT).await.unwrap().unwrap().stopped, "as it was before");
    work.set(&AgentLimit { unknown: limit.unknown.with(NOW, Duration::from_days(1)), ..limit });
    work.commit().await.unwrap();

    assert_eq!(version(&service).await, Some(Version(2)));
    let saved = begun(&service).await.get::<AgentLimit>(AGENT).await.unwrap().unwrap();
    assert!(!saved.stopped && saved.unknown.as_slice() == [NOW], "the last word counts");
}

#[tokio::test]
async fn a_new_value_meets_no_living_row_and_follows_one_that_ended() {
    let (service, _) = in_memory();
    with_limit(&service).await;
    for looks in [false, true] {
        let mut work = begun(&service).await;
        if looks {
            work.get::<AgentLimit>(AGENT).await.unwrap();
        }
        work.insert(&AgentLimit::new(AGENT));
        assert!(matches!(work.commit().await, Err(Failure::Rival)), "looked: {looks}");
    }
    let mut unread = begun(&service).await;
    unread.set(&AgentLimit::new(AGENT));
    assert!(matches!(unread.commit().await, Err(Failure::Rival)), "nothing is saved unread");

    let mut work = begun(&service).await;
    let limit = work.get::<AgentLimit>(AGENT).await.unwrap().unwrap();
    work.remove(&limit);
    assert!(work.get::<AgentLimit>(AGENT).await.unwrap().is_none());
    work.commit().await.unwrap();
    assert_eq!(version(&service).await, Some(Version(2)), "a tombstone");
    let mut work = begun(&service).await;
    assert!(work.get::<AgentLimit>(AGENT).await.unwrap().is_none());
    work.insert(&AgentLimit::new(AGENT));
    work.commit().await.unwrap();
    assert_eq!(version(&service).await, Some(Version(3)));
}

#[tokio::test]
async fn rows_of_two_kinds_with_one_number_are_two_rows() {
    let (service, _) = in_memory();
    let mut work = begun(&service).await;
    work.insert(&AgentLimit::new(AGENT));
    work.insert(&CentreLimit::new(CentreId(AGENT.0)));
    work.commit().await.unwrap();

    assert_eq!(rows(&service, kinds::AGENT_LIMIT).await, 1);
    assert_eq!(rows(&service, kinds::CENTRE_LIMIT).await, 1);
}

/// The key of the person is loaded for the commit, whoever saves.
#[tokio::test]
async fn what_belongs_to_a_person_is_sealed_under_their_key_and_under_none_that_is_gone() {
    let (service, _) = in_memory();
    let person = with_person(&service).await;
    let mut work = begun(&service).await;
    work.insert(&store::rows::used_sets::UsedSets::none(person));
    work.commit().await.unwrap();
    let mut work = begun(&service).await;
    work.insert(&Person::new(PersonId(99), "da".to_owned(), recovery::person::Status::Active));

    assert!(matches!(work.commit().await, Err(Failure::Refused(_))), "nobody has this key");
    assert_eq!(rows(&service, kinds::USED_SETS).await, 1);
}

#[tokio::test]
async fn a_pin_try_does_not_fail_because_something_about_the_person_changes_meanwhile() {
    let (service, _) = in_memory();
    let person = with_person(&service).await;
    let app = App::of(InstanceId(person.0), person, "a try");
    let (mut try_of_a_pin, mut other) = (begun(&service).await, begun(&service).await);
    try_of_a_pin.refuse_frozen(&app).await.unwrap();
    other.load_person(person).await.unwrap();
    let mut change = begun(&service).await;
    let mut changed = change.load_person(person).await.unwrap();
    "en".clone_into(&mut changed.language);
    change.set(&changed);
    change.commit().await.unwrap();
    say(&mut try_of_a_pin);
    say(&mut other);

    assert!(try_of_a_pin.commit().await.is_ok());
    assert!(matches!(other.commit().await, Err(Failure::Rival)));
}
