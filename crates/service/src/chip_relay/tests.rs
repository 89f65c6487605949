use super::{PATIENCE, RELAYS_MAX, RelayAnswers, RelaySend, RelayStart, RelayTurn, Whose};
use crate::Failure;
use crate::house::{House, NOW};
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

fn begun(house: &House, whose: Whose, now: Timestamp) -> Result<RelaySend, &'static str> {
    match house.service.begin_relay(whose, start(), now) {
        Ok(RelayTurn::Send(send)) => Ok(send),
        Ok(RelayTurn::Read(_)) => panic!("nothing is read yet"),
        Err(Failure::Refused(refused)) => Err(refused.code.code()),
        Err(other) => panic!("{other}"),
    }
}

/// No file, no application: a chip that has nothing.
fn answered(house: &House, whose: Whose, send: &RelaySend, now: Timestamp) -> String {
    let answers = RelayAnswers { turn: send.turn, answers: vec![vec![0x6A, 0x82]], lost: false };
    match house.service.go_on_with_relay(whose, send.relay, answers, now) {
        Ok(RelayTurn::Send(next)) => format!("turn {}", next.turn),
        Ok(RelayTurn::Read(_)) => "read".to_owned(),
        Err(Failure::Refused(refused)) => refused.code.to_string(),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_process_has_so_many_relays_and_room_again_once_one_is_over() {
    let house = House::new().await;
    for n in 0..RELAYS_MAX as u128 {
        begun(&house, app(n), NOW).unwrap();
    }

    let full = begun(&house, app(1_000), NOW);
    let of_one_that_has = begun(&house, app(0), NOW);
    let later = begun(&house, app(1_000), NOW.plus(PATIENCE));

    assert_eq!(full.unwrap_err(), "relays-full");
    assert!(of_one_that_has.is_ok(), "another one ends the one before");
    assert!(later.is_ok());
}

#[tokio::test]
async fn what_nobody_goes_on_with_is_swept_from_memory() {
    let house = House::new().await;
    let send = begun(&house, app(1), NOW).unwrap();
    assert_eq!(house.service.relays.lock().len(), 1);

    house.service.relays.sweep(NOW.plus(PATIENCE).minus(Duration::from_millis(1)));
    assert_eq!(house.service.relays.lock().len(), 1);
    house.service.relays.sweep(NOW.plus(PATIENCE));

    assert!(house.service.relays.lock().is_empty());
    assert_eq!(answered(&house, app(1), &send, NOW), "relay-over");
}

#[tokio::test]
async fn patience_ends_with_the_whole_read_however_often_a_message_comes() {
    let house = House::new().await;
    let mut send = begun(&house, app(1), NOW).unwrap();
    let mut now = NOW;
    let mut outcome = String::new();
    for _ in 0..20 {
        now = now.plus(Duration::from_secs(60));
        // The tag is lost again and again: eight times it is taken up.
        let lost = RelayAnswers { turn: send.turn, answers: Vec::new(), lost: true };
        match house.service.go_on_with_relay(app(1), send.relay, lost, now) {
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

#[tokio::test]
async fn an_app_and_a_clerk_of_one_number_do_not_meet() {
    let house = House::new().await;
    let clerk = Whose::Clerk(CaseId(1), StaffId(1));
    let of_app = begun(&house, app(1), NOW).unwrap();
    let of_clerk = begun(&house, clerk, NOW).unwrap();

    assert_eq!(answered(&house, clerk, &of_app, NOW), "relay-over");
    assert_eq!(answered(&house, app(1), &of_clerk, NOW), "relay-over");
    assert_eq!(answered(&house, app(1), &of_app, NOW), "turn 1");
    assert_eq!(answered(&house, clerk, &of_clerk, NOW), "turn 1");
}
