//! A service behind real HTTP on loopback, and phones that speak the protocol with nothing between.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

pub(crate) mod document;

use pin::{Holder, Login, Pin, Registration, Stretch};
use recovery::policy::{Policy, Profile};
use request_signature::{Message, SigningInput, SoftwareKey};
use serde_json::{Value, json};
use service::parts::{FaceMatcher, NoFaces};
use service::{Service, Settings};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use testkit::house::{Sent, nobody};
use testkit::{ManualClock, SeededRandom};

/// 2026-11-22T10:00:00Z.
pub(crate) const NOW_MS: i64 = 1_795_341_600_000;

pub(crate) struct House {
    pub(crate) url: String,
    pub(crate) service: Service,
    pub(crate) clock: ManualClock,
    pub(crate) sent: Arc<Sent>,
}

/// A house that believes these issuing states and compares faces so.
pub(crate) async fn house(csca: chip::csca::Store, faces: Arc<dyn FaceMatcher>) -> House {
    house_under(Policy::of(Profile::PublicService), csca, faces).await
}

/// The same under other rules.
pub(crate) async fn house_under(
    policy: Policy,
    csca: chip::csca::Store,
    faces: Arc<dyn FaceMatcher>,
) -> House {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings {
        public_url: url.clone(),
        citizen_url: url.clone(),
        app_version_min: Some("1.4.0".to_owned()),
        staff_by_provider: true,
        log_name: "recovery.example/log".to_owned(),
        ..Settings::default()
    };
    let built = testkit::House::empty(|parts| {
        parts.policy(policy).csca(csca).faces(faces).registers(nobody()).settings(settings)
    });
    let testkit::House { service, clock, sent, .. } = built;
    clock.set_ms(NOW_MS);
    let router = web::api(service.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    House { url, service, clock, sent }
}

pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into()
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.body))
            .to_owned()
    }
}

pub(crate) fn send(method: &str, url: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
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

pub(crate) fn bytes(value: &[u8]) -> Value {
    serde_json::to_value(wire::Bytes(value.to_vec())).unwrap()
}

pub(crate) fn unbytes<const N: usize>(value: &Value) -> [u8; N] {
    serde_json::from_value::<wire::Bytes>(value.clone()).unwrap().0.try_into().unwrap()
}

pub(crate) static KEYS: AtomicU64 = AtomicU64::new(1);

pub(crate) fn fresh_key() -> String {
    format!("test-key-{}", KEYS.fetch_add(1, Ordering::Relaxed))
}

/// What the letter of an enrolment says.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) id: String,
    pub(crate) code: String,
}

impl Offer {
    /// The same with another last character of the code.
    pub(crate) fn mistyped(&self) -> Self {
        let mut code = self.code.clone();
        let last = if code.ends_with('A') { "B" } else { "A" };
        code.replace_range(7.., last);
        Self { id: self.id.clone(), code }
    }
}

/// An enrolment with one old number.
pub(crate) fn enrolment(person: &str, national_number: &Value) -> Value {
    json!({
        "person": person,
        "national_number": national_number,
        "language": "en",
        "channels": [{
            "kind": "sms", "address": "+4520123456",
            "changed_at": "2025-01-01T00:00:00Z", "confirmed_at": "2025-01-01T00:00:00Z"
        }]
    })
}

/// A phone that speaks the protocol with nothing between.
pub(crate) struct Phone {
    pub(crate) url: String,
    pub(crate) keyid: String,
    pub(crate) key: SoftwareKey,
}

impl Phone {
    pub(crate) fn nonce(&self) -> String {
        let body = json!({ "keyid": self.keyid }).to_string();
        send("POST", &format!("{}/v1/app/nonce", self.url), &[], body.as_bytes()).text("nonce")
    }

    pub(crate) fn headers(
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

    pub(crate) fn call_as(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        idempotency_key: &str,
    ) -> Answer {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let nonce = self.nonce();
        let headers = self.headers(method, path, &body, idempotency_key, &nonce);
        send(method, &format!("{}{path}", self.url), &headers, &body)
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.call_as(method, path, body, &fresh_key())
    }

    /// One try at an activation code.
    pub(crate) fn redeem(&self, offer: &Offer) -> Answer {
        let public_key = self.key.public_key().to_bytes();
        let body = json!({
            "offer_id": offer.id, "activation_code": offer.code, "device_public_key": bytes(&public_key),
            "device_name": "A phone", "language": "en"
        });
        self.call("POST", "/v1/app/activations", &body)
    }

    pub(crate) fn state(&self) -> Value {
        self.call("GET", "/v1/app/state", &Value::Null).body["lock"].clone()
    }

    pub(crate) fn register(&self, grant: &str, digits: &str) -> Answer {
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

    pub(crate) fn start_try(&self, digits: &str) -> (Login, Answer) {
        let login = Login::start(Pin::parse(digits).unwrap(), &mut random()).unwrap();
        let body = json!({ "purpose": { "for": "unlock" }, "ke1": bytes(login.ke1()) });
        let answer = self.call("POST", "/v1/app/pin/tries", &body);
        (login, answer)
    }

    /// One whole try; `None` where none could be made.
    pub(crate) fn try_pin(&self, digits: &str) -> Option<bool> {
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

pub(crate) type Finish =
    Box<dyn FnOnce(&[u8; pin::REGISTRATION_RESPONSE_BYTES], &[u8]) -> [u8; pin::RECORD_BYTES]>;

pub(crate) fn blinded(digits: &str) -> ([u8; pin::REGISTRATION_REQUEST_BYTES], Finish) {
    let registration = Registration::start(Pin::parse(digits).unwrap(), &mut random()).unwrap();
    let request = *registration.request();
    (
        request,
        Box::new(move |response, holder| {
            *registration.finish(response, Holder(holder), &cheap(), &mut random()).unwrap()
        }),
    )
}

pub(crate) fn cheap() -> Stretch {
    Stretch::new(8, 1).unwrap()
}

pub(crate) fn random() -> impl FnMut(&mut [u8]) {
    let source = SeededRandom::new(KEYS.fetch_add(1, Ordering::Relaxed).wrapping_add(1_000));
    move |buffer| source.fill(buffer)
}

impl House {
    pub(crate) fn token(&self) -> String {
        let form = b"grant_type=client_credentials&client_id=operator&client_secret=a+secret+that+is+long+enough";
        let kind = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        send("POST", &format!("{}/oauth/token", self.url), &kind, form).text("access_token")
    }

    pub(crate) fn operator(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.operator_as(method, path, body, &fresh_key())
    }

    /// The same under a key that names the command.
    pub(crate) fn operator_as(&self, method: &str, path: &str, body: &Value, key: &str) -> Answer {
        let headers = [
            ("authorization".to_owned(), format!("Bearer {}", self.token())),
            ("idempotency-key".to_owned(), key.to_owned()),
        ];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(method, &format!("{}{path}", self.url), &headers, body.as_bytes())
    }

    pub(crate) fn enrol(&self, person: &str) -> Offer {
        self.enrol_as(person, &Value::Null)
    }

    pub(crate) fn enrol_as(&self, person: &str, national_number: &Value) -> Offer {
        let answer = self.operator("POST", "/v1/enrolments", &enrolment(person, national_number));
        Offer { id: answer.text("offer_id"), code: answer.text("activation_code") }
    }

    /// A phone with a key of its own, that is bound to nobody.
    pub(crate) fn new_phone(&self) -> Phone {
        let key = SoftwareKey::generate(&mut random());
        let keyid = request_signature::thumbprint(&key.public_key().to_bytes());
        Phone { url: self.url.clone(), keyid, key }
    }

    pub(crate) fn activate(&self, offer: &Offer) -> Result<(Phone, String), Answer> {
        self.activate_on(self.new_phone(), offer)
    }

    pub(crate) fn activate_on(
        &self,
        mut phone: Phone,
        offer: &Offer,
    ) -> Result<(Phone, String), Answer> {
        let answer = phone.redeem(offer);
        if answer.status != 200 {
            return Err(answer);
        }
        phone.keyid = answer.text("instance_id");
        Ok((phone, answer.body["grant"]["grant_id"].as_str().unwrap().to_owned()))
    }

    /// An app with the PIN 402916.
    pub(crate) fn phone(&self, person: &str) -> Phone {
        self.phone_of(&self.enrol(person))
    }

    pub(crate) fn phone_of(&self, offer: &Offer) -> Phone {
        let (phone, grant) = self.activate(offer).unwrap();
        assert_eq!(phone.register(&grant, "402916").status, 200);
        phone
    }
}

/// Runs the blocking side of a test beside the server.
pub(crate) async fn with_house(test: impl FnOnce(&House) + Send + 'static) {
    with_trust(chip::csca::Store::new(), test).await;
}

/// The same in a house that believes these issuing states.
pub(crate) async fn with_trust(
    csca: chip::csca::Store,
    test: impl FnOnce(&House) + Send + 'static,
) {
    house_with(csca, Arc::new(NoFaces), test).await;
}

/// The same in a house that also compares faces so.
pub(crate) async fn house_with(
    csca: chip::csca::Store,
    faces: Arc<dyn FaceMatcher>,
    test: impl FnOnce(&House) + Send + 'static,
) {
    let house = house(csca, faces).await;
    tokio::task::spawn_blocking(move || test(&house)).await.unwrap();
}
