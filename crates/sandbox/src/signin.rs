//! An OpenID Connect provider of the sandbox's own, in the place of the operator's: authorisation code with PKCE, ES256.
//!
//! Nobody types a password here: one chooses who of the staff one is. Everything else is what a console's sign-in meets
//! in production (OpenID Connect Core 1.0, RFC 7636).

use crate::clock::MovedClock;
use crate::guard::{Site, same, strict};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::StatusCode;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde::Deserialize;
use serde_json::json;
use server::Random;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The consoles' name here.
pub const CLIENT: &str = "genvej";
const KEY_ID: &str = "sandbox";
const CODE_LIFETIME_SECS: i64 = 60;
const TOKEN_LIFETIME_SECS: i64 = 300;
/// Codes that were never fetched are dropped beyond this.
const CODES_MAX: usize = 100;

/// Somebody of the staff.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The provider's name for them.
    pub subject: &'static str,
    /// As shown.
    pub name: &'static str,
    /// What they do, in words.
    pub works_as: &'static str,
    /// `genvej_roles`.
    pub roles: &'static [&'static str],
    /// Whether they work at a desk, and otherwise at Support.
    pub at_desk: bool,
    /// `genvej_person`: nobody of the made-up register, so that everybody on the table can be served.
    pub person: &'static str,
}

/// Who can be chosen.
pub const STAFF: [Member; 6] = [
    Member {
        subject: "agent-1",
        name: "Aksel Agent",
        works_as: "Agent at Support",
        roles: &["agent"],
        at_desk: false,
        person: "staff-1",
    },
    Member {
        subject: "agent-2",
        name: "Astrid Agent",
        works_as: "Agent at Support",
        roles: &["agent"],
        at_desk: false,
        person: "staff-2",
    },
    Member {
        subject: "clerk-1",
        name: "Karla Clerk",
        works_as: "Clerk at Citizen Service",
        roles: &["clerk"],
        at_desk: true,
        person: "staff-3",
    },
    Member {
        subject: "clerk-2",
        name: "Kaj Clerk",
        works_as: "Clerk at Citizen Service",
        roles: &["clerk"],
        at_desk: true,
        person: "staff-4",
    },
    Member {
        subject: "supervisor-1",
        name: "Signe Supervisor",
        works_as: "Supervisor at Support",
        roles: &["supervisor"],
        at_desk: false,
        person: "staff-5",
    },
    Member {
        subject: "supervisor-2",
        name: "Svend Supervisor",
        works_as: "Supervisor at Citizen Service",
        roles: &["supervisor"],
        at_desk: true,
        person: "staff-6",
    },
];

/// What an authorisation code stands for.
struct Granted {
    member: Member,
    redirect_uri: String,
    nonce: Option<String>,
    challenge: String,
    until: i64,
}

/// The provider.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    issuer: String,
    host: String,
    /// Where codes may be sent: the consoles' own addresses, by their front.
    consoles: Vec<String>,
    centre: String,
    key: SigningKey,
    form_token: String,
    clock: Arc<MovedClock>,
    random: Arc<dyn Random>,
    codes: Mutex<HashMap<String, Granted>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.0.issuer)
    }
}

/// Where the provider is and whom it serves.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// `signin.localhost:PORT`.
    pub host: String,
    /// Origins of the consoles.
    pub consoles: Vec<String>,
    /// The operator's own id of the centre where everybody works.
    pub centre: String,
}

impl Provider {
    /// A provider with a key of this start.
    #[must_use]
    pub fn new(
        settings: ProviderSettings,
        clock: Arc<MovedClock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let mut bytes = [0; 32];
        let key = loop {
            random.fill(&mut bytes);
            // One draw in 2^32 lies outside the group's order.
            if let Ok(key) = SigningKey::from_slice(&bytes) {
                break key;
            }
        };
        let mut token = [0; 16];
        random.fill(&mut token);
        Self(Arc::new(Inner {
            issuer: format!("http://{}", settings.host),
            host: settings.host,
            consoles: settings.consoles,
            centre: settings.centre,
            key,
            form_token: hex::encode(token),
            clock,
            random,
            codes: Mutex::default(),
        }))
    }

    /// Its pages and endpoints. The token endpoint is called by the server, without an `Origin`.
    pub fn router(&self) -> Router {
        let consoles = self.0.consoles.join(" ");
        let site = Site {
            host: self.0.host.as_str().into(),
            policy: format!(
                "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; \
                 form-action 'self' {consoles}; base-uri 'none'; frame-ancestors 'none'"
            )
            .into(),
        };
        let pages = Router::new()
            .route("/authorize", get(choose).post(chosen))
            .with_state(self.clone())
            .layer(axum::middleware::from_fn_with_state(site, strict))
            .merge(crate::start_page::assets());
        Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .with_state(self.clone())
            .merge(pages)
    }

    fn now_secs(&self) -> i64 {
        self.0.clock.instant().as_second()
    }

    fn draw(&self) -> String {
        let mut bytes = [0; 32];
        self.0.random.fill(&mut bytes);
        Base64UrlUnpadded::encode_string(&bytes)
    }

    fn signed(&self, claims: &serde_json::Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": KEY_ID });
        let part = |value: &serde_json::Value| {
            Base64UrlUnpadded::encode_string(value.to_string().as_bytes())
        };
        let head = format!("{}.{}", part(&header), part(claims));
        let signature: Signature = self.0.key.sign(head.as_bytes());
        format!("{head}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
    }
}

async fn configuration(State(provider): State<Provider>) -> Response {
    let issuer = &provider.0.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "grant_types_supported": ["authorization_code"],
        "scopes_supported": ["openid"],
    }))
    .into_response()
}

async fn jwks(State(provider): State<Provider>) -> Response {
    let point = provider.0.key.verifying_key().to_sec1_point(false);
    let bytes = point.as_bytes();
    let coordinate = |range: std::ops::Range<usize>| {
        Base64UrlUnpadded::encode_string(bytes.get(range).unwrap_or_default())
    };
    Json(json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID,
        "x": coordinate(1..33), "y": coordinate(33..65),
    }] }))
    .into_response()
}

/// What a console asks for.
#[derive(Clone, Debug, Deserialize)]
struct Asked {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    nonce: Option<String>,
    code_challenge: String,
    code_challenge_method: String,
}

impl Asked {
    fn fits(&self, provider: &Provider) -> bool {
        let ours = |console: &String| {
            self.redirect_uri
                .strip_prefix(console.as_str())
                .is_some_and(|path| path.starts_with('/'))
        };
        self.response_type == "code"
            && self.client_id == CLIENT
            && self.code_challenge_method == "S256"
            && provider.0.consoles.iter().any(ours)
    }
}

#[derive(Template)]
#[template(path = "signin.html")]
struct Choose<'a> {
    asked: &'a Asked,
    nonce: &'a str,
    token: &'a str,
    staff: Vec<(&'static Member, bool)>,
    desk: bool,
}

async fn choose(State(provider): State<Provider>, Query(asked): Query<Asked>) -> Response {
    if !asked.fits(&provider) {
        return (StatusCode::BAD_REQUEST, "this console is not known here").into_response();
    }
    let desk = asked.redirect_uri.starts_with("http://desk.");
    let page = Choose {
        nonce: asked.nonce.as_deref().unwrap_or_default(),
        asked: &asked,
        token: &provider.0.form_token,
        staff: STAFF.iter().map(|member| (member, member.at_desk == desk)).collect(),
        desk,
    };
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Debug, Deserialize)]
struct Chosen {
    token: String,
    subject: String,
    #[serde(flatten)]
    asked: Asked,
}

async fn chosen(State(provider): State<Provider>, Form(form): Form<Chosen>) -> Response {
    let member = STAFF.into_iter().find(|member| member.subject == form.subject);
    let (true, true, Some(member)) =
        (same(&form.token, &provider.0.form_token), form.asked.fits(&provider), member)
    else {
        return (StatusCode::FORBIDDEN, "this page is from an earlier start; go back and reload")
            .into_response();
    };
    let code = provider.draw();
    let granted = Granted {
        member,
        redirect_uri: form.asked.redirect_uri.clone(),
        nonce: form.asked.nonce.filter(|nonce| !nonce.is_empty()),
        challenge: form.asked.code_challenge,
        until: provider.now_secs().saturating_add(CODE_LIFETIME_SECS),
    };
    let mut codes = provider.0.codes.lock().unwrap_or_else(PoisonError::into_inner);
    if codes.len() >= CODES_MAX {
        codes.clear();
    }
    codes.insert(code.clone(), granted);
    drop(codes);
    let joint = if form.asked.redirect_uri.contains('?') { '&' } else { '?' };
    let state = escaped(&form.asked.state);
    Redirect::to(&format!("{}{joint}code={code}&state={state}", form.asked.redirect_uri))
        .into_response()
}

/// Percent-encoding of everything that is not plain.
fn escaped(text: &str) -> String {
    use fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[derive(Debug, Deserialize)]
struct Fetched {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
}

async fn token(State(provider): State<Provider>, Form(form): Form<Fetched>) -> Response {
    let refused =
        || (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    if form.grant_type != "authorization_code" {
        return refused();
    }
    // Taken out whatever comes: a code is good for one attempt.
    let granted =
        provider.0.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(&form.code);
    let Some(granted) = granted else { return refused() };
    let challenge =
        Base64UrlUnpadded::encode_string(&Sha256::digest(form.code_verifier.as_bytes()));
    let now = provider.now_secs();
    if now >= granted.until
        || granted.redirect_uri != form.redirect_uri
        || !same(&challenge, &granted.challenge)
    {
        return refused();
    }
    let member = granted.member;
    let mut claims = json!({
        "iss": provider.0.issuer,
        "sub": member.subject,
        "aud": CLIENT,
        "iat": now,
        "exp": now.saturating_add(TOKEN_LIFETIME_SECS),
        "name": member.name,
        "genvej_roles": member.roles,
    });
    if let Some(claims) = claims.as_object_mut() {
        if let Some(nonce) = granted.nonce {
            claims.insert("nonce".to_owned(), nonce.into());
        }
        claims.insert("genvej_centre".to_owned(), provider.0.centre.clone().into());
        claims.insert("genvej_person".to_owned(), member.person.into());
    }
    Json(json!({
        "access_token": provider.draw(),
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFETIME_SECS,
        "id_token": provider.signed(&claims),
    }))
    .into_response()
}
