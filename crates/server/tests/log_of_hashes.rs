//! The log of hashes over the journal: published by a server, served, proven, copied and checked without it; and what
//! `genvej audit verify` finds on each backend.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and waits in real time"
)]

mod installation;
#[path = "../../store-postgres/tests/servers/mod.rs"]
mod servers;

use audit::cosigner::{CosignError, KnownLog, cosign};
use audit::note::{Algorithm, KeyName, Note, SignerKey, VerifierKey};
use axum::body::{Body, to_bytes};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{Request, StatusCode};
use installation::Installation;
use server::key_file::KeyFile;
use server::system::{SystemClock, SystemRandom};
use server::{Config, EmbeddedRegisters, Overrides, Running, Store, Tables};
use servers::{Release, Server};
use service::parts::NoFaces;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::{
    CoarseType, Id, Index, JournalId, JournalRow, Kind, LookupKey, Record, SubjectId, Transaction,
};
use tower::ServiceExt as _;

const WITHIN: Duration = Duration::from_secs(90);

impl Installation {
    /// An installation whose log is published as it grows.
    fn publishing(server: Option<&Server>) -> Self {
        let here = Self::new();
        let text = std::fs::read_to_string(&here.config).unwrap();
        let mut table: toml::Table = text.parse().unwrap();
        let journal = "publish_secs = 0\npublish_rest_secs = 0".parse::<toml::Table>().unwrap();
        table.insert("journal".to_owned(), journal.into());
        if let Some(server) = server {
            let mut store = toml::Table::new();
            store.insert("url".to_owned(), server.url("public").into());
            table.insert("store".to_owned(), store.into());
        }
        std::fs::write(&here.config, toml::to_string(&table).unwrap()).unwrap();
        here.done(&["keys", "init"]);
        here.done(&["migrate"]);
        here
    }

    fn settings(&self) -> Config {
        let text = std::fs::read_to_string(&self.config).unwrap();
        Config::read(&text, &std::collections::BTreeMap::new()).unwrap()
    }

    async fn started(&self) -> Running {
        let config = self.settings();
        let overrides = Overrides {
            registers: Some(Arc::new(EmbeddedRegisters::new(Tables::empty()))),
            keys: Some(KeyFile::read(&config.keys.file).unwrap()),
            faces: Some(Arc::new(NoFaces)),
            ..Overrides::default()
        };
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let mut running = server::build(&config, clock, random, overrides).unwrap();
        running.ready().await.unwrap();
        running
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

/// Writes so many entries about nobody.
async fn journalled(store: &dyn Store, count: u128) {
    let at = store.last_committed().await.unwrap().unwrap();
    for _ in 0..count.div_ceil(100) {
        let mut transaction = Transaction::new(at);
        for _ in 0..count.min(100) {
            let mut id = [0; 16];
            server::Random::fill(&SystemRandom, &mut id);
            transaction = transaction.journal(JournalRow {
                id: JournalId(u128::from_be_bytes(id)),
                subject: SubjectId(0),
                coarse: CoarseType(1),
                salt: [7; 32],
                ciphertext: id.to_vec(),
            });
        }
        store.commit(transaction).await.unwrap();
    }
}

async fn get(running: &Running, path: &str) -> (StatusCode, [String; 2], Vec<u8>) {
    let request = Request::builder().uri(path).header("host", "api.recovery.example");
    let request = request.body(Body::empty()).unwrap();
    let response = running.router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let said = [CONTENT_TYPE, CACHE_CONTROL]
        .map(|name| response.headers().get(name).map_or("", |it| it.to_str().unwrap()).to_owned());
    (status, said, to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec())
}

/// The checkpoint, once it is of a tree of at least this size.
async fn published(running: &Running, size: u64) -> String {
    let begun = Instant::now();
    loop {
        let (status, said, body) = get(running, "/log/checkpoint").await;
        let text = String::from_utf8(body).unwrap();
        if status.is_success() && text.lines().nth(1).unwrap().parse::<u64>().unwrap() >= size {
            assert_eq!(said, ["text/plain; charset=utf-8", "public, max-age=5"]);
            return text;
        }
        assert!(begun.elapsed() < WITHIN, "no checkpoint of {size} entries: {text}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_served_proven_copied_and_checked_without_the_server() {
    let here = Installation::publishing(None);
    let running = here.started().await;
    let first = published(&running, 1).await;
    journalled(&*running.service.parts().store, 700).await;
    let second = published(&running, 700).await;

    let (status, said, tile) = get(&running, "/log/tile/0/001").await;
    assert_eq!((status, tile.len()), (StatusCode::OK, 8_192));
    assert_eq!(said, ["application/octet-stream", "public, max-age=31536000, immutable"]);
    assert_eq!(get(&running, "/log/tile/entries/001").await.2.len(), 256 * 34);
    for nothing in ["/log/tile/0/900", "/log/tile/0/1", "/log/tile/entries/002", "/log/x", "/log/"]
    {
        let (status, said, _) = get(&running, nothing).await;
        assert_eq!((status, said[1].as_str()), (StatusCode::NOT_FOUND, "no-store"), "{nothing}");
    }
    running.stop().await;

    let verified = here.done(&["audit", "verify"]);
    assert!(verified.contains("the log of hashes verifies: 3 tiles"), "{verified}");
    let key = here.done(&["audit", "key"]);
    assert!(key.starts_with("api.recovery.example/log+"), "{key}");
    let proof = here.write("one.tlog-proof", &here.done(&["audit", "prove", "--position", "300"]));
    let older = here.write("older", &first);
    let onward = here.write("onward", &here.done(&["audit", "prove", "--from", &older]));
    let copy = here.path("copy").display().to_string();
    here.done(&["audit", "export", &copy]);
    // Elsewhere: without configuration, keys and database.
    let elsewhere = Installation::new();
    let check = |arguments: &[&str]| {
        std::fs::remove_file(&elsewhere.config).unwrap_or_default();
        let all = [&["audit", "check"], arguments, &["--key", key.trim()]].concat();
        elsewhere.genvej(&all).status.success()
    };
    assert!(check(&[&proof]) && check(&[&onward, "--from", &older]) && check(&[&copy]));
    assert!(check(&[&copy, "--from", &older]));
    assert!(!check(&[&onward]), "such a proof has two ends");
    let newer = here.write("newer", &second);
    assert!(!check(&[&onward, "--from", &newer]), "it begins at another size");
    let other =
        here.write("other", &std::fs::read_to_string(&proof).unwrap().replace("300", "301"));
    assert!(!check(&[&other]));
    for name in ["checkpoint", "tile/0/000", "tile/entries/001", "tile/1/000.p/2"] {
        let path = Path::new(&copy).join(name);
        let whole = std::fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[40] ^= 1;
        std::fs::write(&path, flipped).unwrap();
        assert!(!check(&[&copy]), "{name}");
        std::fs::write(&path, whole).unwrap();
    }
    assert!(check(&[&copy]));

    // A checkpoint that somebody kept counts in verify too; of another log of this length it does not.
    here.done(&["audit", "verify", "--checkpoint", &newer]);
    let forged = here.write("forged", &second.replacen("\n7", "\n8", 1));
    assert!(!here.genvej(&["audit", "verify", "--checkpoint", &forged]).status.success());
}

/// A small witness: it knows one log, and keeps what it has cosigned in memory.
struct Witness {
    address: std::net::SocketAddr,
    key: SignerKey,
    known: Arc<Mutex<Vec<KnownLog>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Witness {
    fn start(log: VerifierKey) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let witness = Self {
            address: listener.local_addr().unwrap(),
            key: SignerKey::new(KeyName::new("witness.example/w1").unwrap(), &[5; 32]),
            known: Arc::new(Mutex::new(vec![KnownLog::new(log)])),
            answers: Arc::default(),
        };
        let (key, known, answers) =
            (witness.key.clone(), Arc::clone(&witness.known), Arc::clone(&witness.answers));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut known = known.lock().unwrap();
                let (status, body) =
                    match cosign(&known, &asked(stream.as_ref().unwrap()), &key, 1_800_000_000) {
                        Ok((log, lines)) => {
                            *known = vec![log];
                            (200, lines)
                        }
                        Err(CosignError::Moved { size }) => (409, format!("{size}\n")),
                        Err(other) => (other.status(), String::new()),
                    };
                answers.lock().unwrap().push(status);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                stream.unwrap().write_all(format!("{head}{body}").as_bytes()).unwrap();
            }
        });
        witness
    }
}

/// The body of a request.
fn asked(mut stream: &std::net::TcpStream) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let said = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = said.split_once("\r\n\r\n") {
            assert!(head.starts_with("POST /submit/add-checkpoint "), "{head}");
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
            });
            if length == Some(body.len()) {
                return body.to_owned();
            }
        }
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "{said}");
        text.extend_from_slice(&buffer[..read]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_cosigns_each_checkpoint_also_for_a_server_that_was_started_anew() {
    let here = Installation::publishing(None);
    let log = VerifierKey::parse(here.done(&["audit", "key"]).trim()).unwrap();
    let witness = Witness::start(log);
    let key = witness.key.verifier(Algorithm::Cosignature);
    let text = std::fs::read_to_string(&here.config).unwrap();
    let address = format!("http://{}/submit/", witness.address);
    let more = format!("[[journal.witnesses]]\naddress = \"{address}\"\nkey = \"{key}\"\n");
    std::fs::write(&here.config, format!("{text}\n{more}")).unwrap();

    let mut sizes = Vec::new();
    for count in [300, 300] {
        let running = here.started().await;
        journalled(&*running.service.parts().store, count).await;
        let size = sizes.last().map_or(0, |size| size + 300);
        let begun = Instant::now();
        loop {
            let note = Note::parse(&published(&running, size).await).unwrap();
            if let Ok(signed) = key.check(&note) {
                assert_eq!(signed.time, Some(1_800_000_000));
                assert_eq!(note.signatures().len(), 2);
                sizes.push(note.text().lines().nth(1).unwrap().parse::<u64>().unwrap());
                break;
            }
            assert!(begun.elapsed() < WITHIN, "no cosignature: {:?}", witness.answers);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        running.stop().await;
    }

    assert!(sizes[0] < sizes[1] && sizes[1] >= 600, "{sizes:?}");
    let answers = witness.answers.lock().unwrap().clone();
    assert!(answers.contains(&409), "a new process does not know what was cosigned: {answers:?}");
    assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
    let known = witness.known.lock().unwrap()[0].head;
    assert!(known.size >= sizes[1]);
}

/// A database that somebody without the key file writes to.
enum Database<'a> {
    File(&'a Path),
    Server(&'a Server),
}

impl Database<'_> {
    /// The first column of what is answered.
    fn sql(&self, sql: &str) -> Vec<String> {
        match self {
            Self::File(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                let mut found = Vec::new();
                for sql in sql.split(';').filter(|sql| !sql.trim().is_empty()) {
                    let mut statement = connection.prepare(sql).unwrap();
                    let mut rows = statement.query([]).unwrap();
                    while let Some(row) = rows.next().unwrap() {
                        found.push(row.get(0).unwrap());
                    }
                }
                found
            }
            Self::Server(server) => server.sql("public", sql).unwrap(),
        }
    }

    fn hex(&self, column: &str, rest: &str) -> String {
        let column = match self {
            Self::File(_) => format!("lower(hex({column}))"),
            Self::Server(_) => format!("encode({column}, 'hex')"),
        };
        self.sql(&format!("SELECT {column} FROM {rest}")).remove(0)
    }

    fn blob(&self, hex: &str) -> String {
        match self {
            Self::File(_) => format!("x'{hex}'"),
            Self::Server(_) => format!("'\\x{hex}'::bytea"),
        }
    }
}

async fn what_audit_verify_finds(here: &Installation, database: &Database<'_>) {
    let running = here.started().await;
    published(&running, 1).await;
    running.stop().await;
    database.sql("CREATE TABLE old_rows AS SELECT * FROM aggregate");
    let running = here.started().await;
    journalled(&*running.service.parts().store, 300).await;
    let found_by = |id: u8| {
        let record = Record::new(Kind::new(900, "of a test"), Id(u128::from(id)), 1, vec![id]);
        record.lookup(Index::shared(1), LookupKey([id; 32]))
    };
    let store = &running.service.parts().store;
    let at = store.last_committed().await.unwrap().unwrap();
    let two = Transaction::new(at).insert(found_by(1)).insert(found_by(2));
    store.commit(two).await.unwrap();
    published(&running, 300).await;
    running.stop().await;
    database.sql("CREATE TABLE all_rows AS SELECT * FROM aggregate");
    database.sql("CREATE TABLE all_entries AS SELECT * FROM journal");
    let on = match database {
        Database::File(_) => "",
        Database::Server(_) => " ON journal",
    };
    for trigger in ["journal_keeps_its_rows", "journal_keeps_its_entries"] {
        database.sql(&format!("DROP TRIGGER {trigger}{on}"));
    }
    here.done(&["audit", "verify"]);
    let flipped = |table: &str, column: &str, at: &str| {
        let place = format!("{table} WHERE {at}");
        let mut hex = database.hex(column, &place).into_bytes();
        let last = hex.last_mut().unwrap();
        *last = if *last == b'0' { b'1' } else { b'0' };
        let blob = database.blob(&String::from_utf8(hex).unwrap());
        database.sql(&format!("UPDATE {table} SET {column} = {blob} WHERE {at}"));
    };
    let set_rows = |table: &str, kind: u16| {
        database.sql(&format!("DELETE FROM aggregate WHERE kind = {kind}"));
        let rows = format!("SELECT * FROM {table} WHERE kind = {kind}");
        database.sql(&format!("INSERT INTO aggregate {rows}"));
    };
    let entries_back = || {
        database.sql("DELETE FROM journal");
        database.sql("INSERT INTO journal SELECT * FROM all_entries");
    };
    let fails = |what: &str, says: &str| {
        let output = here.genvej(&["audit", "verify"]);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!output.status.success() && said.contains(says), "{what}: {said}");
    };

    flipped("journal", "ciphertext", "position = 3");
    fails("one flipped bit of an entry", "does not fit the chain");
    entries_back();
    flipped("journal", "head", "position = 3");
    fails("one flipped bit of a head", "does not fit the chain");
    entries_back();
    database.sql("DELETE FROM journal WHERE position = 3");
    fails("one dropped entry", "position 3 comes next");
    entries_back();
    flipped(
        "aggregate",
        "state",
        "kind = 6 AND id = (SELECT id FROM all_rows WHERE kind = 6 ORDER BY id LIMIT 1)",
    );
    fails("one flipped bit of a tile", "");
    set_rows("all_rows", 6);
    database.sql("DELETE FROM aggregate WHERE kind = 6");
    fails("a dropped tile", "tile 0 of level 0 is missing");
    set_rows("all_rows", 6);
    set_rows("old_rows", 7);
    fails("a row set back", "kind 7");
    set_rows("all_rows", 7);
    let (one, other) =
        (database.blob(&format!("{:032x}", 1)), database.blob(&format!("{:032x}", 2)));
    let swap = format!("UPDATE lookup SET id = CASE id WHEN {one} THEN {other} ELSE {one} END");
    let swap = format!("{swap} WHERE kind = 900");
    database.sql(&swap);
    fails("a swapped look-up", "kind 900");
    database.sql(&swap);
    here.done(&["audit", "verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_verify_finds_a_bit_a_dropped_row_one_set_back_and_a_swapped_look_up_in_a_file() {
    let here = Installation::publishing(None);
    let path = here.path("genvej.sqlite");

    what_audit_verify_finds(&here, &Database::File(&path)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_verify_finds_a_bit_a_dropped_row_one_set_back_and_a_swapped_look_up_on_a_server() {
    let server = Server::start(Release::System, &[]);
    let here = Installation::publishing(Some(&server));

    what_audit_verify_finds(&here, &Database::Server(&server)).await;
}
