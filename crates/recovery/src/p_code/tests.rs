use super::{PCode, State};
use crate::Rejection;
use crate::id::{PCodeId, PersonId};
use crate::policy::{Policy, Profile};
use crate::sensitive::KeyedHash;
use crate::specimen::{DOCUMENT, NOW, PERSON};
use crate::time::Duration;

#[test]
fn the_fourth_use_is_refused_and_what_is_left_over_can_be_used_again() {
    let policy = Policy::of(Profile::PublicService);
    let mut code = PCode::issue(PCodeId(1), PERSON, DOCUMENT, NOW).next;

    for _ in 0..3 {
        assert!(code.pairs(PERSON, DOCUMENT, &policy, NOW));
        code = code.count_use(&policy, NOW).unwrap().next;
    }

    assert_eq!(code.state, State::UsedUp);
    assert!(!code.pairs(PERSON, DOCUMENT, &policy, NOW));
    assert_eq!(code.count_use(&policy, NOW), Err(Rejection::PCodeInvalid));
}

#[test]
fn it_fits_one_person_and_one_document_for_sixty_days() {
    let policy = Policy::of(Profile::PublicService);
    let code = PCode::issue(PCodeId(1), PERSON, DOCUMENT, NOW).next;
    let over = NOW.plus(Duration::from_days(60));

    assert!(code.pairs(PERSON, DOCUMENT, &policy, over.minus(Duration::from_millis(1))));
    assert!(!code.pairs(PERSON, DOCUMENT, &policy, over));
    assert!(!code.pairs(PersonId(99), DOCUMENT, &policy, NOW));
    assert!(!code.pairs(PERSON, KeyedHash([0; 32]), &policy, NOW));
}
