//! Every route of every site, with paths, queries and bodies that do not parse. No reply may contain the text of a
//! framework.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod console;

use axum::Router;
use axum::body::{Body, to_bytes};
use console::House;
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HOST};
use http::{Request, StatusCode};
use service::staff::Site;
use std::path::Path;
use tower::ServiceExt as _;
use web::{CitizenSettings, Origin, SiteSettings, Sites};

const HOSTS: [&str; 4] =
    ["api.localhost", "citizen.localhost", "support.localhost", "desk.localhost"];
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "HEAD", "BREW"];
const VALUES: [&str; 5] =
    ["abc", "%ff", "%C3%28", "99999999999999999999", "00000000000000000000000000000000"];
const QUERIES: [&str; 3] = [
    "",
    "?near=a&near=b&from=1&from=2&to=x&to=y&back=1&back=2&v=1&v=2&code=1&code=2&state=1&state=2&change=abc&reference=1",
    "?%ff=%fe&&==&change=-1",
];

/// The texts of frameworks about requests that do not parse.
const OF_FRAMEWORKS: [&str; 10] = [
    "Failed to",
    "Invalid URL",
    "Cannot parse",
    "Expected request",
    "deserialize",
    "length limit",
    "missing field",
    "Invalid UTF-8",
    "expected value",
    "invalid digit",
];

fn bodies(form_token: &str) -> Vec<(&'static str, Vec<u8>)> {
    let form = "application/x-www-form-urlencoded";
    let typed = format!(
        "form_token={form_token}&number=xyz&at=abc&turn=abc&call=zz&grant_type=1&answers=zz"
    );
    let twice = format!(
        "form_token={form_token}&form_token={form_token}&reference=1&reference=2&grant_type=1&grant_type=2"
    );
    vec![
        ("", Vec::new()),
        (form, typed.into_bytes()),
        (form, twice.into_bytes()),
        (form, b"\xff\xfe=%zz".to_vec()),
        ("application/json", b"{\"a\":".to_vec()),
        ("application/json", b"[1,2,3]".to_vec()),
        ("text/plain", b"hello".to_vec()),
        (form, vec![b'a'; 6 << 20]),
    ]
}

/// The paths of every `.route("…")` of these files.
fn routes(files: &[&str]) -> Vec<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(source.join(file)).unwrap();
        let paths = text.split(".route(").skip(1).filter_map(|rest| rest.split('"').nth(1));
        found.extend(paths.map(str::to_owned));
    }
    found
}

/// Replaces each parameter of a path.
fn filled(path: &str, value: &str) -> String {
    let parts: Vec<&str> =
        path.split('/').map(|part| if part.starts_with('{') { value } else { part }).collect();
    parts.join("/")
}

struct Town {
    house: House,
    router: Router,
}

impl Town {
    fn new() -> Self {
        let house = House::new();
        let service = house.service.clone();
        let origin = |host: &str| Origin::parse(&format!("http://{host}")).unwrap();
        let console = |host: &str| SiteSettings {
            origin: origin(host),
            citizen_url: "http://citizen.localhost".into(),
            support_phone: "70 00 00 00".into(),
            oidc: None,
        };
        let citizen = CitizenSettings { support_phone: "70 00 00 00".into() };
        let [api, pages, support, desk] = HOSTS;
        let router = Sites::new()
            .site(&origin(api), web::api(service.clone()))
            .site(&origin(pages), web::citizen(service.clone(), citizen))
            .site(&origin(support), web::support(service.clone(), console(support)))
            .site(&origin(desk), web::desk(service, console(desk)))
            .into_router();
        Self { house, router }
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, String, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let kind = response.headers().get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
        let (status, kind) = (response.status(), kind.to_owned());
        let bytes = to_bytes(response.into_body(), 8 << 20).await.unwrap();
        (status, kind, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Sends requests that do not parse to these routes, and checks each reply.
    async fn walk(&self, host: &str, routes: &[String], cookie: &str, form_token: &str) -> usize {
        let mut refused = 0;
        let bodies = bodies(form_token);
        for route in routes {
            for value in VALUES {
                for method in METHODS {
                    for (at, (kind, body)) in bodies.iter().enumerate() {
                        // The large body is sent once for each route.
                        if body.len() > 1 << 20 && (method != "POST" || value != VALUES[0]) {
                            continue;
                        }
                        let path =
                            format!("{}{}", filled(route, value), QUERIES[at % QUERIES.len()]);
                        let request = Request::builder()
                            .method(method)
                            .uri(&path)
                            .header(HOST, host)
                            .header(ACCEPT_LANGUAGE, "en")
                            .header(COOKIE, cookie)
                            .header(CONTENT_TYPE, *kind)
                            .body(Body::from(body.clone()))
                            .unwrap();
                        let (status, kind, text) = self.ask(request).await;
                        let case =
                            format!("{method} {host}{path} with body {at}: {status} {kind} {text}");
                        if status.is_client_error() || status.is_server_error() {
                            refused += 1;
                            assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{case}");
                            if method != "HEAD" {
                                in_our_words(host, &kind, &text, &case);
                            }
                        }
                    }
                }
            }
        }
        refused
    }
}

const OAUTH_ERRORS: [&str; 4] =
    ["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"];

fn in_our_words(host: &str, kind: &str, text: &str, case: &str) {
    for phrase in OF_FRAMEWORKS {
        assert!(!text.contains(phrase), "{case}");
    }
    if kind.starts_with("text/html") {
        assert_ne!(host, HOSTS[0], "{case}");
        assert!(text.contains("<html lang=\"en\"") && text.contains("<h1>"), "{case}");
        return;
    }
    let said: serde_json::Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("{case}"));
    // The replies of the OAuth addresses have the form of RFC 6749 section 5.2 and OpenID Connect Back-Channel Logout
    // 2.8.
    if let Some(error) = said["error"].as_str() {
        let is_of_oauth = case.contains("/oauth/token") || case.contains("/backchannel-logout");
        assert!(is_of_oauth && OAUTH_ERRORS.contains(&error), "{case}");
        return;
    }
    let code = said["code"].as_str().unwrap_or_else(|| panic!("{case}"));
    assert!(web::Code::all().iter().any(|known| known.code() == code), "{case}");
}

#[tokio::test]
async fn no_broken_request_is_answered_by_a_framework() {
    let town = Town::new();
    let consoles = ["console.rs", "console/stopped.rs", "staff/sign_in.rs", "assets.rs"];
    let pages = routes(&["citizen.rs", "assets.rs"]);
    assert!(pages.len() > 15, "the routes are found: {pages:?}");

    assert!(town.walk(HOSTS[1], &pages, "", "").await > 500);

    for (host, files, site, role) in [
        (HOSTS[2], &["support.rs"][..], Site::Support, "agent"),
        (HOSTS[3], &["desk.rs", "desk/cases.rs"], Site::Desk, "clerk"),
    ] {
        let routes = routes(&[files, &consoles].concat());
        assert!(routes.len() > 20, "the routes are found: {routes:?}");
        let session = town.house.session(&[role], site).await;
        let name = if site == Site::Support { "genvej-support" } else { "genvej-desk" };
        let cookie = format!("{name}={session}");
        let request = Request::get("/").header(HOST, host).header(COOKIE, &cookie);
        let (status, _, page) = town.ask(request.body(Body::empty()).unwrap()).await;
        let token = page.split("name=\"form_token\" value=\"").nth(1);
        let token = token.unwrap_or_else(|| panic!("{host}: {status} {page}"));
        let token = token.split('"').next().unwrap();
        // Signing out would end the session that this test uses.
        let routes: Vec<String> = routes.into_iter().filter(|route| route != "/sign-out").collect();

        assert!(town.walk(host, &routes, &cookie, token).await > 500);
        assert!(town.walk(host, &["/sign-out".to_owned()], "", "").await > 10);
    }
}

#[tokio::test]
async fn no_broken_call_of_the_api_is_answered_by_a_framework() {
    let town = Town::new();
    let described = serde_json::to_value(web::openapi()).unwrap();
    let routes: Vec<String> = described["paths"].as_object().unwrap().keys().cloned().collect();
    assert!(routes.len() > 20, "{routes:?}");

    assert!(town.walk(HOSTS[0], &routes, "", "").await > 500);
}

#[tokio::test]
async fn a_page_that_is_not_there_is_said_in_the_language_of_the_page() {
    let town = Town::new();
    for (path, language, words) in [
        ("/book/c0101/abc", "da", "Siden findes ikke"),
        ("/book/c0101/abc", "en", "There is no such page"),
        ("/nowhere", "en", "There is no such page"),
        ("/stop/%ff", "en", "There is no such page"),
    ] {
        let request = Request::get(path).header(HOST, HOSTS[1]).header(ACCEPT_LANGUAGE, language);

        let (status, kind, text) = town.ask(request.body(Body::empty()).unwrap()).await;

        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(kind.starts_with("text/html"), "{path}: {kind}");
        assert!(text.contains(&format!("lang=\"{language}\"")), "{path}: {text}");
        assert!(text.contains(words), "{path}: {text}");
    }
}

#[tokio::test]
async fn the_api_speaks_english_to_programs_unless_it_is_asked_otherwise() {
    let town = Town::new();
    let said = async |language: Option<&str>| {
        let mut request = Request::post("/v1/app/nonce").header(HOST, HOSTS[0]);
        if let Some(language) = language {
            request = request.header(ACCEPT_LANGUAGE, language);
        }
        let (_, kind, text) = town.ask(request.body(Body::from("{")).unwrap()).await;
        assert_eq!(kind, "application/problem+json");
        let said: serde_json::Value = serde_json::from_str(&text).unwrap();
        said["detail"].as_str().unwrap().to_owned()
    };

    assert!(said(None).await.contains("/openapi.json"));
    assert_eq!(said(Some("fr")).await, said(None).await);
    assert_ne!(said(Some("da")).await, said(None).await);
}
