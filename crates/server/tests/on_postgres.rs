//! An installation whose database is on a PostgreSQL server: made, served, audited, and noticed where it was set back.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod installation;
#[path = "../../store-postgres/tests/servers/mod.rs"]
mod servers;

use installation::Installation;
use server::key_file::KeyFile;
use server::system::{SystemClock, SystemRandom};
use server::{Config, EmbeddedRegisters, Overrides, Tables};
use servers::{Release, Server};
use service::parts::NoFaces;
use std::sync::Arc;

impl Installation {
    /// Moves the database to a server.
    fn on(&self, server: &Server) {
        let text = std::fs::read_to_string(&self.config).unwrap();
        let kept = text
            .lines()
            .filter(|line| !line.starts_with("url = \"postgresql:"))
            .map(|line| match line.strip_prefix("path = ") {
                Some(path) if path.ends_with("genvej.sqlite\"") => "# database",
                _ => line,
            })
            .collect::<Vec<_>>()
            .join("\n");
        let url = format!("# database\nurl = \"{}\"", server.url("public"));
        std::fs::write(&self.config, kept.replacen("# database", &url, 1)).unwrap();
    }

    fn config(&self) -> Config {
        let text = std::fs::read_to_string(&self.config).unwrap();
        Config::read(&text, &std::collections::BTreeMap::new()).unwrap()
    }

    /// Starts the server on this database and stops it at once; what it says.
    async fn served(&self) -> std::io::Result<()> {
        let config = self.config();
        let overrides = Overrides {
            registers: Some(Arc::new(EmbeddedRegisters::new(Tables::empty()))),
            keys: Some(KeyFile::read(&config.keys.file).unwrap()),
            faces: Some(Arc::new(NoFaces)),
            ..Overrides::default()
        };
        let running =
            server::build(&config, Arc::new(SystemClock), Arc::new(SystemRandom), overrides)
                .unwrap();
        running.serve(std::future::ready(())).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_lives_on_a_database_server_and_notices_that_it_was_set_back() {
    let mut newest = Server::start(Release::System, &[]);
    let here = Installation::new();
    here.on(&newest);
    here.done(&["keys", "init"]);
    assert!(here.done(&["migrate"]).contains(": layout 0 → 2"));
    let again = here.done(&["migrate"]);
    assert!(again.contains("/postgres has layout 2 already"), "{again}");
    assert!(!here.path("genvej.sqlite").exists());
    here.served().await.unwrap();
    newest.stop();
    let mut backup = newest.copied();
    newest.run(&[]);
    here.served().await.unwrap();
    here.done(&["audit", "checkpoint", "--keep"]);
    here.done(&["audit", "verify"]);

    backup.run(&[]);
    here.on(&backup);
    let refused = here.served().await;
    let verified = here.genvej(&["audit", "verify"]);

    assert!(refused.is_err(), "a server was started on an old database");
    assert!(!verified.status.success());
    here.on(&newest);
    here.served().await.unwrap();
}

#[test]
fn a_database_server_that_is_away_is_named_without_its_password() {
    let server = Server::new(Release::System);
    let here = Installation::new();
    here.on(&server);
    let text = std::fs::read_to_string(&here.config).unwrap();
    std::fs::write(&here.config, text.replace("genvej@127", "genvej:geheim@127")).unwrap();
    here.done(&["keys", "init"]);

    let output = here.genvej(&["migrate"]);

    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(said.contains(&format!("127.0.0.1:{}/postgres", server.port)), "{said}");
    assert!(said.contains("cannot be reached"), "{said}");
    assert!(!said.contains("geheim") && !format!("{:?}", here.config()).contains("geheim"));
}
