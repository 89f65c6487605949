//! Real servers in processes of their own. They end when the test drops them.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

/// How long a server may take to say something.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that says what it sees, one JSON object a line.
pub(crate) struct Server {
    child: Child,
    said: mpsc::Receiver<serde_json::Value>,
    pub(crate) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a program; `advice` is what to run where it is missing.
    pub(crate) fn start(command: &mut Command, advice: &str) -> Self {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = started.spawn().unwrap_or_else(|error| panic!("{error}; {advice}"));
        let (say, said) = mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if say.send(serde_json::from_str(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        let mut server = Self { child, said, port: 0 };
        let Ok(first) = server.said.recv_timeout(PATIENCE) else {
            let mut reason = String::new();
            let _ = server.child.kill();
            let stderr = server.child.stderr.take().unwrap();
            let _ = std::io::Read::read_to_string(&mut BufReader::new(stderr), &mut reason);
            panic!("the server did not start; {advice}\n{reason}");
        };
        server.port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        server
    }

    /// The next event of one kind; others before it are passed over.
    pub(crate) fn next(&self, event: &str) -> serde_json::Value {
        self.next_of(&[event])
    }

    /// The next event of one of these kinds; others before it are passed over.
    pub(crate) fn next_of(&self, events: &[&str]) -> serde_json::Value {
        loop {
            let said = self.said.recv_timeout(PATIENCE);
            let said = said.unwrap_or_else(|_| panic!("the server never said {events:?}"));
            if events.iter().any(|event| said["event"] == *event) {
                return said;
            }
        }
    }
}

/// A file beside this one.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(name)
}
