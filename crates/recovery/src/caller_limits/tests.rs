use super::{AgentLimit, CentreLimit};
use crate::Rejection;
use crate::effect::{Alarm, Effect};
use crate::policy::{Policy, Profile};
use crate::specimen::{CENTRE, NOW, agent, staff};
use crate::staff::Role;
use crate::time::Duration;

#[test]
fn the_sixth_unknown_number_in_24_hours_stops_an_agent_until_a_supervisor_releases() {
    let policy = Policy::of(Profile::PublicService);
    let mut limit = AgentLimit::new(agent().id);
    for _ in 0..5 {
        limit = limit.count(true, &policy, NOW).next;
        limit = limit.count(false, &policy, NOW).next;
        assert_eq!(limit.check(), Ok(()));
    }

    let almost = NOW.plus(Duration::from_hours(24)).minus(Duration::from_millis(1));
    let step = limit.count(true, &policy, almost);
    assert_eq!(step.next.check(), Err(Rejection::AgentStopped));
    assert!(step.effects.contains(&Effect::Alarm { alarm: Alarm::UnknownNumbersLimit }));
    let slid = limit.count(true, &policy, NOW.plus(Duration::from_hours(24))).next;
    assert_eq!(slid.check(), Ok(()));

    let themselves = staff(20, Role::Supervisor);
    assert_eq!(step.next.release(&themselves), Err(Rejection::OwnCase));
    assert_eq!(step.next.release(&agent()), Err(Rejection::RoleNotAllowed));
    let released = step.next.release(&staff(21, Role::Supervisor)).unwrap().next;
    assert_eq!(released.check(), Ok(()));
}

#[test]
fn a_centre_is_stopped_beyond_the_larger_of_twenty_and_two_percent_and_alarmed_before() {
    let policy = Policy::of(Profile::PublicService);
    let stopped_at = |calls: u32| {
        let mut limit = CentreLimit::new(CENTRE);
        for _ in 0..calls {
            limit = limit.count(false, &policy, NOW).next;
        }
        let mut alarmed_at = None;
        for unknown in 1..200 {
            let step = limit.count(true, &policy, NOW);
            let near = Effect::Alarm { alarm: Alarm::UnknownNumbersNearLimit };
            if step.effects.contains(&near) {
                alarmed_at = alarmed_at.or(Some(unknown));
            }
            limit = step.next;
            if limit.check().is_err() {
                return (alarmed_at, unknown);
            }
        }
        panic!("never stopped")
    };

    assert_eq!(stopped_at(10), (Some(16), 21));
    // 2 % of about 2,000 calls is 40, of which the unknown ones are a part.
    let (alarmed, stopped) = stopped_at(2_000);
    assert_eq!(stopped, 41);
    assert!(alarmed.unwrap() < stopped);
}
