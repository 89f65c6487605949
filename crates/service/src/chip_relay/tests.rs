use super::{PATIENCE, RELAYS_MAX, RelayAnswers, RelaySend, RelayStart, RelayTurn, Whose};
use crate::tests::{NOW, in_memory};
use crate::{Failure, Service};
use chip::password::Password;
use recovery::id::{CaseId, InstanceId, StaffId};
use recovery::time::{Duration, Timestamp};

fn start() -> RelayStart {
    let password = Password::card_access_number("123456").unwrap();
    RelayStart { password, answer_bytes_max: 258, p_code: None }
}

fn app(n: u128) -> Whose {
    Whose::App(CaseId(n), InstanceId(n))
}

fn begun(service: &Service, whose: Whose, now: Timestamp) -> Result<RelaySend, &'static str> {
    match service.begin_relay(whose, start(), now) {
        Ok(RelayTurn::Send(send)) => Ok(send),
        Ok(RelayTurn::Read(_)) => panic!("nothing is read yet"),
        Err(Failure::Refused(refused)) => Err(refused.code.code()),
        Err(other) => panic!("{other}"),
    }
}

/// No file, no application: a chip that has nothing.
fn answered(service: &Service, whose: Whose, send: &RelaySend, now: Timestamp) -> String {
    let answers = RelayAnswers { turn: send.turn, answers: vec![vec![0x6A, 0x82]], lost: false };
    match service.go_on_with_relay(whose, send.relay, answers, now) {
        Ok(RelayTurn::Send(next)) => format!("turn {}", next.turn),
        Ok(RelayTurn::Read(_)) => "read".to_owned(),
        Err(Failure::Refused(refused)) => refused.code.to_string(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_process_has_so_many_relays_and_room_again_once_one_is_over() {
    let (service, _) = in_memory();
    for n in 0..RELAYS_MAX as u128 {
        begun(&service, app(n), NOW).unwrap();
    }

    let full = begun(&service, app(1_000), NOW);
    let of_one_that_has = begun(&service, app(0), NOW);
    let later = begun(&service, app(1_000), NOW.plus(PATIENCE));

    assert_eq!(full.unwrap_err(), "relays-full");
    assert!(of_one_that_has.is_ok(), "another one ends the one before");
    assert!(later.is_ok());
}

#[test]
fn what_nobody_goes_on_with_is_swept_from_memory() {
    let (service, _) = in_memory();
    let send = begun(&service, app(1), NOW).unwrap();
    assert_eq!(service.relays.lock().len(), 1);

    service.relays.sweep(NOW.plus(PATIENCE).minus(Duration::from_millis(1)));
    assert_eq!(service.relays.lock().len(), 1);
    service.relays.sweep(NOW.plus(PATIENCE));

    assert!(service.relays.lock().is_empty());
    assert_eq!(answered(&service, app(1), &send, NOW), "relay-over");
}

#[test]
fn patience_ends_with_the_whole_read_however_often_a_message_comes() {
    let (service, _) = in_memory();
    let mut send = begun(&service, app(1), NOW).unwrap();
    let mut now = NOW;
    let mut outcome = String::new();
    for _ in 0..20 {
        now = now.plus(Duration::from_secs(60));
        // The tag is lost again and again: eight times it is taken up.
        let lost = RelayAnswers { turn: send.turn, answers: Vec::new(), lost: true };
        match service.go_on_with_relay(app(1), send.relay, lost, now) {
            Ok(RelayTurn::Send(next)) => send = next,
            Ok(RelayTurn::Read(_)) => panic!("nothing was read"),
            Err(Failure::Refused(refused)) => {
                outcome = refused.code.to_string();
                break;
            }
            Err(other) => panic!("{other}"),
        }
    }

    assert_eq!(outcome, "relay-over");
    assert!(now < NOW.plus(Duration::from_secs(400)), "five minutes in all");
}

#[test]
fn an_app_and_a_clerk_of_one_number_do_not_meet() {
    let (service, _) = in_memory();
    let clerk = Whose::Clerk(CaseId(1), StaffId(1));
    let of_app = begun(&service, app(1), NOW).unwrap();
    let of_clerk = begun(&service, clerk, NOW).unwrap();

    assert_eq!(answered(&service, clerk, &of_app, NOW), "relay-over");
    assert_eq!(answered(&service, app(1), &of_clerk, NOW), "relay-over");
    assert_eq!(answered(&service, app(1), &of_app, NOW), "turn 1");
    assert_eq!(answered(&service, clerk, &of_clerk, NOW), "turn 1");
}
