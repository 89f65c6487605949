//! Alarms, from what raises them to the message about them.

use recovery::alarm::Alarm;
use recovery::evidence::QuotedDocument;
use recovery::time::Duration;
use service::alarm::AlarmAddress;
use service::phone_call::Caller;
use testkit::house::{House, NOW, cpr, licence};

fn raised(house: &House, alarm: Alarm) -> u64 {
    house.service.alarms_raised().find(|(known, _)| *known == alarm).unwrap().1
}

#[tokio::test]
async fn an_alarm_of_a_decision_is_journalled_counted_and_told() {
    let house = House::with_alarms().await;
    house.enrolled(8, Duration::from_days(30)).await;
    house.employ(1, Some(cpr(8).digits()), None).await;
    let agent = house.agent(1).await;
    let id = house.service.draw_call_id();
    house.service.open_call(&agent, id, Caller { language: "en".into() }).await.unwrap();
    let number = licence(8);
    let typed = (number.as_str(), number.as_str());

    assert_eq!(raised(&house, Alarm::OwnOrFamilyCase), 0, "nothing is decided yet");
    let kind = QuotedDocument::DrivingLicence;
    house.service.quote_number(&agent, id, kind, typed).await.unwrap();

    assert_eq!(raised(&house, Alarm::OwnOrFamilyCase), 1);
    let entries = house.journal_of_service().await;
    assert!(entries.iter().any(|entry| entry.code == "alarm-raised"
        && entry.fields.contains(&("alarm".into(), "own-or-family-case".into()))));
    let told = house.messages().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("own-or-family-case"), "{}", told[0]);
}

#[tokio::test]
async fn an_alarm_from_outside_of_a_transaction_is_journalled_counted_and_told() {
    let house = House::with_alarms().await;

    house.service.raise_alarm(Alarm::EffectGivenUp);
    house.service.tell_alarms().await;

    assert_eq!(raised(&house, Alarm::EffectGivenUp), 1);
    let entries = house.journal_of_service().await;
    assert_eq!(entries.iter().filter(|entry| entry.code == "alarm-raised").count(), 1);
    assert_eq!(house.messages().await.len(), 1);
}

#[tokio::test]
async fn a_thousand_alarms_of_one_kind_are_one_message_and_one_more_an_hour_later() {
    let house = House::with_alarms().await;
    for _ in 0..1_000 {
        house.service.raise_alarm(Alarm::EffectGivenUp);
        house.service.tell_alarms().await;
    }
    assert_eq!(house.messages().await.len(), 1);

    house.clock.advance_secs(120);
    house.service.tell_alarms().await;
    assert_eq!(house.messages().await, Vec::<String>::new(), "an hour is not over");
    let entries = house.journal_of_service().await;
    assert_eq!(entries.iter().filter(|entry| entry.code == "alarm-raised").count(), 2);

    house.clock.advance_secs(3_600);
    let told = house.messages().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("999 times"), "{}", told[0]);
    assert_eq!(raised(&house, Alarm::EffectGivenUp), 1_000);
}

#[tokio::test]
async fn alarms_of_another_kind_are_told_at_once() {
    let house = House::with_alarms().await;
    house.service.raise_alarm(Alarm::EffectGivenUp);
    house.service.raise_alarm(Alarm::UnknownNumbersLimit);
    house.service.tell_alarms().await;

    assert_eq!(house.messages().await.len(), 2);
}

#[tokio::test]
async fn a_database_that_is_not_trusted_is_told_past_it_and_once_an_hour() {
    let house = House::with_alarms().await;
    house.service.distrust();
    house.service.tell_alarms().await;
    house.service.tell_alarms().await;

    assert_eq!(raised(&house, Alarm::DatabaseSetBack), 1);
    let told = house.sent.take();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("database-set-back"), "{}", told[0]);
}

#[tokio::test]
async fn a_clock_that_is_not_trusted_is_told_and_journalled_once_it_can_be() {
    let house = House::with_alarms().await;
    let back = 600_000;
    house.clock.set_ms(NOW.0 - back);
    assert!(house.service.now().await.is_err());
    house.service.tell_alarms().await;

    let told = house.sent.take();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("clock-not-trusted"), "{}", told[0]);

    house.clock.set_ms(NOW.0 + back);
    // It is believed again once it was steady for a minute.
    for _ in 0..70 {
        house.clock.advance_secs(1);
        house.service.tick_clock().await.unwrap();
    }
    house.service.tell_alarms().await;
    let entries = house.journal_of_service().await;
    assert!(entries.iter().any(|entry| entry.code == "alarm-raised"));
}

#[tokio::test]
async fn an_effect_that_is_given_up_is_an_alarm() {
    let house = House::with_alarms().await;
    house.sent.break_down();
    house.service.raise_alarm(Alarm::UnknownNumbersLimit);
    for _ in 0..60 {
        house.service.tell_alarms().await;
        house.service.run_outbox().await.unwrap();
        house.clock.advance_secs(660);
    }
    assert_eq!(raised(&house, Alarm::EffectGivenUp), 1);
}

#[tokio::test]
async fn a_centre_that_refuses_the_service_itself_is_an_alarm_and_messages_wait_for_the_mend() {
    let house = House::with_alarms().await;
    house.service.raise_alarm(Alarm::UnknownNumbersLimit);
    house.service.tell_alarms().await;
    house.sent.refuse(true);
    house.service.run_outbox().await.unwrap();

    assert_eq!(raised(&house, Alarm::SendersRefused), 1);
    assert!(house.sent.take().is_empty());

    house.sent.refuse(false);
    house.clock.advance_secs(3_600);
    assert!(house.messages().await.iter().any(|text| text.contains("unknown-numbers-limit")));
}

#[test]
fn an_address_is_mail_or_telephone_and_nothing_else() {
    for good in ["drift@genvej.example", "+45 12 34 56 78", "12345678"] {
        assert!(AlarmAddress::parse(good).is_ok(), "{good}");
    }
    for bad in ["", "drift", "@", "https://genvej.example", "+45"] {
        assert!(AlarmAddress::parse(bad).is_err(), "{bad}");
    }
}
