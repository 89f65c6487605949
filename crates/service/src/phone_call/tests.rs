//! Calls from the first word to the SMS or the neutral ending.

use super::*;
use crate::caller::Supervisor;
use crate::house::{House, NOW, licence};
use crate::work::{Subject, Work};
use recovery::alarm::Alarm;
use recovery::caller_limits::{AgentLimit, CentreLimit};
use recovery::effect::{Effect, Step};
use recovery::id::{CentreId, StaffId};
use recovery::questions::FactKind;
use recovery::staff::Role;
use recovery::time::Duration;

fn member(id: u128, role: Role) -> StaffMember {
    StaffMember { id: StaffId(id), roles: vec![role], centre: Some(CentreId(77)), kin: Vec::new() }
}

fn agent(id: u128) -> Agent {
    Agent(member(id, Role::Agent))
}

/// What the n-th person of the house would say.
fn right(n: usize, kind: FactKind) -> String {
    let (years, months) = (n % 30, n / 30 % 12);
    match kind {
        FactKind::FormerAddress => format!("vej{n}gade 7"),
        FactKind::FormerMunicipality => "Koebenhavn".to_owned(),
        FactKind::MonthMovedIn => format!("{}/{}", 1 + months, 1990 + years),
        FactKind::MothersBirthDate => {
            format!("{}-{}-{}", 1 + n % 28, 1 + months, 1980 - 20 - years)
        }
        FactKind::FathersBirthDate => {
            format!("{}-{}-{}", 1 + n % 27, 1 + months, 1980 - 22 - years)
        }
        FactKind::BirthRegistrationPlace
        | FactKind::NumberOfChildren
        | FactKind::ChildBirthYear
        | FactKind::MarriageYear
        | FactKind::FormerName => panic!("the house has no such fact: {kind:?}"),
    }
}

async fn opened(house: &House, agent: &Agent) -> CaseId {
    let id = house.service.draw_call_id();
    let caller = Caller { language: "en".into() };
    assert_eq!(house.service.open_call(agent, id, caller).await.unwrap().step, CallStep::Number);
    id
}

async fn asked(house: &House, agent: &Agent, number: &str) -> CallView {
    let id = opened(house, agent).await;
    house
        .service
        .quote_number(agent, id, QuotedDocument::DrivingLicence, (number, number))
        .await
        .unwrap()
}

/// Answers every question rightly, or none.
async fn finished(
    house: &House,
    agent: &Agent,
    mut view: CallView,
    knows: Option<usize>,
) -> CallView {
    while let CallStep::Question { number, kind, .. } = view.step {
        let given = knows.map_or_else(String::new, |n| right(n, kind));
        view = house.service.answer_call(agent, view.id, number, &given).await.unwrap();
    }
    view
}

async fn sent_to(house: &House, n: usize) -> (CallView, Vec<String>) {
    let agent = agent(1);
    let view = asked(house, &agent, &licence(n)).await;
    let view = finished(house, &agent, view, Some(n)).await;
    assert_eq!(view.step, CallStep::Enough);
    let view = house.service.send_temporary_pin(&agent, view.id).await.unwrap();
    (view, house.messages().await)
}

fn codes(messages: &[String]) -> usize {
    messages
        .iter()
        .filter(|text| {
            text.split(|c: char| !c.is_ascii_digit() && c != ' ')
                .any(|run| run.chars().filter(char::is_ascii_digit).count() == 8)
        })
        .count()
}

#[tokio::test]
async fn a_caller_who_knows_the_answers_gets_a_code_by_sms() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_hours(120)).await;

    let (view, messages) = sent_to(&house, 1).await;

    assert_eq!(view.step, CallStep::Sent);
    assert!(codes(&messages) >= 1, "{messages:?}");
    let again = house.service.send_temporary_pin(&agent(1), view.id).await.unwrap();
    assert_eq!(again.step, CallStep::Sent);
    assert!(house.messages().await.is_empty(), "a second click sends nothing");
}

async fn enough(house: &House, n: usize) -> CaseId {
    house.enrolled(n, Duration::from_hours(120)).await;
    let agent = agent(1);
    let view = asked(house, &agent, &licence(n)).await;
    let view = finished(house, &agent, view, Some(n)).await;
    house.service.send_temporary_pin(&agent, view.id).await.unwrap();
    view.id
}

#[tokio::test]
async fn a_code_that_waited_may_stay_in_the_network_for_what_is_left_of_it() {
    let house = House::new().await;
    enough(&house, 1).await;
    house.clock.advance_ms(20 * 60_000);

    house.messages().await;

    assert_eq!(house.validities(), [std::time::Duration::from_secs(10 * 60)]);
}

#[tokio::test]
async fn what_is_left_of_a_code_is_counted_when_it_is_sent_and_not_when_its_batch_was_taken() {
    let house = House::new().await;
    enough(&house, 1).await;
    enough(&house, 2).await;
    let each = std::time::Duration::from_secs(5 * 60);
    house.slow_network(5 * 60_000);

    let messages = house.messages().await;

    assert_eq!(codes(&messages), 2);
    let [first, second] = house.validities()[..] else { panic!("two codes were sent") };
    assert!(second + each <= first, "{first:?} {second:?}");
}

#[tokio::test]
async fn a_code_that_was_over_while_others_were_sent_is_not_sent() {
    let house = House::new().await;
    enough(&house, 1).await;
    enough(&house, 2).await;
    house.slow_network(31 * 60_000);

    // Only what was sent first of all was still good.
    assert!(codes(&house.messages().await) < 2);
}

#[tokio::test]
async fn a_code_leaves_at_once_while_a_mail_server_that_says_nothing_holds_forty_notices() {
    let house = House::with_alarms().await;
    house.hang_the_mail();
    let service = house.service.clone();
    let pass = || {
        let service = service.clone();
        tokio::spawn(async move { service.run_outbox().await })
    };
    for _ in 0..40 {
        let mut work = Work::begin(&house.service).await.unwrap();
        let step = Step::to(()).owing(Effect::Alarm { alarm: Alarm::EffectGivenUp });
        work.take(Subject::Nobody { matter: 5 }, step);
        work.commit().await.unwrap();
        house.clock.advance_secs(3_700);
    }
    let hanging = pass();
    tokio::task::yield_now().await;
    enough(&house, 1).await;

    let leaving = pass();
    let mut sent = Vec::new();
    for _ in 0..200 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        sent.extend(house.sent());
        if codes(&sent) == 1 {
            break;
        }
    }

    assert_eq!(codes(&sent), 1, "{sent:?}");
    assert!(!hanging.is_finished(), "the mails hang");
    hanging.abort();
    leaving.abort();
}

#[tokio::test]
async fn a_code_that_waited_until_it_was_over_is_not_sent() {
    let house = House::new().await;
    enough(&house, 1).await;
    house.clock.advance_ms(30 * 60_000);

    let messages = house.messages().await;

    assert_eq!(codes(&messages), 0, "{messages:?}");
}

/// CHECKLIST attack 2: the operator does not know of the new SIM, the networks do.
#[tokio::test]
async fn a_sim_that_the_networks_call_new_gets_no_code_and_is_remembered() {
    let house = House::new().await;
    let id = house.enrolled(1, Duration::from_days(400)).await;
    let swapped = NOW.minus(Duration::from_hours(119));
    *house.numbers.changed_at.lock().unwrap() = Some(swapped);

    let (view, messages) = sent_to(&house, 1).await;

    assert_eq!(view.step, CallStep::NotPossible);
    assert_eq!(codes(&messages), 0, "{messages:?}");
    assert_eq!(*house.numbers.asked.lock().unwrap(), ["+4512345678"]);
    let mut work = Work::begin(&house.service).await.unwrap();
    let person = work.load_person(id).await.unwrap();
    assert_eq!(person.channels[0].sim_changed_at, Some(swapped));
}

#[tokio::test]
async fn an_old_sim_gets_its_code_and_a_service_that_says_nothing_sends_none() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_days(400)).await;
    house.enrolled(2, Duration::from_days(400)).await;
    *house.numbers.changed_at.lock().unwrap() = Some(NOW.minus(Duration::from_hours(120)));
    assert_eq!(sent_to(&house, 1).await.0.step, CallStep::Sent);

    house.numbers.away.store(true, std::sync::atomic::Ordering::Relaxed);
    let agent = agent(1);
    let view = asked(&house, &agent, &licence(2)).await;
    let view = finished(&house, &agent, view, Some(2)).await;
    let away = house.service.send_temporary_pin(&agent, view.id).await;

    assert!(matches!(away, Err(Failure::Unavailable { .. })), "{away:?}");
    house.numbers.away.store(false, std::sync::atomic::Ordering::Relaxed);
    let sent = house.service.send_temporary_pin(&agent, view.id).await.unwrap();
    assert_eq!(sent.step, CallStep::Sent, "nothing was lost");
}

#[tokio::test]
async fn a_number_one_second_too_new_gets_the_neutral_ending() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_secs(120 * 3600 - 1)).await;

    let (view, messages) = sent_to(&house, 1).await;

    assert_eq!(view.step, CallStep::NotPossible);
    assert_eq!(codes(&messages), 0);
}

#[tokio::test]
async fn wrong_answers_end_the_call_and_raise_the_bar_of_the_next() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_days(30)).await;
    let agent = agent(1);

    let view = asked(&house, &agent, &licence(1)).await;
    let before = view.step;
    let view = finished(&house, &agent, view, None).await;

    assert!(matches!(before, CallStep::Question { number: 1, of: 3, .. }));
    assert_eq!(view.step, CallStep::NotPossible);
    assert!(house.messages().await.iter().all(|text| codes(std::slice::from_ref(text)) == 0));
    let next = asked(&house, &agent, &licence(1)).await;
    assert!(matches!(next.step, CallStep::Question { of: 4, .. }), "{:?}", next.step);
}

#[tokio::test]
async fn an_unknown_number_a_stolen_licence_and_a_stranger_to_the_service_look_alike() {
    let house = House::new().await;
    house.enrolled(9, Duration::from_days(30)).await;
    let agent = agent(1);

    // Nobody's; reported stolen; somebody without an app here.
    for number in ["99999999".to_owned(), licence(9), licence(5)] {
        let view = asked(&house, &agent, &number).await;
        assert!(
            matches!(view.step, CallStep::Question { number: 1, of: 3, .. }),
            "{:?}",
            view.step
        );
        assert_eq!(finished(&house, &agent, view, None).await.step, CallStep::NotPossible);
    }
    assert!(house.messages().await.is_empty());
}

#[tokio::test]
async fn the_sixth_unknown_number_stops_the_agent_until_another_releases() {
    let house = House::new().await;
    let prober = agent(1);
    for n in 0..6 {
        let view = asked(&house, &prober, &format!("9000000{n}")).await;
        assert!(matches!(view.step, CallStep::Question { .. }), "call {n} goes on");
    }

    let caller = Caller { language: "da".into() };
    let id = house.service.draw_call_id();
    let refused = house.service.open_call(&prober, id, caller.clone()).await.unwrap_err();
    let itself = Supervisor(member(1, Role::Supervisor));
    let other = Supervisor(member(2, Role::Supervisor));
    let own = house.service.release_agent(&itself, StaffId(1)).await;

    assert_eq!(refused.to_string(), "refused: agent-stopped");
    assert_eq!(own.unwrap_err().to_string(), "refused: own-case");
    assert_eq!(house.service.stopped(&other).await.unwrap().0.len(), 1);
    house.service.release_agent(&other, StaffId(1)).await.unwrap();
    assert!(house.service.open_call(&prober, id, caller).await.is_ok());
}

#[tokio::test]
async fn numbers_of_people_stop_nobody() {
    let house = House::new().await;
    let agent = agent(1);

    for n in [0, 1, 2, 3, 4, 5, 6] {
        asked(&house, &agent, &licence(n)).await;
    }

    opened(&house, &agent).await;
}

#[tokio::test]
async fn two_typings_that_differ_and_a_wrong_length_say_so_and_cost_nothing() {
    let house = House::new().await;
    let agent = agent(1);
    let id = opened(&house, &agent).await;
    let quote = |first: &'static str, second: &'static str| {
        house.service.quote_number(&agent, id, QuotedDocument::DrivingLicence, (first, second))
    };

    assert_eq!(
        quote("12345678", "12345679").await.unwrap_err().to_string(),
        "refused: numbers-differ"
    );
    assert_eq!(quote("1234", "1234").await.unwrap_err().to_string(), "refused: number-malformed");
    assert_eq!(house.service.call(&agent, id).await.unwrap().step, CallStep::Number);
}

#[tokio::test]
async fn a_call_belongs_to_its_agent_and_a_flag_looks_like_any_ending() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_days(30)).await;
    let holder = agent(1);
    let view = asked(&house, &holder, &licence(1)).await;

    let foreign = house.service.call(&agent(2), view.id).await.unwrap_err();
    let flagged = house.service.flag_call(&holder, view.id).await.unwrap();

    assert_eq!(foreign.to_string(), "refused: not-found");
    assert_eq!(flagged.step, CallStep::NotPossible);
    let listed = house.service.calls_today(&holder).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].outcome, Outcome::NotPossible);
    assert!(house.service.calls_today(&agent(2)).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_sent_twice_does_not_answer_the_next_question() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_days(30)).await;
    let agent = agent(1);
    let view = asked(&house, &agent, &licence(1)).await;

    house.service.answer_call(&agent, view.id, 1, "wrong").await.unwrap();
    let twice = house.service.answer_call(&agent, view.id, 1, "wrong").await.unwrap();

    assert!(matches!(twice.step, CallStep::Question { number: 2, .. }), "{:?}", twice.step);
}

#[tokio::test]
async fn a_call_lapses() {
    let house = House::new().await;
    let agent = agent(1);
    let id = opened(&house, &agent).await;

    house.clock.set_ms(NOW.plus(Duration::from_hours(1)).0);

    assert_eq!(house.service.call(&agent, id).await.unwrap().step, CallStep::Lapsed);
}

/// Between the look at the limits and the commit, a rival stops the agent, or the whole centre.
#[tokio::test]
async fn a_call_of_an_agent_or_a_centre_that_is_stopped_in_the_same_instant_does_not_begin() {
    let house = House::new().await;
    let by = agent(1);
    asked(&house, &by, "99999999").await;
    let stopped_agent = |limit: &AgentLimit| AgentLimit { stopped: true, ..limit.clone() };
    let stopped_centre = |limit: &CentreLimit| CentreLimit { stopped: true, ..limit.clone() };
    for centre in [false, true] {
        let mut work = Work::begin(&house.service).await.unwrap();
        work.refuse_stopped(by.member()).await.unwrap();
        work.insert(&CallNotes::begin(
            house.service.draw_call_id(),
            by.member().id,
            &Caller { language: "en".into() },
            work.now(),
        ));

        let mut rival = Work::begin(&house.service).await.unwrap();
        if centre {
            let seen = rival.get::<CentreLimit>(CentreId(77)).await.unwrap().unwrap();
            rival.set(&stopped_centre(&seen));
        } else {
            let seen = rival.get::<AgentLimit>(by.member().id).await.unwrap().unwrap();
            rival.set(&stopped_agent(&seen));
        }
        rival.commit().await.unwrap();

        assert!(matches!(work.commit().await, Err(Failure::Rival)), "centre: {centre}");
        if !centre {
            let mut again = Work::begin(&house.service).await.unwrap();
            again.get::<AgentLimit>(by.member().id).await.unwrap().unwrap();
            again.set(&AgentLimit::new(by.member().id));
            again.commit().await.unwrap();
        }
    }
}

#[test]
fn notes_of_calls_of_an_earlier_version_come_back() {
    crate::house::rows_come_back::<crate::phone_call::notes::CallNotes>();
}
