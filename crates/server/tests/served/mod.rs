//! `genvej serve` as a process of its own, on ports of its own, with nothing to send messages by.
#![expect(unreachable_pub, reason = "shared by the tests of this folder")]
#![allow(clippy::allow_attributes, dead_code, reason = "each target uses a part of it")]

use server::system::Stopwatch;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A debug build on a busy machine takes its time.
pub const READY_WITHIN: Duration = Duration::from_secs(60);

pub const PUBLIC: &str = "api.recovery.example";
pub const CITIZEN: &str = "recovery.example";
pub const SUPPORT: &str = "support.recovery.example";

/// An installation: the example configuration in a folder of its own.
pub struct Installation {
    pub folder: TempDir,
    pub public: SocketAddr,
    pub operations: SocketAddr,
}

pub fn free_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

impl Installation {
    /// With these keys changed, each a path and a value in TOML.
    pub fn new(changes: &[(&str, &str)]) -> Self {
        let it = Self::configured(changes);
        it.install();
        it
    }

    /// The configuration alone.
    pub fn configured(changes: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display().to_string();
        let (public, operations) = (free_port(), free_port());
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("genvej.example.toml");
        let text = std::fs::read_to_string(example)
            .unwrap()
            .replace("/var/lib/genvej", &here)
            .replace("/etc/genvej", &here);
        let mut table: toml::Table = text.parse().unwrap();
        let models = server::default_models().unwrap().display().to_string();
        let quoted = |text: &str| format!("{text:?}");
        let own = [
            ("http.listen", quoted(&public.to_string())),
            ("http.operations", quoted(&operations.to_string())),
            ("face.models", quoted(&models)),
            ("face.workers", "1".to_owned()),
            ("sms", "{ by = \"none\" }".to_owned()),
            ("mail", "{ by = \"none\" }".to_owned()),
            ("log.filter", quoted("warn")),
            // The machine of a test may be one whose clock nobody synchronises.
            ("clock.unsynchronised", quoted("believe")),
            ("policy.overrides.chip_face.passive_pad_required", "false".to_owned()),
            ("policy.overrides.chip_face.second_embedding_required", "false".to_owned()),
        ];
        for (path, value) in own {
            set(&mut table, path, &value);
        }
        for (path, value) in changes {
            set(&mut table, path, value);
        }
        std::fs::write(folder.path().join("genvej.toml"), toml::to_string(&table).unwrap())
            .unwrap();
        std::fs::create_dir_all(folder.path().join("registers")).unwrap();
        Self { folder, public, operations }
    }

    /// Makes keys and database.
    pub fn install(&self) {
        for made in [["keys", "init"].as_slice(), &["migrate"]] {
            let output = self.run(made);
            assert!(
                output.status.success(),
                "{made:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_genvej"));
        command.arg("--config").arg(self.path("genvej.toml"));
        command
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// Starts to serve; what it logs goes to a file.
    pub fn spawn(&self) -> Process {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let child = self.command().arg("serve").stderr(Stdio::from(log)).spawn().unwrap();
        Process(child)
    }

    /// Starts to serve, and waits until it is ready.
    pub fn serve(&self) -> Process {
        let mut process = self.spawn();
        let watch = Stopwatch::start();
        while !asked(self.operations, "GET /readyz", "x").starts_with("HTTP/1.1 200") {
            assert!(process.0.try_wait().unwrap().is_none(), "ended: {}", self.log());
            assert!(watch.elapsed() < READY_WITHIN, "not ready: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        process
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

fn set(table: &mut toml::Table, path: &str, value: &str) {
    let mut parts: Vec<&str> = path.split('.').collect();
    let key = parts.pop().unwrap();
    let mut at = table;
    for part in parts {
        at = at.entry(part).or_insert_with(|| toml::Table::new().into()).as_table_mut().unwrap();
    }
    let mut parsed: toml::Table = format!("it = {value}").parse().unwrap();
    at.insert(key.to_owned(), parsed.remove("it").unwrap());
}

/// A server under way; killed with the test.
pub struct Process(pub Child);

impl Process {
    /// SIGTERM, as a supervisor sends it.
    pub fn terminate(&self) {
        let id = i32::try_from(self.0.id()).unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits for the end, and says how long it took.
    pub fn ended(mut self, within: Duration) -> Duration {
        let watch = Stopwatch::start();
        while self.0.try_wait().unwrap().is_none() {
            assert!(watch.elapsed() < within, "it has not ended");
            std::thread::sleep(Duration::from_millis(10));
        }
        watch.elapsed()
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One request over a connection of its own; the whole answer, or what came of it.
pub fn asked(at: SocketAddr, line: &str, host: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(at) else { return String::new() };
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _ = write!(stream, "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
