//! Chips behind a phone that is not trusted, over real HTTP: a key agreement after a read by the phone, and complete
//! reads by the server through the phone (PROTOCOLS.md section 7).
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[expect(dead_code, reason = "this target uses a part of it")]
mod apps;

use apps::document::{AtChip, NATIONAL_NUMBER, SESSION, as_sent, issued, read, trusting};
use apps::{Answer, House, bytes, house_under, with_trust};
use chip::apdu::Command;
use chip::lds::file::FileId;
use chip::reader::{Link, LinkStep, Relayed};
use chip_sim::{AgreementAnswer, Card, Faults};
use recovery::policy::{Policy, Profile};
use serde_json::{Value, json};
use service::parts::NoFaces;
use std::sync::Arc;

fn decoded(value: &Value) -> Vec<u8> {
    let bytes: wire::Bytes = serde_json::from_value(value.clone()).unwrap();
    bytes.0
}

/// Requests a key agreement of the server, and carries its commands over the open session.
fn agreed(at: &AtChip, card: &mut Card, link: Link, dg14: &[u8]) -> Vec<u8> {
    let request = json!({ "chip_session": bytes(&SESSION), "dg14": bytes(dg14), "way": 0 });
    let reply = at.phone.call("POST", &format!("{}/chip-authentication", at.path), &request);
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    let protect = reply.body["protect"].as_array().unwrap().clone();
    let mut commands: Vec<Relayed> = protect
        .iter()
        .map(|command| Relayed::Protect(Command::parse(&decoded(command)).unwrap()))
        .collect();
    commands.push(Relayed::Forward(decoded(&reply.body["forward"])));
    let mut step = link.relay(commands);
    loop {
        step = match step {
            LinkStep::Send(awaiting) => {
                let answer = card.transmit(awaiting.command());
                awaiting.answer(answer)
            }
            LinkStep::Done { answers, .. } => return answers[protect.len()].clone(),
            LinkStep::Failed(failure) => panic!("{:?}", failure.error),
        };
    }
}

/// The submission of a phone that reads a card and relays the proof that it is genuine.
fn proven_reading(at: &AtChip, mut card: Card) -> Value {
    let done = read(&mut card, at.challenge(&SESSION));
    let mut sent = as_sent(&done.reading, &SESSION);
    let answer = agreed(at, &mut card, done.link, &done.reading.files[&FileId::DG14]);
    sent["chip_authentication"] = bytes(&answer);
    sent
}

#[track_caller]
fn assert_accepted(answer: &Answer) {
    assert_eq!(answer.body["step"]["step"], "face", "{:?}", answer.body);
}

#[track_caller]
fn assert_not_accepted(answer: &Answer) {
    assert_eq!(answer.body["step"]["code"], "document-not-accepted", "{:?}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chip_that_only_agrees_keys_proves_itself_to_the_server() {
    for name in ["ca", "ca-3des", "ca-dh"] {
        let (issuer, document) = issued(name);
        with_trust(trusting(&issuer), |house| {
            let at = AtChip::of(house);

            let sent = proven_reading(&at, Card::new(document, [9; 32]));

            assert_accepted(&at.send(&sent));
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chip_that_agrees_keys_and_was_not_asked_to_is_not_accepted() {
    let (issuer, document) = issued("ca");
    with_trust(trusting(&issuer), |house| {
        let at = AtChip::of(house);
        let done = read(&mut Card::new(document, [9; 32]), at.challenge(&SESSION));

        assert_not_accepted(&at.send(&as_sent(&done.reading, &SESSION)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_says_yes_to_the_agreement_is_not_accepted() {
    let (issuer, document) = issued("ca");
    with_trust(trusting(&issuer), |house| {
        let at = AtChip::of(house);
        let faults = Faults { agreement_answer: AgreementAnswer::OldKeysKept, ..Faults::default() };

        let sent = proven_reading(&at, Card::new(document, [9; 32]).with_faults(faults));

        assert_not_accepted(&at.send(&sent));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_good_for_its_session_alone() {
    let (issuer, document) = issued("ca");
    with_trust(trusting(&issuer), |house| {
        let at = AtChip::of(house);
        let sent = proven_reading(&at, Card::new(document, [9; 32]));
        let path = format!("{}/chip-authentication", at.path);
        let ask = |session: &[u8; 16], dg14: &[u8], way: u8| {
            let body = json!({ "chip_session": bytes(session), "dg14": bytes(dg14), "way": way });
            at.phone.call("POST", &path, &body)
        };
        let dg14 = decoded(&sent["files"]["dg14"]);
        let again = ask(&SESSION, &dg14, 0);
        let no_such_way = ask(&[5; 16], &dg14, 200);
        let no_file = ask(&[5; 16], &[0x6E, 0x00], 0);

        // The chip's answer from one session is submitted for another.
        let mut elsewhere = sent.clone();
        elsewhere["chip_session"] = bytes(&[6; 16]);
        at.challenge(&[6; 16]);
        assert_eq!(ask(&[6; 16], &dg14, 0).status, 200);

        assert_eq!((again.status, again.code()), (409, "challenge-used"));
        assert_eq!((no_such_way.status, no_such_way.code()), (422, "no-chip-authentication"));
        assert_eq!((no_file.status, no_file.code()), (422, "no-chip-authentication"));
        assert_not_accepted(&at.send(&elsewhere));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_over_another_dg14_proves_nothing() {
    let (issuer, document) = issued("ca");
    with_trust(trusting(&issuer), |house| {
        let at = AtChip::of(house);
        let mut card = Card::new(document, [9; 32]);
        let done = read(&mut card, at.challenge(&SESSION));
        let mut sent = as_sent(&done.reading, &SESSION);
        // The same key is in a file that the SOD does not cover.
        let longer = [done.reading.files[&FileId::DG14].as_slice(), &[0]].concat();
        let answer = agreed(&at, &mut card, done.link, &longer);
        sent["chip_authentication"] = bytes(&answer);

        assert_not_accepted(&at.send(&sent));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_is_a_minute_old_is_read_again_at_no_cost() {
    let (issuer, document) = issued("ca");
    with_trust(trusting(&issuer), |house| {
        let at = AtChip::of(house);
        let sent = proven_reading(&at, Card::new(document, [9; 32]));
        house.clock.advance_ms(60_000);

        let late = at.send(&sent);

        assert_eq!((late.status, late.code()), (422, "challenge-not-valid"));
        let state = at.phone.call("GET", "/v1/app/state", &Value::Null);
        assert_eq!(state.body["recovery"]["step"]["step"], "chip", "{:?}", state.body);
    })
    .await;
}

/// A phone that carries the server's commands to the card.
struct Carrier<'a> {
    at: &'a AtChip,
    card: Card,
    contacts: usize,
    messages: usize,
}

impl<'a> Carrier<'a> {
    fn new(at: &'a AtChip, card: Card) -> Self {
        Self { at, card, contacts: 0, messages: 0 }
    }

    fn path(&self) -> String {
        format!("{}/chip-relays", self.at.path)
    }

    fn begin(&mut self, password: &Value) -> Answer {
        self.messages += 1;
        let start = json!({ "password": password, "answer_bytes_max": 258 });
        self.at.phone.call("POST", &self.path(), &start)
    }

    fn begin_by_zone(&mut self) -> Answer {
        let information = self.card.document().mrz_information().to_owned();
        self.begin(&json!({ "kind": "mrz", "information": information }))
    }

    /// Carries the commands of one turn. Returns the answers, and whether the contact was lost.
    fn carry(&mut self, turn: &Value) -> Value {
        if turn["new_contact"] == true {
            self.contacts += 1;
            self.card.reset();
        }
        let mut answers = Vec::new();
        let mut lost = false;
        for command in turn["commands"].as_array().unwrap() {
            let answer = self.card.transmit(&decoded(command));
            lost = answer.is_empty();
            if lost {
                self.card.set_faults(Faults::default());
                break;
            }
            answers.push(bytes(&answer));
            if !answer.ends_with(&[0x90, 0x00]) {
                break;
            }
        }
        json!({ "turn": turn["turn"], "answers": answers, "lost": lost })
    }

    fn hand_over(&mut self, turn: &Value, answers: &Value) -> Answer {
        self.messages += 1;
        let path = format!("{}/{}", self.path(), turn["relay_id"].as_str().unwrap());
        self.at.phone.call("POST", &path, answers)
    }

    fn go_on(&mut self, mut turn: Answer) -> Answer {
        while turn.body["next"] == "send" {
            let answers = self.carry(&turn.body);
            turn = self.hand_over(&turn.body, &answers);
        }
        turn
    }
}

#[track_caller]
fn assert_read(ended: &Answer, card: &Card) {
    assert_eq!(ended.body["next"], "ended", "{:?}", ended.body);
    assert_eq!(ended.body["recovery"]["step"]["step"], "face", "{:?}", ended.body);
    let dg2 = card.document().file(chip_sim::File::DataGroup(2)).unwrap();
    assert_eq!(decoded(&ended.body["dg2"]), dg2);
    assert_eq!(ended.body["birth_date"], "1972-05-21");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_reads_every_kind_of_chip_through_a_phone_in_twelve_round_trips() {
    for name in ["aa", "ca", "ca-3des", "ca-dh", "pace-cam", "td3"] {
        let (issuer, document) = issued(name);
        with_trust(trusting(&issuer), move |house| {
            let at = AtChip::of(house);
            let mut carrier = Carrier::new(&at, Card::new(document, [9; 32]));

            let begun = carrier.begin_by_zone();
            let ended = carrier.go_on(begun);

            assert_read(&ended, &carrier.card);
            assert_eq!(carrier.contacts, 1, "{name}");
            // The first message contains the password and no answers.
            assert!(carrier.messages <= 13, "{name}: {}", carrier.messages);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_goes_on_after_a_lost_tag_and_after_a_lost_answer() {
    let (issuer, document) = issued("ca");
    with_trust(trusting(&issuer), |house| {
        let at = AtChip::of(house);
        let faults = Faults { lost_after_bytes: Some(6_000), ..Faults::default() };
        let mut carrier = Carrier::new(&at, Card::new(document, [9; 32]).with_faults(faults));
        let mut turn = carrier.begin_by_zone();
        let mut replies_twice = 0;
        while turn.body["next"] == "send" {
            let answers = carrier.carry(&turn.body);
            let reply = carrier.hand_over(&turn.body, &answers);
            // The reply was lost, so the same answers are sent again.
            let again = carrier.hand_over(&turn.body, &answers);
            assert_eq!(again.body["commands"], reply.body["commands"]);
            assert_eq!(again.body["turn"], reply.body["turn"]);
            assert_eq!(again.body["dg2"], reply.body["dg2"]);
            replies_twice += 1;
            turn = reply;
        }

        assert_read(&turn, &carrier.card);
        assert_eq!(carrier.contacts, 2);
        assert!(replies_twice > 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_behind_the_relay_is_not_accepted() {
    let (issuer, document) = issued("ca");
    with_trust(trusting(&issuer), |house| {
        let at = AtChip::of(house);
        let faults = Faults { agreement_answer: AgreementAnswer::OldKeysKept, ..Faults::default() };
        let mut carrier = Carrier::new(&at, Card::new(document, [9; 32]).with_faults(faults));
        let begun = carrier.begin_by_zone();

        let ended = carrier.go_on(begun);

        let step = &ended.body["recovery"]["step"];
        assert_eq!(step["code"], "document-not-accepted", "{:?}", ended.body);
        assert!(ended.body["dg2"].is_null());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_is_its_apps_alone_one_at_a_time_and_over_in_time() {
    let (issuer, document) = issued("aa");
    with_trust(trusting(&issuer), |house| {
        let at = AtChip::of(house);
        let mut carrier = Carrier::new(&at, Card::new(document, [9; 32]));
        let first = carrier.begin_by_zone();
        let second = carrier.begin_by_zone();
        let answers = carrier.carry(&second.body);
        let of_the_first = carrier.hand_over(&first.body, &answers);
        let mut later = answers.clone();
        later["turn"] = json!(7);
        let out_of_turn = carrier.hand_over(&second.body, &later);
        let third = carrier.hand_over(&second.body, &answers);

        // Another person, with their own app and case, has learnt the id of the relay.
        let other = house.phone_of(&house.enrol_as("p2", &json!("8105720021")));
        let begin = json!({ "consent_version": 1, "p_code_given": false });
        let case = other.call("POST", "/v1/app/recoveries", &begin);
        let relay = third.body["relay_id"].as_str().unwrap();
        let theirs = format!("/v1/app/recoveries/{}/chip-relays/{relay}", case.text("case_id"));
        let stolen = other.call("POST", &theirs, &answers);
        let mine = format!("{}/{relay}", carrier.path());
        let without_case = other.call("POST", &mine, &answers);

        house.clock.advance_ms(90_000);
        let answers = carrier.carry(&third.body);
        let late = carrier.hand_over(&third.body, &answers);

        assert_eq!((of_the_first.status, of_the_first.code()), (410, "relay-over"));
        assert_eq!((out_of_turn.status, out_of_turn.code()), (409, "relay-out-of-turn"));
        assert_eq!(third.body["next"], "send");
        assert_eq!((stolen.status, stolen.code()), (410, "relay-over"));
        assert_eq!((without_case.status, without_case.code()), (410, "relay-over"));
        assert_eq!((late.status, late.code()), (410, "relay-over"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_and_costs_nothing() {
    let (issuer, document) = issued("td3");
    with_trust(trusting(&issuer), |house| {
        let at = AtChip::of(house);
        let mut carrier = Carrier::new(&at, Card::new(document, [9; 32]));
        let begun = carrier.begin(&json!({ "kind": "card-access-number", "digits": "999999" }));

        let ended = carrier.go_on(begun);

        assert_eq!((ended.status, ended.code()), (422, "chip-password-wrong"));
        let state = at.phone.call("GET", "/v1/app/state", &Value::Null);
        assert_eq!(state.body["recovery"]["step"]["step"], "chip", "{:?}", state.body);
        let malformed = carrier.begin(&json!({ "kind": "mrz", "information": "L898902C3" }));
        assert_eq!((malformed.status, malformed.code()), (400, "malformed-body"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_p_code_is_counted_once_however_often_its_message_comes() {
    let (issuer, document) = issued("aa");
    with_trust(trusting(&issuer), move |house| {
        let phone = house.phone_of(&house.enrol_as("p2", &json!("8105720021")));
        let begin = json!({ "consent_version": 1, "p_code_given": true });
        let case = phone.call("POST", "/v1/app/recoveries", &begin);
        let at = AtChip { path: format!("/v1/app/recoveries/{}", case.text("case_id")), phone };
        let tried = || {
            let mut carrier = Carrier::new(&at, Card::new(document.clone(), [9; 32]));
            let zone = document.mrz_information();
            let start = json!({
                "password": { "kind": "mrz", "information": zone },
                "answer_bytes_max": 65_538, "p_code": "00000000",
            });
            let mut turn = at.phone.call("POST", &carrier.path(), &start);
            loop {
                let answers = carrier.carry(&turn.body);
                let next = carrier.hand_over(&turn.body, &answers);
                if next.body["next"] != "send" {
                    let again = [0; 4].map(|_| carrier.hand_over(&turn.body, &answers));
                    return (next, again);
                }
                turn = next;
            }
        };

        let (first, again) = tried();
        let (second, _) = tried();
        let (third, _) = tried();

        assert_eq!((first.status, first.code()), (422, "p-code-invalid"));
        assert!(again.iter().all(|answer| answer.code() == "p-code-invalid"));
        assert_eq!((second.status, second.code()), (422, "p-code-invalid"));
        let ended = &third.body["recovery"]["step"]["code"];
        assert_eq!(ended, "p-code-tries-used", "{:?}", third.body);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_no_chip_gives_are_refused_or_end_the_reading() {
    let (issuer, document) = issued("bac");
    with_trust(trusting(&issuer), |house| {
        let at = AtChip::of(house);
        let mut carrier = Carrier::new(&at, Card::new(document, [9; 32]));
        let turn = carrier.begin_by_zone();
        let mut send = |answers: Vec<Value>| {
            let body = json!({ "turn": turn.body["turn"], "answers": answers });
            carrier.hand_over(&turn.body, &body)
        };

        let many = send(vec![bytes(&[0x90, 0x00]); 257]);
        let long = send(vec![bytes(&vec![0; 65_539])]);
        let more_than_asked = send(vec![bytes(&[0x90, 0x00]); 200]);

        assert_eq!((many.status, many.code()), (400, "malformed-body"));
        assert_eq!((long.status, long.code()), (400, "malformed-body"));
        assert_eq!((more_than_asked.status, more_than_asked.code()), (422, "chip-unreadable"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_trusts_no_phone_takes_readings_by_the_server_alone() {
    let (issuer, document) = issued("aa");
    let mut policy = Policy::of(Profile::PublicService);
    policy.chip_face.read_by_server = true;
    let house: House = house_under(policy, trusting(&issuer), Arc::new(NoFaces)).await;
    let test = move || {
        let phone = house.phone_of(&house.enrol_as("p1", &json!(NATIONAL_NUMBER)));
        let begin = json!({ "consent_version": 1, "p_code_given": false });
        let case = phone.call("POST", "/v1/app/recoveries", &begin);
        assert_eq!(case.body["step"]["read_by_server"], true);
        let at = AtChip { path: format!("/v1/app/recoveries/{}", case.text("case_id")), phone };
        let mut card = Card::new(document, [9; 32]);
        let done = read(&mut card, at.challenge(&SESSION));

        let by_phone = at.send(&as_sent(&done.reading, &SESSION));
        let mut carrier = Carrier::new(&at, card);
        let begun = carrier.begin_by_zone();
        let by_server = carrier.go_on(begun);

        assert_eq!((by_phone.status, by_phone.code()), (409, "chip-read-by-server"));
        assert_read(&by_server, &carrier.card);
    };
    tokio::task::spawn_blocking(test).await.unwrap();
}
