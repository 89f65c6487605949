//! SMS against an HTTP gateway on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
    time::Duration,
};

use messages::{
    Blame, MessageId, PhoneNumber, Reference, Retry, SenderName, Sms, SmsSender as _,
    endpoint::Unencrypted,
    http_gateway::{GatewaySender, GatewaySettings},
};

/// Answers one request with `answer` and hands the request out.
fn gateway(answer: &'static str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/sms", listener.local_addr().unwrap());
    let (say, said) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut chunk = [0; 4_096];
        loop {
            let count = stream.read(&mut chunk).unwrap();
            request.extend_from_slice(&chunk[..count]);
            let text = String::from_utf8_lossy(&request);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| {
                    line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned)
                });
                if body.len() >= length.map_or(0, |l| l.parse().unwrap()) || count == 0 {
                    break;
                }
            }
        }
        say.send(String::from_utf8(request).unwrap()).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
    });
    (url, said)
}

fn settings(url: String) -> GatewaySettings {
    GatewaySettings {
        url,
        unencrypted: Unencrypted::LoopbackOnly,
        trust: None,
        token: "t0ken".into(),
        sender: SenderName::parse("Genvej").unwrap(),
        answer_within: Duration::from_secs(2),
    }
}

fn sender(url: String) -> GatewaySender {
    GatewaySender::new(settings(url)).unwrap()
}

fn sms() -> Sms {
    Sms {
        to: PhoneNumber::parse("+4520123456").unwrap(),
        text: "Æbler: 01234567".into(),
        keep_trying: Some(Duration::from_secs(1_800)),
        reference: Reference(7),
    }
}

#[tokio::test]
async fn a_message_is_one_request_with_its_reference() {
    let (url, said) = gateway("HTTP/1.1 202 Accepted\r\ncontent-length: 11\r\n\r\n{\"id\":\"x9\"}");

    let ids = sender(url).send(&sms()).await.unwrap();

    assert_eq!(ids, [MessageId("x9".to_owned())]);
    let request = said.recv().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.starts_with("post /sms http/1.1"));
    assert!(head.contains("authorization: bearer t0ken"));
    assert!(head.contains("idempotency-key: 00000000000000000000000000000007"));
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["to"], &body["validity_secs"]), (&"+4520123456".into(), &1_800.into()));
    assert_eq!(body["text"], "Æbler: 01234567");
}

#[tokio::test]
async fn each_failure_says_whether_to_try_again() {
    for (answer, retry) in [
        ("HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n", Retry::Later),
        ("HTTP/1.1 401 Who\r\ncontent-length: 0\r\n\r\n", Retry::Later),
        ("HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n", Retry::Never),
        ("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", Retry::Unsure),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            Retry::Later,
        ),
        ("nonsense", Retry::Unsure),
        ("", Retry::Unsure),
    ] {
        let (url, _said) = gateway(answer);

        let error = sender(url).send(&sms()).await.unwrap_err();

        assert_eq!(error.retry(), retry, "{answer:?}");
        assert!(!format!("{error} {error:?}").contains("01234567"));
    }
    let away = sender("http://127.0.0.1:1/".to_owned()).send(&sms()).await.unwrap_err();
    assert_eq!(away.retry(), Retry::Later);
}

#[tokio::test]
async fn wrong_credentials_are_the_operators_fault() {
    let (url, _said) = gateway("HTTP/1.1 401 Who\r\ncontent-length: 0\r\n\r\n");

    let error = sender(url).send(&sms()).await.unwrap_err();

    assert_eq!(error.blame(), Blame::Operator);
}

#[test]
fn codes_travel_in_the_clear_only_where_the_operator_accepts_it_by_name() {
    for url in ["http://sms.example/", "http://localhost:x@evil.example/", "http://127.1/"] {
        assert!(GatewaySender::new(settings(url.to_owned())).is_err(), "{url}");
    }
    let mut accepted = settings("http://sms.example/".to_owned());
    accepted.unencrypted = Unencrypted::AcceptedByOperator;
    assert!(GatewaySender::new(accepted).is_ok());
}

#[test]
fn a_file_without_a_certificate_is_no_trust() {
    let mut settings = settings("https://sms.example/".to_owned());
    settings.trust = Some(b"no certificate".to_vec());

    assert!(GatewaySender::new(settings).is_err());
}
