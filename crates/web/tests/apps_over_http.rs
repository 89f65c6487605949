//! Apps and operators against the API over real HTTP on loopback, signed with real keys.

#[expect(dead_code, reason = "this target uses a part of it")]
mod apps;

use apps::{Answer, NOW_MS, Phone, blinded, bytes, random, send, with_house};
use audit::note::VerifierKey;
use audit::proof::InclusionFile;
use pin::{Login, Pin};
use request_signature::SoftwareKey;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_bound_sets_its_pin_and_opens_with_it() {
    with_house(|house| {
        let phone = house.phone("p1");

        assert_eq!(phone.state(), json!({ "state": "ready", "tries_left": 3 }));
        assert_eq!(phone.try_pin("402917"), Some(false));
        assert_eq!(phone.state(), json!({ "state": "ready", "tries_left": 2 }));
        assert_eq!(phone.try_pin("402916"), Some(true));
        assert_eq!(phone.state(), json!({ "state": "ready", "tries_left": 3 }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ladder_locks_for_three_minutes_then_an_hour_then_blocks() {
    with_house(|house| {
        let phone = house.phone("p1");
        let wrong = |times: usize| {
            (0..times).for_each(|_| assert_eq!(phone.try_pin("111222"), Some(false)))
        };

        wrong(3);
        assert_eq!(phone.state()["state"], "locked");
        assert_eq!(phone.state()["seconds_left"], 180);
        assert_eq!(phone.start_try("402916").1.code(), "temporarily-locked");
        house.clock.advance_ms(180_000);
        wrong(3);
        assert_eq!(phone.state()["seconds_left"], 3_600);
        house.clock.advance_ms(3_480_000);
        let last_minutes = json!({ "state": "locked", "seconds_left": 120, "wrong_tries": 6 });
        assert_eq!(phone.state(), last_minutes);
        house.clock.advance_ms(120_000);
        wrong(3);

        assert_eq!(phone.state(), json!({ "state": "blocked" }));
        assert_eq!(phone.start_try("402916").1.code(), "blocked");
    })
    .await;
}

/// PROTOCOLS.md section 3: 50 wrong first messages at once spend exactly one try and release exactly one answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_first_messages_at_once_spend_one_try_and_release_one_answer() {
    with_house(|house| {
        let phone = house.phone("p1");

        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let tries: Vec<_> =
                (0..50).map(|_| scope.spawn(|| phone.start_try("111222").1)).collect();
            tries.into_iter().map(|it| it.join().unwrap()).collect()
        });

        assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 1);
        assert_eq!(answers.iter().filter(|it| it.code() == "try-in-progress").count(), 49);
        house.clock.advance_ms(30_000);
        assert_eq!(phone.state(), json!({ "state": "ready", "tries_left": 2 }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_first_message_under_the_same_key_gets_the_same_answer() {
    with_house(|house| {
        let phone = house.phone("p1");
        let login = Login::start(Pin::parse("402916").unwrap(), &mut random()).unwrap();
        let body = json!({ "purpose": { "for": "unlock" }, "ke1": bytes(login.ke1()) });

        let first = phone.call_as("POST", "/v1/app/pin/tries", &body, "one-key-for-both");
        let again = phone.call_as("POST", "/v1/app/pin/tries", &body, "one-key-for-both");

        assert_eq!((first.status, again.status), (200, 200));
        assert_eq!(first.body["ke2"], again.body["ke2"]);
        assert_eq!(first.body["ticket_id"], again.body["ticket_id"]);
    })
    .await;
}

/// PROTOCOLS.md section 3: registration cannot be used as an oracle for the old PIN.
#[tokio::test(flavor = "multi_thread")]
async fn registration_is_no_oracle_for_the_old_pin() {
    with_house(|house| {
        let phone = house.phone("p1");
        let (request, _) = blinded("402916");
        let spent =
            json!({ "grant_id": "00000000000000000000000000000001", "request": bytes(&request) });

        let unknown = phone.call("POST", "/v1/app/pin/registrations", &spent);

        assert_eq!(unknown.code(), "grant-of-another-app");
        let (other, grant) = house.activate(&house.enrol("p1")).unwrap();
        let theirs = json!({ "grant_id": grant, "request": bytes(&request) });
        assert_eq!(
            phone.call("POST", "/v1/app/pin/registrations", &theirs).code(),
            "grant-of-another-app"
        );
        let first = other.call("POST", "/v1/app/pin/registrations", &theirs);
        assert_eq!(first.status, 200);
        let another = json!({ "grant_id": grant, "request": bytes(&blinded("402917").0) });
        assert_eq!(
            other.call("POST", "/v1/app/pin/registrations", &another).code(),
            "blinded-element-changed"
        );
        let again = other.call("POST", "/v1/app/pin/registrations", &theirs);
        assert_eq!(
            again.body["response"], first.body["response"],
            "the identical message is answered identically"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unsigned_replayed_and_changed_requests_are_refused_alike() {
    with_house(|house| {
        let phone = house.phone("p1");
        let path = "/v1/app/state";
        let url = format!("{}{path}", house.url);
        let nonce = phone.nonce();
        let headers = phone.headers("GET", path, b"", "some-key", &nonce);

        assert_eq!(send("GET", &url, &[], b"").code(), "malformed-signature");
        assert_eq!(send("GET", &url, &headers, b"").status, 200);
        assert_eq!(send("GET", &url, &headers, b"").code(), "nonce-not-accepted", "replayed");
        let nonce = phone.nonce();
        let mut changed = phone.headers("GET", path, b"", "some-key", &nonce);
        changed
            .iter_mut()
            .filter(|(name, _)| name.eq_ignore_ascii_case("idempotency-key"))
            .for_each(|(_, value)| "other-key".clone_into(value));
        assert_eq!(send("GET", &url, &changed, b"").code(), "signature-not-accepted");
        let stranger = Phone {
            url: house.url.clone(),
            keyid: "000000000000000000000000000000aa".to_owned(),
            key: SoftwareKey::generate(&mut random()),
        };
        let unknown = stranger.call("GET", path, &Value::Null);
        assert_eq!((unknown.status, unknown.code()), (401, "signature-not-accepted"));
        let nonce = phone.nonce();
        house.clock.advance_ms(120_000);
        let late = phone.headers("GET", path, b"", "some-key", &nonce);
        assert_eq!(send("GET", &url, &late, b"").code(), "nonce-not-accepted", "too old");
    })
    .await;
}

/// The nonce of a try is spent together with the try, and also where the try is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_was_reserved_or_refused_cannot_be_sent_again() {
    with_house(|house| {
        let phone = house.phone("p1");
        let path = "/v1/app/pin/tries";
        let url = format!("{}{path}", house.url);
        let first_message = || {
            let login = Login::start(Pin::parse("111222").unwrap(), &mut random()).unwrap();
            json!({ "purpose": { "for": "unlock" }, "ke1": bytes(login.ke1()) }).to_string()
        };
        let (reserved, refused) = (first_message(), first_message());
        let nonce = phone.nonce();
        let headers = phone.headers("POST", path, reserved.as_bytes(), "the-first-key", &nonce);
        assert_eq!(send("POST", &url, &headers, reserved.as_bytes()).status, 200);
        // The try is open and its reply is stored, but sending the same bytes again does not return it.
        let again = send("POST", &url, &headers, reserved.as_bytes());
        assert_eq!((again.status, again.code()), (401, "nonce-not-accepted"));
        let nonce = phone.nonce();
        let second = phone.headers("POST", path, refused.as_bytes(), "the-second-key", &nonce);
        assert_eq!(send("POST", &url, &second, refused.as_bytes()).code(), "try-in-progress");
        house.clock.advance_ms(30_000);

        for (headers, body) in [(&headers, &reserved), (&second, &refused)] {
            assert_eq!(send("POST", &url, headers, body.as_bytes()).code(), "nonce-not-accepted");
        }

        assert_eq!(phone.state(), json!({ "state": "ready", "tries_left": 2 }), "one was spent");
        let path = "/v1/app/pin/tries/00000000000000000000000000000001";
        let url = format!("{}{path}", house.url);
        let body = json!({ "ke3": null }).to_string();
        let nonce = phone.nonce();
        let headers = phone.headers("POST", path, body.as_bytes(), "the-third-key", &nonce);
        assert_eq!(send("POST", &url, &headers, body.as_bytes()).code(), "no-such-try");
        assert_eq!(send("POST", &url, &headers, body.as_bytes()).code(), "nonce-not-accepted");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_code_works_once_and_for_48_hours() {
    with_house(|house| {
        let offer = house.enrol("p1");
        assert!(house.activate(&offer).is_ok());
        assert_eq!(house.activate(&offer).err().unwrap().code(), "activation-code-invalid", "used");

        let offer = house.enrol("p1");
        house.clock.advance_ms(48 * 3_600_000);
        let late = house.activate(&offer).err().unwrap();
        assert_eq!((late.status, late.code()), (422, "activation-code-invalid"), "expired");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_temporary_pin_none_is_valid_and_no_rung_is_spent() {
    with_house(|house| {
        let phone = house.phone("p1");

        let answer = phone.call("POST", "/v1/app/temporary-pin", &json!({ "code": "1234 5678" }));

        assert_eq!((answer.status, answer.code()), (422, "temporary-pin-not-valid"));
        assert_eq!(phone.state(), json!({ "state": "ready", "tries_left": 3 }));
        assert!(house.sent.texts().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unbound_app_says_so_and_tries_nothing() {
    with_house(|house| {
        let phone = house.phone("p1");
        let apps = house.operator("GET", "/v1/people/p1/instances", &Value::Null);
        let id = apps.body[0]["instance_id"].as_str().unwrap().to_owned();

        assert_eq!(
            house.operator("DELETE", &format!("/v1/instances/{id}"), &Value::Null).status,
            204
        );

        assert_eq!(phone.state(), json!({ "state": "unbound" }));
        assert_eq!(phone.start_try("402916").1.code(), "unbound");
        assert_eq!(house.operator("GET", "/v1/people/p1/instances", &Value::Null).body, json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_stops_everything() {
    with_house(|house| {
        let phone = house.phone("p1");
        house.clock.set_ms(NOW_MS - 60_000);

        let answer = send(
            "POST",
            &format!("{}/v1/app/nonce", phone.url),
            &[],
            json!({ "keyid": phone.keyid }).to_string().as_bytes(),
        );

        assert_eq!(answer.status, 503);
        assert_eq!(answer.code(), "clock-not-trusted");
        assert!(tokio::runtime::Handle::current().block_on(house.service.now()).is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_tells_where_to_book_how_to_scan_and_which_app_is_too_old() {
    with_house(|house| {
        let phone = house.phone("p1");

        let state = phone.call("GET", "/v1/app/state", &Value::Null).body;

        assert_eq!(state["booking_url"], format!("{}/book", house.url));
        assert_eq!(state["scanning_url"], format!("{}/scanning", house.url));
        assert_eq!(state["app_version_min"], "1.4.0");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_problems_in_the_language_of_the_request() {
    with_house(|house| {
        let url = format!("{}/v1/app/state", house.url);
        let ask = |language: &str| {
            send("GET", &url, &[("accept-language".to_owned(), language.to_owned())], b"").body
        };

        let (danish, english) = (ask("da"), ask("en-GB"));

        assert_eq!(danish["type"], "urn:genvej:problem:malformed-signature");
        assert_eq!(english["status"], 400);
        assert_ne!(danish["title"], english["title"]);
        assert_eq!(send("GET", &format!("{}/nothing", house.url), &[], b"").code(), "not-found");
        let described = send("GET", &format!("{}/openapi.json", house.url), &[], b"").body;
        assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
        assert!(described["paths"]["/v1/app/pin/tries"]["post"].is_object());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_receipts_of_the_own_entries_once_they_are_published() {
    with_house(|house| {
        let (phone, other) = (house.phone("p1"), house.phone("p2"));
        let published = || {
            let parts = house.service.parts();
            tokio::runtime::Handle::current().block_on(async {
                store::sequencer::extend(&*parts.store, 10_000).await.unwrap();
                let now = house.service.now().await.unwrap();
                house.service.advance_log(now).await.unwrap();
            });
        };
        let receipts = |phone: &Phone| {
            let answer = phone.call("GET", "/v1/app/receipts", &Value::Null);
            assert_eq!(answer.status, 200, "{:?}", answer.body);
            let found: wire::journal::Receipts = serde_json::from_value(answer.body).unwrap();
            found
        };

        published();
        assert_eq!(receipts(&phone).receipts, [], "a checkpoint of whole tiles has nothing yet");
        house.clock.advance_ms(86_400_000);
        published();
        let (mine, theirs) = (receipts(&phone), receipts(&other));

        let key = VerifierKey::parse(&mine.log_key.unwrap()).unwrap();
        assert!(mine.receipts.len() >= 3, "{:?}", mine.receipts);
        for receipt in &mine.receipts {
            let file = InclusionFile::parse(&receipt.file).unwrap();
            let signed = file.check(file.leaf().unwrap(), &key).unwrap();
            assert_eq!(file.index, receipt.position);
            assert_eq!(signed.checkpoint.origin(), "recovery.example/log");
            assert!(theirs.receipts.iter().all(|it| it.position != receipt.position));
        }
        let unsigned = send("GET", &format!("{}/v1/app/receipts", house.url), &[], b"");
        assert_eq!(unsigned.code(), "malformed-signature");
    })
    .await;
}
