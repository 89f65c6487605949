//! What came back with a restored database, and whether it can be used.

use recovery::authenticator::{Authenticator, Outcome, PinRecord, State, View};
use recovery::case::{Case, Closed, Stage};
use recovery::enrolment::{self, Enrolment};
use recovery::grant::{self, Grant, Origin};
use recovery::id::{
    CaseId, CredentialId, EnrolmentId, GrantId, InstanceId, PersonId, TemporaryPinId, TicketId,
    VetoId,
};
use recovery::sensitive::KeyedHash;
use recovery::temporary_pin::{self, Code, TemporaryPin};
use recovery::time::Duration;
use service::restore::Ended;
use store::rows::case::StoredCase;
use store::{Id, kinds};
use testkit::house::{House, NOW, Rows};

/// A person with everything that could be used once more.
struct Before {
    house: House,
    person: PersonId,
}

impl Before {
    async fn new() -> Self {
        let house = House::new().await;
        let person = house.enrolled(1, Duration::from_days(300)).await;
        let instance = InstanceId(person.0);
        let policy = house.service.parts().policy.clone();
        let rows = Rows::of(&house.service);
        let mut app = Authenticator::bound(instance, person, vec![4; 65], NOW);
        let pin =
            PinRecord { credential: CredentialId([1; 32]), registration: vec![1; 8], set_at: NOW };
        app.state = State::Ready { pin, wrong: 1, open: None };
        rows.save(&app).await;
        rows.save(&Grant {
            id: GrantId(1),
            person,
            instance,
            origin: Origin::Case(CaseId(1)),
            issued_at: NOW,
            state: grant::State::Open,
        })
        .await;
        let known = house.person(person).await;
        let case = Case::open_self_service(CaseId(2), &known, VetoId(3), &policy, NOW).unwrap();
        rows.save(&StoredCase::begin(case.next)).await;
        let offer = Enrolment::offer(EnrolmentId(4), person, KeyedHash([4; 32]), NOW).next;
        rows.save(&offer).await;
        let code = Code {
            id: TemporaryPinId(5),
            case: CaseId(9),
            instance: None,
            hash: KeyedHash([5; 32]),
            issued_at: NOW,
        };
        let issued = TemporaryPin::none(person).issue(code, &policy, NOW).unwrap().next;
        rows.save(&issued).await;
        Self { house, person }
    }

    const fn rows(&self) -> Rows<'_> {
        Rows::of(&self.house.service)
    }
}

#[tokio::test]
async fn what_could_be_used_a_second_time_ends_with_a_restore() {
    let before = Before::new().await;
    let service = &before.house.service;
    before.house.agent(700).await;
    let sessions = before.rows().count(kinds::STAFF_SESSION).await;
    assert!(sessions > 0);

    let ended = service.end_what_a_restore_brought_back().await.unwrap();

    let deleted = u64::try_from(sessions).unwrap();
    assert_eq!(ended, Ended { tries: 1, ended: 4, deleted });
    let code: TemporaryPin = before.rows().load(Id(before.person.0)).await.unwrap();
    assert_eq!(code.state, temporary_pin::State::Empty);
    assert_eq!(code.issues.count_within(Duration::from_days(1), NOW), 1, "the cap remembers it");
    let grant: Grant = before.rows().load(Id(1)).await.unwrap();
    assert_eq!(grant.state, grant::State::Withdrawn);
    let case: StoredCase = before.rows().load(Id(2)).await.unwrap();
    assert!(matches!(case.case.stage, Stage::Closed(Closed::Lapsed { .. })), "{case:?}");
    let offer: Enrolment = before.rows().load(Id(4)).await.unwrap();
    assert_eq!(offer.state, enrolment::State::Withdrawn);
    assert_eq!(before.rows().count(kinds::STAFF_SESSION).await, 0);
    let again = service.end_what_a_restore_brought_back().await.unwrap();
    assert_eq!(again, Ended::default(), "twice changes nothing more");
}

#[tokio::test]
async fn a_restore_gives_no_try_of_a_pin_back_but_one() {
    let before = Before::new().await;
    let (service, policy) = (&before.house.service, &before.house.service.parts().policy);

    service.end_what_a_restore_brought_back().await.unwrap();

    let app: Authenticator = before.rows().load(Id(before.person.0)).await.unwrap();
    assert_eq!(app.view(false, policy, NOW), View::Ready { tries_to_next_rung: 1 });
    let reserved = app.reserve(TicketId(1), KeyedHash([1; 32]), policy, NOW).unwrap().next;
    let blocked = reserved.settle(TicketId(1), Outcome::Wrong, policy, NOW).unwrap().next;
    assert_eq!(blocked.view(false, policy, NOW), View::Blocked);
    let opened = reserved.settle(TicketId(1), Outcome::Right, policy, NOW).unwrap().next;
    assert_eq!(opened.view(false, policy, NOW), View::Ready { tries_to_next_rung: 3 });
}
