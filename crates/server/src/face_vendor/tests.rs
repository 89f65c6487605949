use super::*;
use face::detect::Face;
use face::geometry::{Landmarks, Rect};
use face::picture::Picture as Pixels;
use face::sighting::View;
use std::io::{Read, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use testkit::TlsServer;

/// A vendor that answers what it is told, one call a connection, and remembers what it was asked.
struct FakeVendor {
    address: String,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl FakeVendor {
    fn answering(answer: impl Fn(&str, &str) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (head, body) = request(&mut stream);
                let path = head.split(' ').nth(1).unwrap().to_owned();
                let (status, reply) = answer(&path, &body);
                remembered.lock().unwrap().push((head, body));
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{reply}",
                    reply.len()
                );
            }
        });
        Self { address, asked }
    }

    fn settings(&self) -> FaceVendor {
        FaceVendor {
            url: self.address.clone(),
            token_file: None,
            trust: None,
            timeout_millis: 500,
            each: Some(0.4),
            retry: Some(0.5),
        }
    }
}

fn request(stream: &mut impl Read) -> (String, String) {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece).unwrap();
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
            })
            .unwrap_or(0);
        if body.len() >= length || read == 0 {
            return (head.to_owned(), body.to_owned());
        }
    }
}

fn models() -> String {
    format!(r#"{{"models":[{{"name":"maker-1","sha256":"{}"}}]}}"#, "ab".repeat(32))
}

fn sighting() -> Sighting {
    let points =
        Landmarks::from_points(std::array::from_fn(|_| face::geometry::Point::new(20.0, 20.0)));
    let rect = Rect { x: 10.0, y: 10.0, width: 20.0, height: 20.0 };
    let found = Face { rect, landmarks: points, steady: points, score: 0.9 };
    let picture = Pixels::from_rgb(40, 40, vec![120; 40 * 40 * 3]).unwrap();
    Sighting::new(picture, found, View { width: 40, height: 40, face: found }, 0)
}

/// What a vendor over TLS comes to for a line that trusts the authorities in this text.
fn connected(server: &TlsServer, trusted: Option<&str>) -> Result<Vendor, VendorError> {
    let folder = tempfile::tempdir().unwrap();
    let trust = trusted.map(|pem| {
        let file = folder.path().join("authorities.pem");
        std::fs::write(&file, pem).unwrap();
        file
    });
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let server = server.clone();
    thread::spawn(move || {
        let mut line = server.over(listener.accept().unwrap().0);
        let mut byte = [0];
        if line.read(&mut byte).is_ok_and(|read| read == 1) {
            let reply = models();
            let _ = write!(
                line,
                "HTTP/1.1 200 x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{reply}",
                reply.len()
            );
            line.conn.send_close_notify();
            let _ = line.flush();
        }
    });
    Vendor::connect(&FaceVendor {
        url,
        token_file: None,
        trust,
        timeout_millis: 5_000,
        each: None,
        retry: None,
    })
}

#[test]
fn a_vendor_is_believed_under_the_authority_that_the_operator_named_and_no_other() {
    let (ours, other) = (TlsServer::of_localhost(), TlsServer::of_localhost());

    let trusted = connected(&ours, Some(&ours.authority)).unwrap();
    let public = connected(&ours, None);
    let of_another = connected(&ours, Some(&other.authority));

    assert_eq!(trusted.models[0].name, "maker-1");
    assert!(matches!(public, Err(VendorError::Call(_))));
    assert!(matches!(of_another, Err(VendorError::Call(_))));
}

#[test]
fn a_matcher_elsewhere_makes_templates_and_compares_them() {
    let vendor = FakeVendor::answering(|path, _| match path {
        "/models" => (200, models()),
        "/template" => (200, r#"{"template":"AQID"}"#.to_owned()),
        "/compare" => (200, r#"{"scores":[0.91]}"#.to_owned()),
        other => panic!("{other}"),
    });
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "secret\n").unwrap();
    let settings = FaceVendor { token_file: Some(token_file), ..vendor.settings() };

    let matcher = VendorMatcher(Vendor::connect(&settings).unwrap());
    let template = matcher.template(&sighting()).unwrap();
    let scores = matcher.compare(&template, &template).unwrap();

    assert_eq!(matcher.models()[0].name, "maker-1");
    assert_eq!(template.bytes(), [1, 2, 3]);
    assert_eq!(scores, [Score::from_similarity(0.91)]);
    let asked = vendor.asked.lock().unwrap();
    assert!(
        asked.iter().all(|(head, _)| head.contains("authorization: Bearer secret")),
        "{asked:?}"
    );
    let sent: serde_json::Value = serde_json::from_str(&asked[1].1).unwrap();
    assert_eq!(sent["face"], serde_json::json!([10.0, 10.0, 20.0, 20.0]));
    let jpeg = Base64::decode_vec(sent["jpeg"].as_str().unwrap()).unwrap();
    assert!(jpeg.starts_with(&[0xFF, 0xD8]));
    let sent: serde_json::Value = serde_json::from_str(&asked[2].1).unwrap();
    assert_eq!(sent, serde_json::json!({ "one": "AQID", "other": "AQID" }));
}

#[test]
fn a_passive_check_elsewhere_says_how_likely_a_living_person_is() {
    let vendor = FakeVendor::answering(|path, _| match path {
        "/models" => (200, models()),
        "/living" => (200, r#"{"living":7.0}"#.to_owned()),
        other => panic!("{other}"),
    });

    let check = VendorPad(Vendor::connect(&vendor.settings()).unwrap());

    assert_eq!(check.living(&sighting()).unwrap(), Score::from_similarity(1.0), "clamped");
}

#[test]
fn a_vendor_that_fails_is_late_or_talks_nonsense_is_an_error_and_no_score() {
    for (status, reply) in [
        (500, String::new()),
        (200, "{}".to_owned()),
        (200, r#"{"scores":[]}"#.to_owned()),
        (200, r#"{"scores":[0.9,0.9]}"#.to_owned()),
        (200, format!(r#"{{"scores":[0.9],"more":"{}"}}"#, "x".repeat(300_000))),
    ] {
        let vendor = FakeVendor::answering(move |path, _| {
            if path == "/models" { (200, models()) } else { (status, reply.clone()) }
        });
        let matcher = VendorMatcher(Vendor::connect(&vendor.settings()).unwrap());
        let template = Template::opaque(vec![1]);

        assert!(matcher.compare(&template, &template).is_err(), "{status}");
    }
    let late = FakeVendor::answering(|path, _| {
        if path != "/models" {
            thread::sleep(Duration::from_secs(2));
        }
        (200, models())
    });
    let matcher = VendorMatcher(Vendor::connect(&late.settings()).unwrap());
    let template = Template::opaque(vec![1]);
    assert!(matcher.compare(&template, &template).is_err(), "500 ms are over");
}

#[test]
fn models_without_name_or_hash_and_an_address_in_the_clear_are_refused() {
    let vendor = FakeVendor::answering(|_, _| {
        (200, r#"{"models":[{"name":"maker-1","sha256":"ab"}]}"#.to_owned())
    });
    let elsewhere = FaceVendor { url: "http://faces.example".to_owned(), ..vendor.settings() };

    assert!(matches!(Vendor::connect(&vendor.settings()), Err(VendorError::Answer(_))));
    assert!(matches!(Vendor::connect(&elsewhere), Err(VendorError::Unprotected(_))));
}
