//! An app that speaks the protocol directly: keys, nonces, signatures.

use super::Failed;
use super::timing::{counted, timed};
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, Response, StatusCode};
use pin::{Holder, Login, Pin, Registration, Stretch};
use request_signature::{Message, SigningInput, SoftwareKey};
use serde_json::{Value, json};
use server::system::SystemRandom;
use service::Random as _;
use std::net::SocketAddr;
use std::time::Duration;
use tower::ServiceExt as _;

/// The secret of the operator's client `bench`, whose hash the configuration of whoever is called has to name.
pub(super) const SECRET: &str = "bench-secret-of-a-house-that-lives-for-a-minute";
/// The PIN of each app.
pub(super) const DIGITS: &str = "402916";

/// The cheapest key stretching: it is the phone's work and not the server's, and is not measured.
pub(super) fn cheap() -> Result<Stretch, Failed> {
    Ok(Stretch::new(8, 1)?)
}

pub(super) fn random(bytes: &mut [u8]) {
    SystemRandom.fill(bytes);
}

/// A short random word, for keys that name a command.
pub(super) fn word() -> String {
    let mut bytes = [0; 16];
    random(&mut bytes);
    hex::encode(bytes)
}

/// The connection to a service: in this process as if over HTTP, or in another process over HTTP.
#[derive(Clone)]
pub(super) struct Line {
    way: Way,
    /// The origin of the service, which is part of every signature.
    origin: String,
}

/// The way to the service.
#[derive(Clone)]
enum Way {
    /// A router in this process.
    Here(Router),
    /// HTTP to an address.
    Over(ureq::Agent, SocketAddr),
}

/// The answer to one request.
pub(super) struct Answer {
    pub(super) body: Value,
    nonce: Option<String>,
}

impl Answer {
    pub(super) fn text(&self, name: &str) -> Result<String, Failed> {
        let text = self.body.get(name).and_then(Value::as_str);
        Ok(text.ok_or_else(|| format!("no {name} in an answer"))?.to_owned())
    }

    pub(super) fn bytes<const N: usize>(&self, name: &str) -> Result<[u8; N], Failed> {
        let value = self.body.get(name).cloned().unwrap_or_default();
        let bytes: wire::Bytes = serde_json::from_value(value)?;
        bytes.0.try_into().map_err(|_| format!("{name} has another length").into())
    }
}

impl Way {
    async fn carry(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Failed> {
        match self {
            Self::Here(router) => {
                let response = router.clone().oneshot(request.map(Body::from)).await?;
                let (parts, body) = response.into_parts();
                let bytes = to_bytes(body, wire::BODY_BYTES_MAX).await?;
                Ok(Response::from_parts(parts, bytes.to_vec()))
            }
            Self::Over(agent, address) => {
                let (agent, address) = (agent.clone(), *address);
                let sent =
                    move || over(&agent, address, request).map_err(|error| error.to_string());
                Ok(tokio::task::spawn_blocking(sent).await??)
            }
        }
    }
}

fn over(
    agent: &ureq::Agent,
    address: SocketAddr,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, Failed> {
    let (mut parts, body) = request.into_parts();
    parts.uri = format!("http://{address}{}", parts.uri).parse()?;
    let (parts, mut body) = agent.run(Request::from_parts(parts, body))?.into_parts();
    Ok(Response::from_parts(parts, body.read_to_vec()?))
}

impl Line {
    /// A connection to a service in this process.
    pub(super) fn here(router: Router, origin: String) -> Self {
        Self { way: Way::Here(router), origin }
    }

    /// A connection to a service at this address, whose own origin is `origin`.
    pub(super) fn over(agent: ureq::Agent, address: SocketAddr, origin: String) -> Self {
        Self { way: Way::Over(agent, address), origin }
    }

    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, Failed> {
        let request = self.request(method, path, headers, body)?;
        read(&self.way.carry(request).await?).map_err(|status| refused(method, path, status))
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Request<Vec<u8>>, Failed> {
        let host = self.origin.split_once("://").map_or("", |(_, host)| host);
        let mut request = Request::builder().method(method).uri(path).header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Ok(request.body(body)?)
    }

    /// The processor time of the server for one request for a nonce, asked for again and again.
    pub(super) async fn request_for_a_nonce(&self, span: Duration) -> Result<Duration, Failed> {
        let body = json!({ "keyid": word() }).to_string().into_bytes();
        let (mut spent, mut rounds) = (Duration::ZERO, 0_u32);
        while spent < span {
            let request = self.request("POST", "/v1/app/nonce", &[], body.clone())?;
            let (response, took) = timed(self.way.carry(request)).await;
            drop(response?);
            spent += took;
            rounds = rounds.saturating_add(1);
        }
        Ok(spent / rounds.max(1))
    }

    /// Enrols a person; returns the number and the code of the offer.
    pub(super) async fn enrol(&self, person: &str) -> Result<(String, String), Failed> {
        let form = format!("grant_type=client_credentials&client_id=bench&client_secret={SECRET}");
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        let token = self.ask("POST", "/oauth/token", &kind, form.into_bytes()).await?;
        let token = format!("Bearer {}", token.text("access_token")?);
        let body = json!({ "person": person, "language": "en", "channels": [] });
        let headers = [("authorization", token.as_str()), ("idempotency-key", person)];
        let offered =
            self.ask("POST", "/v1/enrolments", &headers, body.to_string().into_bytes()).await?;
        Ok((offered.text("offer_id")?, offered.text("activation_code")?))
    }
}

/// One app that is bound to a person.
pub(super) struct App {
    pub(super) line: Line,
    pub(super) keyid: String,
    pub(super) key: SoftwareKey,
    pub(super) nonce: String,
    /// The processor time of the app's own work so far.
    pub(super) own: Duration,
}

impl App {
    /// Binds a new app for a new person; returns the grant for its first PIN besides.
    async fn bind(line: Line, person: &str) -> Result<(Self, String), Failed> {
        let (offer, code) = line.enrol(person).await?;
        Self::redeem(line, &offer, &code).await
    }

    /// Binds a new app by a code; returns the grant for its first PIN besides.
    pub(super) async fn redeem(
        line: Line,
        offer: &str,
        code: &str,
    ) -> Result<(Self, String), Failed> {
        let key = SoftwareKey::generate(&mut random);
        let public_key = key.public_key().to_bytes();
        let keyid = request_signature::thumbprint(&public_key);
        let asked = json!({ "keyid": keyid }).to_string().into_bytes();
        let nonce = line.ask("POST", "/v1/app/nonce", &[], asked).await?.text("nonce")?;
        let mut app = Self { line, keyid, key, nonce, own: Duration::ZERO };
        let body = json!({
            "offer_id": offer,
            "activation_code": code,
            "device_public_key": wire::Bytes(public_key.to_vec()),
            "device_name": "Bench",
            "language": "en",
        });
        let bound = app.call("POST", "/v1/app/activations", &body).await?;
        app.keyid = bound.text("instance_id")?;
        let grant = bound.body.pointer("/grant/grant_id").and_then(Value::as_str);
        Ok((app, grant.ok_or("no grant in an answer")?.to_owned()))
    }

    /// An app that is bound to a new person and has a PIN.
    pub(super) async fn ready(line: Line, person: &str) -> Result<Self, Failed> {
        let (mut app, grant) = Self::bind(line, person).await?;
        let registration = Registration::start(Pin::parse(DIGITS)?, &mut random)?;
        let request = wire::Bytes(registration.request().to_vec());
        let body = json!({ "grant_id": grant, "request": request });
        let answer = app.call("POST", "/v1/app/pin/registrations", &body).await?;
        let holder = app.keyid.clone();
        let record = registration.finish(
            &answer.bytes("response")?,
            Holder(holder.as_bytes()),
            &cheap()?,
            &mut random,
        )?;
        let body = json!({ "grant_id": grant, "record": wire::Bytes(record.to_vec()) });
        app.call("PUT", "/v1/app/pin/registrations", &body).await?;
        Ok(app)
    }

    /// Checks the PIN once, which has to be right.
    pub(super) async fn check(&mut self) -> Result<(), Failed> {
        let login = self.login()?;
        let reserved = self.begin_try(&login).await?;
        let (ke2, holder, stretch) = (reserved.bytes("ke2")?, self.keyid.clone(), cheap()?);
        let finished = counted(&mut self.own, || {
            login.finish(&ke2, Holder(holder.as_bytes()), &stretch, &mut random)
        })?;
        let ke3 = json!({ "ke3": wire::Bytes(finished.ke3.to_vec()) });
        let settled = self.end_try(&reserved, &ke3).await?;
        if settled.body.get("right") != Some(&true.into()) {
            return Err("a check of the right PIN was not right".into());
        }
        Ok(())
    }

    pub(super) fn login(&mut self) -> Result<Login, Failed> {
        counted(&mut self.own, || Ok(Login::start(Pin::parse(DIGITS)?, &mut random)?))
    }

    pub(super) async fn begin_try(&mut self, login: &Login) -> Result<Answer, Failed> {
        let ke1 = wire::Bytes(login.ke1().to_vec());
        let body = json!({ "purpose": { "for": "unlock" }, "ke1": ke1 });
        self.call("POST", "/v1/app/pin/tries", &body).await
    }

    pub(super) async fn end_try(
        &mut self,
        reserved: &Answer,
        body: &Value,
    ) -> Result<Answer, Failed> {
        let path = format!("/v1/app/pin/tries/{}", reserved.text("ticket_id")?);
        self.call("POST", &path, body).await
    }

    /// Sends one signed request; its answer brings the nonce for the next.
    pub(super) async fn call(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Answer, Failed> {
        let mut own = self.own;
        let request = counted(&mut own, || self.signed(method, path, body))?;
        let response = self.line.way.carry(request).await?;
        let answer = counted(&mut own, || read(&response));
        self.own = own;
        let answer = answer.map_err(|status| refused(method, path, status))?;
        if let Some(nonce) = &answer.nonce {
            self.nonce.clone_from(nonce);
        }
        Ok(answer)
    }

    fn signed(&self, method: &str, path: &str, body: &Value) -> Result<Request<Vec<u8>>, Failed> {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let target_uri = format!("{}{path}", self.line.origin);
        let message = Message { method, target_uri: &target_uri, body: &body };
        let input = SigningInput::new(&message, &self.keyid, &self.nonce, &word())?;
        let signature = self.key.sign(input.to_sign());
        self.line.request(method, path, &input.signed(&signature).pairs(), body)
    }
}

/// The answer that a response holds.
fn read(response: &Response<Vec<u8>>) -> Result<Answer, StatusCode> {
    let nonce = response.headers().get(wire::NONCE_HEADER);
    let nonce = nonce.and_then(|nonce| nonce.to_str().ok()).map(str::to_owned);
    let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    if response.status().is_success() { Ok(Answer { body, nonce }) } else { Err(response.status()) }
}

fn refused(method: &str, path: &str, status: StatusCode) -> Failed {
    format!("{method} {path}: {status}").into()
}
