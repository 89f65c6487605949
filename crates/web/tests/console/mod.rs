//! A console over a service in memory, a provider that is a fake, and a device that holds a passkey.
#![allow(
    clippy::allow_attributes,
    clippy::indexing_slicing,
    dead_code,
    reason = "each target uses a part of it, and a test stops at the first surprise"
)]

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{Request, StatusCode};
use recovery::staff::Role;
use request_signature::SoftwareKey;
use serde_json::{Value, json};
use service::staff::provider_session::ProviderTokens;
use service::staff::{Claims, NewMember, Site};
use service::{Service, Settings};
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use testkit::ManualClock;
use testkit::house::{centre, nobody};
use testkit::passkey::{self, Authenticator};
use tower::ServiceExt as _;
use web::staff::{ClaimNames, ClientAuthentication, HttpAnswer, HttpCall, LineError, OidcClient};
use web::{Oidc, OidcSettings, Origin, SiteSettings, Sites};
use zeroize::Zeroizing;

/// 2026-11-22T10:00:00Z.
const NOW_MS: i64 = 1_795_341_600_000;
const ORIGIN: &str = "http://support.localhost:8400";
const ISSUER: &str = "http://signin.localhost:8400";

fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::from_bytes(&[seed; 32]).unwrap()
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The operator's provider, as far as a console speaks with it.
#[derive(Default)]
struct Provider {
    /// The ID token that the next code buys, before it is signed.
    claims: Mutex<Option<Value>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Provider")
    }
}

#[async_trait]
impl OidcClient for Provider {
    async fn call(&self, call: HttpCall) -> Result<HttpAnswer, LineError> {
        self.answer(&call).map_err(LineError::Failed)
    }
}

impl Provider {
    fn answer(
        &self,
        call: &HttpCall,
    ) -> Result<HttpAnswer, Box<dyn std::error::Error + Send + Sync>> {
        let path = call.url.strip_prefix(ISSUER).ok_or("another host")?;
        let body = match path {
            "/.well-known/openid-configuration" => json!({
                "issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/authorize"),
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/keys"),
            }),
            "/keys" => {
                let public = key(7).public_key().to_bytes();
                json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "1", "use": "sig", "alg": "ES256",
                    "x": text(&public[1..33]), "y": text(&public[33..])}]})
            }
            "/token" => {
                let form = call.form.as_ref().ok_or("a form")?;
                assert!(
                    form.iter().any(|(name, value)| *name == "code_verifier" && value.len() == 43)
                );
                let claims = self.claims.lock().unwrap().take().ok_or("no such code")?;
                let head = text(br#"{"alg":"ES256","kid":"1"}"#);
                let signed = format!("{head}.{}", text(claims.to_string().as_bytes()));
                let signature = text(&key(7).sign(signed.as_bytes()));
                json!({"id_token": format!("{signed}.{signature}"), "token_type": "Bearer"})
            }
            _ => return Ok(HttpAnswer { status: 404, body: Vec::new() }),
        };
        Ok(HttpAnswer { status: 200, body: body.to_string().into_bytes() })
    }
}

/// An answer.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) text: String,
}

impl Page {
    /// The value of a hidden field.
    pub(crate) fn value_of(&self, name: &str) -> String {
        let marked = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&marked).unwrap_or_else(|| panic!("{}", self.text));
        rest.split('"').next().unwrap().to_owned()
    }

    pub(crate) fn form_token(&self) -> String {
        self.value_of("form_token")
    }

    /// Whether no cookie of it holds anything.
    pub(crate) fn opens_nothing(&self) -> bool {
        self.cookies.iter().all(|cookie| cookie.contains("Max-Age=0"))
    }

    /// A parameter of the address that it sends to.
    pub(crate) fn query(&self, name: &str) -> String {
        let to = self.location.as_ref().unwrap();
        let query = to.split_once('?').unwrap().1;
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        pair.unwrap().to_owned()
    }
}

/// A service with the console of Support before it.
pub(crate) struct House {
    pub(crate) service: Service,
    pub(crate) clock: ManualClock,
    router: axum::Router,
    provider: Arc<Provider>,
}

impl House {
    /// Where staff sign in at the provider.
    pub(crate) fn new() -> Self {
        Self::with(true)
    }

    /// Where staff sign in with passkeys.
    pub(crate) fn with_passkeys() -> Self {
        Self::with(false)
    }

    fn with(staff_by_provider: bool) -> Self {
        let settings = Settings { staff_by_provider, ..Settings::default() };
        let built = testkit::House::empty(|parts| parts.registers(nobody()).settings(settings));
        let testkit::House { service, clock, .. } = built;
        clock.set_ms(NOW_MS);
        let provider = Arc::new(Provider::default());
        let origin = Origin::parse(ORIGIN).unwrap();
        let settings = SiteSettings {
            origin: origin.clone(),
            citizen_url: "https://genvej.example".into(),
            support_phone: "70 00 00 00".into(),
            oidc: staff_by_provider.then(|| {
                Oidc::new(OidcSettings {
                    issuer: ISSUER.into(),
                    client_id: "genvej".into(),
                    client_secret: Some(Zeroizing::new("hush".into())),
                    client_authentication: ClientAuthentication::Basic,
                    scope: "openid profile".into(),
                    claims: ClaimNames::default(),
                    audiences: Vec::new(),
                    acr_values: Vec::new(),
                    max_age_secs: None,
                    client: provider.clone(),
                })
            }),
        };
        let console = web::support(service.clone(), settings);
        let router = Sites::new().site(&origin, console).into_router();
        Self { service, clock, router, provider }
    }

    pub(crate) fn support_origin(&self) -> &'static str {
        ORIGIN
    }

    /// A session of Anna with these roles.
    pub(crate) async fn session(&self, roles: &[&str], site: Site) -> String {
        self.session_of(&format!("anna-{}", roles.join("-")), roles, site).await
    }

    pub(crate) async fn session_of(&self, subject: &str, roles: &[&str], site: Site) -> String {
        let claims = Claims {
            issuer: ISSUER.into(),
            subject: subject.into(),
            name: "Anna Agent".into(),
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            centre: Some("aarhus".to_owned()),
            person: Some(recovery::sensitive::Sensitive::new(format!("person-{subject}"))),
            declared: None,
        };
        let aarhus = centre("aarhus", "Aarhus", "8000", "Europe/Copenhagen");
        self.service.set_centres(&[aarhus]).await.unwrap();
        static SIGN_INS: AtomicU32 = AtomicU32::new(0);
        let sign_in = SIGN_INS.fetch_add(1, Ordering::Relaxed).to_string();
        let tokens = ProviderTokens::default();
        let opened = self.service.sign_in_by_provider(&claims, &tokens, site, &sign_in).await;
        opened.unwrap().to_string()
    }

    pub(crate) async fn invited(&self) -> String {
        let member = NewMember {
            name: "Bo Supervisor".into(),
            roles: vec![Role::Supervisor],
            centre: None,
            site: Site::Support,
            own: service::conduct::OwnPerson::default(),
        };
        let token = self.service.invite_staff(&member).await.unwrap();
        format!("/invite/{}", token.as_str())
    }

    /// A request of a browser with this session, in English.
    pub(crate) async fn support(
        &self,
        method: &str,
        path: &str,
        session: Option<&str>,
        form: &[(&str, &str)],
    ) -> Page {
        let cookie = session.map(|token| format!("genvej-support={token}"));
        let body: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace(' ', "+")))
            .collect();
        self.ask(method, path, cookie, "application/x-www-form-urlencoded", body.join("&")).await
    }

    /// A request of a browser with these cookies.
    pub(crate) async fn support_with(&self, method: &str, path: &str, cookies: &str) -> Page {
        self.ask(method, path, Some(cookies.to_owned()), "text/plain", String::new()).await
    }

    pub(crate) async fn json(&self, path: &str, body: &Value) -> Page {
        self.ask("POST", path, None, "application/json", body.to_string()).await
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        cookie: Option<String>,
        kind: &str,
        body: String,
    ) -> Page {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "support.localhost:8400")
            .header("accept-language", "en")
            .header(CONTENT_TYPE, kind);
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        let request = request.body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let headers = response.headers();
        let location = headers.get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let cookies = headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Page { status, location, cookies, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// Goes to the provider and comes back with a token that was spoiled so.
    pub(crate) async fn signed_in_by_provider(&self, spoil: impl FnOnce(&mut Value)) -> Page {
        let begun = self.support("GET", "/sign-in/provider", None, &[]).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        assert!(begun.location.as_ref().unwrap().starts_with(&format!("{ISSUER}/authorize?")));
        let cookie = begun.cookies[0].split(';').next().unwrap().to_owned();
        let now = NOW_MS / 1000;
        let mut claims = json!({
            "iss": ISSUER, "sub": "anna", "aud": "genvej", "iat": now, "exp": now + 300,
            "nonce": begun.query("nonce"), "name": "Anna Agent", "genvej_roles": ["agent"],
        });
        spoil(&mut claims);
        *self.provider.claims.lock().unwrap() = Some(claims);
        let path = format!("/sign-in/return?code=c&state={}", begun.query("state"));
        self.ask("GET", &path, Some(cookie), "text/plain", String::new()).await
    }
}

/// One way to spoil what a device says.
pub(crate) type Spoil = dyn Fn(&mut Said) + Sync;

/// What a device says when it signs in.
pub(crate) struct Said {
    pub(crate) kind: &'static str,
    pub(crate) origin: String,
    pub(crate) party: String,
    pub(crate) flags: u8,
    pub(crate) count: u32,
    pub(crate) key: Authenticator,
    pub(crate) challenge: Option<String>,
}

pub(crate) const SPOILED: &[(&str, &Spoil)] = &[
    ("another deed", &|said| said.kind = "webauthn.create"),
    ("another origin", &|said| said.origin = "http://desk.localhost:8400".into()),
    ("another party", &|said| said.party = "desk.localhost".into()),
    ("nobody was there", &|said| said.flags = 0x04),
    ("nobody was proven", &|said| said.flags = 0x01),
    ("a copy of the key", &|said| said.count = 1),
    ("another key", &|said| said.key = Authenticator::es256(12)),
    ("another challenge", &|said| said.challenge = Some("AAAA".into())),
];

/// A device with one passkey.
pub(crate) struct Device {
    origin: &'static str,
    authenticator: Authenticator,
}

impl Device {
    pub(crate) fn new(origin: &'static str) -> Self {
        Self { origin, authenticator: Authenticator::es256(11).having_signed(1) }
    }

    async fn challenge(&self, house: &House) -> String {
        self.challenge_at(house, "/passkey/challenge").await
    }

    async fn challenge_at(&self, house: &House, path: &str) -> String {
        let asked = house.json(path, &json!({})).await;
        let asked: Value = serde_json::from_str(&asked.text).unwrap();
        asked["challenge"].as_str().unwrap_or("AAAA").to_owned()
    }

    fn client_data(kind: &str, challenge: &str, origin: &str) -> Vec<u8> {
        json!({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    pub(crate) async fn register(&mut self, house: &House, link: &str) -> Page {
        let challenge = self.challenge_at(house, &format!("{link}/challenge")).await;
        let data = self.authenticator.new_credential("support.localhost", passkey::REGISTERED);
        let object = passkey::attestation_object(data);
        let client = Self::client_data("webauthn.create", &challenge, self.origin);
        let body = json!({"client_data": text(&client), "attestation_object": text(&object)});
        house.json(link, &body).await
    }

    pub(crate) async fn sign_in(&mut self, house: &House, spoil: &Spoil) -> Page {
        self.authenticator.count += 1;
        let mut said = Said {
            kind: "webauthn.get",
            origin: self.origin.to_owned(),
            party: "support.localhost".into(),
            flags: passkey::SIGNED,
            count: self.authenticator.count,
            key: Authenticator::es256(11),
            challenge: None,
        };
        spoil(&mut said);
        let challenge = match said.challenge {
            Some(challenge) => challenge,
            None => self.challenge(house).await,
        };
        let client = Self::client_data(said.kind, &challenge, &said.origin);
        let device = said.key.having_signed(said.count);
        let data = device.data(&said.party, said.flags);
        let signed = [data.as_slice(), Sha256::digest(&client).as_slice()].concat();
        let body = json!({
            "credential": text(&self.authenticator.credential), "client_data": text(&client),
            "authenticator_data": text(&data), "signature": text(&device.sign(&signed)),
        });
        house.json("/passkey", &body).await
    }
}
