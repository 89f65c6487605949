//! The transition table, printed by playing every event on every state.

use core::fmt::Write;
use std::path::Path;

use crate::authenticator::{self, Authenticator, BlockCause, Outcome, Ticket};
use crate::id::TicketId;
use crate::policy::{Policy, Profile};
use crate::rejection::Rejection;
use crate::sensitive::KeyedHash;
use crate::specimen::events::World;
use crate::specimen::{INSTANCE, NOW, app, case, code, no_temporary_pin, pin_record, stages};
use crate::temporary_pin::{self, Redemption, TemporaryPin};
use crate::time::{Duration, Timestamp};

/// The table as Markdown, under the profile `public-service`.
fn table() -> String {
    let policy = Policy::of(Profile::PublicService);
    let mut out = String::from(
        "# Transitions\n\n\
         Printed from the code by playing every event on every state, under the profile \
         `public-service`.\nA pair that is not listed is rejected as `out-of-order`, or as \
         `case-closed` where the case is closed, and changes nothing.\n",
    );
    section(&mut out, "Recovery case", &case_rows(policy.clone()));
    section(&mut out, "App and its PIN ladder", &authenticator_rows(&policy));
    section(&mut out, "Temporary PIN", &temporary_pin_rows(&policy));
    out
}

struct Row {
    from: &'static str,
    event: &'static str,
    outcome: String,
}

fn section(out: &mut String, title: &str, rows: &[Row]) {
    // Writing to a `String` cannot fail.
    let _ = write!(
        out,
        "\n## {title}\n\n| state | event | next state, or rejection |\n|---|---|---|\n"
    );
    for Row { from, event, outcome } in rows {
        let _ = writeln!(out, "| {from} | {event} | {outcome} |");
    }
}

fn rejected(rejection: Rejection) -> String {
    format!("— `{}`", rejection.code())
}

fn case_rows(policy: Policy) -> Vec<Row> {
    let world = World::new(policy);
    let mut rows = Vec::new();
    for stage in stages() {
        let from = stage.code();
        let case = case(stage);
        for (event, carried) in world.events() {
            let outcome = match case.apply(carried, &world.policy, NOW) {
                Ok(step) => step.next.stage.code().to_owned(),
                Err(Rejection::OutOfOrder | Rejection::CaseClosed) => continue,
                // The other desk's staff: not worth a row.
                Err(Rejection::RoleNotAllowed) => continue,
                Err(rejection) => rejected(rejection),
            };
            rows.push(Row { from, event, outcome });
        }
        if let Some(deadline) = case.deadline(&world.policy)
            && let Some(step) = case.elapse(&world.policy, deadline)
        {
            let outcome = step.next.stage.code().to_owned();
            rows.push(Row { from, event: "time is up", outcome });
        }
    }
    rows
}

fn authenticator_rows(policy: &Policy) -> Vec<Row> {
    use authenticator::State::{AwaitingFirstPin, Blocked, Locked, Ready, Unbound};
    let pin = pin_record;
    let ticket = Ticket { id: TicketId(1), reserved_at: NOW, request: KeyedHash([0; 32]) };
    let states = [
        AwaitingFirstPin,
        Ready { pin: pin(), wrong: 0, open: None },
        Ready { pin: pin(), wrong: 1, open: Some(ticket) },
        Ready { pin: pin(), wrong: 2, open: Some(ticket) },
        Ready { pin: pin(), wrong: 8, open: Some(ticket) },
        Locked { pin: pin(), wrong: 3, until: NOW.plus(Duration::from_mins(3)) },
        Blocked { pin: pin(), cause: BlockCause::WrongPins },
        Blocked { pin: pin(), cause: BlockCause::Veto },
        Unbound { at: NOW },
    ];
    let mut rows = Vec::new();
    for state in states {
        let from = match &state {
            Ready { wrong: 2, .. } => "ready, third try open",
            Ready { wrong: 8, .. } => "ready, ninth try open",
            AwaitingFirstPin | Ready { .. } | Locked { .. } | Blocked { .. } | Unbound { .. } => {
                state.code()
            }
        };
        let app = Authenticator { state, ..app() };
        let settle = |outcome| app.settle(TicketId(1), outcome, policy, NOW);
        let request = KeyedHash([0; 32]);
        let spent = crate::specimen::events::spent(policy);
        let outcomes = [
            ("try reserved", Some(app.reserve(TicketId(2), request, policy, NOW))),
            ("right PIN", Some(settle(Outcome::Right))),
            ("wrong PIN", Some(settle(Outcome::Wrong))),
            ("new PIN set", spent.map(|spent| app.set_pin(&spent, pin()))),
            ("stopped after a recovery", app.block_by_veto().map(Ok)),
            ("unbound", Some(app.unbind(NOW))),
            ("time passes", elapsed(&app, policy).map(Ok)),
        ];
        for (event, outcome) in outcomes {
            let outcome = match outcome {
                None | Some(Err(Rejection::NoSuchTry)) => continue,
                Some(Ok(step)) => step.next.state.code().to_owned(),
                Some(Err(rejection)) => rejected(rejection),
            };
            rows.push(Row { from, event, outcome });
        }
    }
    rows
}

fn elapsed(app: &Authenticator, policy: &Policy) -> Option<crate::Step<Authenticator>> {
    let deadline: Timestamp = app.deadline(policy)?;
    app.elapse(policy, deadline)
}

fn temporary_pin_rows(policy: &Policy) -> Vec<Row> {
    use temporary_pin::{InstanceTries, OpenTry, State};
    let open = OpenTry { ticket: TicketId(1), reserved_at: NOW };
    let issued = |wrong, open| {
        let tries = vec![InstanceTries { instance: INSTANCE, wrong, open }];
        State::Issued { code: code(), tries }
    };
    let states = [
        ("empty", State::Empty),
        ("issued", issued(0, None)),
        ("issued, try open", issued(0, Some(open))),
        ("issued, third try open", issued(2, Some(open))),
        ("redeemed", State::Redeemed { id: code().id, instance: INSTANCE, at: NOW }),
    ];
    let mut rows = Vec::new();
    for (from, state) in states {
        let slot = TemporaryPin { state, ..no_temporary_pin() };
        let settle = |presented| {
            slot.settle(TicketId(1), presented, policy, NOW).map(|redemption| match redemption {
                Redemption::Right(step, _) | Redemption::Wrong(step) => step,
            })
        };
        let over = NOW.plus(policy.temporary_pin.lifetime);
        let outcomes = [
            ("another is issued", Some(slot.issue(code(), policy, NOW))),
            ("try reserved", Some(slot.reserve(TicketId(2), INSTANCE, policy, NOW))),
            ("right code", Some(settle(code().hash))),
            ("wrong code", Some(settle(KeyedHash([0; 32])))),
            (
                "try runs out of time",
                slot.deadline(policy).and_then(|at| slot.elapse(policy, at)).map(Ok),
            ),
            ("30 minutes old", slot.elapse(policy, over).map(Ok)),
            ("stopped", slot.withdraw().map(Ok)),
        ];
        for (event, outcome) in outcomes {
            let outcome = match outcome {
                None | Some(Err(Rejection::NoSuchTry)) => continue,
                Some(Ok(step)) => step.next.state.code().to_owned(),
                Some(Err(rejection)) => rejected(rejection),
            };
            rows.push(Row { from, event, outcome });
        }
    }
    rows
}

#[test]
fn the_printed_table_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/transitions.md");
    let of_the_code = table();

    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &of_the_code).unwrap();
    }

    let printed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        printed == of_the_code,
        "docs/transitions.md is out of date; refresh it with: \
         UPDATE=1 cargo nextest run -p recovery the_printed_table"
    );
}
