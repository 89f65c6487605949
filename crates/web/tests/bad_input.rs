//! Documents that are not accepted and uploads that are too large, over real HTTP: the stable code of each, and what it
//! costs.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[expect(dead_code, reason = "this target uses a part of it")]
mod apps;

use apps::document::{AtChip, SESSION, reading, trusted};
use apps::{Answer, bytes, with_house, with_trust};
use serde_json::{Value, json};

/// Asserts that the document was not accepted, with the same code and texts whatever was wrong with it.
fn assert_not_accepted(answer: &Answer) {
    let step = &answer.body["step"];
    assert_eq!((answer.status, &step["step"]), (200, &json!("refused")), "{:?}", answer.body);
    assert_eq!(step["code"], "document-not-accepted");
    for part in ["title", "detail", "next"] {
        let text = step[part].as_str().unwrap();
        assert!(text.contains(' ') && !text.contains("problem-"), "{part}: {text}");
    }
}

fn flipped(file: &Value) -> Value {
    let mut content = serde_json::from_value::<wire::Bytes>(file.clone()).unwrap().0;
    let last = content.len() - 2;
    content[last] ^= 1;
    bytes(&content)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genuine_document_of_the_person_goes_on_to_the_face() {
    with_trust(trusted(), |house| {
        let at = AtChip::of(house);

        let answer = at.send(&reading(&SESSION, at.challenge(&SESSION)));

        assert_eq!(answer.body["step"]["step"], "face", "{:?}", answer.body);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_data_group_is_not_accepted() {
    for group in ["dg1", "dg2"] {
        with_trust(trusted(), move |house| {
            let at = AtChip::of(house);
            let mut reading = reading(&SESSION, at.challenge(&SESSION));
            reading["files"][group] = flipped(&reading["files"][group]);

            assert_not_accepted(&at.send(&reading));
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_an_unknown_state_is_not_accepted() {
    with_house(|house| {
        let at = AtChip::of(house);

        assert_not_accepted(&at.send(&reading(&SESSION, at.challenge(&SESSION))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_another_challenge_is_not_accepted() {
    with_trust(trusted(), |house| {
        let at = AtChip::of(house);
        let mut other = at.challenge(&SESSION);
        other[0] ^= 1;

        assert_not_accepted(&at.send(&reading(&SESSION, other)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_is_over_costs_nothing_and_one_is_given_once_a_session() {
    with_trust(trusted(), |house| {
        let at = AtChip::of(house);
        let reading = reading(&SESSION, at.challenge(&SESSION));
        let again = at.phone.call(
            "POST",
            &format!("{}/active-authentication-challenge", at.path),
            &json!({ "chip_session": bytes(&SESSION) }),
        );
        house.clock.advance_ms(60_000);

        let late = at.send(&reading);

        assert_eq!((again.status, again.code()), (409, "challenge-used"));
        assert_eq!((late.status, late.code()), (422, "challenge-not-valid"));
        let state = at.phone.call("GET", "/v1/app/state", &Value::Null);
        assert_eq!(state.body["recovery"]["step"]["step"], "chip", "{:?}", state.body);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_another_person_sounds_like_one_that_is_not_genuine() {
    with_trust(trusted(), |house| {
        let phone = house.phone_of(&house.enrol_as("p2", &json!("8105720021")));
        let begin = json!({ "consent_version": 1, "p_code_given": false });
        let case = phone.call("POST", "/v1/app/recoveries", &begin);
        let path = format!("/v1/app/recoveries/{}", case.text("case_id"));
        let at = AtChip { phone, path };

        assert_not_accepted(&at.send(&reading(&SESSION, at.challenge(&SESSION))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_p_code_that_does_not_fit_ends_the_case() {
    with_trust(trusted(), |house| {
        let phone = house.phone_of(&house.enrol_as("p2", &json!("8105720021")));
        let begin = json!({ "consent_version": 1, "p_code_given": true });
        let case = phone.call("POST", "/v1/app/recoveries", &begin);
        let at = AtChip { path: format!("/v1/app/recoveries/{}", case.text("case_id")), phone };
        let typed = |session: u8| {
            let session = [session; 16];
            let mut reading = reading(&session, at.challenge(&session));
            reading["p_code"] = json!("00000000");
            at.send(&reading)
        };

        let (first, second, third) = (typed(1), typed(2), typed(3));

        assert_eq!((first.status, first.code()), (422, "p-code-invalid"));
        assert_eq!((second.status, second.code()), (422, "p-code-invalid"));
        assert_eq!(third.body["step"]["code"], "p-code-tries-used", "{:?}", third.body);
        let next_day = at.phone.call("POST", "/v1/app/recoveries", &begin);
        let again = AtChip {
            path: format!("/v1/app/recoveries/{}", next_day.text("case_id")),
            phone: at.phone,
        };
        let session = [4; 16];
        let mut reading = reading(&session, again.challenge(&session));
        reading["p_code"] = json!("00000000");
        assert_eq!(again.send(&reading).code(), "too-many-p-code-pairings");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_too_large_is_refused_before_it_is_read() {
    with_house(|house| {
        let phone = house.phone("p1");
        let body = json!({ "chip_session": "A".repeat(wire::BODY_BYTES_MAX) });

        let answer = phone.call("POST", "/v1/app/recoveries/0/chip", &body);

        assert_eq!((answer.status, answer.code()), (413, "body-too-large"));
        assert_eq!(phone.state()["state"], "ready");
    })
    .await;
}
