//! The pages for the people who operate the service: they are served while the clock is not trusted, and only to
//! operators.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod console;

use axum::Router;
use axum::body::{Body, to_bytes};
use console::House;
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION};
use http::{Request, StatusCode};
use service::staff::Site;
use tower::ServiceExt as _;
use web::{Origin, SiteSettings, Sites};

const HOUR_MS: i64 = 3_600_000;

fn pages(house: &House) -> Router {
    let origin = Origin::parse("http://operations.localhost:8401").unwrap();
    let settings = SiteSettings {
        origin: origin.clone(),
        citizen_url: "https://genvej.example".into(),
        support_phone: "70 00 00 00".into(),
        oidc: None,
    };
    let pages = web::operations(house.service.with_time_standing_still(), settings);
    Sites::new().site(&origin, pages).into_router()
}

async fn asked(
    pages: &Router,
    (method, path): (&str, &str),
    session: &str,
    form: String,
) -> (StatusCode, Option<String>, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, "operations.localhost:8401")
        .header("accept-language", "en")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(COOKIE, format!("genvej-operations={session}"))
        .body(Body::from(form))
        .unwrap();
    let response = pages.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let location = headers.get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, location, String::from_utf8_lossy(&body).into_owned())
}

async fn ticks(house: &House, seconds: u32) {
    for _ in 0..seconds {
        house.clock.advance_secs(1);
        house.service.tick_clock().await.unwrap();
    }
}

/// A service whose clock is right and whose last commit is two hours ahead of it.
async fn with_a_committed_future() -> House {
    let house = House::new();
    house.clock.put_ms(2 * HOUR_MS);
    house.session(&["agent"], Site::Support).await;
    house.clock.put_ms(-2 * HOUR_MS);
    ticks(&house, 70).await;
    assert!(house.service.now().await.is_err());
    house
}

#[tokio::test]
async fn nobody_and_the_wrong_person_see_nothing_of_operations() {
    let house = House::new();
    let pages = pages(&house);
    let agent = house.session(&["agent"], Site::Support).await;

    for session in ["", "AAAA", agent.as_str()] {
        for way in [("GET", "/"), ("POST", "/time/accept")] {
            let (status, location, _) = asked(&pages, way, session, String::new()).await;
            assert_eq!(status, StatusCode::SEE_OTHER, "{way:?}");
            assert_eq!(location.as_deref(), Some("/sign-in"));
        }
    }
}

#[tokio::test]
async fn a_passkey_can_be_used_while_nothing_else_answers() {
    let house = with_a_committed_future().await;
    let pages = pages(&house);

    let (status, _, page) = asked(&pages, ("GET", "/sign-in"), "", String::new()).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let (status, _, said) = asked(&pages, ("POST", "/passkey/challenge"), "", String::new()).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let refused = house.service.passkey_challenge(Site::Support).await;
    assert!(refused.is_err(), "and at Support it cannot");
}
