use super::{Stop, Veto};
use crate::case::CaseState;
use crate::effect::{Effect, SecurityEvent};
use crate::id::VetoId;
use crate::policy::{Policy, Profile};
use crate::specimen::{CASE, CODE, INSTANCE, NOW, PERSON, case, case_states};
use crate::time::Duration;

#[test]
fn before_completion_it_stops_the_case_and_after_it_blocks_the_app() {
    let policy = Policy::of(Profile::PublicService);
    let veto = Veto::offer(VetoId(1), PERSON, CASE, CODE, NOW).next;

    for state in case_states() {
        let acted = veto.act(&case(state.clone()), &policy, NOW).map(|(_, stop)| stop);
        let expected = if let CaseState::Completed { .. } = state {
            Some(Stop::After { instance: INSTANCE })
        } else if case(state.clone()).is_closed() {
            None
        } else {
            Some(Stop::Before)
        };
        assert_eq!(acted, expected, "{}", state.code());
    }
}

#[test]
fn a_link_works_once_and_for_seven_days() {
    let policy = Policy::of(Profile::PublicService);
    let veto = Veto::offer(VetoId(1), PERSON, CASE, CODE, NOW).next;
    let completed = case_states().into_iter().find(|it| it.code() == "completed").unwrap();
    let completed = case(completed);
    let over = NOW.plus(Duration::from_days(7));

    let (used, _) = veto.act(&completed, &policy, over.minus(Duration::from_millis(1))).unwrap();

    let event = SecurityEvent::CredentialChangeRequired;
    assert!(used.effects.contains(&Effect::EmitSecurityEvent { person: PERSON, event }));
    assert!(used.next.act(&completed, &policy, NOW).is_none());
    assert!(veto.act(&completed, &policy, over).is_none());
}
