//! A door on a real socket, with peers that are slow, silent or many, and with connections that are open when it
//! closes.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::{get, post};
use edge::{Door, DoorState, Limits, OnBehalf};
use http::{Request, StatusCode};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

const SHORT: Duration = Duration::from_millis(300);
/// A time far beyond every limit of these tests.
const LONG: Duration = Duration::from_secs(20);

struct Opened {
    address: SocketAddr,
    state: watch::Sender<DoorState>,
    served: JoinHandle<()>,
    counts: std::sync::Arc<edge::Counts>,
}

fn router() -> Router {
    let large = || async { vec![b'x'; 64 * 1024 * 1024] };
    let whose = async |request: Request<Body>| {
        let it = request.extensions().get::<OnBehalf>().copied().unwrap();
        format!("{} {}", it.client.ip(), it.crowded)
    };
    let read = async |body: Body| match to_bytes(body, 1 << 20).await {
        Ok(bytes) => (StatusCode::OK, bytes.len().to_string()),
        Err(error) if edge::is_late(&error) => (StatusCode::REQUEST_TIMEOUT, "late".to_owned()),
        Err(_) => (StatusCode::BAD_REQUEST, "broken".to_owned()),
    };
    Router::new()
        .route("/", get(|| async { "here" }))
        .route("/large", get(large))
        .route("/whose", get(whose))
        .route("/read", post(read))
        .route(
            "/work",
            get(|| async {
                sleep(SHORT * 3).await;
                "done"
            }),
        )
}

async fn open(change: impl FnOnce(&mut Limits)) -> Opened {
    let mut limits = Limits {
        head: SHORT,
        body: SHORT,
        idle: SHORT * 2,
        write: SHORT,
        closing: SHORT,
        ..Limits::default()
    };
    change(&mut limits);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (state, watched) = watch::channel(DoorState::Open);
    let door = Door::new(listener, limits, watched);
    let counts = door.counts();
    let served = tokio::spawn(door.serve(router()));
    Opened { address, state, served, counts }
}

impl Opened {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn sends(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }
}

/// Reads until the other side closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset counts as the end of the connection, too.
    let _ = timeout(LONG, stream.read_to_end(&mut bytes)).await.expect("it was left open");
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn one(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let count = timeout(LONG, stream.read(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(bytes.get(..count).unwrap()).into_owned()
}

#[tokio::test]
async fn who_says_nothing_or_half_a_request_is_cut_off() {
    let door = open(|_| ()).await;

    for begun in ["", "G", "GET / HTTP/1.1\r\nHost: a\r\nX: "] {
        let mut stream = door.sends(begun).await;
        assert_eq!(rest(&mut stream).await, "", "{begun}");
    }

    // Sending a byte now and then does not help, because the limit is for the whole head.
    let mut stream = door.sends("GET / HTTP/1.1\r\nX: ").await;
    let mut sent = 0;
    while stream.write_all(b"a").await.is_ok() && sent < 100 {
        sent += 1;
        sleep(SHORT / 6).await;
    }
    assert!(sent < 100, "it was let go on");
    assert_eq!(door.counts.timed_out(), 4);
}

#[tokio::test]
async fn who_is_idle_after_an_answer_may_be_so_for_longer_and_not_for_ever() {
    let door = open(|_| ()).await;
    let mut stream = door.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(one(&mut stream).await.ends_with("here"));

    sleep(SHORT + SHORT / 2).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();

    assert!(one(&mut stream).await.ends_with("here"), "longer than a head may take");
    assert_eq!(rest(&mut stream).await, "", "and not for ever");
}

#[tokio::test]
async fn a_body_that_takes_too_long_is_answered_and_over() {
    let door = open(|_| ()).await;
    let head = "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";

    let mut stream = door.sends(&format!("{head}12345")).await;

    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    let mut stream = door.sends(&format!("{head}1234567890")).await;
    assert!(one(&mut stream).await.ends_with("10"));
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_cut_off() {
    // Only the time-out of the response can end the connection soon.
    let door = open(|limits| limits.idle = LONG * 2).await;
    let _stream = door.sends("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;

    timeout(LONG, async {
        while door.counts.timed_out() == 0 {
            sleep(SHORT / 4).await;
        }
    })
    .await
    .expect("it was left open");
    assert_eq!(door.counts.open(), 0);
}

#[tokio::test]
async fn one_client_has_so_many_connections_and_the_next_is_closed_at_once() {
    let door = open(|limits| {
        limits.client_connections_max = 2;
        limits.head = LONG;
    })
    .await;
    let (_first, _second) = (door.connect().await, door.connect().await);
    sleep(SHORT).await;

    let mut third = door.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;

    assert_eq!(rest(&mut third).await, "");
    assert_eq!(door.counts.refused(), 1);
}

#[tokio::test]
async fn a_full_door_still_opens_for_who_asks_and_idle_ones_give_way() {
    let door = open(|limits| {
        limits.connections_max = 10;
        limits.head = LONG;
    })
    .await;
    let mut idle = Vec::new();
    for _ in 0..10 {
        idle.push(door.connect().await);
    }
    sleep(SHORT).await;

    let mut asking = Vec::new();
    for _ in 0..3 {
        let mut stream = door.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(one(&mut stream).await.ends_with("here"));
        asking.push(stream);
    }

    assert_eq!(rest(&mut idle[0]).await, "", "the one that waited longest");
    assert_eq!(door.counts.gave_way(), 3);
    assert_eq!(door.counts.refused(), 0);
}

#[tokio::test]
async fn behind_a_proxy_requests_of_one_client_are_counted_and_another_client_is_not_hindered() {
    let door = open(|limits| {
        limits.proxies = edge::Networks::loopback();
        limits.client_connections_max = 1;
    })
    .await;
    let from = |client: &str, path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {client}\r\nConnection: close\r\n\r\n"
        )
    };
    let mut busy = door.sends(&from("192.0.2.1", "/work")).await;
    sleep(SHORT).await;

    let mut same = door.sends(&from("192.0.2.1", "/whose")).await;
    let mut other = door.sends(&from("192.0.2.2", "/whose")).await;

    assert!(rest(&mut same).await.ends_with("192.0.2.1 true"));
    assert!(rest(&mut other).await.ends_with("192.0.2.2 false"));
    assert!(rest(&mut busy).await.ends_with("done"));
    let mut again = door.sends(&from("192.0.2.1", "/whose")).await;
    assert!(rest(&mut again).await.ends_with("192.0.2.1 false"));
}

#[tokio::test]
async fn a_door_that_closes_finishes_what_is_under_way_and_waits_for_nobody_who_is_slow() {
    let door = open(|limits| {
        limits.head = LONG;
        limits.body = LONG;
        limits.idle = LONG;
    })
    .await;
    let mut working = door.sends("GET /work HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut half = door.sends("GET / HTTP/1.1\r\n").await;
    let mut body = door.sends("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1").await;
    let mut idle = door.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(one(&mut idle).await.ends_with("here"));
    sleep(SHORT / 3).await;

    door.state.send_replace(DoorState::Leaving);
    let mut late = door.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = rest(&mut late).await;
    assert!(answer.contains("connection: close") && answer.ends_with("here"), "{answer}");
    // A connection that the system has accepted and the door has not yet seen is answered, too.
    let mut last = door.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    door.state.send_replace(DoorState::Closed);

    assert!(rest(&mut last).await.ends_with("here"));
    assert_eq!(rest(&mut idle).await, "");
    assert!(rest(&mut working).await.ends_with("done"));
    assert_eq!(rest(&mut half).await, "");
    assert_eq!(rest(&mut body).await, "");
    timeout(LONG / 4, door.served).await.expect("it waited for the slow").unwrap();
    assert!(TcpStream::connect(door.address).await.is_err());
}
