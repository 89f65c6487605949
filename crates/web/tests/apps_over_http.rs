//! Apps and operators against the API over real HTTP on loopback, signed with real keys.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use async_trait::async_trait;
use messages::{Mail, MailSender, MessageId, SendError, Sms, SmsSender, Texts};
use pin::{Holder, Login, Pin, Registration, Stretch};
use recovery::policy::{Policy, Profile};
use recovery::time::Timestamp;
use registers::{EmbeddedRegisters, Tables};
use request_signature::{Message, SigningInput, SoftwareKey};
use serde_json::{Value, json};
use service::operator_token::Client;
use service::parts::{CaptureToJudge, FaceMatcher, FrameToLookAt, MatcherError, Registers};
use service::{Clock, Parts, Random, Service, Settings};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use store::MemoryStore;
use store::keys::Keys;
use testkit::{ManualClock, SeededRandom};
use zeroize::Zeroizing;

/// 2026-11-22T10:00:00Z.
const NOW_MS: i64 = 1_795_341_600_000;

#[derive(Debug)]
struct TestClock(ManualClock);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.now_ms())
    }
}

#[derive(Debug)]
struct TestRandom(SeededRandom);

impl Random for TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

#[derive(Debug)]
struct NoFaces;

#[async_trait]
impl FaceMatcher for NoFaces {
    async fn look(&self, _: FrameToLookAt) -> Result<face::Look, MatcherError> {
        Err(MatcherError::Failed)
    }

    async fn judge(
        &self,
        _: Zeroizing<Vec<u8>>,
        _: CaptureToJudge,
    ) -> Result<face::Comparison, MatcherError> {
        Err(MatcherError::Failed)
    }

    fn missing(&self) -> &[face::Missing] {
        &[]
    }
}

/// Keeps what would have been sent.
#[derive(Debug, Default)]
struct Kept(Mutex<Vec<String>>);

#[async_trait]
impl SmsSender for Kept {
    async fn send(&self, sms: &Sms) -> Result<Vec<MessageId>, SendError> {
        self.0.lock().unwrap().push(sms.text.expose().clone());
        Ok(Vec::new())
    }
}

#[async_trait]
impl MailSender for Kept {
    async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        self.0.lock().unwrap().push(mail.text.expose().clone());
        Ok(())
    }
}

struct House {
    url: String,
    service: Service,
    clock: Arc<TestClock>,
    sent: Arc<Kept>,
}

async fn house() -> House {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let clock = Arc::new(TestClock(ManualClock::at_ms(NOW_MS)));
    let registers = Arc::new(EmbeddedRegisters::new(Tables::empty()));
    let sent = Arc::new(Kept::default());
    let sender = messages::texts::Sender { service: "Genvej".into(), phone: "70 00 00 00".into() };
    let mut seed = 7_u8;
    let service = Service::new(Parts {
        store: Arc::new(MemoryStore::new()),
        clock: clock.clone(),
        random: Arc::new(TestRandom(SeededRandom::new(1))),
        policy: Arc::new(Policy::of(Profile::PublicService)),
        keys: Arc::new(Keys::generate(&Zeroizing::new([3; 96]))),
        pin: Arc::new(pin::ServerSetup::generate(&mut |buffer: &mut [u8]| {
            buffer.iter_mut().for_each(|byte| {
                seed = seed.wrapping_mul(31).wrapping_add(17);
                *byte = seed;
            });
        })),
        registers: Registers {
            population: registers.clone(),
            passports: registers.clone(),
            licences: registers.clone(),
            document_status: registers,
        },
        csca: Arc::new(chip::csca::Store::new()),
        chip_policy: chip::verdict::ChipPolicy::default(),
        faces: Arc::new(NoFaces),
        sms: sent.clone(),
        mail: sent.clone(),
        texts: Arc::new(Texts::built_in(sender).unwrap()),
        operator_clients: vec![Client {
            id: "operator".into(),
            secret_sha256: Sha256::digest(b"a secret that is long enough").into(),
        }],
        settings: Settings {
            public_url: url.clone(),
            citizen_url: url.clone(),
            ..Settings::default()
        },
    });
    let router = web::api(service.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    House { url, service, clock, sent }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

/// What came back.
#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    body: Value,
}

impl Answer {
    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    fn text(&self, name: &str) -> String {
        self.body[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.body))
            .to_owned()
    }
}

fn send(method: &str, url: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let mut response = agent().run(request.body(body.to_vec()).unwrap()).unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    Answer {
        status: response.status().as_u16(),
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
    }
}

fn bytes(value: &[u8]) -> Value {
    serde_json::to_value(wire::Bytes(value.to_vec())).unwrap()
}

fn unbytes<const N: usize>(value: &Value) -> [u8; N] {
    serde_json::from_value::<wire::Bytes>(value.clone()).unwrap().0.try_into().unwrap()
}

static KEYS: AtomicU64 = AtomicU64::new(1);

fn fresh_key() -> String {
    format!("test-key-{}", KEYS.fetch_add(1, Ordering::Relaxed))
}

/// A phone that speaks the protocol with nothing between.
struct Phone {
    url: String,
    keyid: String,
    key: SoftwareKey,
}

impl Phone {
    fn nonce(&self) -> String {
        let body = json!({ "keyid": self.keyid }).to_string();
        send("POST", &format!("{}/v1/app/nonce", self.url), &[], body.as_bytes()).text("nonce")
    }

    fn headers(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
        idempotency_key: &str,
        nonce: &str,
    ) -> Vec<(String, String)> {
        let target_uri = format!("{}{path}", self.url);
        let message = Message { method, target_uri: &target_uri, body };
        let input = SigningInput::new(&message, &self.keyid, nonce, idempotency_key).unwrap();
        let signature = self.key.sign(input.to_sign());
        let signed = input.signed(&signature);
        signed
            .pairs()
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn call_as(&self, method: &str, path: &str, body: &Value, idempotency_key: &str) -> Answer {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let nonce = self.nonce();
        let headers = self.headers(method, path, &body, idempotency_key, &nonce);
        send(method, &format!("{}{path}", self.url), &headers, &body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.call_as(method, path, body, &fresh_key())
    }

    fn state(&self) -> Value {
        self.call("GET", "/v1/app/state", &Value::Null).body["lock"].clone()
    }

    fn register(&self, grant: &str, digits: &str) -> Answer {
        let (request, finish) = blinded(digits);
        let start = json!({ "grant_id": grant, "request": bytes(&request) });
        let reply = self.call("POST", "/v1/app/pin/registrations", &start);
        if reply.status != 200 {
            return reply;
        }
        let record = finish(&unbytes(&reply.body["response"]), self.keyid.as_bytes());
        let finish = json!({ "grant_id": grant, "record": bytes(&record) });
        self.call("PUT", "/v1/app/pin/registrations", &finish)
    }

    fn start_try(&self, digits: &str) -> (Login, Answer) {
        let login = Login::start(Pin::parse(digits).unwrap(), &mut random()).unwrap();
        let body = json!({ "purpose": { "for": "unlock" }, "ke1": bytes(login.ke1()) });
        let answer = self.call("POST", "/v1/app/pin/tries", &body);
        (login, answer)
    }

    /// One whole try; `None` where none could be made.
    fn try_pin(&self, digits: &str) -> Option<bool> {
        let (login, answer) = self.start_try(digits);
        if answer.status != 200 {
            return None;
        }
        let ke2 = unbytes(&answer.body["ke2"]);
        let finished = login.finish(&ke2, Holder(self.keyid.as_bytes()), &cheap(), &mut random());
        let body = match finished {
            Ok(finished) => json!({ "ke3": bytes(&finished.ke3) }),
            Err(_) => json!({}),
        };
        let settled =
            self.call("POST", &format!("/v1/app/pin/tries/{}", answer.text("ticket_id")), &body);
        Some(settled.body["right"].as_bool().unwrap())
    }
}

type Finish =
    Box<dyn FnOnce(&[u8; pin::REGISTRATION_RESPONSE_BYTES], &[u8]) -> [u8; pin::RECORD_BYTES]>;

fn blinded(digits: &str) -> ([u8; pin::REGISTRATION_REQUEST_BYTES], Finish) {
    let registration = Registration::start(Pin::parse(digits).unwrap(), &mut random()).unwrap();
    let request = *registration.request();
    (
        request,
        Box::new(move |response, holder| {
            *registration.finish(response, Holder(holder), &cheap(), &mut random()).unwrap()
        }),
    )
}

fn cheap() -> Stretch {
    Stretch::new(8, 1).unwrap()
}

fn random() -> impl FnMut(&mut [u8]) {
    let source = SeededRandom::new(KEYS.fetch_add(1, Ordering::Relaxed).wrapping_add(1_000));
    move |buffer| source.fill(buffer)
}

impl House {
    fn operator(&self, method: &str, path: &str, body: &Value) -> Answer {
        let form = b"grant_type=client_credentials&client_id=operator&client_secret=a+secret+that+is+long+enough";
        let kind = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        let token =
            send("POST", &format!("{}/oauth/token", self.url), &kind, form).text("access_token");
        let headers = [
            ("authorization".to_owned(), format!("Bearer {token}")),
            ("idempotency-key".to_owned(), fresh_key()),
        ];
        send(method, &format!("{}{path}", self.url), &headers, body.to_string().as_bytes())
    }

    fn enrol(&self, person: &str) -> String {
        let body = json!({
            "person": person,
            "language": "en",
            "channels": [{
                "kind": "sms", "address": "+4520123456",
                "changed_at": "2025-01-01T00:00:00Z", "confirmed_at": "2025-01-01T00:00:00Z"
            }]
        });
        self.operator("POST", "/v1/enrolments", &body).text("activation_code")
    }

    fn activate(&self, code: &str) -> Result<(Phone, String), Answer> {
        let key = SoftwareKey::generate(&mut random());
        let public_key = key.public_key().to_bytes();
        let mut phone =
            Phone { url: self.url.clone(), keyid: request_signature::thumbprint(&public_key), key };
        let body = json!({
            "activation_code": code, "device_public_key": bytes(&public_key), "device_name": "A phone", "language": "en"
        });
        let answer = phone.call("POST", "/v1/app/activations", &body);
        if answer.status != 200 {
            return Err(answer);
        }
        phone.keyid = answer.text("instance_id");
        Ok((phone, answer.body["grant"]["grant_id"].as_str().unwrap().to_owned()))
    }

    /// An app with the PIN 402916.
    fn phone(&self, person: &str) -> Phone {
        let (phone, grant) = self.activate(&self.enrol(person)).unwrap();
        assert_eq!(phone.register(&grant, "402916").status, 200);
        phone
    }
}

/// Runs the blocking side of a test beside the server.
async fn with_house(test: impl FnOnce(&House) + Send + 'static) {
    let house = house().await;
    tokio::task::spawn_blocking(move || test(&house)).await.unwrap();
}

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
        house.clock.0.advance_ms(180_000);
        wrong(3);
        assert_eq!(phone.state()["seconds_left"], 3_600);
        house.clock.0.advance_ms(3_600_000);
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
        house.clock.0.advance_ms(30_000);
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

/// PROTOCOLS.md section 3: played as an oracle for the old PIN, registration answers nothing.
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
        house.clock.0.advance_ms(120_000);
        let late = phone.headers("GET", path, b"", "some-key", &nonce);
        assert_eq!(send("GET", &url, &late, b"").code(), "nonce-not-accepted", "too old");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_code_works_once_for_48_hours_with_three_tries() {
    with_house(|house| {
        let code = house.enrol("p1");
        assert!(house.activate(&code).is_ok());
        assert_eq!(house.activate(&code).err().unwrap().code(), "activation-code-invalid", "used");

        let code = house.enrol("p1");
        let mut wrong = code.clone();
        let last = if code.ends_with('A') { "B" } else { "A" };
        wrong.replace_range(7.., last);
        (0..3).for_each(|_| {
            assert_eq!(house.activate(&wrong).err().unwrap().code(), "activation-code-invalid")
        });
        assert_eq!(
            house.activate(&code).err().unwrap().code(),
            "activation-code-invalid",
            "worn out"
        );

        let code = house.enrol("p1");
        house.clock.0.advance_ms(48 * 3_600_000);
        assert_eq!(
            house.activate(&code).err().unwrap().code(),
            "activation-code-invalid",
            "expired"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_approved_by_the_pin_and_refused_without() {
    with_house(|house| {
        let phone = house.phone("p1");
        let asked = house.operator("POST", "/v1/sign-ins", &json!({ "person": "p1", "service_name": "The library" }));
        let id = asked.text("sign_in_id");
        let login = Login::start(Pin::parse("402916").unwrap(), &mut random()).unwrap();
        let body = json!({ "purpose": { "for": "approve-sign-in", "sign_in_id": id }, "ke1": bytes(login.ke1()) });

        let reserved = phone.call("POST", "/v1/app/pin/tries", &body);
        let ke2 = unbytes(&reserved.body["ke2"]);
        let finished = login.finish(&ke2, Holder(phone.keyid.as_bytes()), &cheap(), &mut random()).unwrap();
        let path = format!("/v1/app/pin/tries/{}", reserved.text("ticket_id"));
        let settled = phone.call("POST", &path, &json!({ "ke3": bytes(&finished.ke3) }));

        assert_eq!(settled.body["sign_in"]["status"], "approved");
        let status = house.operator("GET", &format!("/v1/sign-ins/{id}"), &Value::Null);
        assert_eq!(status.body["status"], "approved");
        let stranger = house.operator("POST", "/v1/sign-ins", &json!({ "person": "nobody", "service_name": "The library" }));
        assert_eq!(stranger.status, 201, "who exists does not show");
        let other = house.operator("POST", "/v1/sign-ins", &json!({ "person": "p1", "service_name": "A stranger" }));
        let refused = phone.call("POST", &format!("/v1/app/sign-ins/{}/refuse", other.text("sign_in_id")), &Value::Null);
        assert_eq!(refused.body["status"], "refused");
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
        assert!(house.sent.0.lock().unwrap().is_empty());
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
        house.clock.0.set_ms(NOW_MS - 60_000);

        let answer = send(
            "POST",
            &format!("{}/v1/app/nonce", phone.url),
            &[],
            json!({ "keyid": phone.keyid }).to_string().as_bytes(),
        );

        assert_eq!(answer.status, 500);
        assert_eq!(answer.code(), "internal");
        assert!(tokio::runtime::Handle::current().block_on(house.service.now()).is_err());
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
