//! After a whole session of chip and face no picture and no vector is in the database, in a file, or in the log at its
//! most talkative (GDPR Art. 9; docs/retention.md).
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use face::{Engine, ModelSet, Threshold, manifest};
use sandbox::camera::TURN_DEGREES_MAX;
use sandbox::{Options, Town};
use serde_json::{Value, json};
use server::system::Stopwatch;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// As many bytes in a row are no chance.
const WINDOW: usize = 24;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A browser that knows one page: its address, and the token of this start.
struct Page {
    agent: ureq::Agent,
    port: u16,
    host: String,
    token: String,
}

impl Page {
    fn open(port: u16, host: String, token_before: &str, path: &str) -> (Self, String) {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
        let agent: ureq::Agent = config.build().into();
        let url = format!("http://127.0.0.1:{port}{path}");
        let html = agent.get(&url).header("host", &host).call().unwrap();
        let html = html.into_body().read_to_string().unwrap();
        let token = between(&html, token_before, "\"").to_owned();
        (Self { agent, port, host, token }, html)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self
            .agent
            .post(format!("http://127.0.0.1:{}{path}", self.port))
            .header("host", &self.host)
            .header("origin", format!("http://{}", self.host))
            .header("genvej-phone-token", &self.token)
            .send_json(body)
            .unwrap();
        answer.into_body().read_json().unwrap()
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        let answer = self
            .agent
            .get(format!("http://127.0.0.1:{}{path}", self.port))
            .header("host", &self.host)
            .header("genvej-phone-token", &self.token)
            .call()
            .unwrap();
        answer.into_body().read_to_vec().unwrap()
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) {
        let answer = self
            .agent
            .post(format!("http://127.0.0.1:{}{path}", self.port))
            .header("host", &self.host)
            .header("origin", format!("http://{}", self.host))
            .send_form(fields.iter().copied())
            .unwrap();
        assert!(answer.status().is_redirection(), "{path}: {}", answer.status());
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let from = text.split_once(before).unwrap_or_else(|| panic!("{before} in {text}")).1;
    from.split_once(after).unwrap().0
}

fn base64url(bytes: &[u8]) -> String {
    use base64ct::Encoding as _;
    base64ct::Base64UrlUnpadded::encode_string(bytes)
}

fn engine() -> Engine {
    let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let folder = set("GENVEJ_MODELS").unwrap_or_else(|| {
        let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
        cache.unwrap().join("genvej/models").join(manifest::folder_name(manifest::DEFAULT))
    });
    let set = ModelSet::load(manifest::DEFAULT, |file| std::fs::read(folder.join(file))).unwrap();
    let threshold = Threshold(set.bands().accept);
    Engine::new(set, threshold).unwrap()
}

/// Walks Anna's phone through the route; returns the pictures that its camera took.
fn session(port: u16) -> Vec<Vec<u8>> {
    let (start, html) =
        Page::open(port, format!("localhost:{port}"), "name=\"token\" value=\"", "/?phone=1");
    let document = between(&html, "class=\"panel document\"", "</form>");
    let printed =
        |name: &str| between(document, &format!("<dt>{name}</dt><dd>"), "</dd>").to_owned();
    let row = between(document, "name=\"document\" value=\"", "\"").to_owned();
    let phone = format!("phone1.localhost:{port}");
    let (phone, _) = Page::open(port, phone, "genvej-phone-token\" content=\"", "/");

    phone.post("/act", &json!({"act": "use-document"}));
    phone.post("/act", &json!({"act": "consent"}));
    phone.post("/act", &json!({"act": "have-national-number"}));
    let typed = json!({
        "act": "document-fields", "number": printed("Number"),
        "birth": printed("Born"), "expiry": printed("Valid until"),
    });
    assert_eq!(phone.post("/act", &typed)["screen"], "hold");
    start.form("/sandbox/hold", &[("token", &start.token), ("phone", "1"), ("document", &row)]);
    assert_eq!(phone.post("/act", &json!({"act": "read"}))["screen"], "face");

    let mut pictures = Vec::new();
    let mut answer = phone.post("/capture", &json!({"act": "face-start", "head": "turns"}));
    // The service holds the phone's time against its own.
    let watch = Stopwatch::start();
    for _ in 0..150 {
        let Some(prompt) = answer["running"]["prompt"].as_str() else { break };
        let mut asked = format!("/camera?prompt={prompt}");
        if let Some(degrees) = answer["running"]["turn_degrees"].as_u64() {
            assert!(degrees <= TURN_DEGREES_MAX.into(), "a drawn face cannot turn by {degrees}°");
            asked.push_str(&format!("&degrees={degrees}"));
        }
        if let Some(hint) = answer["running"]["hint_code"].as_str() {
            asked.push_str(&format!("&hint={hint}"));
        }
        let picture = phone.bytes(&asked);
        assert!(!picture.is_empty(), "the portraits are there: cargo xtask setup");
        let at_ms = u32::try_from(watch.elapsed().as_millis()).unwrap();
        let frame = json!({"act": "face-frame", "jpeg": base64url(&picture), "at_ms": at_ms});
        pictures.push(picture);
        answer = phone.post("/capture", &frame);
        std::thread::sleep(std::time::Duration::from_millis(150));
    }
    assert_eq!(answer["fragment"]["screen"], "pin-pad", "{answer}");
    pictures
}

/// Every file under a folder.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

/// Pieces of what must not be found: pictures as they are, in both kinds of base64 and in hex; vectors as numbers and as
/// text.
fn pieces(pictures: &[Vec<u8>], engine: &Engine) -> Vec<(&'static str, Vec<u8>)> {
    use base64ct::Encoding as _;
    let mut pieces = Vec::new();
    for picture in pictures {
        // Past the tables, which all pictures of one encoder share.
        for at in [picture.len() / 3, picture.len() / 2, picture.len() * 2 / 3] {
            let piece = &picture[at / 3 * 3..][..WINDOW];
            pieces.push(("picture", piece.to_vec()));
            pieces.push(("base64", base64ct::Base64::encode_string(piece).into_bytes()));
            pieces.push(("base64url", base64url(piece).into_bytes()));
            pieces.push(("hex", hex::encode(piece).into_bytes()));
        }
    }
    for picture in pictures.iter().take(3) {
        let template = engine.template(&engine.sighting(picture).unwrap()).unwrap();
        for vector in template.vectors() {
            let numbers = &vector[10..16];
            pieces.push(("vector", numbers.iter().flat_map(|v| v.to_le_bytes()).collect()));
            pieces.push(("vector", numbers.iter().flat_map(|v| v.to_be_bytes()).collect()));
            pieces.push(("vector as text", format!("{}, {}", numbers[0], numbers[1]).into_bytes()));
        }
    }
    pieces
}

#[test]
fn after_a_session_no_picture_and_no_vector_is_anywhere() {
    nothing_is_kept_under("profile = \"public-service\"\n");
}

#[test]
fn nor_is_any_where_the_server_read_the_chip_through_the_phone() {
    nothing_is_kept_under("profile = \"public-service\"\n[chip_face]\nread_by_server = true\n");
}

fn nothing_is_kept_under(policy: &str) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let rules = tempfile::tempdir().unwrap();
    let file = rules.path().join("policy.toml");
    std::fs::write(&file, policy).unwrap();
    let options = Options {
        port: 0,
        seed: 1,
        people: 400,
        fresh: false,
        policy: Some(file),
        database: None,
        servers: 1,
        picture_worker: Some(env!("CARGO_BIN_EXE_genvej-sandbox").into()),
    };
    let mut town = runtime.block_on(Town::start(&options)).unwrap();
    runtime.block_on(town.laid()).unwrap();
    let port = between(&town.address(), "localhost:", "/").parse().unwrap();

    let pictures = session(port);

    let engine = engine();
    let mut places = files(town.folder());
    assert!(
        places.iter().any(|(path, _)| path.ends_with("genvej.sqlite")),
        "the database is there"
    );
    let logged = log.0.lock().unwrap().clone();
    assert!(logged.len() > 10_000, "the log talks: {}", logged.len());
    places.push((PathBuf::from("the log"), logged));
    // What is searched for is found where it is.
    let planted = [pictures[0].as_slice(), b"..."].concat();
    let pieces = pieces(&pictures, &engine);
    assert!(pieces.len() > 100, "{}", pieces.len());
    assert!(contains(&planted, &pieces[0].1));
    for (place, bytes) in &places {
        for (kind, piece) in &pieces {
            assert!(!contains(bytes, piece), "a {kind} in {}", place.display());
        }
    }
    runtime.block_on(town.stop());
}

fn contains(bytes: &[u8], piece: &[u8]) -> bool {
    let first = piece[0];
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == first)
        .any(|(at, _)| bytes[at..].starts_with(piece))
}
