//! `/readyz`: not ready where the clock is not trusted, and not where the store takes no writes (PROTOCOLS.md section 14).
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod installation;

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use installation::Installation;
use server::key_file::KeyFile;
use server::system::SystemRandom;
use server::{Config, EmbeddedRegisters, MemoryStore, Overrides, Running, Store, Tables};
use service::parts::NoFaces;
use std::sync::Arc;
use std::time::Duration;
use testkit::{Fault, FaultyStore, ManualClock, Operation};
use tower::ServiceExt as _;

/// A server on a clock and a store of the test's own, which believes no clock that nobody synchronises.
fn built(here: &Installation, clock: &ManualClock, store: Arc<dyn Store>) -> Running {
    let text = std::fs::read_to_string(&here.config).unwrap();
    let text = text.replace("unsynchronised = \"believe\"", "unsynchronised = \"refuse\"");
    let config = Config::read(&text, &std::collections::BTreeMap::new()).unwrap();
    let overrides = Overrides {
        store: Some(store),
        registers: Some(Arc::new(EmbeddedRegisters::new(Tables::empty()))),
        keys: Some(KeyFile::generate(&SystemRandom)),
        faces: Some(Arc::new(NoFaces)),
        ..Overrides::default()
    };
    let clock = Arc::new(clock.clone());
    server::build(&config, clock, Arc::new(SystemRandom), overrides).unwrap()
}

async fn asked(running: &Running, uri: &str, host: &str) -> (StatusCode, String) {
    let request = Request::get(uri).header("host", host).body(Body::empty()).unwrap();
    let response = running.router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 65_536).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

async fn readyz(running: &Running) -> (StatusCode, String) {
    let request = Request::get("/readyz").body(Body::empty()).unwrap();
    let response = running.operations.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 65_536).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_takes_no_writes_is_not_ready() {
    let (here, clock) = (Installation::new(), ManualClock::at_ms(1_795_341_600_000));
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
    let mut running = built(&here, &clock, Arc::clone(&store) as _);
    running.ready().await.unwrap();
    assert_eq!(readyz(&running).await, (StatusCode::OK, "ready\n".to_owned()));

    clock.advance_secs(30);
    for _ in 0..50 {
        store.fail(Operation::Commit, 0, Fault::Before);
    }
    let full = readyz(&running).await;
    store.heal();

    assert_eq!(full.0, StatusCode::SERVICE_UNAVAILABLE);
    assert!(full.1.contains("takes no writes"), "{}", full.1);
    assert_eq!(readyz(&running).await.0, StatusCode::OK, "there is room again");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_moved_is_not_ready_and_every_site_says_so() {
    let (here, clock) = (Installation::new(), ManualClock::at_ms(1_795_341_600_000));
    let mut running = built(&here, &clock, Arc::new(MemoryStore::new()));
    running.ready().await.unwrap();

    clock.put_ms(7_200_000);

    let (status, body) = readyz(&running).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("clock-not-trusted (parted-from-boot-clock)"), "{body}");
    assert_eq!(asked(&running, "/healthz", "anything").await.0, StatusCode::OK, "it is alive");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_clock_nothing_confirms_answers_so_until_something_does() {
    let (here, clock) = (Installation::new(), ManualClock::at_ms(1_795_341_600_000));
    clock.synchronise(false);
    let mut running = built(&here, &clock, Arc::new(MemoryStore::new()));
    let waited = tokio::time::timeout(Duration::from_millis(700), running.ready()).await;
    assert!(waited.is_err(), "it does not begin");

    let (status, body) = asked(&running, "/", "recovery.example").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("\"clock-not-trusted\""), "{body}");
    let (status, body) = readyz(&running).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("not-confirmed"), "{body}");

    clock.synchronise(true);
    for _ in 0..62 {
        clock.advance_secs(1);
        running.service.tick_clock().await.unwrap();
    }
    tokio::time::timeout(Duration::from_secs(10), running.ready()).await.unwrap().unwrap();
    assert_eq!(readyz(&running).await.0, StatusCode::OK);
    running.stop().await;
}
