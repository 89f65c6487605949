//! An installation whose service runs in the test, and apps before it over HTTP.
#![expect(unreachable_pub, reason = "shared by the tests of this folder")]
#![allow(clippy::allow_attributes, dead_code, reason = "each target uses a part of it")]

use crate::installation::Installation;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use pin::{Holder, Login, Pin, Registration, Stretch};
use request_signature::{Message, SigningInput, SoftwareKey};
use serde_json::{Value as Json, json};
use server::key_file::KeyFile;
use server::system::{SystemClock, SystemRandom};
use server::{Config, EmbeddedRegisters, Overrides, Random as _, Running, Tables};
use service::parts::NoFaces;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use store::Store as _;
use tower::ServiceExt as _;

const RIGHT: &str = "402916";
const SECRET: &str = "the-secret-of-the-operators-own-system";

pub fn random(buffer: &mut [u8]) {
    SystemRandom.fill(buffer);
}

impl Installation {
    pub fn migrated() -> Self {
        let here = Self::new();
        here.done(&["keys", "init"]);
        here.done(&["migrate"]);
        here
    }

    pub async fn started(&self) -> Running {
        let mut running = self.built();
        running.ready().await.unwrap();
        running
    }

    pub fn settings(&self) -> Config {
        let text = std::fs::read_to_string(&self.config).unwrap();
        let mut text: toml::Table = text.parse().unwrap();
        let mut client = toml::Table::new();
        client.insert("id".to_owned(), "test".into());
        let secret = hex::encode(Sha256::digest(SECRET.as_bytes()));
        client.insert("secret_sha256".to_owned(), secret.into());
        client.insert("scopes".to_owned(), vec!["enrolments", "sign-ins"].into());
        let operator = text.entry("operator").or_insert_with(|| toml::Table::new().into());
        operator.as_table_mut().unwrap().insert("clients".to_owned(), vec![client].into());
        let text = toml::to_string(&text).unwrap();
        Config::read(&text, &std::collections::BTreeMap::new()).unwrap()
    }

    pub fn built(&self) -> Running {
        let config = self.settings();
        let overrides = Overrides {
            registers: Some(Arc::new(EmbeddedRegisters::new(Tables::empty()))),
            keys: Some(KeyFile::read(&config.keys.file).unwrap()),
            faces: Some(Arc::new(NoFaces)),
            ..Overrides::default()
        };
        server::build(&config, Arc::new(SystemClock), Arc::new(SystemRandom), overrides).unwrap()
    }

    /// The files as a killed process leaves them, in a folder of their own.
    /// Every file that lies with the server, but its configuration.
    pub fn files(&self) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let paths = paths.filter(|path| path.is_file() && *path != self.config);
        paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    pub fn killed(&self) -> Self {
        let there = Self::new();
        for path in self.files().into_keys() {
            // A copy keeps the permissions, which the key file is checked for.
            std::fs::copy(&path, there.path(path.file_name().unwrap().to_str().unwrap())).unwrap();
        }
        there
    }
}
/// An app over HTTP, as an app is: keys, nonces, signatures.
pub struct App {
    pub router: Router,
    pub origin: String,
    pub keyid: String,
    pub key: SoftwareKey,
    pub nonce: String,
    pub grant: String,
}

pub type Answer = Result<Json, StatusCode>;

pub async fn ask(
    (router, origin): (&Router, &str),
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> (Answer, Option<String>) {
    let host = origin.split_once("://").unwrap().1;
    let mut request = Request::builder().method(method).uri(path).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status();
    let nonce = response.headers().get(wire::NONCE_HEADER);
    let nonce = nonce.map(|nonce| nonce.to_str().unwrap().to_owned());
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let json = serde_json::from_slice(&bytes).unwrap_or(Json::Null);
    (if status.is_success() { Ok(json) } else { Err(status) }, nonce)
}

pub fn text(json: &Json, pointer: &str) -> String {
    json.pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

pub fn word() -> String {
    let mut bytes = [0; 16];
    random(&mut bytes);
    hex::encode(bytes)
}

/// A call of the operator's own system.
pub async fn as_operator(
    here: &Installation,
    running: &Running,
    path: &str,
    body: &Json,
) -> Answer {
    let origin = here.settings().sites.public.0.to_string();
    let line = (&running.router, origin.as_str());
    let form = format!("grant_type=client_credentials&client_id=test&client_secret={SECRET}");
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let token = ask(line, ("POST", "/oauth/token"), &kind, form.into_bytes()).await.0?;
    let token = format!("Bearer {}", text(&token, "/access_token"));
    let key = word();
    let headers = [
        ("authorization", token.as_str()),
        ("idempotency-key", key.as_str()),
        ("content-type", "application/json"),
    ];
    ask(line, ("POST", path), &headers, body.to_string().into_bytes()).await.0
}

/// A person with an app that has a PIN.
pub async fn enrolled(here: &Installation, running: &Running, person: &str) -> App {
    let body = json!({ "person": person, "language": "en", "channels": [] });
    let offered = as_operator(here, running, "/v1/enrolments", &body).await.unwrap();
    let origin = here.settings().sites.public.0.to_string();
    let key = SoftwareKey::generate(&mut random);
    let public_key = key.public_key().to_bytes();
    let keyid = request_signature::thumbprint(&public_key);
    let asked = json!({ "keyid": keyid }).to_string().into_bytes();
    let line = (&running.router, origin.as_str());
    let nonce = ask(line, ("POST", "/v1/app/nonce"), &[], asked).await.0.unwrap();
    let nonce = text(&nonce, "/nonce");
    let (router, grant) = (running.router.clone(), String::new());
    let mut app = App { router, origin, keyid, key, nonce, grant };
    let body = json!({
        "offer_id": text(&offered, "/offer_id"),
        "activation_code": text(&offered, "/activation_code"),
        "device_public_key": wire::Bytes(public_key.to_vec()),
        "device_name": "Test",
        "language": "en",
    });
    let bound = app.call("POST", "/v1/app/activations", &body).await.unwrap();
    app.keyid = text(&bound, "/instance_id");
    app.grant = text(&bound, "/grant/grant_id");
    app.choose_pin().await.unwrap();
    app
}

impl App {
    pub fn instance(&self) -> u128 {
        u128::from_str_radix(&self.keyid, 16).unwrap()
    }

    /// The same app before a server that was started anew.
    pub async fn before(mut self, running: &Running) -> Self {
        self.router = running.router.clone();
        let asked = json!({ "keyid": self.keyid }).to_string().into_bytes();
        let line = (&self.router, self.origin.as_str());
        if let Ok(nonce) = ask(line, ("POST", "/v1/app/nonce"), &[], asked).await.0 {
            self.nonce = text(&nonce, "/nonce");
        }
        self
    }

    pub async fn call(&mut self, method: &str, path: &str, body: &Json) -> Answer {
        let body = body.to_string().into_bytes();
        let target_uri = format!("{}{path}", self.origin);
        let message = Message { method, target_uri: &target_uri, body: &body };
        let input = SigningInput::new(&message, &self.keyid, &self.nonce, &word()).unwrap();
        let signature = self.key.sign(input.to_sign());
        let signed = input.signed(&signature);
        let line = (&self.router, self.origin.as_str());
        let (answer, nonce) = ask(line, (method, path), &signed.pairs(), body).await;
        if let Some(nonce) = nonce {
            self.nonce = nonce;
        }
        answer
    }

    pub async fn choose_pin(&mut self) -> Result<(), StatusCode> {
        let registration = Registration::start(Pin::parse(RIGHT).unwrap(), &mut random).unwrap();
        let request = wire::Bytes(registration.request().to_vec());
        let body = json!({ "grant_id": self.grant, "request": request });
        let answer = self.call("POST", "/v1/app/pin/registrations", &body).await?;
        let answer: wire::Bytes =
            serde_json::from_value(answer.pointer("/response").unwrap().clone()).unwrap();
        let answer = answer.0.try_into().unwrap();
        let (holder, stretch) = (Holder(self.keyid.as_bytes()), Stretch::new(8, 1).unwrap());
        let record = registration.finish(&answer, holder, &stretch, &mut random).unwrap();
        let body = json!({ "grant_id": self.grant, "record": wire::Bytes(record.to_vec()) });
        self.call("PUT", "/v1/app/pin/registrations", &body).await.map(|_| ())
    }

    pub async fn wrong_try(&mut self) -> Result<(), StatusCode> {
        let login = Login::start(Pin::parse("915380").unwrap(), &mut random).unwrap();
        let ke1 = wire::Bytes(login.ke1().to_vec());
        let body = json!({ "purpose": { "for": "unlock" }, "ke1": ke1 });
        let reserved = self.call("POST", "/v1/app/pin/tries", &body).await?;
        let path = format!("/v1/app/pin/tries/{}", text(&reserved, "/ticket_id"));
        let settled = self.call("POST", &path, &json!({ "ke3": null })).await?;
        assert_eq!(settled.pointer("/right"), Some(&Json::Bool(false)));
        Ok(())
    }
}
impl Installation {
    /// The codes of what the journal says of operations.
    pub fn journal(&self) -> Vec<String> {
        let keys = KeyFile::read(&self.path("genvej.keys")).unwrap().keys;
        let store = store_sqlite::Sqlite::open(&self.path("genvej.sqlite")).unwrap();
        let rows = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(store.journal_read(0, 10_000)).unwrap()
        });
        let opened = rows.iter().filter_map(|it| {
            service::journal::open_of_service(&keys, &it.row).ok().map(|entry| entry.code)
        });
        opened.collect()
    }
}
