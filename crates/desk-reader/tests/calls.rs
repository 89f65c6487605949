//! The calls over real HTTP on loopback, with a chip of the test.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use desk_reader::{Contact, Lent, Line, Lost, NoContact, Slot};
use serde_json::{Value, json};

const ORIGIN: &str = "https://desk.example";
const TOKEN: &str = "07070707070707070707070707070707";

/// What lies on the reader, and what was done with it.
#[derive(Default)]
struct Table {
    has_reader: bool,
    has_card: bool,
    in_use: bool,
    /// Answers to come; `None` where the chip leaves.
    answers: VecDeque<Option<Vec<u8>>>,
    sent: Vec<Vec<u8>>,
    awake: usize,
}

#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Table>>);

struct Awake(Fake);

impl Drop for Awake {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().awake -= 1;
    }
}

impl Contact for Awake {
    fn transmit(&mut self, command: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, Lost> {
        let mut table = self.0.0.lock().unwrap();
        table.sent.push(command.to_vec());
        table.answers.pop_front().flatten().map(Into::into).ok_or(Lost)
    }
}

impl Slot for Fake {
    fn reader(&self) -> Option<String> {
        self.0.lock().unwrap().has_reader.then(|| "Fake reader".to_owned())
    }

    fn has_card(&self) -> bool {
        self.0.lock().unwrap().has_card
    }

    fn connect(&self) -> Result<Box<dyn Contact>, NoContact> {
        let mut table = self.0.lock().unwrap();
        match (table.has_reader, table.has_card, table.in_use) {
            (false, ..) => Err(NoContact::NoReader),
            (_, false, _) => Err(NoContact::NoCard),
            (.., true) => Err(NoContact::InUse),
            (true, true, false) => {
                assert_eq!(table.awake, 0, "the chip was let go before");
                table.awake += 1;
                Ok(Box::new(Awake(self.clone())))
            }
        }
    }
}

struct Program {
    host: String,
    fake: Fake,
}

/// Status, head and body of an answer.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Program {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let fake = Fake::default();
        {
            let mut table = fake.0.lock().unwrap();
            (table.has_reader, table.has_card) = (true, true);
        }
        let drawn = std::sync::atomic::AtomicU8::new(1);
        let line = Line::new(Lent {
            host: host.clone(),
            origin: ORIGIN.parse().unwrap(),
            token: [7; 16],
            slot: Box::new(fake.clone()),
            random: Box::new(move |bytes| {
                bytes.fill(drawn.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
            }),
        });
        let router = line.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { host, fake }
    }

    /// One request, written by hand, so that every header is exactly what the test says.
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        let host = self.host.clone();
        let text = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(host).unwrap();
            // A refused body may not be taken whole.
            let _ = stream.write_all(request.as_bytes());
            let mut text = Vec::new();
            let _ = stream.read_to_end(&mut text);
            String::from_utf8(text).unwrap()
        });
        let text = text.await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn right(&self) -> [(&str, &str); 4] {
        [
            ("host", &self.host),
            ("origin", ORIGIN),
            ("genvej-desk-reader-token", TOKEN),
            ("content-type", "application/json"),
        ]
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &self.right(), &body.to_string()).await
    }

    async fn connect(&self) -> String {
        let answer = self.post("/connect", &json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["session"].as_str().unwrap().to_owned()
    }

    fn answers(&self, answers: &[Option<&[u8]>]) {
        let answers = answers.iter().map(|answer| answer.map(<[u8]>::to_vec)).collect();
        self.fake.0.lock().unwrap().answers = answers;
    }
}

#[tokio::test]
async fn a_foreign_host_origin_or_token_reaches_no_chip() {
    let program = Program::start().await;
    for (at, value, status) in [
        (0, "evil.example", 421),
        (0, "localhost:8092", 421),
        (1, "https://evil.example", 403),
        (1, "http://desk.example", 403),
        (1, "https://desk.example:8443", 403),
        (1, "null", 403),
        (2, "00000000000000000000000000000000", 401),
        (2, "", 401),
    ] {
        for (method, path) in [("GET", "/status"), ("POST", "/connect"), ("POST", "/transmit")] {
            let mut headers = program.right();
            headers[at].1 = value;
            let answer = program.send(method, path, &headers, "{}").await;
            assert_eq!(answer.status, status, "{method} {path} {value}");
            // Only the console's page may even read what was refused.
            let readable = answer.header("access-control-allow-origin");
            assert_eq!(readable, (at == 2).then_some(ORIGIN), "{value}");
        }
    }
    for missing in 0..3 {
        let headers: Vec<_> = program
            .right()
            .into_iter()
            .enumerate()
            .filter(|(at, _)| *at != missing)
            .map(|(_, header)| header)
            .collect();
        let answer = program.send("POST", "/connect", &headers, "{}").await;
        assert!((400..500).contains(&answer.status), "{missing}");
    }
    for twice in [("origin", "https://evil.example"), ("genvej-desk-reader-token", "0")] {
        let headers = [&program.right()[..], &[twice]].concat();
        let answer = program.send("POST", "/connect", &headers, "{}").await;
        assert!((400..500).contains(&answer.status), "{twice:?}");
    }
    assert_eq!(program.fake.0.lock().unwrap().awake, 0);

    let answer = program.send("GET", "/status", &program.right(), "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let expected = json!({ "reader": "Fake reader", "card_present": true, "connected": false });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn a_browser_may_ask_beforehand_for_the_console_alone() {
    let program = Program::start().await;
    let asks = [
        ("host", program.host.as_str()),
        ("origin", ORIGIN),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,genvej-desk-reader-token"),
        ("access-control-request-private-network", "true"),
    ];

    let answer = program.send("OPTIONS", "/transmit", &asks, "").await;

    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(answer.header("access-control-allow-private-network"), Some("true"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST"));
    let headers = answer.header("access-control-allow-headers").unwrap();
    assert!(headers.contains("genvej-desk-reader-token"), "{headers}");
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    for foreign in [(0, "evil.example"), (1, "https://evil.example")] {
        let mut asks = asks;
        asks[foreign.0].1 = foreign.1;
        let answer = program.send("OPTIONS", "/transmit", &asks, "").await;
        assert!((400..500).contains(&answer.status), "{foreign:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert_eq!(answer.header("access-control-allow-private-network"), None);
    }
}

#[tokio::test]
async fn a_batch_stops_at_the_first_status_that_is_not_9000() {
    let program = Program::start().await;
    let session = program.connect().await;
    program.answers(&[Some(&[1, 0x90, 0]), Some(&[0x69, 0x82]), Some(&[0x90, 0])]);

    let commands = ["00a4040c", "00B0810000", "00b0820000"];
    let body = json!({ "session": session, "commands": commands });
    let answer = program.post("/transmit", &body).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "answers": ["019000", "6982"], "lost": false }));
    let sent = program.fake.0.lock().unwrap().sent.clone();
    assert_eq!(sent, [vec![0, 0xA4, 4, 0x0C], vec![0, 0xB0, 0x81, 0, 0]]);
}

#[tokio::test]
async fn a_chip_that_leaves_is_told_and_does_not_come_back_in_that_session() {
    let program = Program::start().await;
    let session = program.connect().await;
    program.answers(&[Some(&[0x90, 0]), None, Some(&[0x90, 0])]);

    let body = json!({ "session": session, "commands": ["00000000", "00000000", "00000000"] });
    let answer = program.post("/transmit", &body).await;
    assert_eq!(answer.json(), json!({ "answers": ["9000"], "lost": true }));
    assert_eq!(program.fake.0.lock().unwrap().awake, 0);

    let answer = program.post("/transmit", &body).await;
    assert_eq!(answer.json(), json!({ "answers": [], "lost": true }));
    let anew = program.connect().await;
    program.answers(&[Some(&[0x90, 0])]);
    let body = json!({ "session": anew, "commands": ["00000000"] });
    assert_eq!(program.post("/transmit", &body).await.json()["answers"], json!(["9000"]));
}

#[tokio::test]
async fn whoever_connects_takes_the_chip_over() {
    let program = Program::start().await;
    let first = program.connect().await;
    let second = program.connect().await;
    assert_ne!(first, second);

    program.answers(&[Some(&[0x90, 0])]);
    let by = |session: &str| json!({ "session": session, "commands": ["00000000"] });
    let answer = program.post("/transmit", &by(&first)).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (409, Some("no-session")));
    assert_eq!(program.post("/disconnect", &json!({ "session": first })).await.status, 409);
    assert_eq!(program.post("/transmit", &by(&second)).await.status, 200);
    assert_eq!(program.post("/disconnect", &json!({ "session": second })).await.status, 200);
    assert_eq!(program.fake.0.lock().unwrap().awake, 0);
    assert_eq!(program.post("/transmit", &by(&second)).await.status, 409);
    assert_eq!(program.fake.0.lock().unwrap().sent.len(), 1);
}

#[tokio::test]
async fn what_is_missing_has_a_name() {
    let program = Program::start().await;
    for (has_reader, has_card, in_use, code) in [
        (false, false, false, "no-reader"),
        (true, false, false, "no-card"),
        (true, true, true, "card-in-use"),
    ] {
        {
            let mut table = program.fake.0.lock().unwrap();
            (table.has_reader, table.has_card, table.in_use) = (has_reader, has_card, in_use);
        }
        let answer = program.post("/connect", &json!({})).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (409, Some(code)));
        let status = program.send("GET", "/status", &program.right(), "").await.json();
        assert_eq!(status["reader"].is_string(), has_reader);
        assert_eq!(status["card_present"], has_card);
    }
    let answer = program.post("/elsewhere", &json!({})).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("not-found")));
}

#[tokio::test]
async fn malformed_and_oversized_calls_reach_no_chip() {
    let program = Program::start().await;
    let session = program.connect().await;
    let longest = "00".repeat(65_544);
    let with = |commands: Value| json!({ "session": session, "commands": commands }).to_string();

    for body in [
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        with(json!([])),
        with(json!(["0"])),
        with(json!(["00a4"])),
        with(json!(["zz000000"])),
        with(json!([7])),
        with(json!([format!("{longest}00")])),
        with(json!(vec!["00000000"; 513])),
        with(json!(vec![longest.as_str(); 9])),
    ] {
        let answer = program.send("POST", "/transmit", &program.right(), &body).await;
        assert!((400..500).contains(&answer.status), "{} {}", answer.status, body.len());
    }
    assert!(program.fake.0.lock().unwrap().sent.is_empty());

    program.answers(&vec![Some(&[0x90, 0][..]); 512]);
    let most = with(json!(vec!["00000000"; 512]));
    let answer = program.send("POST", "/transmit", &program.right(), &most).await;
    assert_eq!(answer.json()["answers"].as_array().unwrap().len(), 512);
    program.answers(&[Some(&[0x90, 0])]);
    let answer = program.send("POST", "/transmit", &program.right(), &with(json!([longest]))).await;
    assert_eq!(answer.status, 200);
    // A form of another site cannot be sent as JSON without asking beforehand.
    let mut headers = program.right();
    headers[3].1 = "text/plain";
    let answer = program.send("POST", "/transmit", &headers, &with(json!(["00000000"]))).await;
    assert_eq!(answer.status, 415);
}
