use proptest::prelude::*;

use super::{Authenticator, BlockCause, Outcome, State, View};
use crate::Rejection;
use crate::id::TicketId;
use crate::policy::{Policy, Profile};
use crate::sensitive::KeyedHash;
use crate::specimen::events::spent;
use crate::specimen::{NOW, app, pin_record};
use crate::time::{Duration, Timestamp};

const REQUEST: KeyedHash = KeyedHash([0; 32]);

fn policy() -> Policy {
    Policy::of(Profile::PublicService)
}

fn try_wrong(app: &Authenticator, now: Timestamp) -> Authenticator {
    let reserved = app.reserve(TicketId(1), REQUEST, &policy(), now).unwrap().next;
    reserved.settle(TicketId(1), Outcome::Wrong, &policy(), now).unwrap().next
}

#[test]
fn the_ladder_locks_at_three_and_six_and_blocks_at_nine() {
    let (mut app, mut now, mut seen) = (app(), NOW, Vec::new());
    for _ in 0..9 {
        if let State::Locked { until, .. } = app.state {
            now = until;
        }
        app = try_wrong(&app, now);
        seen.push(app.view(false, &policy(), now));
    }

    let ready = |tries_to_next_rung| View::Ready { tries_to_next_rung };
    let locked = |seconds_remaining, wrong| View::TemporarilyLocked { seconds_remaining, wrong };
    assert_eq!(
        seen,
        [
            ready(2),
            ready(1),
            locked(180, 3),
            ready(2),
            ready(1),
            locked(3_600, 6),
            ready(2),
            ready(1),
            View::Blocked
        ]
    );
    let later = now.plus(Duration::from_days(1_000));
    assert_eq!(app.reserve(TicketId(2), REQUEST, &policy(), later), Err(Rejection::Blocked));
}

#[test]
fn a_lock_says_after_how_many_wrong_pins_it_came_however_little_of_it_is_left() {
    let mut app = app();
    let mut now = NOW;
    for _ in 0..6 {
        if let State::Locked { until, .. } = app.state {
            now = until;
        }
        app = try_wrong(&app, now);
    }
    let State::Locked { until, .. } = app.state else { panic!("not locked: {:?}", app.state) };
    let last_minute = until.minus(Duration::from_secs(60));

    let view = app.view(false, &policy(), last_minute);

    assert_eq!(view, View::TemporarilyLocked { seconds_remaining: 60, wrong: 6 });
}

#[test]
fn a_lock_ends_to_the_millisecond() {
    let app = (0..3).fold(app(), |app, _| try_wrong(&app, NOW));
    let until = NOW.plus(Duration::from_mins(3));
    let before = until.minus(Duration::from_millis(1));

    assert_eq!(app.reserve(TicketId(2), REQUEST, &policy(), before), Err(Rejection::Locked));
    assert!(app.reserve(TicketId(2), REQUEST, &policy(), until).is_ok());
    let view = app.view(false, &policy(), before);
    assert_eq!(view, View::TemporarilyLocked { seconds_remaining: 1, wrong: 3 });
}

#[test]
fn a_second_try_is_refused_while_one_is_open_and_fifty_spend_one() {
    let reserved = app().reserve(TicketId(0), REQUEST, &policy(), NOW).unwrap().next;

    for other in 1..50 {
        let again = reserved.reserve(TicketId(other), REQUEST, &policy(), NOW);
        assert_eq!(again, Err(Rejection::TryInProgress));
    }
}

#[test]
fn a_try_that_runs_out_of_time_counts_and_takes_its_rung_when_it_ran_out() {
    let app = (0..2).fold(app(), |app, _| try_wrong(&app, NOW));
    let reserved = app.reserve(TicketId(9), REQUEST, &policy(), NOW).unwrap().next;
    let over = NOW.plus(Duration::from_secs(30));
    let just_before = over.minus(Duration::from_millis(1));

    assert!(reserved.elapse(&policy(), just_before).is_none());
    assert!(reserved.settle(TicketId(9), Outcome::Right, &policy(), just_before).is_ok());
    let late = reserved.settle(TicketId(9), Outcome::Right, &policy(), over);
    assert_eq!(late, Err(Rejection::TryExpired));
    let view = reserved.view(false, &policy(), over.plus(Duration::from_secs(60)));
    assert_eq!(view, View::TemporarilyLocked { seconds_remaining: 120, wrong: 3 });
    // Nobody looked for an hour: the lock is over, the count is not.
    let much_later = reserved.elapse(&policy(), over.plus(Duration::from_hours(1))).unwrap().next;
    assert!(matches!(much_later.state, State::Ready { wrong: 3, open: None, .. }));
}

#[test]
fn a_right_pin_and_a_recovery_reset_the_counter_and_every_lock() {
    let two_wrong = (0..2).fold(app(), |app, _| try_wrong(&app, NOW));
    let reserved = two_wrong.reserve(TicketId(9), REQUEST, &policy(), NOW).unwrap().next;
    let right = reserved.settle(TicketId(9), Outcome::Right, &policy(), NOW).unwrap().next;
    assert!(matches!(right.state, State::Ready { wrong: 0, open: None, .. }));

    let spent = spent(&policy()).unwrap();
    let states = [
        State::Locked { pin: pin_record(), wrong: 6, until: NOW.plus(Duration::from_hours(1)) },
        State::Blocked { pin: pin_record(), cause: BlockCause::WrongPins },
        State::Blocked { pin: pin_record(), cause: BlockCause::Veto },
    ];
    for state in states {
        let recovered = Authenticator { state, ..app() }.set_pin(&spent, pin_record()).unwrap();
        assert!(matches!(recovered.next.state, State::Ready { wrong: 0, open: None, .. }));
    }
}

#[test]
fn what_a_person_stopped_shows_as_frozen_and_what_wrong_pins_blocked_as_blocked() {
    assert_eq!(app().view(true, &policy(), NOW), View::Frozen);
    let vetoed = app().block_by_veto().unwrap().next;
    assert_eq!(vetoed.view(false, &policy(), NOW), View::Frozen);
    let State::Blocked { pin, .. } = vetoed.state.clone() else { panic!("{vetoed:?}") };
    let state = State::Blocked { pin, cause: BlockCause::WrongPins };
    assert_eq!(Authenticator { state, ..vetoed }.view(true, &policy(), NOW), View::Blocked);
}

proptest! {
    /// However reserving, settling and waiting are mixed: never more than 10 tries in a row
    /// without a right PIN or a recovery, and the counter only ever grows without one.
    #[test]
    fn never_more_than_ten_tries_in_a_row(acts in prop::collection::vec((0_u8..4, 0_u64..7_200), 0..200)) {
        let policy = policy();
        let (mut app, mut now, mut in_a_row, mut wrong_before, mut id) = (app(), NOW, 0, 0, 0_u128);
        for (act, secs) in acts {
            now = now.plus(Duration::from_secs(secs));
            let step = match act {
                0 | 3 => {
                    id += 1;
                    app.reserve(TicketId(id), REQUEST, &policy, now).inspect(|_| in_a_row += 1)
                }
                1 => app.settle(TicketId(id), Outcome::Wrong, &policy, now),
                _ => app.elapse(&policy, now).ok_or(Rejection::NoSuchTry),
            };
            if let Ok(step) = step {
                app = step.next;
            }
            let wrong = match &app.state {
                State::Ready { wrong, .. } | State::Locked { wrong, .. } => *wrong,
                State::Blocked { .. } => 9,
                State::AwaitingFirstPin | State::Unbound { .. } => unreachable!("no such act"),
            };
            prop_assert!(wrong >= wrong_before);
            wrong_before = wrong;
            prop_assert!(in_a_row <= 10);
        }
    }
}
