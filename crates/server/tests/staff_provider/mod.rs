//! An OpenID Connect provider that does what it is told, an SMS gateway, and a server that stands between them.
#![expect(unreachable_pub, reason = "shared by the tests of this folder")]

use axum::body::{Body, to_bytes};
use axum::extract::{Form, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use chip_sim::{Curve, CurveForm, Digest as Hash, KeyKind, KeyPair, Scheme, Seeded};
use registers::{EmbeddedRegisters, Freshness, Places, Tables};
use serde_json::{Value, json};
use server::key_file::KeyFile;
use server::system::SystemRandom;
use server::{Clock, Config, MemoryStore, Overrides, Running, build};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use testkit::ManualClock;
use testkit::house::centre;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// 2026-11-23T08:00:00Z, a Monday.
pub const NOW_MS: i64 = 1_795_420_800_000;
pub const SUPPORT: &str = "http://support.localhost:8400";
pub const DESK: &str = "http://desk.localhost:8400";

/// What the provider does, as a test tells it.
pub struct Told {
    /// Nothing is answered.
    pub hangs: bool,
    pub key: KeyPair,
    pub key_id: String,
    /// What stands in its description besides, or in place of.
    pub description: Value,
    /// The claims of the next code and of what it is refreshed to.
    pub claims: Value,
    /// The answer to userinfo; 401 where there is none.
    pub userinfo: Option<Value>,
    /// Tokens besides the ID token.
    pub tokens: Value,
    /// The answer to a refresh, besides a new ID token; `invalid_grant` where there is none.
    pub refreshed: Option<Value>,
}

#[derive(Default)]
pub struct Seen {
    pub asked: HashMap<String, usize>,
    pub authorization: Option<String>,
    pub form: HashMap<String, String>,
}

pub struct Provider {
    pub issuer: String,
    pub told: Mutex<Told>,
    pub seen: Mutex<Seen>,
    codes: Mutex<HashMap<String, (String, String, String)>>,
    clock: Arc<ManualClock>,
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub fn key(seed: u8) -> KeyPair {
    let kind = KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Named };
    KeyPair::generate(kind, &mut Seeded::new([seed; 32]))
}

impl Provider {
    pub fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().unwrap());
    }

    pub fn asked(&self, path: &str) -> usize {
        self.seen.lock().unwrap().asked.get(path).copied().unwrap_or(0)
    }

    fn now(&self) -> i64 {
        self.clock.now().0 / 1_000
    }

    pub fn signed(&self, header: &Value, claims: &Value) -> String {
        let told = self.told.lock().unwrap();
        let mut header = header.clone();
        header["alg"] = "ES256".into();
        header["kid"] = told.key_id.clone().into();
        let head = [header.to_string(), claims.to_string()].map(|it| text(it.as_bytes())).join(".");
        let scheme = Scheme::EcdsaPlain(Hash::Sha256);
        let signature =
            chip_sim::sign(&told.key, scheme, head.as_bytes(), &mut Seeded::new([9; 32]));
        format!("{head}.{}", text(&signature))
    }

    fn id_token(&self, nonce: Option<&str>) -> String {
        let mut claims = json!({
            "iss": self.issuer, "sub": "anna", "aud": "genvej", "iat": self.now(),
            "exp": self.now() + 300, "name": "Anna Agent",
        });
        let members = claims.as_object_mut().unwrap();
        members.extend(nonce.map(|nonce| ("nonce".to_owned(), nonce.into())));
        members.extend(self.told.lock().unwrap().claims.as_object().unwrap().clone());
        self.signed(&json!({"typ": "JWT"}), &claims)
    }

    /// What a browser would bring back from the address that it was sent to.
    pub fn let_in(&self, address: &str) -> String {
        let query = query(address);
        let code = text(&Sha256::digest(address.as_bytes()));
        let asked = (
            query["nonce"].clone(),
            query["code_challenge"].clone(),
            query["redirect_uri"].clone(),
        );
        self.codes.lock().unwrap().insert(code.clone(), asked);
        format!("/sign-in/return?code={code}&state={}", query["state"])
    }
}

/// The parameters of an address.
pub fn query(address: &str) -> HashMap<String, String> {
    let plain = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    let (_, query) = address.split_once('?').unwrap_or((address, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), plain(value))).collect()
}

async fn description(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    let mut said = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "end_session_endpoint": format!("{issuer}/end?tenant=1"),
    });
    let more = provider.told.lock().unwrap().description.clone();
    said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Json(said)
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let told = provider.told.lock().unwrap();
    let info = told.key.public_key_info();
    let (x, y) = info[info.len() - 64..].split_at(32);
    Json(json!({"keys": [{
        "kty": "EC", "crv": "P-256", "kid": told.key_id, "use": "sig", "x": text(x), "y": text(y),
    }]}))
}

async fn token(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let refused =
        |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    {
        let mut seen = provider.seen.lock().unwrap();
        seen.authorization = headers.get(AUTHORIZATION).map(|it| it.to_str().unwrap().to_owned());
        seen.form = form.clone();
    }
    let (nonce, more) = if form["grant_type"] == "refresh_token" {
        let Some(more) = provider.told.lock().unwrap().refreshed.clone() else {
            return refused("invalid_grant");
        };
        (None, more)
    } else {
        let Some((nonce, challenge, redirect_uri)) =
            provider.codes.lock().unwrap().remove(&form["code"])
        else {
            return refused("invalid_grant");
        };
        let verifier = text(&Sha256::digest(form["code_verifier"].as_bytes()));
        if verifier != challenge || form["redirect_uri"] != redirect_uri {
            return refused("invalid_grant");
        }
        (Some(nonce), provider.told.lock().unwrap().tokens.clone())
    };
    let mut answer =
        json!({"token_type": "Bearer", "id_token": provider.id_token(nonce.as_deref())});
    answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Json(answer).into_response()
}

async fn userinfo(State(provider): State<Arc<Provider>>) -> Response {
    match provider.told.lock().unwrap().userinfo.clone() {
        Some(said) => Json(said).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// Counts, and hangs where it is told to.
async fn watched(
    State(provider): State<Arc<Provider>>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let path = request.uri().path().to_owned();
    *provider.seen.lock().unwrap().asked.entry(path).or_default() += 1;
    if provider.told.lock().unwrap().hangs {
        std::future::pending::<()>().await;
    }
    next.run(request).await
}

/// Starts a provider; `issuer` says what it calls itself, by its port.
pub async fn provider(
    clock: &Arc<ManualClock>,
    issuer: impl FnOnce(u16) -> String,
) -> Arc<Provider> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = Arc::new(Provider {
        issuer: issuer(listener.local_addr().unwrap().port()),
        told: Mutex::new(Told {
            hangs: false,
            key: key(1),
            key_id: "1".into(),
            description: json!({}),
            claims: json!({"genvej_roles": ["agent"], "genvej_centre": "aarhus"}),
            userinfo: None,
            tokens: json!({}),
            refreshed: None,
        }),
        seen: Mutex::default(),
        codes: Mutex::default(),
        clock: Arc::clone(clock),
    });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(description))
        .route("/keys", get(keys))
        .route("/token", post(token))
        .route("/userinfo", get(userinfo))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&provider), watched))
        .with_state(Arc::clone(&provider));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    provider
}

/// A server with its provider and its gateway.
pub struct Town {
    pub running: Running,
    pub provider: Arc<Provider>,
    pub clock: Arc<ManualClock>,
    pub sent: Arc<Mutex<Vec<String>>>,
    _folder: tempfile::TempDir,
}

/// An answer to a browser.
pub struct Page {
    pub status: StatusCode,
    pub location: Option<String>,
    pub cookies: Vec<String>,
    pub body: String,
}

impl Page {
    /// `name=value` of each cookie that it sets.
    pub fn set(&self) -> Vec<String> {
        let alive = self.cookies.iter().filter(|it| !it.contains("Max-Age=0"));
        alive.map(|it| it.split(';').next().unwrap().to_owned()).collect()
    }

    pub fn session(&self) -> String {
        let set = self.set();
        set.into_iter().find(|it| !it.contains("sign")).unwrap_or_else(|| panic!("{}", self.body))
    }

    pub fn form_token(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"form_token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

async fn gateway(sent: Arc<Mutex<Vec<String>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new().route(
        "/",
        post(move |body: String| {
            sent.lock().unwrap().push(body);
            async { Json(json!({"id": "1"})) }
        }),
    );
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    port
}

impl Town {
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// With more lines of `[staff.oidc]`.
    pub async fn with(more: &str) -> Self {
        let clock = Arc::new(ManualClock::at_ms(NOW_MS));
        let provider = provider(&clock, |port| format!("http://signin.localhost:{port}")).await;
        Self::around(clock, provider, more).await
    }

    pub async fn around(clock: Arc<ManualClock>, provider: Arc<Provider>, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let sms = gateway(Arc::clone(&sent)).await;
        let here = folder.path().display().to_string();
        let example = include_str!("../../genvej.example.toml")
            .replace("/var/lib/genvej", &here)
            .replace("/etc/genvej", &here);
        let mut table: toml::Table = example.parse().unwrap();
        let overrides = format!(
            "[sites]\npublic = \"http://localhost:8400\"\ncitizen = \"http://citizen.localhost:8400\"\n\
             support = \"{SUPPORT}\"\ndesk = \"{DESK}\"\n\
             [sms]\nby = \"http\"\nurl = \"http://127.0.0.1:{sms}/\"\ntoken = \"t\"\nsender = \"Genvej\"\n\
             [mail]\nby = \"none\"\n\
             [clock]\nunsynchronised = \"believe\"\n\
             [staff.oidc]\nissuer = \"{}\"\nclient_id = \"genvej\"\nclient_secret = \"a secret/+\"\n{more}\n",
            provider.issuer
        );
        table.extend(overrides.parse::<toml::Table>().unwrap());
        let config = Config::read(&toml::to_string(&table).unwrap(), &BTreeMap::new()).unwrap();
        let tables =
            Tables::new(Vec::new(), Vec::new(), Places::built_in(), Freshness::Live).unwrap();
        let overrides = Overrides {
            store: Some(Arc::new(MemoryStore::new())),
            registers: Some(Arc::new(EmbeddedRegisters::new(tables))),
            csca: Some(Arc::new(chip::csca::Store::new())),
            faces: Some(Arc::new(service::parts::NoFaces)),
            keys: Some(KeyFile::generate(&SystemRandom)),
            ..Overrides::default()
        };
        let mut running =
            build(&config, Arc::clone(&clock) as _, Arc::new(SystemRandom), overrides).unwrap();
        running.ready().await.unwrap();
        running
            .service
            .set_centres(&[centre("aarhus", "Aarhus", "8000", "Europe/Copenhagen")])
            .await
            .unwrap();
        Self { running, provider, clock, sent, _folder: folder }
    }

    pub async fn ask(
        &self,
        method: &str,
        url: &str,
        cookies: &[String],
        form: Option<&str>,
    ) -> Page {
        let (_, rest) = url.split_once("://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/{path}"))
            .header(HOST, host)
            .header("accept-language", "en");
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        if form.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let body = Body::from(form.unwrap_or_default().to_owned());
        let router = self.running.router.clone();
        let response = router.oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Page {
            status: parts.status,
            location: parts.headers.get(LOCATION).map(text),
            cookies: parts.headers.get_all(SET_COOKIE).iter().map(text).collect(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub async fn get(&self, url: &str, cookies: &[String]) -> Page {
        self.ask("GET", url, cookies, None).await
    }

    /// Goes to the provider and comes back.
    pub async fn sign_in(&self, site: &str) -> Page {
        let begun = self.get(&format!("{site}/sign-in/provider"), &[]).await;
        let to = begun.location.clone().unwrap_or_else(|| panic!("{}", begun.body));
        let back = self.provider.let_in(&to);
        self.get(&format!("{site}{back}"), &begun.set()).await
    }

    /// The cookie of a session at Support.
    pub async fn session(&self) -> String {
        let page = self.sign_in(SUPPORT).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        page.session()
    }

    /// Whether a session opens Support's first page.
    pub async fn opens(&self, session: &str) -> bool {
        self.get(&format!("{SUPPORT}/"), &[session.to_owned()]).await.status == StatusCode::OK
    }
}
