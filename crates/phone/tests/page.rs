//! The page's commands: who may give them, and what comes back.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use phone::{Action, EmptySlot, Language, Phone, PhoneConfig, Screen, Stretch, TypedText};
use serde_json::Value;
use tower::ServiceExt;

const HOST: &str = "phone1.localhost:8080";
const ORIGIN: &str = "http://phone1.localhost:8080";

/// A phone whose server is not there.
fn phone(folder: &Path) -> Phone {
    let next = AtomicU8::new(1);
    let config = PhoneConfig {
        server_base_url: "http://127.0.0.1:1".into(),
        data_dir: folder.to_owned(),
        host: HOST.into(),
        framed_by: Some("http://localhost:8080".into()),
        device_name: "Desk \"phone\"".into(),
        language: Language::English,
        card_slot: Box::new(EmptySlot),
        camera: None,
        random: Arc::new(move |bytes: &mut [u8]| {
            bytes.fill_with(|| next.fetch_add(1, Ordering::Relaxed));
        }),
        stretch: Stretch::new(8, 1).unwrap(),
    };
    Phone::start(config).unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn token(phone: &Phone) -> String {
    let request = Request::get("/").header("host", HOST).body(Body::empty()).unwrap();
    let page = text(phone.router().oneshot(request).await.unwrap()).await;
    let (_, rest) = page.split_once("genvej-phone-token\" content=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn command(headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::post("/act").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn the_page_is_whole_escaped_and_loads_nothing_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let phone = blocking(folder.path()).await;

    let request = Request::get("/").header("host", HOST).body(Body::empty()).unwrap();
    let response = phone.router().oneshot(request).await.unwrap();

    assert_eq!(response.status(), StatusCode::OK);
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(policy.ends_with("frame-ancestors http://localhost:8080"), "{policy}");
    assert!(!response.headers().contains_key("set-cookie"));
    let page = text(response).await;
    assert!(page.contains("Set up your app"), "{page}");
    assert!(page.contains("value=\"Desk &#34;phone&#34;\""), "{page}");
    assert!(page.contains("Nobody will ever call you and ask for a code."));
    assert!(!page.contains("https://"), "nothing from elsewhere");
}

#[tokio::test]
async fn a_foreign_host_origin_or_token_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let phone = blocking(folder.path()).await;
    let token = token(&phone).await;
    let right = [("host", HOST), ("origin", ORIGIN), ("genvej-phone-token", &token)];

    for (at, value, status) in [
        (0, "evil.example", StatusCode::MISDIRECTED_REQUEST),
        (0, "127.0.0.1:8080", StatusCode::MISDIRECTED_REQUEST),
        (1, "http://localhost:8080", StatusCode::FORBIDDEN),
        (1, "http://phone2.localhost:8080", StatusCode::FORBIDDEN),
        (1, "null", StatusCode::FORBIDDEN),
        (2, "00000000000000000000000000000000", StatusCode::FORBIDDEN),
    ] {
        let mut headers = right;
        headers[at].1 = value;
        let response =
            phone.router().oneshot(command(&headers, r#"{"act":"home"}"#)).await.unwrap();
        assert_eq!(response.status(), status, "{value}");
    }
    for missing in 0..3 {
        let headers: Vec<_> = right
            .into_iter()
            .enumerate()
            .filter(|(at, _)| *at != missing)
            .map(|(_, h)| h)
            .collect();
        let response =
            phone.router().oneshot(command(&headers, r#"{"act":"home"}"#)).await.unwrap();
        assert!(response.status().is_client_error(), "{missing}");
    }
    let twice = [right[0], ("host", "evil.example"), right[1], right[2]];
    let response = phone.router().oneshot(command(&twice, r#"{"act":"home"}"#)).await.unwrap();
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
    let response = phone.router().oneshot(command(&right, r#"{"act":"home"}"#)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_command_answers_with_the_next_picture() {
    let folder = tempfile::tempdir().unwrap();
    let phone = blocking(folder.path()).await;
    let token = token(&phone).await;
    let headers = [("host", HOST), ("origin", ORIGIN), ("genvej-phone-token", token.as_str())];

    let body = r#"{"act":"activate","code":"AB","device_name":"x","label":""}"#;
    let answer = text(phone.router().oneshot(command(&headers, body)).await.unwrap()).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["screen"], "activate");
    assert_eq!(answer["title"], "Error: Set up your app – Genvej");
    let html = answer["html"].as_str().unwrap();
    assert!(html.contains("role=\"alert\""));
    assert!(html.contains("<a href=\"#code\">An activation code has 8 letters and digits.</a>"));

    let mut request = command(&headers, r#"{"language":"da"}"#);
    *request.uri_mut() = "/language".parse().unwrap();
    let answer = text(phone.router().oneshot(request).await.unwrap()).await;
    assert!(answer.contains("Gør din app klar"), "{answer}");
}

#[tokio::test]
async fn an_action_out_of_place_shows_where_the_app_is() {
    let folder = tempfile::tempdir().unwrap();
    let phone = blocking(folder.path()).await;
    let token = token(&phone).await;
    let headers = [("host", HOST), ("origin", ORIGIN), ("genvej-phone-token", token.as_str())];

    let body = r#"{"act":"pin","digits":"402916"}"#;
    let response = phone.router().oneshot(command(&headers, body)).await.unwrap();

    assert_eq!(response.status(), StatusCode::OK);
    let answer = text(response).await;
    assert!(answer.contains("\"screen\":\"activate\""), "{answer}");
    assert!(!answer.contains("402916"));
}

#[tokio::test]
async fn what_the_page_knows_of_its_machine_is_taken_from_the_page_alone() {
    let folder = tempfile::tempdir().unwrap();
    let phone = blocking(folder.path()).await;
    let token = token(&phone).await;
    let told = |token: &str, body: &str| {
        let headers = [("host", HOST), ("origin", ORIGIN), ("genvej-phone-token", token)];
        let mut request = command(&headers, body);
        *request.uri_mut() = "/device".parse().unwrap();
        phone.router().oneshot(request)
    };

    let known = r#"{"camera":true,"new_enough":true}"#;
    assert_eq!(told(&token, known).await.unwrap().status(), StatusCode::NO_CONTENT);
    let half = told(&token, r#"{"camera":true}"#).await.unwrap();
    assert_eq!(half.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let foreign = told("00000000000000000000000000000000", known).await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
}

#[test]
fn without_a_server_nothing_is_bound_and_the_files_are_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let phone = phone(folder.path());

    let view = phone
        .act(Action::Activate {
            offer: TypedText::new("ABCDEFGHJK"),
            code: TypedText::new("ABCD1234"),
            device_name: "x".into(),
            label: "Me".into(),
        })
        .unwrap();

    assert_eq!(view.screen, Screen::Activate { first: true });
    assert!(format!("{view:?}").contains("notice-offline"));
    #[cfg(unix)]
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
    }
    let keys = std::fs::read(folder.path().join("device-keys.sealed")).unwrap();
    assert!(!keys.windows(2).any(|pair| pair == b"\":"), "the key store is sealed");
}

#[test]
fn a_phone_whose_files_are_damaged_does_not_start_afresh() {
    let folder = tempfile::tempdir().unwrap();
    phone(folder.path());
    std::fs::write(folder.path().join("app.sealed"), b"not sealed by this phone").unwrap();
    let next = AtomicU8::new(1);

    let started = Phone::start(PhoneConfig {
        server_base_url: "http://127.0.0.1:1".into(),
        data_dir: folder.path().to_owned(),
        host: HOST.into(),
        framed_by: None,
        device_name: "x".into(),
        language: Language::English,
        card_slot: Box::new(EmptySlot),
        camera: None,
        random: Arc::new(move |bytes: &mut [u8]| {
            bytes.fill_with(|| next.fetch_add(1, Ordering::Relaxed));
        }),
        stretch: Stretch::new(8, 1).unwrap(),
    });

    assert!(started.is_err());
}

async fn blocking(folder: &Path) -> Phone {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || phone(&folder)).await.unwrap()
}
