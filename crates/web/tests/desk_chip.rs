//! Reading the chip of a document at the desk, with real use cases: the page, the requests of its script, and the
//! result for the clerk.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[expect(dead_code, reason = "this target uses a part of it")]
mod apps;

use apps::document::{NATIONAL_NUMBER, issued, trusting};
use apps::{House, house_under};
use axum::Router;
use axum::body::{Body, to_bytes};
use chip_sim::{ActiveAnswer, Card, Faults};
use http::{Request, StatusCode};
use recovery::policy::{Policy, Profile};
use recovery::staff::Role;
use serde_json::{Value, json};
use service::appointment::{Wish, by_sms};
use service::parts::NoFaces;
use service::staff::Site;
use service::staff::oidc::Claims;
use service::staff::provider_session::ProviderTokens;
use std::sync::Arc;
use testkit::house::centre;
use tower::ServiceExt as _;
use web::Origin;
use web::staff::SiteSettings;

const DOCUMENTS: &str = "picture=foreign-passport&expires_on=2035-01-01&document_number=D23145890&\
    cpr_proof=health-card&picture_matches=yes";

/// A console whose clerk has accepted the documents of the person of the simulated passport.
struct Desk {
    house: House,
    console: Router,
    cookie: String,
    token: String,
    case: String,
    card: Card,
}

struct Answer {
    status: StatusCode,
    policy: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }
}

impl Desk {
    async fn with(policy: Policy, chip: &str, trusted: bool) -> Self {
        let (issuer, document) = issued(chip);
        let store = if trusted { trusting(&issuer) } else { chip::csca::Store::new() };
        let house = house_under(policy, store, Arc::new(NoFaces)).await;
        house
            .service
            .set_centres(&[centre("aarhus", "Aarhus", "8000", "Europe/Copenhagen")])
            .await
            .unwrap();
        let console = web::desk(
            house.service.clone(),
            SiteSettings {
                origin: Origin::parse("https://desk.example").unwrap(),
                citizen_url: "https://genvej.example".to_owned(),
                support_phone: "70 00 00 00".to_owned(),
                oidc: None,
            },
        );
        let card = Card::new(document, [9; 32]);
        let (cookie, token, case) = Default::default();
        let mut desk = Self { house, console, cookie, token, case, card };
        desk.accept_documents().await;
        desk
    }

    async fn accept_documents(&mut self) {
        let (service, url) = (self.house.service.clone(), self.house.url.clone());
        let house = House {
            url,
            service: service.clone(),
            clock: self.house.clock.clone(),
            sent: self.house.sent.clone(),
        };
        // The operator's client is blocking code.
        tokio::task::spawn_blocking(move || {
            let code = house.enrol_as("p-1", &json!(NATIONAL_NUMBER));
            house.phone_of(&code);
        })
        .await
        .unwrap();
        let at = "2026-11-23T10:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
        let wish = Wish {
            centre: "aarhus".to_owned(),
            at: recovery::time::Timestamp(at),
            contact: by_sms("12345678").unwrap(),
            language: "en".to_owned(),
            form: "form".to_owned(),
        };
        let reference = service.book(&wish).await.unwrap().reference;
        self.house.clock.set_ms(at);
        let claims = Claims {
            issuer: "https://id.example".to_owned(),
            subject: "aarhus".to_owned(),
            name: "Kim".to_owned(),
            roles: vec![Role::Clerk.code().to_owned()],
            centre: Some("aarhus".to_owned()),
            person: Some(recovery::sensitive::Sensitive::new("staff-1".to_owned())),
            declared: None,
        };
        let session = service
            .sign_in_by_provider(&claims, &ProviderTokens::default(), Site::Desk, "state")
            .await
            .unwrap();
        self.cookie = format!("genvej-language=en; __Host-genvej-desk={}", session.as_str());
        let today = self.get("/").await.body;
        let (_, rest) = today.split_once("name=\"form_token\" value=\"").unwrap();
        self.token = rest.split('"').next().unwrap().to_owned();
        self.post("/check-in", &format!("reference={reference}")).await;
        let today = self.get("/").await.body;
        let (_, rest) = today.split_once("/cases/").unwrap();
        self.case = format!("/cases/{}", &rest[..32]);
        let documents = format!("{DOCUMENTS}&national_number={NATIONAL_NUMBER}");
        let accepted = self.post(&format!("{}/documents", self.case), &documents).await;
        assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.body);
        let step = self.get(&self.case).await.body;
        assert!(step.contains("Questions or a witness"), "{step}");
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.console.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let policy = response.headers().get("content-security-policy");
        let policy = policy.map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = to_bytes(response.into_body(), 1 << 22).await.unwrap();
        Answer { status, policy, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header("cookie", &self.cookie);
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        let form = format!("form_token={}&{form}", self.token);
        self.ask(request.body(Body::from(form)).unwrap()).await
    }

    /// The form as the clerk types it from the document.
    fn typed(&self) -> String {
        let zone = self.card.document().mrz_information();
        let (number, birth, expiry) = (&zone[..9], &zone[10..16], &zone[17..23]);
        format!("number={}&birth={birth}&expiry={expiry}", number.trim_end_matches('<'))
    }

    /// Reads the chip completely, as the script and the reader's program do. Returns the last reply and the number of
    /// messages to the server.
    async fn read(&mut self, typed: &str) -> (Answer, usize) {
        let mut told = self.post(&format!("{}/chip", self.case), typed).await;
        for messages in 1..=40 {
            let turn = told.json();
            if told.status != StatusCode::OK || turn["next"] != "send" {
                return (told, messages);
            }
            if turn["new_contact"] == true {
                self.card.reset();
            }
            let (mut answers, mut lost) = (Vec::new(), "");
            for command in turn["commands"].as_array().unwrap() {
                let command = hex::decode(command.as_str().unwrap()).unwrap();
                let answer = self.card.transmit(&command);
                if answer.is_empty() {
                    lost = "yes";
                    break;
                }
                let went_well = answer.ends_with(&[0x90, 0]);
                answers.push(hex::encode(&answer));
                if !went_well {
                    break;
                }
            }
            let form = format!("turn={}&answers={}&lost={lost}", turn["turn"], answers.join(","));
            let relay = turn["relay"].as_str().unwrap();
            told = self.post(&format!("{}/chip/answers/{relay}", self.case), &form).await;
        }
        panic!("a reading that does not end");
    }
}

#[tokio::test]
async fn the_page_alone_may_reach_the_program_of_the_reader() {
    let desk = Desk::with(Policy::of(Profile::PublicService), "td3", true).await;

    let step = desk.get(&desk.case).await;
    assert!(!step.policy.contains("127.0.0.1"), "{}", step.policy);
    assert!(step.body.contains(&format!("{}/chip", desk.case)));
    let page = desk.get(&format!("{}/chip", desk.case)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.policy.contains("connect-src 'self' http://127.0.0.1:*;"), "{}", page.policy);
    assert!(page.policy.contains("frame-ancestors 'none'"), "{}", page.policy);
    assert!(
        page.body.contains("/assets/desk-chip.js") && !page.body.contains("desk-chip-"),
        "words"
    );
    for finding in ["theirs", "not-genuine", "refused", "names-nobody"] {
        assert!(page.body.contains(&format!("data-finding=\"{finding}\"")), "{finding}");
    }
}

#[tokio::test]
async fn a_genuine_chip_is_told_to_the_clerk_and_stands_as_proof_where_the_policy_says_so() {
    for (profile, identified) in [(Profile::PublicService, false), (Profile::Strict, true)] {
        let mut desk = Desk::with(Policy::of(profile), "td3", true).await;
        let typed = desk.typed();

        let (ended, messages) = desk.read(&typed).await;

        let expected = json!({ "next": "ended", "finding": "theirs" });
        assert_eq!(ended.json(), expected, "{profile:?}");
        assert!(messages <= 14, "{messages}");
        let page = desk.get(&desk.case).await.body;
        assert_eq!(page.contains("Questions or a witness"), !identified, "{profile:?}");
        let again = desk.get(&format!("{}/chip", desk.case)).await;
        assert_eq!(again.status == StatusCode::SEE_OTHER, identified);
    }
}

#[tokio::test]
async fn a_copy_and_a_stranger_s_chip_are_not_genuine_and_prove_nothing() {
    let mut copy = Desk::with(Policy::of(Profile::Strict), "td3", true).await;
    copy.card
        .set_faults(Faults { active_answer: ActiveAnswer::OtherChallenge, ..Faults::default() });
    let stranger = Desk::with(Policy::of(Profile::Strict), "td3", false).await;

    for mut desk in [copy, stranger] {
        let typed = desk.typed();
        let (ended, _) = desk.read(&typed).await;

        assert_eq!(ended.json()["finding"], "not-genuine", "{}", ended.body);
        assert!(ended.json()["code"].is_string());
        assert!(desk.get(&desk.case).await.body.contains("Questions or a witness"));
    }
}

#[tokio::test]
async fn nobody_is_worse_off_because_a_chip_that_proves_nothing_was_read() {
    // No register has the document, and the app would not accept such a chip.
    let mut desk = Desk::with(Policy::of(Profile::PublicService), "bac", true).await;
    let typed = desk.typed();

    let (answer, _) = desk.read(&typed).await;

    assert_eq!(answer.json()["finding"], "theirs-not-proven", "{}", answer.body);
    let step = desk.get(&desk.case).await.body;
    assert!(step.contains("Questions or a witness"), "the case goes on: {step}");
}

#[tokio::test]
async fn a_chip_that_leaves_is_read_on() {
    let mut desk = Desk::with(Policy::of(Profile::PublicService), "td3", true).await;
    desk.card.set_faults(Faults {
        lost_after_bytes: Some(9_000),
        no_extended_length: true,
        ..Faults::default()
    });
    let typed = desk.typed();

    let (ended, _) = desk.read(&typed).await;

    assert_eq!(ended.json()["finding"], "theirs", "{}", ended.body);
}

#[tokio::test]
async fn what_is_typed_wrong_is_named_with_its_field() {
    let mut desk = Desk::with(Policy::of(Profile::PublicService), "td3", true).await;
    let right = desk.typed();
    for (typed, code, field) in [
        (String::new(), "chip-birth-form", "chip-birth"),
        ("number=D23145890&birth=12-08-1974".to_owned(), "chip-expiry-form", "chip-expiry"),
        ("number=%C3%A6&birth=740812&expiry=300101".to_owned(), "chip-number-form", "chip-number"),
        ("can=12x456".to_owned(), "chip-can-form", "chip-can"),
        (right.replace("expiry=", "expiry=01-01-2031&x="), "chip-password-wrong", "chip-number"),
    ] {
        let (answer, _) = desk.read(&typed).await;

        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert_eq!(
            (answer.json()["code"].as_str(), answer.json()["field"].as_str()),
            (Some(code), Some(field))
        );
        assert!(
            !answer.json()["error"].as_str().unwrap().contains("not possible"),
            "{code} has words"
        );
    }
    // None of these errors ends the case.
    let (ended, _) = desk.read(&right).await;
    assert_eq!(ended.json()["finding"], "theirs");
    for (relay, form) in [
        ("x", ""),
        ("00000000000000000000000000000001", "turn=0&answers=9000"),
        ("1", "answers=zz"),
    ] {
        let over = desk.post(&format!("{}/chip/answers/{relay}", desk.case), form).await;
        assert_eq!(over.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
    }
}
