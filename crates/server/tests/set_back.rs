//! A database that was set back is not served until somebody has said that it is the newest (CHECKLIST attack 8).
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use async_trait::async_trait;
use chip_sim::{Seeded, profile};
use server::key_file::KeyFile;
use server::system::{SystemClock, SystemRandom};
use server::{Config, EmbeddedRegisters, Overrides, Tables};
use service::parts::{CaptureToJudge, FaceMatcher, FrameToLookAt, MatcherError};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use tempfile::TempDir;
use zeroize::Zeroizing;

#[derive(Debug)]
struct NoFaces;

#[async_trait]
impl FaceMatcher for NoFaces {
    async fn look(&self, _: FrameToLookAt) -> Result<face::Look, MatcherError> {
        Err(MatcherError::Failed)
    }

    async fn judge(
        &self,
        _: Zeroizing<Vec<u8>>,
        _: CaptureToJudge,
    ) -> Result<face::Comparison, MatcherError> {
        Err(MatcherError::Failed)
    }

    fn missing(&self) -> &[face::Missing] {
        &[]
    }
}

struct Installation {
    folder: TempDir,
    config: PathBuf,
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("genvej.example.toml");
        let here = folder.path().display().to_string();
        let text = std::fs::read_to_string(example)
            .unwrap()
            .replace("/var/lib/genvej", &here)
            .replace("/etc/genvej", &here)
            .replace("127.0.0.1:8400", "127.0.0.1:0");
        let config = folder.path().join("genvej.toml");
        std::fs::write(&config, text).unwrap();
        let installed = Self { folder, config };
        installed.done(&["keys", "init"]);
        installed.done(&["migrate"]);
        installed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn genvej(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_genvej"))
            .arg("--config")
            .arg(&self.config)
            .args(arguments)
            .output()
            .unwrap()
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.genvej(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

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
    assert!(accepted.contains("had 2 rows and has 1"), "{accepted}");
    here.served().await.unwrap();
    let verified = here.done(&["audit", "verify"]);
    assert!(verified.starts_with("the journal verifies: 2 rows"), "{verified}");
}
