use proptest::prelude::*;

use super::{Code, Redemption, State, TemporaryPin};
use crate::Rejection;
use crate::effect::Effect;
use crate::id::{InstanceId, TemporaryPinId, TicketId};
use crate::policy::{DAY, MONTH, Policy, Profile};
use crate::sensitive::KeyedHash;
use crate::specimen::{CODE, INSTANCE, NOW, TEMPORARY_PIN, code, no_temporary_pin};
use crate::time::{Duration, Timestamp};

fn policy() -> Policy {
    Policy::of(Profile::PublicService)
}

fn issued() -> TemporaryPin {
    no_temporary_pin().issue(code(), &policy(), NOW).unwrap().next
}

fn redeem(
    slot: &TemporaryPin,
    presented: KeyedHash,
    now: Timestamp,
) -> Result<Redemption, Rejection> {
    let reserved = slot.reserve(TicketId(1), INSTANCE, &policy(), now)?.next;
    reserved.settle(TicketId(1), presented, &policy(), now)
}

#[test]
fn it_is_valid_until_a_millisecond_before_thirty_minutes() {
    let over = NOW.plus(Duration::from_mins(30));
    let before = over.minus(Duration::from_millis(1));

    assert!(matches!(redeem(&issued(), CODE, before), Ok(Redemption::Right(..))));
    assert_eq!(redeem(&issued(), CODE, over), Err(Rejection::TemporaryPinInvalid));
    let reserved = issued().reserve(TicketId(1), INSTANCE, &policy(), before).unwrap().next;
    let late = reserved.settle(TicketId(1), CODE, &policy(), over);
    assert_eq!(late, Err(Rejection::TryExpired));
}

#[test]
fn nist_aal2_allows_ten_minutes() {
    let policy = Policy::of(Profile::NistAal2);
    let slot = no_temporary_pin().issue(code(), &policy, NOW).unwrap().next;
    let over = NOW.plus(Duration::from_mins(10));

    assert!(slot.living(&policy, over.minus(Duration::from_millis(1))).is_some());
    assert!(slot.living(&policy, over).is_none());
}

fn redeem_in(slot: &mut TemporaryPin, instance: InstanceId, presented: KeyedHash) -> Option<bool> {
    let reserved = slot.reserve(TicketId(1), instance, &policy(), NOW).ok()?.next;
    let (step, right) = match reserved.settle(TicketId(1), presented, &policy(), NOW).unwrap() {
        Redemption::Wrong(step) => (step, false),
        Redemption::Right(step, redeemed) => {
            assert_eq!(redeemed.instance(), instance);
            (step, true)
        }
    };
    *slot = step.next;
    Some(right)
}

const WRONG: KeyedHash = KeyedHash([0; 32]);

#[test]
fn three_wrong_tries_in_an_app_end_it_there_and_a_right_one_ends_it_everywhere() {
    let mut slot = issued();
    for _ in 0..3 {
        assert_eq!(redeem_in(&mut slot, INSTANCE, WRONG), Some(false));
    }
    assert_eq!(redeem_in(&mut slot, INSTANCE, CODE), None);

    let mut slot = issued();
    assert_eq!(redeem_in(&mut slot, INSTANCE, CODE), Some(true));
    assert_eq!(redeem_in(&mut slot, InstanceId(99), CODE), None);
}

/// CHECKLIST attack 3: a stolen phone that is still bound.
#[test]
fn a_stolen_phone_burns_its_own_tries_and_holds_up_no_other() {
    let (stolen, own) = (InstanceId(98), InstanceId(99));
    let mut slot = issued();
    for _ in 0..3 {
        assert_eq!(redeem_in(&mut slot, stolen, WRONG), Some(false));
    }
    let held = slot.reserve(TicketId(5), INSTANCE, &policy(), NOW).unwrap().next;

    assert_eq!(redeem_in(&mut slot.clone(), stolen, CODE), None);
    assert_eq!(redeem_in(&mut slot, own, CODE), Some(true));
    let mut held = held;
    assert_eq!(redeem_in(&mut held, own, WRONG), Some(false), "a try that is open elsewhere");
    assert_eq!(held.state.wrong_of(own), Some(1));
    assert_eq!(held.state.wrong_of(INSTANCE), Some(0));
    assert_eq!(held.state.wrong_of(stolen), Some(3));
}

#[test]
fn a_new_one_kills_the_old_one_and_withdraws_its_message() {
    let newer = Code { id: TemporaryPinId(77), hash: KeyedHash([7; 32]), ..code() };

    let step = issued().issue(newer, &policy(), NOW).unwrap();

    assert!(step.effects.contains(&Effect::WithdrawCode { temporary_pin: TEMPORARY_PIN }));
    assert!(matches!(redeem(&step.next, CODE, NOW), Ok(Redemption::Wrong(_))));
    assert!(matches!(redeem(&step.next, KeyedHash([7; 32]), NOW), Ok(Redemption::Right(..))));
}

#[test]
fn one_that_a_clerk_named_an_app_for_works_in_no_other() {
    let named = Code { instance: Some(InstanceId(99)), ..code() };
    let slot = no_temporary_pin().issue(named, &policy(), NOW).unwrap().next;

    assert_eq!(redeem(&slot, CODE, NOW), Err(Rejection::TemporaryPinInvalid));
}

#[test]
fn a_lost_try_counts_as_wrong() {
    let reserved = issued().reserve(TicketId(1), INSTANCE, &policy(), NOW).unwrap().next;
    let other = reserved.reserve(TicketId(2), INSTANCE, &policy(), NOW);
    assert_eq!(other, Err(Rejection::TryInProgress));

    let elapsed = reserved.elapse(&policy(), NOW.plus(Duration::from_secs(30))).unwrap().next;

    assert!(matches!(&elapsed.state, State::Issued { tries, .. } if tries[0].open.is_none()));
    assert_eq!(elapsed.state.wrong_of(INSTANCE), Some(1));
}

#[test]
fn the_fourth_in_24_hours_and_the_eleventh_in_30_days_are_refused() {
    let mut slot = no_temporary_pin();
    for issue in 0..10 {
        let day = NOW.plus(Duration::from_days(issue / 3));
        slot = slot.issue(code(), &policy(), day).unwrap().next;
        if issue % 3 == 2 {
            let just_before = day.plus(DAY).minus(Duration::from_millis(1));
            assert_eq!(slot.may_issue(&policy(), just_before), Err(Rejection::IssueCapReached));
        }
    }

    let month_over = NOW.plus(MONTH);
    let before = month_over.minus(Duration::from_millis(1));
    assert_eq!(slot.may_issue(&policy(), before), Err(Rejection::IssueCapReached));
    assert_eq!(slot.may_issue(&policy(), month_over), Ok(()));
}

proptest! {
    #[test]
    fn the_caps_hold_in_every_sliding_window(gaps in prop::collection::vec(0_u64..2_000, 1..80)) {
        let (mut slot, mut now, mut issues) = (no_temporary_pin(), NOW, Vec::<Timestamp>::new());
        for minutes in gaps {
            now = now.plus(Duration::from_mins(minutes));
            if let Ok(step) = slot.issue(code(), &policy(), now) {
                slot = step.next;
                issues.push(now);
            }
        }
        for (at, first) in issues.iter().enumerate() {
            let within = |span| issues[at..].iter().filter(|it| **it < first.plus(span)).count();
            prop_assert!(within(DAY) <= 3);
            prop_assert!(within(MONTH) <= 10);
        }
    }
}
