use super::{Enrolment, PresentedCode, Redemption, State};
use crate::Rejection;
use crate::effect::{Alarm, Effect};
use crate::id::EnrolmentId;
use crate::policy::{Policy, Profile};
use crate::sensitive::KeyedHash;
use crate::specimen::{CODE, INSTANCE, NOW, PERSON};
use crate::time::{Duration, Timestamp};

const WRONG: KeyedHash = KeyedHash([0; 32]);
const OWNER: u8 = 200;

fn offered() -> Enrolment {
    Enrolment::offer(EnrolmentId(1), PERSON, CODE, NOW).next
}

fn by(client: u8, code: KeyedHash) -> PresentedCode {
    PresentedCode { code, client: KeyedHash([client; 32]) }
}

/// Whether the code was taken: `None` where nothing was tried.
fn presented(
    offer: &mut Enrolment,
    client: u8,
    code: KeyedHash,
    now: Timestamp,
) -> Option<(bool, Vec<Effect>)> {
    let policy = Policy::of(Profile::PublicService);
    let (right, step) = match offer.redeem(by(client, code), INSTANCE, &policy, now) {
        Ok(Redemption::Right(step)) => (true, step),
        Ok(Redemption::Wrong(step)) => (false, step),
        Err(Rejection::ActivationCodeInvalid) => return None,
        Err(other) => panic!("{other}"),
    };
    *offer = step.next;
    Some((right, step.effects))
}

#[test]
fn three_wrong_codes_pause_one_client_for_an_hour_and_nobody_else() {
    let mut offer = offered();
    for _ in 0..3 {
        assert_eq!(presented(&mut offer, 1, WRONG, NOW), Some((false, vec![])));
    }

    assert_eq!(presented(&mut offer, 1, CODE, NOW), None, "paused, however right");
    let almost = NOW.plus(Duration::from_mins(60)).minus(Duration::from_millis(1));
    assert_eq!(presented(&mut offer.clone(), 1, CODE, almost), None);
    let after = NOW.plus(Duration::from_mins(60));
    assert!(matches!(presented(&mut offer.clone(), 1, CODE, after), Some((true, _))));
    assert!(matches!(presented(&mut offer, OWNER, CODE, NOW), Some((true, _))));
}

#[test]
fn twenty_wrong_codes_pause_an_offer_for_an_hour_with_an_alarm_and_never_end_it() {
    let mut offer = offered();
    for round in 0..30_u64 {
        let now = NOW.plus(Duration::from_hours(round));
        for client in 0..20 {
            let (right, effects) = presented(&mut offer, client, WRONG, now).unwrap();
            assert!(!right);
            let alarm = Effect::Alarm { alarm: Alarm::ActivationOfferPaused };
            assert_eq!(effects, if client == 19 { vec![alarm] } else { vec![] });
        }
        assert_eq!(presented(&mut offer, OWNER, CODE, now), None, "paused for everybody");
    }

    let State::Open { wrong, .. } = &offer.state else { panic!("ended") };
    assert_eq!(wrong.clients.len(), 20, "what is remembered is bounded");
    let after = NOW.plus(Duration::from_hours(30));
    assert!(matches!(presented(&mut offer, OWNER, CODE, after), Some((true, _))));
}

#[test]
fn a_slow_guesser_is_counted_as_long_as_the_guesses_keep_coming() {
    let mut offer = offered();
    for client in 0..20_u8 {
        let now = NOW.plus(Duration::from_mins(59 * u64::from(client)));
        assert!(matches!(presented(&mut offer, client, WRONG, now), Some((false, _))));
    }

    let now = NOW.plus(Duration::from_mins(59 * 19 + 1));
    assert_eq!(presented(&mut offer, OWNER, CODE, now), None);
}

#[test]
fn a_code_works_once_within_48_hours() {
    let over = NOW.plus(Duration::from_hours(48));
    let before = over.minus(Duration::from_millis(1));
    let mut offer = offered();

    assert_eq!(presented(&mut offer, OWNER, CODE, over), None);
    assert!(matches!(presented(&mut offer, OWNER, CODE, before), Some((true, _))));
    assert_eq!(presented(&mut offer, OWNER, CODE, before), None);
}

#[test]
fn the_number_of_an_offer_has_ten_characters_that_read_back() {
    for random in [0, 1, u128::MAX, 0x1234_5678_9abc_def0_1357] {
        let id = EnrolmentId::from_random(random);
        let text = id.offer_text();

        assert_eq!(text.len(), 10);
        assert_eq!(EnrolmentId::parse(&text), Some(id));
    }
    for not_one in
        ["", "AAAAAAAAA", "AAAAAAAAAAA", "AAAAAAAAA0", "AAAAAAAAAI", "aaaaaaaaaa", "ÅAAAAAAAA"]
    {
        assert_eq!(EnrolmentId::parse(not_one), None, "{not_one}");
    }
}
