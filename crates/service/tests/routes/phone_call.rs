//! Calls from the first word to the SMS or the neutral ending.

use recovery::alarm::Alarm;
use recovery::caller_limits::{AgentLimit, CentreLimit};
use recovery::evidence::QuotedDocument;
use recovery::id::{CaseId, StaffId};
use recovery::questions::FactKind;
use recovery::time::Duration;
use service::Failure;
use service::caller::Agent;
use service::phone_call::{CallStep, CallView, Caller, Outcome};
use std::sync::Arc;
use store::Id;
use testkit::FaultyStore;
use testkit::house::{House, NOW, Rows, licence};

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

/// A code that a caller got who answered every question rightly; nothing has left the outbox yet.
pub(crate) async fn code_called_for(house: &House, n: usize) -> CallView {
    let agent = house.agent(1).await;
    let view = asked(house, &agent, &licence(n)).await;
    let view = finished(house, &agent, view, Some(n)).await;
    assert_eq!(view.step, CallStep::Enough);
    house.service.send_temporary_pin(&agent, view.id).await.unwrap()
}

/// The same, with the messages.
pub(crate) async fn sent_to(house: &House, n: usize) -> (CallView, Vec<String>) {
    let view = code_called_for(house, n).await;
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
    let again = house.service.send_temporary_pin(&house.agent(1).await, view.id).await.unwrap();
    assert_eq!(again.step, CallStep::Sent);
    assert!(house.messages().await.is_empty(), "a second click sends nothing");
}

async fn enough(house: &House, n: usize) -> CaseId {
    house.enrolled(n, Duration::from_hours(120)).await;
    code_called_for(house, n).await.id
}

#[tokio::test]
async fn a_code_that_waited_may_stay_in_the_network_for_what_is_left_of_it() {
    let house = House::new().await;
    enough(&house, 1).await;
    house.clock.advance_ms(20 * 60_000);

    house.messages().await;

    assert_eq!(house.sent.validities(), [std::time::Duration::from_secs(10 * 60)]);
}

#[tokio::test]
async fn what_is_left_of_a_code_is_counted_when_it_is_sent_and_not_when_its_batch_was_taken() {
    let house = House::new().await;
    enough(&house, 1).await;
    enough(&house, 2).await;
    let each = std::time::Duration::from_secs(5 * 60);
    house.sent.slow_down(&house.clock, 5 * 60_000);

    let messages = house.messages().await;

    assert_eq!(codes(&messages), 2);
    let [first, second] = house.sent.validities()[..] else { panic!("two codes were sent") };
    assert!(second + each <= first, "{first:?} {second:?}");
}

#[tokio::test]
async fn a_code_that_was_over_while_others_were_sent_is_not_sent() {
    let house = House::new().await;
    enough(&house, 1).await;
    enough(&house, 2).await;
    house.sent.slow_down(&house.clock, 31 * 60_000);

    // Only what was sent first of all was still good.
    assert!(codes(&house.messages().await) < 2);
}

#[tokio::test]
async fn a_code_leaves_at_once_while_a_mail_server_that_says_nothing_holds_forty_notices() {
    let house = House::with_alarms().await;
    house.sent.hang_the_mail();
    let service = house.service.clone();
    let pass = || {
        let service = service.clone();
        tokio::spawn(async move { service.run_outbox().await })
    };
    for _ in 0..40 {
        house.service.raise_alarm(Alarm::EffectGivenUp);
        house.service.tell_alarms().await;
        house.clock.advance_secs(3_700);
    }
    let hanging = pass();
    tokio::task::yield_now().await;
    enough(&house, 1).await;

    let leaving = pass();
    let mut sent = Vec::new();
    for _ in 0..200 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        sent.extend(house.sent.take());
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
    house.numbers.changed_at(swapped);

    let (view, messages) = sent_to(&house, 1).await;

    assert_eq!(view.step, CallStep::NotPossible);
    assert_eq!(codes(&messages), 0, "{messages:?}");
    assert_eq!(house.numbers.asked(), ["+4512345678"]);
    let person = house.person(id).await;
    assert_eq!(person.channels[0].sim_changed_at, Some(swapped));
}

#[tokio::test]
async fn an_old_sim_gets_its_code_and_a_service_that_says_nothing_sends_none() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_days(400)).await;
    house.enrolled(2, Duration::from_days(400)).await;
    house.numbers.changed_at(NOW.minus(Duration::from_hours(120)));
    assert_eq!(sent_to(&house, 1).await.0.step, CallStep::Sent);

    house.numbers.be_away(true);
    let agent = house.agent(1).await;
    let view = asked(&house, &agent, &licence(2)).await;
    let view = finished(&house, &agent, view, Some(2)).await;
    let away = house.service.send_temporary_pin(&agent, view.id).await;

    assert!(matches!(away, Err(Failure::Unavailable { .. })), "{away:?}");
    house.numbers.be_away(false);
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
    let agent = house.agent(1).await;

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
    let agent = house.agent(1).await;

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
    let prober = house.agent(1).await;
    for n in 0..6 {
        let view = asked(&house, &prober, &format!("9000000{n}")).await;
        assert!(matches!(view.step, CallStep::Question { .. }), "call {n} goes on");
    }

    let caller = Caller { language: "da".into() };
    let id = house.service.draw_call_id();
    let refused = house.service.open_call(&prober, id, caller.clone()).await.unwrap_err();
    let itself = house.supervisor(1).await;
    let other = house.supervisor(2).await;
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
    let agent = house.agent(1).await;

    for n in [0, 1, 2, 3, 4, 5, 6] {
        asked(&house, &agent, &licence(n)).await;
    }

    opened(&house, &agent).await;
}

#[tokio::test]
async fn two_typings_that_differ_and_a_wrong_length_say_so_and_cost_nothing() {
    let house = House::new().await;
    let agent = house.agent(1).await;
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
    let holder = house.agent(1).await;
    let view = asked(&house, &holder, &licence(1)).await;

    let foreign = house.service.call(&house.agent(2).await, view.id).await.unwrap_err();
    let flagged = house.service.flag_call(&holder, view.id).await.unwrap();

    assert_eq!(foreign.to_string(), "refused: not-found");
    assert_eq!(flagged.step, CallStep::NotPossible);
    let listed = house.service.calls_today(&holder).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].outcome, Outcome::NotPossible);
    assert!(house.service.calls_today(&house.agent(2).await).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_sent_twice_does_not_answer_the_next_question() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_days(30)).await;
    let agent = house.agent(1).await;
    let view = asked(&house, &agent, &licence(1)).await;

    house.service.answer_call(&agent, view.id, 1, "wrong").await.unwrap();
    let twice = house.service.answer_call(&agent, view.id, 1, "wrong").await.unwrap();

    assert!(matches!(twice.step, CallStep::Question { number: 2, .. }), "{:?}", twice.step);
}

#[tokio::test]
async fn a_call_lapses() {
    let house = House::new().await;
    let agent = house.agent(1).await;
    let id = opened(&house, &agent).await;

    house.clock.set_ms(NOW.plus(Duration::from_hours(1)).0);

    assert_eq!(house.service.call(&agent, id).await.unwrap().step, CallStep::Lapsed);
}

/// Between the look at the limits and the commit, a rival stops the agent, or the whole centre.
#[tokio::test]
async fn a_call_of_an_agent_or_a_centre_that_is_stopped_in_the_same_instant_does_not_begin() {
    let house = House::new().await;
    let by = house.agent(1).await;
    asked(&house, &by, "99999999").await;
    let caller = || Caller { language: "en".into() };
    let rivals = house.served_with(|_| {});
    for centre in [false, true] {
        let store = Arc::new(FaultyStore::new(house.service.parts().store.clone()));
        let service = house.served_with(|parts| parts.store = store.clone());
        let rival = rivals.clone();
        store.before_the_next_commit(async move {
            let rows = Rows::of(&rival);
            if centre {
                rows.change::<CentreLimit>(Id(House::centre().0), |it| it.stopped = true).await;
            } else {
                rows.change::<AgentLimit>(Id(1), |it| it.stopped = true).await;
            }
        });

        let begun = service.open_call(&by, service.draw_call_id(), caller()).await;

        let refused = begun.unwrap_err().to_string();
        let expected = if centre { "refused: centre-stopped" } else { "refused: agent-stopped" };
        assert_eq!(refused, expected);
        if !centre {
            house.rows().save(&AgentLimit::new(StaffId(1))).await;
        }
    }
}
