//! A restart behind haproxy, with the configuration of `deploy/`: nobody's request is lost.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod served;

use served::{CITIZEN, Installation, PUBLIC, asked};
use server::system::Stopwatch;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The configuration of `deploy/` without TLS, in front of this house.
fn haproxy(house: &Installation) -> (Proxy, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/haproxy.cfg");
    let text = std::fs::read_to_string(example)
        .unwrap()
        .replace(":443 ssl crt /etc/genvej/tls.pem alpn h2,http/1.1", &at.to_string())
        .replace("server one 127.0.0.1:8400", &format!("server one {}", house.public));
    let file = house.path("haproxy.cfg");
    std::fs::write(&file, text).unwrap();
    let log = std::fs::File::create(house.path("haproxy.log")).unwrap();
    let mut command = Command::new("haproxy");
    command.arg("-f").arg(&file).stdout(log.try_clone().unwrap()).stderr(Stdio::from(log));
    let proxy = Proxy(command.spawn().expect("haproxy is installed: cargo xtask setup"));
    let watch = Stopwatch::start();
    while TcpStream::connect(at).is_err() {
        assert!(watch.elapsed() < Duration::from_secs(10), "haproxy does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    (proxy, at)
}

/// The status of an answer, or what came in its place.
fn status(at: SocketAddr, text: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(at) else { return "no connection".to_owned() };
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = stream.write_all(text.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let first = String::from_utf8_lossy(&answer);
    first.lines().next().unwrap_or("nothing").to_owned()
}

#[test]
fn a_restart_under_load_behind_haproxy_loses_no_request() {
    let house =
        Installation::new(&[("http.proxies", "[\"127.0.0.1\"]"), ("http.unready_secs", "1")]);
    let process = house.serve();
    let (_proxy, at) = haproxy(&house);
    let page = format!("GET /bring HTTP/1.1\r\nHost: {CITIZEN}\r\nConnection: close\r\n\r\n");
    let body = "{\"keyid\":\"k\"}";
    let nonce = format!(
        "POST /v1/app/nonce HTTP/1.1\r\nHost: {PUBLIC}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let over = AtomicBool::new(false);

    let answers: Vec<String> = std::thread::scope(|scope| {
        let load: Vec<_> = [&page, &page, &nonce, &nonce]
            .into_iter()
            .map(|text| {
                scope.spawn(|| {
                    let mut answers = Vec::new();
                    while !over.load(Ordering::Acquire) {
                        answers.push(status(at, text));
                        std::thread::sleep(Duration::from_millis(25));
                    }
                    answers
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        process.terminate();
        process.ended(Duration::from_secs(30));
        let _again = house.serve();
        std::thread::sleep(Duration::from_millis(500));
        over.store(true, Ordering::Release);
        load.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });

    let lost: Vec<_> = answers.iter().filter(|line| !line.starts_with("HTTP/1.1 200")).collect();
    let said = std::fs::read_to_string(house.path("haproxy.log")).unwrap();
    assert_eq!(lost, [] as [&String; 0], "of {}: {said} {}", answers.len(), house.log());
    assert!(answers.len() > 50, "the load is there: {}", answers.len());
    assert!(house.log().is_empty() || !house.log().contains("fault"), "{}", house.log());
}

#[test]
fn behind_haproxy_hosts_are_passed_on_and_secret_paths_and_operations_are_not() {
    let house = Installation::new(&[("http.proxies", "[\"127.0.0.1\"]")]);
    let _process = house.serve();
    let (_proxy, at) = haproxy(&house);

    let page = asked(at, "GET /stop/secret-of-somebody", CITIZEN);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<h1"), "{page}");
    assert!(asked(at, "GET /", "elsewhere.example").starts_with("HTTP/1.1 421"));
    for path in ["/metrics", "/readyz", "/healthz"] {
        assert!(asked(at, &format!("GET {path}"), PUBLIC).starts_with("HTTP/1.1 404"), "{path}");
    }
    let log = std::fs::read_to_string(house.path("haproxy.log")).unwrap();
    assert!(log.contains("GET /stop ") && !log.contains("secret-of-somebody"), "{log}");
    assert!(!house.log().contains("secret-of-somebody"), "{}", house.log());
}
