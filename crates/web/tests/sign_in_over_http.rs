//! Sign-ins over real HTTP on loopback: the number that the page shows, and strangers who request three hundred
//! sign-ins.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[expect(dead_code, reason = "this target uses a part of it")]
mod apps;

use apps::{House, Phone, bytes, cheap, random, unbytes, with_house};
use pin::{Holder, Login, Pin};
use serde_json::{Value, json};

struct Asked {
    id: String,
    number: String,
}

fn ask(house: &House, service: &str) -> Asked {
    let body = json!({ "person": "p1", "service_name": service });
    let answer = house.operator("POST", "/v1/sign-ins", &body);
    Asked { id: answer.text("sign_in_id"), number: answer.text("number") }
}

fn status(house: &House, asked: &Asked) -> Value {
    let path = format!("/v1/sign-ins/{}", asked.id);
    house.operator("GET", &path, &Value::Null).body["status"].clone()
}

fn find(phone: &Phone, number: &str) -> apps::Answer {
    phone.call("POST", "/v1/app/sign-ins/find", &json!({ "number": number }))
}

fn waits(phone: &Phone) -> Value {
    phone.call("GET", "/v1/app/state", &Value::Null).body["sign_in_waits"].clone()
}

/// A number that none of these sign-ins has.
fn other_than(asked: &[&Asked]) -> String {
    (0..10_000)
        .map(|number| format!("{number:04}"))
        .find(|number| asked.iter().all(|it| it.number != *number))
        .unwrap()
}

fn approve(phone: &Phone, id: &str) -> apps::Answer {
    let login = Login::start(Pin::parse("402916").unwrap(), &mut random()).unwrap();
    let purpose = json!({ "for": "approve-sign-in", "sign_in_id": id });
    let start = json!({ "purpose": purpose, "ke1": bytes(login.ke1()) });
    let reserved = phone.call("POST", "/v1/app/pin/tries", &start);
    let ke2 = unbytes(&reserved.body["ke2"]);
    let holder = Holder(phone.keyid.as_bytes());
    let finished = login.finish(&ke2, holder, &cheap(), &mut random()).unwrap();
    let path = format!("/v1/app/pin/tries/{}", reserved.text("ticket_id"));
    phone.call("POST", &path, &json!({ "ke3": bytes(&finished.ke3) }))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_on_the_page_finds_the_sign_in_and_the_pin_approves_it() {
    with_house(|house| {
        let phone = house.phone("p1");
        assert_eq!(waits(&phone), json!(false));
        let asked = ask(house, "The library");
        assert!(asked.number.len() == 4 && asked.number.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(waits(&phone), json!(true));

        let found = find(&phone, &format!(" {} {} ", &asked.number[..2], &asked.number[2..]));

        assert_eq!((found.status, found.text("sign_in_id")), (200, asked.id.clone()));
        assert_eq!(found.text("service_name"), "The library");
        assert_eq!(approve(&phone, &asked.id).body["sign_in"]["status"], "approved");
        assert_eq!(status(house, &asked), "approved");
        assert_eq!(waits(&phone), json!(false));
        assert_eq!(find(&phone, &asked.number).code(), "sign-in-over");
        let refused = ask(house, "A stranger");
        let path = format!("/v1/app/sign-ins/{}/refuse", refused.id);
        assert_eq!(phone.call("POST", &path, &Value::Null).body["status"], "refused");
    })
    .await;
}

/// Three hundred sign-ins are requested for one person.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_sign_ins_leaves_three_of_its_client_and_hides_nothing() {
    with_house(|house| {
        let phone = house.phone("p1");
        let flood: Vec<Asked> = (0..300).map(|n| ask(house, &format!("Flood {n}"))).collect();

        let mine = ask(house, "The library");

        let state = phone.call("GET", "/v1/app/state", &Value::Null).body.to_string();
        assert!(!state.contains("Flood"), "nothing of it is on the person's screen");
        let waiting = flood.iter().filter(|it| status(house, it) == "waiting").count();
        assert_eq!(waiting, 2, "three of a client are open, the newest of them mine");
        assert_eq!(status(house, &flood[0]), "replaced");
        assert_eq!(find(&phone, &mine.number).text("sign_in_id"), mine.id);
        assert_eq!(approve(&phone, &mine.id).body["sign_in"]["status"], "approved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_at_once_exceed_no_limit_and_share_no_number() {
    with_house(|house| {
        house.phone("p1");
        let asked: Vec<Option<Asked>> = std::thread::scope(|scope| {
            let calls: Vec<_> = (0..24)
                .map(|_| {
                    scope.spawn(|| {
                        let body = json!({ "person": "p1", "service_name": "The library" });
                        let answer = house.operator("POST", "/v1/sign-ins", &body);
                        (answer.status == 201).then(|| Asked {
                            id: answer.text("sign_in_id"),
                            number: answer.text("number"),
                        })
                    })
                })
                .collect();
            calls.into_iter().map(|it| it.join().unwrap()).collect()
        });

        let open: Vec<&Asked> =
            asked.iter().flatten().filter(|it| status(house, it) == "waiting").collect();
        assert_eq!(open.len(), 3);
        let numbers: std::collections::BTreeSet<&str> =
            open.iter().map(|it| it.number.as_str()).collect();
        assert_eq!(numbers.len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_wrong_numbers_end_what_waits_and_a_lost_answer_is_no_second_wrong_one() {
    with_house(|house| {
        let phone = house.phone("p1");
        let (first, second) = (ask(house, "The library"), ask(house, "The bank"));
        let wrong = other_than(&[&first, &second]);
        let body = json!({ "number": wrong });

        let once = phone.call_as("POST", "/v1/app/sign-ins/find", &body, "one-wrong-number");
        let again = phone.call_as("POST", "/v1/app/sign-ins/find", &body, "one-wrong-number");
        assert_eq!((once.status, once.code()), (422, "sign-in-number-wrong"));
        assert_eq!(again.code(), "sign-in-number-wrong");
        assert_eq!(status(house, &first), "waiting");
        let later = ask(house, "The tax office");
        let twice = find(&phone, &wrong);

        assert_eq!((twice.status, twice.code()), (410, "sign-in-numbers-used"));
        assert_eq!(
            (status(house, &first), status(house, &second)),
            (json!("number-wrong"), json!("number-wrong"))
        );
        // The sign-in that was requested after the first wrong number has seen only one wrong number, and ends with the
        // next.
        assert_eq!(find(&phone, &later.number).text("sign_in_id"), later.id);
        let third = find(&phone, &other_than(&[&first, &second, &later]));
        assert_eq!(third.code(), "sign-in-numbers-used");
        assert_eq!(status(house, &later), "number-wrong");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_asks_so_often_in_a_minute_and_a_stranger_to_the_service_looks_like_a_user() {
    with_house(|house| {
        let stranger = json!({ "person": "nobody", "service_name": "The library" });
        let ids: Vec<String> = (0..4)
            .map(|_| house.operator("POST", "/v1/sign-ins", &stranger))
            .map(|answer| {
                assert_eq!((answer.status, answer.text("number").len()), (201, 4));
                answer.text("sign_in_id")
            })
            .collect();
        let of = |id: &str| {
            house.operator("GET", &format!("/v1/sign-ins/{id}"), &Value::Null).body["status"]
                .clone()
        };
        assert_eq!((of(&ids[0]), of(&ids[1])), (json!("replaced"), json!("waiting")));

        let mut refused = None;
        for _ in 0..1_000 {
            let answer = house.operator("POST", "/v1/sign-ins", &stranger);
            if answer.status != 201 {
                refused = Some(answer);
                break;
            }
        }

        let refused = refused.unwrap();
        assert_eq!((refused.status, refused.code()), (429, "sign-in-rate-reached"));
        assert!(refused.body["retry_after_secs"].as_u64().unwrap() <= 60);
        house.clock.advance_ms(60_000);
        assert_eq!(house.operator("POST", "/v1/sign-ins", &stranger).status, 201);
    })
    .await;
}
