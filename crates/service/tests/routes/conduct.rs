//! Attack 28: the own and the family's case, at Support and at the desk.

use crate::desk::{booked, checked_in, code, shown};
use recovery::alarm::Alarm;
use recovery::evidence::QuotedDocument;
use recovery::id::{CaseId, StaffId};
use recovery::policy::{Policy, Profile};
use recovery::time::{Duration, Timestamp};
use service::caller::Agent;
use service::conduct::OwnPerson;
use service::phone_call::{CallStep, CallView, Caller};
use store::Id;
use testkit::house::{House, NOW, cpr, licence, person_ref};

const OLD: Duration = Duration::from_days(30);
/// Mother, father, child, spouse, former spouse, sibling.
const FAMILY: [usize; 6] = [300, 301, 302, 303, 304, 305];
const STRANGER: usize = 306;

async fn quoted(house: &House, by: &Agent, n: usize) -> CallView {
    let id = house.service.draw_call_id();
    let caller = Caller { language: "en".into() };
    house.service.open_call(by, id, caller).await.unwrap();
    let number = licence(n);
    let typed = (number.as_str(), number.as_str());
    house.service.quote_number(by, id, QuotedDocument::DrivingLicence, typed).await.unwrap()
}

async fn met(house: &House, staff: u128) -> usize {
    let said = format!("{staff:032x}");
    let entries = house.journal_of_service().await;
    let own = entries.iter().filter(|it| it.code == "own-case-met");
    own.filter(|it| it.fields.iter().any(|(name, value)| name == "staff" && *value == said)).count()
}

fn alarms(house: &House) -> u64 {
    house.service.alarms_raised().find(|(it, _)| *it == Alarm::OwnOrFamilyCase).unwrap().1
}

#[tokio::test]
async fn a_clerk_is_told_that_it_is_the_own_or_the_familys_case() {
    let house = House::new().await;
    house.enrolled(8, OLD).await;
    let case = checked_in(&house).await;
    for (n, relative) in FAMILY.into_iter().chain([8]).enumerate() {
        house.employ(1, Some(cpr(relative).digits()), None).await;
        house.population.asked();

        let seen =
            house.service.documents_seen(&house.clerk(1, "aarhus").await, case, &shown(8)).await;

        assert_eq!(code(seen.unwrap_err()), "own-case", "{relative}");
        assert_eq!(met(&house, 1).await, n + 1, "the journal says so");
        if relative != 8 {
            let own = person_ref(relative).as_str().to_owned();
            assert!(!house.population.asked().contains(&own), "the record of staff is never read");
        }
    }
    house.employ(1, Some(cpr(STRANGER).digits()), None).await;
    house.service.documents_seen(&house.clerk(1, "aarhus").await, case, &shown(8)).await.unwrap();
}

#[tokio::test]
async fn the_operators_own_id_of_a_member_keeps_them_from_the_family_too() {
    let house = House::new().await;
    house.enrolled(8, OLD).await;
    let case = checked_in(&house).await;
    for relative in FAMILY.into_iter().chain([8]) {
        house.employ(1, Some(person_ref(relative).as_str()), None).await;
        let seen =
            house.service.documents_seen(&house.clerk(1, "aarhus").await, case, &shown(8)).await;
        assert_eq!(code(seen.unwrap_err()), "own-case", "{relative}");
    }
}

#[tokio::test]
async fn a_witness_of_the_own_family_is_refused_and_so_is_a_second_clerk() {
    let house = House::new().await;
    house.enrolled(8, OLD).await;
    house.enrolled(1, OLD).await;
    house.employ(1, Some(cpr(305).digits()), None).await;
    let case = checked_in(&house).await;
    let by = house.clerk(1, "aarhus").await;
    house.service.documents_seen(&by, case, &shown(1)).await.unwrap();

    let number = zeroize::Zeroizing::new(cpr(8).digits().to_owned());
    let asked = house.service.ask_witness(&by, case, &number, true).await;
    assert_eq!(code(asked.unwrap_err()), "own-case");
    assert_eq!(met(&house, 1).await, 1);
}

#[tokio::test]
async fn at_support_an_own_call_runs_ends_like_any_refusal_and_alarms() {
    let house = House::with_alarms().await;
    let person = house.enrolled(8, OLD).await;
    for (n, relative) in FAMILY.into_iter().chain([8]).enumerate() {
        house.employ(1, Some(cpr(relative).digits()), None).await;
        let by = house.agent(1).await;

        let mut view = quoted(&house, &by, 8).await;
        let mut questions = 0;
        while let CallStep::Question { number, .. } = view.step {
            questions += 1;
            view = house.service.answer_call(&by, view.id, number, "Jensen").await.unwrap();
        }

        assert!(questions >= 2, "it runs");
        assert_eq!(view.step, CallStep::NotPossible, "{relative}");
        assert_eq!(met_of_person(&house, person).await, n + 1);
        assert_eq!(alarms(&house), u64::try_from(n + 1).unwrap());
    }
    let policy = Policy::of(Profile::PublicService);
    let person = house.person(person).await;
    assert!(!person.phone_bar_is_raised(&policy, NOW), "it counts in no budget");
    assert!(house.messages().await.iter().any(|text| text.contains("own-or-family-case")));
    house.employ(1, Some(cpr(STRANGER).digits()), None).await;
    quoted(&house, &house.agent(1).await, 8).await;
    assert_eq!(alarms(&house), 7);
}

/// Entries about a call with nobody behind it are filed under the call.
async fn met_of_person(house: &House, _: recovery::id::PersonId) -> usize {
    met(house, 1).await
}

#[tokio::test]
async fn an_own_call_is_no_unknown_number() {
    let house = House::new().await;
    house.enrolled(8, OLD).await;
    house.employ(1, Some(cpr(303).digits()), None).await;
    for _ in 0..12 {
        quoted(&house, &house.agent(1).await, 8).await;
    }
    quoted(&house, &house.agent(1).await, 1).await;
}

#[tokio::test]
async fn who_carries_neither_an_id_nor_an_approved_list_holds_no_case() {
    let house = House::new().await;
    let reference = booked(&house, Timestamp(NOW.0 + 40 * 60_000)).await;
    let (by, at_desk) = (house.agent(50).await, house.clerk(50, "aarhus").await);
    let open = |id| {
        let caller = Caller { language: "en".into() };
        house.service.open_call(&by, id, caller)
    };

    assert_eq!(code(open(CaseId(1)).await.unwrap_err()), "staff-person-missing");
    let refused = house.service.check_in(&at_desk, &reference).await.unwrap_err();
    assert_eq!(code(refused), "staff-person-missing");

    let list = [cpr(303).digits().to_owned()];
    house.employ(50, None, Some(&list)).await;
    assert_eq!(code(open(CaseId(2)).await.unwrap_err()), "staff-declaration-waiting");

    let own = house.service.approve_declaration(&house.supervisor(50).await, StaffId(50)).await;
    assert_eq!(code(own.unwrap_err()), "own-case", "nobody approves the own list");
    let nobody = house.service.approve_declaration(&house.supervisor(51).await, StaffId(50)).await;
    assert_eq!(
        code(nobody.unwrap_err()),
        "staff-person-missing",
        "51 may be 50 under another account"
    );
    house.employ(51, Some("staff-51"), None).await;
    let waiting = house.service.waiting_declarations(&house.supervisor(51).await).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].staff, StaffId(50));
    assert!(
        house.service.waiting_declarations(&house.supervisor(50).await).await.unwrap().is_empty()
    );

    house.service.approve_declaration(&house.supervisor(51).await, StaffId(50)).await.unwrap();
    open(CaseId(3)).await.unwrap();
    let case = house.service.check_in(&at_desk, &reference).await.unwrap();
    house.enrolled(8, OLD).await;
    let seen = house.service.documents_seen(&at_desk, case, &shown(8)).await.unwrap_err();
    assert_eq!(code(seen), "own-case", "the person is married to somebody on the list");

    house.employ(50, None, Some(&[])).await;
    assert_eq!(code(open(CaseId(4)).await.unwrap_err()), "staff-declaration-waiting");
}

#[tokio::test]
async fn an_id_is_kept_sealed_and_nowhere_in_clear() {
    let house = House::new().await;
    house.employ(1, Some("120380-1234x"), None).await;
    let row =
        house.service.parts().store.load(store::kinds::STAFF_PERSON, Id(1)).await.unwrap().unwrap();
    let kept = row.record.state.windows(6).any(|window| window == b"120380");
    assert!(!kept);
    let debug = format!("{:?}", OwnPerson::read(Some("120380-1234x"), None).unwrap());
    assert!(!debug.contains("120380"));
}

#[tokio::test]
async fn cases_are_drawn_at_the_policys_rate_and_twice_as_often_on_a_declared_list() {
    let mut policy = Policy::of(Profile::PublicService);
    policy.conduct.sample_permille = 100;
    let house = House::ruled_by(policy).await;
    house.employ(2, None, Some(&[])).await;
    house.service.approve_declaration(&house.supervisor(3).await, StaffId(2)).await.unwrap();
    for staff in [1, 2] {
        let by = house.agent(staff).await;
        for id in 0..1_000 {
            let caller = Caller { language: "en".into() };
            let case = CaseId(10_000 + id * 10 + staff);
            house.service.open_call(&by, case, caller).await.unwrap();
        }
    }

    let drawn = house.service.sampled_cases().await.unwrap();

    let of = |staff| drawn.iter().filter(|it| it.staff == StaffId(staff)).count();
    assert!((60..140).contains(&of(1)), "{}", of(1));
    assert!((150..250).contains(&of(2)), "{}", of(2));
    assert!(drawn.iter().all(|it| it.declared == (it.staff == StaffId(2))));
    let said = house.journal_of_service().await;
    let said = said.iter().filter(|entry| entry.code == "case-sampled");
    assert_eq!(said.count(), drawn.len());
}

#[tokio::test]
async fn a_colleague_takes_the_visit_over_from_a_clerk_who_may_not_handle_it() {
    let house = House::new().await;
    house.enrolled(8, OLD).await;
    house.employ(1, Some(cpr(303).digits()), None).await;
    let case = checked_in(&house).await;
    let (kin, colleague) = (house.clerk(1, "aarhus").await, house.clerk(3, "aarhus").await);
    let seen = house.service.documents_seen(&kin, case, &shown(8)).await.unwrap_err();
    assert_eq!(code(seen), "own-case");
    assert_eq!(code(house.service.take_over(&kin, case).await.unwrap_err()), "same-clerk");
    let elsewhere = house.service.take_over(&house.clerk(4, "nuuk").await, case).await.unwrap_err();
    assert_eq!(code(elsewhere), "not-found");

    assert!(house.service.desk_today(&colleague).await.unwrap().open[0].can_be_taken_over);
    house.service.take_over(&colleague, case).await.unwrap();
    house.service.documents_seen(&colleague, case, &shown(8)).await.unwrap();
    let back = house.service.take_over(&kin, case).await.unwrap_err();
    assert_eq!(code(back), "out-of-order", "a case that is about somebody stays where it is");
}
