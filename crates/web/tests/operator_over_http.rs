//! The operator's systems and the API over real HTTP on loopback: tokens, commands that are sent twice, channels, and
//! documents.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[expect(dead_code, reason = "this target uses a part of it")]
mod apps;

use apps::{Answer, House, NOW_MS, Offer, enrolment, send, with_house};
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";

fn ask_token(house: &House, kind: &str, headers: &[(&str, &str)], form: &str) -> Answer {
    let mut sent = vec![("content-type".to_owned(), kind.to_owned())];
    sent.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    send("POST", &format!("{}/oauth/token", house.url), &sent, form.as_bytes())
}

fn in_two_days() -> String {
    jiff::Timestamp::from_millisecond(NOW_MS + 2 * 86_400_000).unwrap().to_string()
}

fn channel(kind: &str, address: &str, changed: &str, confirmed: &str) -> Value {
    json!({ "kind": kind, "address": address, "changed_at": changed, "confirmed_at": confirmed })
}

const OLD: &str = "2025-01-01T00:00:00Z";

fn set_channels(house: &House, person: &str, channels: &[Value]) -> Answer {
    let path = format!("/v1/people/{person}/channels");
    house.operator("PUT", &path, &json!({ "channels": channels }))
}

/// The messages that were sent since the last call.
fn messages(house: &House) -> Vec<String> {
    let runtime = tokio::runtime::Handle::current();
    runtime.block_on(house.service.run_outbox()).unwrap();
    house.sent.take()
}

/// RFC 6749 section 5.2: the error, its status, and the header that forbids caching.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_refused_with_the_errors_of_rfc_6749() {
    with_house(|house| {
        let secret = "client_secret=a+secret+that+is+long+enough";
        let id = "client_id=operator";
        let grant = "grant_type=client_credentials";
        let refused = |kind: &str, headers: &[(&str, &str)], form: &str| {
            let answer = ask_token(house, kind, headers, form);
            (answer.status, answer.body["error"].as_str().unwrap_or_default().to_owned())
        };
        let invalid = |error: &str| (400, error.to_owned());
        let client = (401, "invalid_client".to_owned());

        assert_eq!(refused(FORM, &[], &format!("{id}&{secret}")), invalid("invalid_request"));
        assert_eq!(
            refused(FORM, &[], &format!("grant_type=password&{id}&{secret}")),
            invalid("unsupported_grant_type")
        );
        assert_eq!(refused(FORM, &[], &format!("{grant}&{id}&client_secret=wrong")), client);
        assert_eq!(refused(FORM, &[], grant), client);
        assert_eq!(
            refused(FORM, &[], &format!("{grant}&{grant}&{id}&{secret}")),
            invalid("invalid_request")
        );
        assert_eq!(refused("application/json", &[], "{}"), invalid("invalid_request"));
        assert_eq!(
            refused(FORM, &[], &format!("{grant}&{id}&{secret}&scope=everything")),
            invalid("invalid_scope")
        );
        let basic = [("authorization", "Basic b3BlcmF0b3I6d3Jvbmc=")];
        assert_eq!(refused(FORM, &basic, grant), client);
        assert_eq!(
            refused(FORM, &basic, &format!("{grant}&{id}&{secret}")),
            invalid("invalid_request"),
            "twice"
        );
        assert_eq!(refused(FORM, &[("authorization", "Basic !")], grant), client);
        assert_eq!(refused(FORM, &[], "%ff%fe&&&=&grant_type"), client);

        let one =
            ask_token(house, FORM, &[], &format!("{grant}&{id}&{secret}&scope=apps+channels"));
        assert_eq!(
            (one.status, one.text("scope"), one.text("token_type")),
            (200, "apps channels".to_owned(), "Bearer".to_owned())
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_what_its_scope_names_and_nothing_else() {
    with_house(|house| {
        house.phone("p1");
        let form = "grant_type=client_credentials&client_id=operator&client_secret=a+secret+that+is+long+enough&scope=sign-ins";
        let token = ask_token(house, FORM, &[], form).text("access_token");
        let call = |method: &str, path: &str, body: &Value| {
            let headers = [
                ("authorization".to_owned(), format!("Bearer {token}")),
                ("idempotency-key".to_owned(), apps::fresh_key()),
            ];
            let body = if body.is_null() { String::new() } else { body.to_string() };
            send(method, &format!("{}{path}", house.url), &headers, body.as_bytes())
        };

        let document = json!({ "issuing_state": "UTO", "document_number": "L898902C3" });
        for (method, path, body) in [
            ("POST", "/v1/enrolments", enrolment("p1", &Value::Null)),
            ("GET", "/v1/people/p1/instances", Value::Null),
            ("DELETE", "/v1/instances/00000000000000000000000000000001", Value::Null),
            ("POST", "/v1/people/p1/lost-phone", json!({})),
            ("PUT", "/v1/people/p1/channels", json!({ "channels": [] })),
            ("POST", "/v1/p-codes", json!({ "person": "p1", "issuing_state": "UTO", "document_number": "L898902C3" })),
            ("POST", "/v1/people/p1/foreign-documents", document),
            ("GET", "/v1/people/p1/foreign-documents", Value::Null),
            ("DELETE", "/v1/people/p1/foreign-documents/00000000000000000000000000000001", Value::Null),
        ] {
            let answer = call(method, path, &body);
            assert_eq!((answer.status, answer.code()), (403, "scope-missing"), "{method} {path}");
        }
        let asked = call("POST", "/v1/sign-ins", &json!({ "person": "p1", "service_name": "The library" }));
        assert_eq!(asked.status, 201);
    })
    .await;
}

/// A command that was sent twice under one key once made two enrolments and two P codes.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_sent_twice_gives_the_first_answer_and_another_under_its_key_is_refused() {
    with_house(|house| {
        house.phone("p1");
        let p_code =
            json!({ "person": "p1", "issuing_state": "UTO", "document_number": "L898902C3" });
        let sign_in = json!({ "person": "p1", "service_name": "The library" });
        let commands = [
            ("POST", "/v1/enrolments", enrolment("p1", &Value::Null), 201),
            ("POST", "/v1/p-codes", p_code.clone(), 201),
            ("POST", "/v1/sign-ins", sign_in, 201),
            ("PUT", "/v1/people/p1/channels", json!({ "channels": [] }), 204),
            (
                "POST",
                "/v1/people/p1/lost-phone",
                json!({ "instance_ids": ["00000000000000000000000000000001"] }),
                204,
            ),
            ("POST", "/v1/people/nobody/lost-phone", json!({}), 204),
        ];
        for (n, (method, path, body, status)) in commands.iter().enumerate() {
            let key = format!("command-{n}");
            let first = house.operator_as(method, path, body, &key);
            let again = house.operator_as(method, path, body, &key);

            assert_eq!(first.status, *status, "{path}: {:?}", first.body);
            assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
            let mut other = body.clone();
            other["more"] = json!("something else");
            let other = house.operator_as(method, path, &other, &key);
            assert_eq!((other.status, other.code()), (422, "idempotency-key-reused"), "{path}");
            let elsewhere = house.operator_as(
                "POST",
                "/v1/p-codes",
                &json!({ "person": "p1", "issuing_state": "UTO", "document_number": "OTHER1234" }),
                &key,
            );
            assert_eq!(
                elsewhere.code(),
                "idempotency-key-reused",
                "{path}: under the key of another call"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_command_at_once_makes_one_enrolment_and_one_p_code() {
    with_house(|house| {
        house.phone("p1");
        let at_once = |path: &'static str, body: Value, key: &'static str| -> Vec<Answer> {
            std::thread::scope(|scope| {
                let calls: Vec<_> = (0..16)
                    .map(|_| scope.spawn(|| house.operator_as("POST", path, &body, key)))
                    .collect();
                calls.into_iter().map(|it| it.join().unwrap()).collect()
            })
        };

        let enrolments = at_once("/v1/enrolments", enrolment("p2", &Value::Null), "one-enrolment");
        let p_code =
            json!({ "person": "p1", "issuing_state": "UTO", "document_number": "L898902C3" });
        let p_codes = at_once("/v1/p-codes", p_code, "one-p-code");

        for answers in [&enrolments, &p_codes] {
            let made: Vec<_> =
                answers.iter().filter(|it| it.status == 201).map(|it| &it.body).collect();
            assert!(!made.is_empty());
            assert!(made.iter().all(|body| *body == made[0]), "{made:?}");
            assert!(answers.iter().all(|it| it.status == 201 || it.code() == "busy"));
        }
        let offer = Offer {
            id: enrolments[0].text("offer_id"),
            code: enrolments[0].text("activation_code"),
        };
        assert!(house.activate(&offer).is_ok(), "the code that was said twice works");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_national_number_is_refused_at_once() {
    with_house(|house| {
        assert_eq!(
            house.operator("POST", "/v1/enrolments", &enrolment("p1", &json!("8105720021"))).status,
            201
        );

        let other =
            house.operator("POST", "/v1/enrolments", &enrolment("p2", &json!("810572-0021")));

        assert_eq!((other.status, other.code()), (409, "national-number-of-another"));
        assert_eq!(
            house
                .operator("POST", "/v1/enrolments", &enrolment("p1", &json!("810572-0021")))
                .status,
            201
        );
    })
    .await;
}

/// CHECKLIST attack 16: somebody who has taken over an account at the operator adds a number and states that it is old.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_of_a_known_person_is_new_whatever_the_operator_says_and_every_earlier_channel_hears()
 {
    with_house(|house| {
        house.phone("p1");
        assert_eq!(messages(house), [] as [&str; 0], "the first channels are no change");

        let replaced = set_channels(house, "p1", &[channel("sms", "+4530123456", OLD, OLD)]);

        assert_eq!(replaced.status, 204, "{:?}", replaced.body);
        let heard = messages(house);
        assert_eq!(heard.len(), 1, "the old number, and not the new one");
        assert!(heard[0].contains("/stop/"), "{heard:?}");
        let runtime = tokio::runtime::Handle::current();
        let id = runtime
            .block_on(house.service.person_named(service::erasure::Named::OperatorId("p1")))
            .unwrap();
        assert!(id.is_some());
        set_channels(house, "p1", &[channel("sms", "+4530123456", OLD, OLD)]);
        assert_eq!(messages(house), [] as [&str; 0], "nothing changed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_address_in_another_spelling_is_the_same() {
    with_house(|house| {
        house.phone("p1");
        let mail = |address: &str| channel("email", address, OLD, OLD);
        let sms = |address: &str| channel("sms", address, OLD, OLD);
        set_channels(house, "p1", &[sms("+4520123456"), mail("anna@example.dk")]);
        messages(house);

        for (number, address) in [
            ("+45 20 12 34 56", "anna@EXAMPLE.dk"),
            ("0045 20-12-34-56", " anna@example.DK "),
            ("\u{202d}+45 20 12 34 56\u{202c}", "anna@example.dk."),
            ("(+45) 20123456", "anna@Example.Dk"),
        ] {
            let set = set_channels(house, "p1", &[sms(number), mail(address), sms("20123456")]);
            assert_eq!(set.status, 204, "{number} {address}: {:?}", set.body);
            assert_eq!(messages(house), [] as [&str; 0], "{number} {address}");
        }
        set_channels(house, "p1", &[sms("+4520123456"), mail("ANNA@example.dk")]);
        assert_eq!(messages(house).len(), 2, "another mailbox");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_and_dates_that_cannot_be_are_refused_with_the_reason() {
    with_house(|house| {
        house.phone("p1");
        let ahead = in_two_days();
        let newer = "2026-11-01T00:00:00Z";
        for (wrong, code) in [
            (channel("sms", "+45 2012345", OLD, OLD), "phone-danish-digits"),
            (channel("sms", "112", OLD, OLD), "channel-address-invalid"),
            (channel("email", "søren@example.dk", OLD, OLD), "email-not-ascii"),
            (channel("email", "nobody", OLD, OLD), "channel-address-invalid"),
            (channel("sms", "+4520123456", &ahead, &ahead), "channel-date-in-future"),
            (channel("sms", "+4520123456", OLD, &ahead), "channel-date-in-future"),
            (channel("sms", "+4520123456", newer, OLD), "channel-confirmed-before-changed"),
        ] {
            let set = set_channels(house, "p1", std::slice::from_ref(&wrong));
            assert_eq!(set.code(), code, "{wrong}");
            let mut enrol = enrolment("p9", &Value::Null);
            enrol["channels"] = json!([wrong]);
            assert_eq!(house.operator("POST", "/v1/enrolments", &enrol).code(), code, "{wrong}");
        }
        let mut sim = channel("sms", "+4520123456", OLD, OLD);
        sim["sim_changed_at"] = json!(ahead);
        assert_eq!(set_channels(house, "p1", &[sim.clone()]).code(), "channel-date-in-future");
        messages(house);
        sim["sim_changed_at"] = json!(newer);
        assert_eq!(set_channels(house, "p1", &[sim]).status, 204);
        assert_eq!(messages(house).len(), 1, "a new SIM is heard of");
    })
    .await;
}

/// PROTOCOLS.md sections 6 and 9: a person with a national number gets no P code. The document is recorded instead,
/// reported to every channel, and usable later.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_document_is_recorded_for_a_person_with_a_national_number_and_a_p_code_is_refused()
 {
    with_house(|house| {
        house.phone_of(&house.enrol_as("p1", &json!("8105720021")));
        house.phone("p2");
        let document = json!({ "issuing_state": "UTO", "document_number": "L898902C3" });
        let path = |person: &str| format!("/v1/people/{person}/foreign-documents");
        let p_code = |person: &str| json!({ "person": person, "issuing_state": "UTO", "document_number": "L898902C3" });

        let refused = house.operator("POST", "/v1/p-codes", &p_code("p1"));
        assert_eq!((refused.status, refused.code()), (409, "p-code-not-needed"));
        let recorded = house.operator_as("POST", &path("p1"), &document, "record");
        assert_eq!(recorded.status, 201, "{:?}", recorded.body);
        assert_eq!(recorded.text("good_from"), "2026-11-27T10:00:00Z", "120 hours later");
        assert_eq!(house.operator_as("POST", &path("p1"), &document, "record").body, recorded.body);
        assert_eq!(messages(house).len(), 1, "every channel is told, once");
        assert_eq!(house.operator("GET", &path("p1"), &Value::Null).body, json!([recorded.body]));

        assert_eq!(house.operator("POST", &path("p2"), &document).code(), "p-code-needed");
        assert_eq!(house.operator("POST", "/v1/p-codes", &p_code("p2")).status, 201);
        house.phone_of(&house.enrol_as("p3", &json!("8105720013")));
        let another = house.operator("POST", &path("p3"), &document);
        assert_eq!((another.status, another.code()), (422, "document-of-another"));
        let danish = json!({ "issuing_state": "DNK", "document_number": "200000001" });
        assert_eq!(house.operator("POST", &path("p1"), &danish).code(), "document-not-foreign");
        assert_eq!(house.operator("POST", &path("nobody"), &document).status, 404);
        let one = format!("{}/{}", path("p1"), recorded.text("document_id"));
        assert_eq!(house.operator("DELETE", &one, &Value::Null).status, 204);
        assert_eq!(house.operator("DELETE", &one, &Value::Null).status, 404);
        assert_eq!(house.operator("GET", &path("p1"), &Value::Null).body, json!([]));
    })
    .await;
}
