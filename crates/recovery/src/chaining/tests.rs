use super::admit;
use crate::id::{CaseId, VetoId};
use crate::person::{Freeze, FreezeCause, PastRecovery, Person, Status};
use crate::policy::{Policy, Profile};
use crate::route::RefusalReason::{NoAppBound, RecoveredRecently, RecoveryFrozen, StatusForbids};
use crate::route::Route::{self, ChipFace, Desk, Phone, SelfService};
use crate::specimen::{NOW, person};
use crate::time::{Duration, Timestamp};

fn policy() -> Policy {
    Policy::of(Profile::PublicService)
}

fn recovered(routes: &[Route]) -> Person {
    let mut person = person();
    for route in routes {
        let past = PastRecovery { case: CaseId(1), route: *route, at: NOW, without_presence: None };
        person = person.recovered(past).next;
    }
    person
}

fn open(person: &Person, now: Timestamp) -> Vec<(Route, bool)> {
    Route::ALL
        .into_iter()
        .filter_map(|route| {
            admit(person, route, &policy(), now).ok().map(|it| (route, it.two_clerks()))
        })
        .collect()
}

#[test]
fn within_48_hours_the_next_recovery_needs_stronger_or_other_evidence() {
    for weak in [Phone, SelfService] {
        assert_eq!(open(&recovered(&[weak]), NOW), [(ChipFace, false), (Desk, false)]);
    }
    assert_eq!(open(&recovered(&[ChipFace]), NOW), [(Desk, false)]);
    assert_eq!(open(&recovered(&[Desk]), NOW), [(ChipFace, false), (Desk, true)]);
    // Every recovery in the window has its say.
    assert_eq!(open(&recovered(&[ChipFace, Desk]), NOW), [(Desk, true)]);
}

#[test]
fn the_window_is_48_hours_to_the_millisecond() {
    let over = NOW.plus(Duration::from_hours(48));
    let person = recovered(&[Phone]);

    let before = admit(&person, Phone, &policy(), over.minus(Duration::from_millis(1)));
    assert_eq!(before, Err(RecoveredRecently));
    assert!(admit(&person, Phone, &policy(), over).is_ok());
}

#[test]
fn a_freeze_by_veto_ends_by_chip_after_24_hours_or_in_person() {
    let day = Duration::from_hours(24);
    let frozen = |cause| Person { freeze: Some(Freeze { at: NOW, cause }), ..person() };
    let routes = |person: &Person, now| -> Vec<_> {
        open(person, now).into_iter().map(|(route, _)| route).collect()
    };
    let first = frozen(FreezeCause::Veto(VetoId(1)));
    let second = frozen(FreezeCause::SecondVeto(VetoId(1)));

    assert_eq!(routes(&first, NOW.plus(day).minus(Duration::from_millis(1))), [Desk]);
    assert_eq!(routes(&first, NOW.plus(day)), [ChipFace, Desk]);
    assert_eq!(routes(&second, NOW.plus(Duration::from_days(300))), [Desk]);
    assert_eq!(routes(&frozen(FreezeCause::Owner), NOW), [ChipFace, Desk]);
    assert_eq!(admit(&first, Phone, &policy(), NOW), Err(RecoveryFrozen));
}

#[test]
fn the_second_veto_within_30_days_is_the_harder_one() {
    let once = person().freeze_by_veto(VetoId(1), &policy(), NOW).next;
    let almost = NOW.plus(Duration::from_days(30)).minus(Duration::from_millis(1));
    let twice = once.freeze_by_veto(VetoId(2), &policy(), almost).next;
    let later = once.freeze_by_veto(VetoId(2), &policy(), NOW.plus(Duration::from_days(30))).next;

    assert_eq!(once.freeze.unwrap().cause, FreezeCause::Veto(VetoId(1)));
    assert_eq!(twice.freeze.unwrap().cause, FreezeCause::SecondVeto(VetoId(2)));
    assert_eq!(later.freeze.unwrap().cause, FreezeCause::Veto(VetoId(2)));
}

#[test]
fn the_dead_recover_nowhere_and_wards_in_person_only() {
    let with = |status| Person { status, ..person() };
    for status in [Status::Dead, Status::Annulled, Status::Disappeared] {
        assert_eq!(open(&with(status), NOW), []);
        assert_eq!(admit(&with(status), Desk, &policy(), NOW), Err(StatusForbids));
    }
    assert_eq!(open(&with(Status::Guardianship), NOW), [(Desk, false)]);
    assert!(admit(&with(Status::Protected), Phone, &policy(), NOW).is_err());
}

#[test]
fn recovery_never_binds_a_new_app() {
    let without = Person { instances: Vec::new(), ..person() };

    for route in Route::ALL {
        assert_eq!(admit(&without, route, &policy(), NOW), Err(NoAppBound));
    }
}

#[test]
fn strict_opens_chip_and_desk_only() {
    let strict = Policy::of(Profile::Strict);
    let open: Vec<_> =
        Route::ALL.into_iter().filter(|it| admit(&person(), *it, &strict, NOW).is_ok()).collect();

    assert_eq!(open, [ChipFace, Desk]);
}
