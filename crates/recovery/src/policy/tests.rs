use super::{Consequence, Policy, Profile, QuestionWeight, Rung, WithoutPresence};
use crate::time::Duration;

#[test]
fn every_profile_is_sound() {
    for profile in Profile::ALL {
        let policy = Policy::of(profile);
        assert_eq!(policy.profile, profile);
        assert_eq!(policy.problems(), []);
    }
}

#[test]
fn the_profiles_meet_their_standards() {
    let (public, nist, strict) = (
        Policy::of(Profile::PublicService),
        Policy::of(Profile::NistAal2),
        Policy::of(Profile::Strict),
    );

    assert_eq!(public.temporary_pin.lifetime, Duration::from_mins(30));
    assert_eq!(nist.temporary_pin.lifetime, Duration::from_mins(10));
    assert_eq!(nist.questions.weight, QuestionWeight::RefuseOnly);
    assert_eq!(strict.questions.weight, QuestionWeight::NotUsed);
    assert!(!strict.temporary_pin.sms && !strict.phone.open);
    assert_eq!(nist.chip_face.without_presence, WithoutPresence::Refused);
    assert_eq!(strict.chip_face.without_presence, WithoutPresence::Refused);
}

#[test]
fn a_rung_has_its_consequence_at_its_number_and_the_last_one_from_there_on() {
    let minute = Consequence::Lock(Duration::from_mins(1));
    let mut rules = Policy::of(Profile::PublicService).pin;
    rules.ladder = vec![
        Rung { wrong: 5, consequence: minute },
        Rung { wrong: 8, consequence: Consequence::Block },
    ];

    let consequences = [4, 5, 6, 8, 9].map(|wrong| rules.consequence_of(wrong));

    let block = Some(Consequence::Block);
    assert_eq!(consequences, [None, Some(minute), None, block, block]);
}
