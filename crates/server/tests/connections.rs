//! Attack 27 and the stop of a server, played against `genvej serve` as a process.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod served;

use served::{CITIZEN, Installation, PUBLIC, asked};
use server::system::Stopwatch;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(30);

fn sends(at: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(WITHIN)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The figures of a run of `genvej bench`, by name.
fn measured(arguments: [&str; 2]) -> BTreeMap<String, f64> {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_genvej"))
        .arg("bench")
        .args(arguments)
        .args(["--json", "--folder"])
        .arg(folder.path())
        .arg("--models")
        .arg(server::default_models().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let named = |figure: &serde_json::Value| {
        (figure["what"].as_str().unwrap().to_owned(), figure["value"].as_f64().unwrap())
    };
    figures.as_array().unwrap().iter().map(named).collect()
}

/// `genvej bench --connections 60` is the whole minute.
#[test]
fn idle_connections_and_slow_clients_hold_back_neither_health_nor_a_pin_try() {
    let figures = measured(["--connections", "6"]);

    // The slowest of a run depends on what else the machine does; the median does not.
    assert!(figures["/healthz, median"] < 50.0, "{figures:#?}");
    assert!(figures["PIN try, median"] < 1_000.0, "{figures:#?}");
}

/// `genvej bench --rows 10000000` is the database of a nation.
#[test]
fn rows_that_a_restore_brought_are_believed_and_a_killed_server_goes_on_over_them() {
    let figures = measured(["--rows", "9000"]);

    for what in ["ready after a start", "ready after kill -9", "first PIN try after it"] {
        assert!(figures[what] > 0.0, "{figures:#?}");
    }
}

#[test]
fn one_client_that_holds_all_it_may_hinders_neither_health_nor_the_log() {
    let house =
        Installation::new(&[("http.client_connections_max", "5"), ("http.head_secs", "30")]);
    let _process = house.serve();

    let held: Vec<TcpStream> =
        (0..5).map(|_| sends(house.public, "GET / HTTP/1.1\r\nX: ")).collect();
    let mut refused = sends(house.public, "");

    assert_eq!(rest(&mut refused), "");
    let health = asked(house.operations, "GET /healthz", "whatever");
    assert!(health.ends_with("alive\n"), "{health}");
    let metrics = asked(house.operations, "GET /metrics", "whatever");
    assert!(metrics.contains("genvej_connections{what=\"refused\"} 1"), "{metrics}");
    assert!(
        house.log().contains("one client has as many connections as it may"),
        "{}",
        house.log()
    );
    drop(held);
}

#[test]
fn a_body_that_does_not_come_is_a_problem_in_words() {
    let house = Installation::new(&[("http.body_secs", "1")]);
    let _process = house.serve();
    let head =
        format!("POST /v1/app/nonce HTTP/1.1\r\nHost: {PUBLIC}\r\nContent-Length: 10\r\n\r\n");

    let answer = rest(&mut sends(house.public, &head));

    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"code\":\"request-too-slow\""), "{answer}");
}

#[test]
fn who_asks_too_often_without_a_sign_in_waits_and_who_is_named_in_the_configuration_does_not() {
    let slow = [
        ("http.open_per_second", "1"),
        ("http.open_burst", "3"),
        ("http.proxies", "[\"127.0.0.1\"]"),
    ];
    let house = Installation::new(&[&slow[..], &[("http.exempt", "[\"192.0.2.0/24\"]")]].concat());
    let _process = house.serve();
    let status = |client: &str| {
        let text = format!(
            "GET /book HTTP/1.1\r\nHost: {CITIZEN}\r\nAccept: text/html\r\nAccept-Language: en\r\n\
             X-Forwarded-For: {client}\r\nConnection: close\r\n\r\n"
        );
        rest(&mut sends(house.public, &text))
    };

    let of_one: Vec<String> = (0..5).map(|_| status("198.51.100.1")).collect();

    assert!(of_one[0].starts_with("HTTP/1.1 200"), "{}", of_one[0]);
    assert!(of_one[4].starts_with("HTTP/1.1 429"), "{}", of_one[4]);
    assert!(of_one[4].contains("There were too many requests from your network"), "{}", of_one[4]);
    assert!(of_one[4].to_lowercase().contains("retry-after:"), "{}", of_one[4]);
    assert!(status("198.51.100.2").starts_with("HTTP/1.1 200"));
    assert!((0..5).all(|_| status("192.0.2.9").starts_with("HTTP/1.1 200")));
}

#[test]
fn a_server_that_stops_says_so_first_and_waits_for_no_slow_request() {
    let house = Installation::new(&[
        ("http.head_secs", "60"),
        ("http.body_secs", "60"),
        ("http.unready_secs", "2"),
    ]);
    let process = house.serve();
    let mut slow = sends(house.public, "GET / HTTP/1.1\r\nX: ");
    let head =
        format!("POST /v1/app/nonce HTTP/1.1\r\nHost: {PUBLIC}\r\nContent-Length: 10\r\n\r\n1");
    let mut half = sends(house.public, &head);

    process.terminate();
    let watch = Stopwatch::start();
    while !asked(house.operations, "GET /readyz", "x").starts_with("HTTP/1.1 503") {
        assert!(watch.elapsed() < Duration::from_secs(1), "it does not say that it stops");
    }
    // A balancer that looks once a second has heard of it by now, and not before.
    std::thread::sleep(Duration::from_millis(1_200));
    let answer = asked(house.public, "GET /", CITIZEN);

    assert!(
        answer.starts_with("HTTP/1.1 200"),
        "the listener closed before anybody could know: {answer}"
    );
    let took = process.ended(WITHIN);
    assert!(took < Duration::from_secs(12), "{took:?}");
    assert_eq!((rest(&mut slow), rest(&mut half)), (String::new(), String::new()));
}

#[test]
fn a_second_server_on_one_database_is_refused_and_commands_beside_it_are_not() {
    let house = Installation::new(&[]);
    let process = house.serve();

    let second = house.run(&["serve"]);
    let migrate = house.run(&["migrate"]);
    let beside = house.run(&["audit", "verify"]);

    for refused in [second, migrate] {
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("another server works on this database"), "{said}");
    }
    assert!(!String::from_utf8_lossy(&beside.stderr).contains("another server"), "{beside:?}");
    process.terminate();
    process.ended(WITHIN);
    let _again = house.serve();
}
