//! Attack 26: values from outside that would grow a map of labels, fields or clients.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod served;

use served::{CITIZEN, Installation, PUBLIC, SUPPORT, asked};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

const FIRST: usize = 10_000;
const ALL: usize = 100_000;
const GROWTH_KIB_MAX: u64 = 8 * 1024;
/// Many, for some answers take their fixed time.
const LINES: usize = 25;
const AT_ONCE: usize = 25;

/// A request of which every part is its own: method, path, query, each header, the client's address, and the field of a
/// body where there is one.
fn request(number: usize) -> String {
    let (method, host, path, kind, body) = match number % 10 {
        0 => (format!("M{number}"), PUBLIC.to_owned(), format!("/p{number}"), "a/b", String::new()),
        1 => (
            format!("X-{number}"),
            format!("h{number}.example"),
            "/".to_owned(),
            "a/b",
            String::new(),
        ),
        2 => (
            "GET".to_owned(),
            CITIZEN.to_owned(),
            format!("/book/c{number}/{number}"),
            "a/b",
            String::new(),
        ),
        3 => (
            "GET".to_owned(),
            format!("{number}.{number}"),
            format!("/{number}/{number}"),
            "a/b",
            String::new(),
        ),
        4 => (
            "POST".to_owned(),
            PUBLIC.to_owned(),
            "/oauth/token".to_owned(),
            "application/x-www-form-urlencoded",
            format!("grant_type=client_credentials&client_id=c{number}&client_secret=s{number}"),
        ),
        5 => (
            "POST".to_owned(),
            PUBLIC.to_owned(),
            "/v1/app/nonce".to_owned(),
            "application/json",
            format!("{{\"keyid\":\"k{number}\"}}"),
        ),
        6 => (
            "POST".to_owned(),
            CITIZEN.to_owned(),
            "/booking".to_owned(),
            "application/x-www-form-urlencoded",
            format!("reference=r{number}&code=c{number}"),
        ),
        7 => (
            "GET".to_owned(),
            SUPPORT.to_owned(),
            format!("/calls/{number:032x}"),
            "a/b",
            String::new(),
        ),
        8 => (
            format!("GET{number}"),
            SUPPORT.to_owned(),
            format!("/invite/{number}"),
            "a/b",
            String::new(),
        ),
        _ => (
            "GET".to_owned(),
            CITIZEN.to_owned(),
            format!("/stop/t{number}?q{number}=v{number}"),
            "a/b",
            String::new(),
        ),
    };
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n");
    let _ = write!(
        text,
        "Content-Length: {}\r\nX-Header-{number}: {number}\r\nUser-Agent: agent/{number}\r\nCookie: c{number}=v{number}; \
         genvej-support=s{number}\r\nAccept-Language: l{number}, da;q=0.{}\r\nX-Forwarded-For: 10.{}.{}.{}\r\n\
         Authorization: Bearer b{number}\r\nIdempotency-Key: i{number}\r\nReferer: http://r{number}.example/\r\n\
         X-Request-Id: {number}\r\nAccept: text/{number}\r\nSignature-Input: s{number}=()\r\n\r\n{body}",
        body.len(),
        number % 1000,
        number >> 16,
        (number >> 8) & 255,
        number & 255,
    );
    text
}

fn answers(reader: &mut BufReader<TcpStream>, count: usize) {
    for _ in 0..count {
        let (mut length, mut first) = (0, true);
        loop {
            let mut line = String::new();
            assert!(reader.read_line(&mut line).unwrap() > 0, "the server went away");
            if first {
                assert!(line.starts_with("HTTP/1.1 "), "{line}");
                assert!(!line.contains(" 500"), "{line}");
                first = false;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(bytes) = lower.strip_prefix("content-length:") {
                length = bytes.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).unwrap();
    }
}

fn send(at: SocketAddr, numbers: std::ops::Range<usize>) {
    let mut stream = TcpStream::connect(at).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let numbers: Vec<usize> = numbers.collect();
    for some in numbers.chunks(AT_ONCE) {
        let text = some.iter().fold(String::new(), |all, number| all + &request(*number));
        stream.write_all(text.as_bytes()).unwrap();
        answers(&mut reader, some.len());
    }
}

fn send_all(at: SocketAddr, numbers: std::ops::Range<usize>) {
    let share = numbers.len() / LINES;
    std::thread::scope(|scope| {
        for line in 0..LINES {
            let from = numbers.start + line * share;
            scope.spawn(move || send(at, from..from + share));
        }
    });
}

#[test]
fn a_hundred_thousand_requests_that_share_nothing_grow_no_memory() {
    let house = Installation::new(&[("http.proxies", "[\"127.0.0.1\"]")]);
    let process = house.serve();

    send_all(house.public, 0..FIRST);
    let before = process.resident_kib();
    send_all(house.public, FIRST..ALL);
    let after = process.resident_kib();

    let metrics = asked(house.operations, "GET /metrics", "x");
    let labels =
        metrics.lines().filter(|line| line.starts_with("genvej_http_requests_total")).count();
    assert!((1..64).contains(&labels), "{metrics}");
    assert!(metrics.contains("method=\"other\""), "{metrics}");
    assert!(
        after <= before + GROWTH_KIB_MAX,
        "{before} KiB after {FIRST}, {after} KiB after {ALL}"
    );
    println!("{before} KiB after {FIRST}, {after} KiB after {ALL}");
}
