use super::{Grant, Registration, State};
use crate::Rejection;
use crate::case::Stage;
use crate::id::CredentialId;
use crate::id::InstanceId;
use crate::policy::{Policy, Profile};
use crate::sensitive::KeyedHash;
use crate::specimen::{INSTANCE, NOW, case, stages};
use crate::time::Duration;

const FIRST: KeyedHash = KeyedHash([1; 32]);
const FRESH: CredentialId = CredentialId([1; 32]);

fn policy() -> Policy {
    Policy::of(Profile::PublicService)
}

fn granted() -> Grant {
    stages().into_iter().find_map(|state| Grant::of_case(&case(state)).ok()).unwrap()
}

#[test]
fn only_a_granted_case_has_a_grant() {
    for state in stages() {
        let is_granted = matches!(state, Stage::Granted(_));
        assert_eq!(Grant::of_case(&case(state)).is_ok(), is_granted);
    }
}

#[test]
fn a_retry_evaluates_the_same_message_under_the_same_identifier_and_no_other() {
    let Ok(Registration::Begun(step, _)) = granted().begin(INSTANCE, FIRST, FRESH, &policy(), NOW)
    else {
        panic!("an open grant begins")
    };
    let begun = step.next;
    let other = CredentialId([2; 32]);

    let again = begun.begin(INSTANCE, FIRST, other, &policy(), NOW);
    let changed = begun.begin(INSTANCE, KeyedHash([2; 32]), other, &policy(), NOW);

    assert_eq!(again, Ok(Registration::Again(FRESH)));
    assert_eq!(changed, Err(Rejection::BlindedElementChanged));
}

#[test]
fn it_lapses_after_ten_minutes_and_is_good_for_one_app_and_one_time() {
    let over = NOW.plus(Duration::from_mins(10));
    let before = over.minus(Duration::from_millis(1));
    let begin = |grant: &Grant, instance, now| grant.begin(instance, FIRST, FRESH, &policy(), now);

    assert!(begin(&granted(), INSTANCE, before).is_ok());
    assert_eq!(begin(&granted(), INSTANCE, over), Err(Rejection::GrantLapsed));
    let elsewhere = begin(&granted(), InstanceId(99), NOW);
    assert_eq!(elsewhere, Err(Rejection::GrantOfAnotherApp));
    let unbegun = granted().spend(INSTANCE, &policy(), NOW).map(|_| ());
    assert_eq!(unbegun, Err(Rejection::RegistrationNotBegun));

    let state = State::Registering { blinded_element: FIRST, credential: FRESH };
    let begun = Grant { state, ..granted() };
    let (step, spent, credential) = begun.spend(INSTANCE, &policy(), before).unwrap();
    assert_eq!((spent.instance(), credential), (INSTANCE, FRESH));
    let twice = step.next.spend(INSTANCE, &policy(), NOW).map(|_| ());
    assert_eq!(twice, Err(Rejection::GrantSpent));
    assert!(step.next.withdraw().is_none());
}
