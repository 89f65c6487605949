use super::{NumberRefusal, Person};
use crate::Rejection;
use crate::id::ChannelId;
use crate::person::ChannelKind;
use crate::policy::{Policy, Profile};
use crate::sensitive::Sensitive;
use crate::specimen::{NOW, PHONE, person};
use crate::time::Duration;

fn policy() -> Policy {
    Policy::of(Profile::PublicService)
}

fn with_number_changed_at_now() -> Person {
    let mut person = person();
    person.channels[0].changed_at = NOW;
    person
}

#[test]
fn a_number_is_old_enough_at_120_hours_and_not_a_second_before() {
    let person = with_number_changed_at_now();
    let at = |secs| person.number_for_code(&policy(), NOW.plus(Duration::from_secs(secs)));

    assert_eq!(at(120 * 3_600 - 1), Err(NumberRefusal::TooNew));
    assert_eq!(at(120 * 3_600), Ok(PHONE));
}

#[test]
fn a_new_sim_makes_an_old_number_new() {
    let swapped = person().sim_changed(PHONE, NOW).unwrap().next;

    assert_eq!(swapped.number_for_code(&policy(), NOW), Err(NumberRefusal::TooNew));
}

#[test]
fn an_unconfirmed_or_removed_number_gets_no_code() {
    let mut unconfirmed = person();
    unconfirmed.channels[0].confirmed_at = None;
    let removed = person().remove_channel(PHONE, NOW).unwrap().next;

    for person in [unconfirmed, removed] {
        assert_eq!(person.number_for_code(&policy(), NOW), Err(NumberRefusal::NoNumber));
    }
}

#[test]
fn a_removed_channel_gets_notices_for_30_days() {
    let removed = person().remove_channel(PHONE, NOW).unwrap().next;
    let over = NOW.plus(Duration::from_days(30));
    let count = |now| removed.channels_to_notify(&policy(), now).count();

    assert_eq!((count(over.minus(Duration::from_millis(1))), count(over)), (1, 0));
}

#[test]
fn channels_are_limited_and_a_fourth_chip_case_in_24_hours_is_refused() {
    let mut full = person();
    for id in 100..131 {
        let address = Sensitive::new(String::new());
        let added = full.add_channel(ChannelId(id), ChannelKind::Email, address, &policy(), NOW);
        full = added.unwrap().next;
    }
    let address = Sensitive::new(String::new());
    let more = full.add_channel(ChannelId(1), ChannelKind::Email, address, &policy(), NOW);
    assert_eq!(more, Err(Rejection::TooManyChannels));

    let mut busy = person();
    for _ in 0..3 {
        busy = busy.count_chip_case(&policy(), NOW).unwrap().next;
    }
    assert_eq!(busy.count_chip_case(&policy(), NOW), Err(Rejection::TooManyCases));
    assert!(busy.count_chip_case(&policy(), NOW.plus(Duration::from_hours(24))).is_ok());
}
