//! A database that was set back is not served until somebody has said that it is the newest (CHECKLIST attack 8).
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod installation;

use chip_sim::{Seeded, profile};
use installation::Installation;
use server::key_file::KeyFile;
use server::system::{SystemClock, SystemRandom};
use server::{Config, EmbeddedRegisters, Overrides, Tables};
use service::parts::NoFaces;
use std::sync::Arc;

impl Installation {
    /// One more row of the journal.
    fn imported(&self, seed: u8) {
        let (issuer, _) = profile("bac").unwrap().issue(&mut Seeded::new([seed; 32])).unwrap();
        let path = self.path("csca.cer");
        std::fs::write(&path, issuer.csca_der()).unwrap();
        self.done(&["import", "csca", &path.display().to_string()]);
    }

    /// Starts the server on this database and stops it at once; what it says.
    async fn served(&self) -> std::io::Result<()> {
        let text = std::fs::read_to_string(&self.config).unwrap();
        let config = Config::read(&text, &std::collections::BTreeMap::new()).unwrap();
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
async fn a_database_that_was_set_back_is_not_served_until_somebody_has_accepted_it() {
    let here = Installation::new();
    here.done(&["keys", "init"]);
    here.done(&["migrate"]);
    here.imported(5);
    here.done(&["audit", "checkpoint", "--keep"]);
    let (database, backup) = (here.path("genvej.sqlite"), here.path("backup.sqlite"));
    std::fs::copy(&database, &backup).unwrap();
    here.imported(6);
    here.done(&["audit", "checkpoint", "--keep"]);
    here.served().await.unwrap();
    let nothing_to_accept = here.genvej(&["audit", "accept-restore"]);
    assert!(!nothing_to_accept.status.success());

    for file in ["genvej.sqlite-wal", "genvej.sqlite-shm"] {
        let _ = std::fs::remove_file(here.path(file));
    }
    std::fs::copy(&backup, &database).unwrap();
    let refused = here.served().await.unwrap_err();
    let accepted = here.done(&["audit", "accept-restore"]);

    assert!(refused.to_string().contains("set back"), "{refused}");
    assert!(accepted.contains("rows and has "), "{accepted}");
    here.served().await.unwrap();
    let verified = here.done(&["audit", "verify"]);
    assert!(verified.starts_with("the journal verifies: "), "{verified}");
}
