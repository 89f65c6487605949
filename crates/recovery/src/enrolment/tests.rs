use super::{Enrolment, Redemption, State};
use crate::Rejection;
use crate::id::EnrolmentId;
use crate::policy::{Policy, Profile};
use crate::sensitive::KeyedHash;
use crate::specimen::{CODE, INSTANCE, NOW, PERSON};
use crate::time::Duration;

const WRONG: KeyedHash = KeyedHash([0; 32]);

fn offered() -> Enrolment {
    Enrolment::offer(EnrolmentId(1), PERSON, CODE, NOW).next
}

#[test]
fn the_third_wrong_code_ends_the_offer() {
    let policy = Policy::of(Profile::PublicService);
    let mut offer = offered();
    for _ in 0..3 {
        match offer.redeem(WRONG, INSTANCE, &policy, NOW).unwrap() {
            Redemption::Wrong(step) => offer = step.next,
            Redemption::Right(_) => panic!("a wrong code was taken"),
        }
    }

    assert_eq!(offer.state, State::Withdrawn);
    let late = offer.redeem(CODE, INSTANCE, &policy, NOW);
    assert_eq!(late, Err(Rejection::ActivationCodeInvalid));
}

#[test]
fn a_code_works_once_within_48_hours() {
    let policy = Policy::of(Profile::PublicService);
    let over = NOW.plus(Duration::from_hours(48));
    let before = over.minus(Duration::from_millis(1));

    let redeemed = match offered().redeem(CODE, INSTANCE, &policy, before).unwrap() {
        Redemption::Right(step) => step.next,
        Redemption::Wrong(_) => panic!("the right code was refused"),
    };

    let twice = redeemed.redeem(CODE, INSTANCE, &policy, before);
    assert_eq!(twice, Err(Rejection::ActivationCodeInvalid));
    let late = offered().redeem(CODE, INSTANCE, &policy, over);
    assert_eq!(late, Err(Rejection::ActivationCodeInvalid));
}
