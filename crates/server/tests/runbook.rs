//! Plays `docs/backup.md` command by command, as an operator would: the commands are taken out of the page itself.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod page;
mod served;
#[path = "../../store-postgres/tests/servers/mod.rs"]
mod servers;

use page::{Block, blocks};
use served::{Installation, Process};
use servers::{Release, Server};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const STOPS_WITHIN: Duration = Duration::from_secs(60);
const PAGE: &str = include_str!("../../../docs/backup.md");
/// The moment that the page restores to; the test puts its own there.
const MOMENT: &str = "2026-12-01 14:00:00+01";

/// An operator at a machine where the service runs.
struct Operator {
    here: Installation,
    running: Option<Process>,
    database: Option<Server>,
    /// The moment to restore to.
    moment: String,
    /// What each command said.
    said: Vec<(String, String)>,
}

impl Operator {
    /// At a database file, or at a database server.
    fn new(database: Option<Server>) -> Self {
        let store =
            database.as_ref().map(|server| format!("{{ url = {:?} }}", server.url("public")));
        let changes: Vec<_> = store.iter().map(|store| ("store", store.as_str())).collect();
        let here = Installation::new(&changes);
        for folder in ["backups", "elsewhere"] {
            std::fs::create_dir(here.path(folder)).unwrap();
        }
        let running = Some(here.serve());
        Self { here, running, database, moment: String::new(), said: Vec::new() }
    }

    /// The command on this machine: its folders are those of the test.
    fn here(&self, command: &str) -> String {
        let own = |name: &str| self.here.path(name).display().to_string();
        let folder = self.here.folder.path().display().to_string();
        let mut command = command.to_owned();
        if let Some(server) = &self.database {
            command = at(server, &command).replace(MOMENT, &self.moment);
        }
        command
            .replace("/var/backups/genvej", &own("backups"))
            .replace("/srv/elsewhere", &own("elsewhere"))
            .replace("/var/lib/genvej", &folder)
            .replace("/etc/genvej", &folder)
    }

    /// Carries out one command; whether it succeeded.
    fn act(&mut self, command: &str) -> bool {
        match command {
            "systemctl stop genvej" => {
                if let Some(process) = self.running.take() {
                    process.terminate();
                    process.ended(STOPS_WITHIN);
                }
                true
            }
            "systemctl start genvej" => {
                assert!(self.running.is_none(), "it runs already");
                self.running = Some(self.here.serve());
                true
            }
            "systemctl stop postgresql" => {
                self.database.as_mut().unwrap().stop();
                true
            }
            "systemctl start postgresql" => {
                self.database.as_mut().unwrap().run(&[]);
                true
            }
            _ => {
                let program = PathBuf::from(env!("CARGO_BIN_EXE_genvej"));
                let folder = program.parent().map(Path::to_owned).unwrap();
                let path = std::env::var("PATH").unwrap();
                let mut paths = vec![folder.display().to_string(), path];
                let shell = Path::new("sh");
                let mut shell = match &self.database {
                    Some(server) if !command.starts_with("genvej ") => {
                        paths.insert(0, server.programs().display().to_string());
                        servers::as_user(shell)
                    }
                    Some(_) | None => Command::new(shell),
                };
                let output = shell
                    .args(["-c", &self.here(command)])
                    .env("GENVEJ_CONFIG", self.here.path("genvej.toml"))
                    .env("PATH", paths.join(":"))
                    .output()
                    .unwrap();
                let said = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
                self.said.push((command.to_owned(), said.concat()));
                output.status.success()
            }
        }
    }

    fn play(&mut self, block: &Block) {
        let last = block.commands.len() - 1;
        for (n, command) in block.commands.iter().enumerate() {
            let succeeded = self.act(command);
            let is_refused = block.is_refused && n == last;
            assert_eq!(succeeded, !is_refused, "{command}: {:?}", self.said.last());
        }
    }

    /// Does something that a restore to before it loses.
    fn invite(&self) {
        let anna = ["--name", "Anna", "--role", "supervisor", "--declares-nobody"];
        let invite = ["staff", "invite", "--site", "support"];
        let invited = self.here.run(&[&invite[..], &anna].concat());
        let told = String::from_utf8_lossy(&invited.stderr);
        assert!(invited.status.success(), "{told}");
    }

    /// What the n-th of these commands said.
    fn said(&self, beginning: &str, n: usize) -> &str {
        let mut said = self.said.iter().filter(|(command, _)| command.starts_with(beginning));
        &said.nth(n).unwrap().1
    }
}

/// A command at this server: its port and its folders.
fn at(server: &Server, command: &str) -> String {
    let data = server.data().display().to_string();
    let backups = server.data().with_file_name("backups").display().to_string();
    command
        .replace("127.0.0.1:5432", &format!("127.0.0.1:{}", server.port))
        .replace("/srv/backups/postgresql", &backups)
        .replace("/var/lib/postgresql/data", &data)
}

#[test]
fn the_runbook_does_what_it_says() {
    let mut operator = Operator::new(None);
    let blocks = blocks(PAGE, "sh");
    assert!(blocks.len() >= 8, "{}", blocks.len());

    for (n, block) in blocks.iter().enumerate() {
        operator.play(block);
        if n == 0 {
            // After the backup.
            operator.invite();
        }
    }

    let restored = operator.said("genvej restore --from /srv/elsewhere/monday --replace", 0);
    assert!(restored.contains("lost: everything after"), "{restored}");
    let moved = operator.said("genvej restore --from /var/backups/genvej/move", 0);
    assert!(moved.contains("nothing was lost"), "{moved}");
    let refused = operator.said("genvej restore --from /srv/elsewhere/monday", 1);
    assert!(refused.contains("database-exists"), "{refused}");
    let adopted = operator.said("genvej restore --adopt", 0);
    assert!(adopted.contains("epoch 3 begins"), "{adopted}");
    for n in 0..3 {
        let verified = operator.said("genvej audit verify", n);
        assert!(verified.contains("the database stands"), "{verified}");
    }
}

#[test]
fn the_runbook_of_a_database_server_does_what_it_says() {
    let mut server = Server::new(Release::System);
    let settings = blocks(PAGE, "conf").remove(0).commands.join("\n") + "\n";
    server.put("postgresql.auto.conf", &at(&server, &settings));
    server.run(&[]);
    let mut operator = Operator::new(Some(server));
    let blocks = blocks(PAGE, "sh postgres");
    assert_eq!(blocks.len(), 3, "{blocks:?}");

    operator.play(&blocks[0]);
    operator.play(&blocks[1]);
    let asked = operator.database.as_ref().unwrap().sql("public", "SELECT clock_timestamp()::text");
    operator.moment = asked.unwrap().remove(0);
    operator.invite();
    operator.play(&blocks[2]);

    let refused = operator.said("genvej backup", 0);
    assert!(refused.contains("database-on-a-server"), "{refused}");
    let adopted = operator.said("genvej restore --adopt", 0);
    assert!(adopted.contains("lost: everything after"), "{adopted}");
    assert!(adopted.contains("epoch 2 begins"), "{adopted}");
    let verified = operator.said("genvej audit verify", 0);
    assert!(verified.contains("the database stands"), "{verified}");
}
