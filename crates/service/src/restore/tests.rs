//! What came back with a restored database, and whether it can be used.

use super::*;
use crate::house::{House, NOW};
use crate::staff::Site;
use recovery::authenticator::{PinRecord, State, View};
use recovery::case::{Case, Closed, Stage};
use recovery::grant::{self, Origin};
use recovery::id::{
    CaseId, CredentialId, EnrolmentId, GrantId, InstanceId, TemporaryPinId, TicketId, VetoId,
};
use recovery::rejection::Rejection;
use recovery::sensitive::KeyedHash;
use recovery::staff::Role;
use recovery::time::Duration;
use recovery::{enrolment, temporary_pin};
use store::Id;

/// A person with everything that could be used once more.
struct Before {
    house: House,
    person: PersonId,
    instance: InstanceId,
}

impl Before {
    async fn new() -> Self {
        let house = House::new().await;
        let person = house.enrolled(1, Duration::from_days(300)).await;
        let instance = InstanceId(person.0);
        let mut work = Work::begin(&house.service).await.unwrap();
        work.ensure_key(person).await.unwrap();
        let mut app = Authenticator::bound(instance, person, vec![4; 65], NOW);
        let pin =
            PinRecord { credential: CredentialId([1; 32]), registration: vec![1; 8], set_at: NOW };
        app.state = State::Ready { pin, wrong: 1, open: None };
        work.insert(&app);
        work.insert(&Grant {
            id: GrantId(1),
            person,
            instance,
            origin: Origin::Case(CaseId(1)),
            issued_at: NOW,
            state: grant::State::Open,
        });
        let loaded = work.load_person(person).await.unwrap().value;
        let policy = house.service.parts().policy.clone();
        let case = Case::open_self_service(CaseId(2), &loaded, VetoId(3), &policy, NOW).unwrap();
        work.insert(&StoredCase::begin(case.next));
        let offer = Enrolment::offer(EnrolmentId(4), person, KeyedHash([4; 32]), NOW).next;
        work.insert(&offer);
        work.commit().await.unwrap();
        let mut work = Work::begin(&house.service).await.unwrap();
        work.ensure_key(person).await.unwrap();
        work.place_code(person, CaseId(9), TemporaryPinId(5), None).await.unwrap();
        work.commit().await.unwrap();
        Self { house, person, instance }
    }

    async fn loaded<A: Aggregate>(&self, id: u128) -> A {
        let mut work = Work::begin(&self.house.service).await.unwrap();
        work.load::<A>(Id(id)).await.unwrap().unwrap().value
    }
}

#[tokio::test]
async fn what_could_be_used_a_second_time_ends_with_a_restore() {
    let before = Before::new().await;
    let service = &before.house.service;
    let agent = before.house.signed_in(Role::Agent, Site::Support).await;
    drop(agent);
    assert_eq!(before.house.rows(kinds::STAFF_SESSION).await, 1);

    let ended = service.end_what_a_restore_brought_back().await.unwrap();

    assert_eq!(ended, Ended { tries: 1, ended: 4, deleted: 1 });
    let code: TemporaryPin = before.loaded(before.person.0).await;
    assert_eq!(code.state, temporary_pin::State::Empty);
    assert_eq!(code.issues.count_within(Duration::from_days(1), NOW), 1, "the cap remembers it");
    let grant: Grant = before.loaded(1).await;
    assert_eq!(grant.state, grant::State::Withdrawn);
    let case: StoredCase = before.loaded(2).await;
    assert!(matches!(case.case.stage, Stage::Closed(Closed::Lapsed { .. })), "{case:?}");
    let offer: Enrolment = before.loaded(4).await;
    assert_eq!(offer.state, enrolment::State::Withdrawn);
    assert_eq!(before.house.rows(kinds::STAFF_SESSION).await, 0);
    assert!(before.house.messages().await.is_empty(), "no code goes out that waited");
    let again = service.end_what_a_restore_brought_back().await.unwrap();
    assert_eq!(again, Ended::default(), "twice changes nothing more");
}

#[tokio::test]
async fn a_restore_gives_no_try_of_a_pin_back_but_one() {
    let before = Before::new().await;
    let (service, policy) = (&before.house.service, &before.house.service.parts().policy);

    service.end_what_a_restore_brought_back().await.unwrap();

    let app: Authenticator = before.loaded(before.instance.0).await;
    assert_eq!(app.view(false, policy, NOW), View::Ready { tries_to_next_rung: 1 });
    let request = KeyedHash([1; 32]);
    let reserved = app.reserve(TicketId(1), request, policy, NOW).unwrap().next;
    let wrong = recovery::authenticator::Outcome::Wrong;
    let blocked = reserved.settle(TicketId(1), wrong, policy, NOW).unwrap().next;
    assert_eq!(blocked.view(false, policy, NOW), View::Blocked);
    let right = recovery::authenticator::Outcome::Right;
    let opened = reserved.settle(TicketId(1), right, policy, NOW).unwrap().next;
    assert_eq!(opened.view(false, policy, NOW), View::Ready { tries_to_next_rung: 3 });
    assert_eq!(app.reserve(TicketId(1), request, policy, NOW).err(), None::<Rejection>);
}
