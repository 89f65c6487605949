//! What the operator's commands do stands in the journal, and the journal verifies.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use chip_sim::{Seeded, profile};
use server::key_file::KeyFile;
use server::{Sqlite, Store};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

struct Installation {
    folder: TempDir,
    config: PathBuf,
}

impl Installation {
    /// The example configuration with its files here.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("genvej.example.toml");
        let here = folder.path().display().to_string();
        let text = std::fs::read_to_string(example)
            .unwrap()
            .replace("/var/lib/genvej", &here)
            .replace("/etc/genvej", &here);
        let config = folder.path().join("genvej.toml");
        std::fs::write(&config, text).unwrap();
        Self { folder, config }
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

    fn certificate(&self) -> String {
        let (issuer, _) = profile("bac").unwrap().issue(&mut Seeded::new([5; 32])).unwrap();
        let path = self.folder.path().join("csca.cer");
        std::fs::write(&path, issuer.csca_der()).unwrap();
        path.display().to_string()
    }

    fn trusted(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("trust/csca")).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn an_import_of_certificates_is_a_row_of_the_journal_and_the_journal_verifies() {
    let here = Installation::new();
    here.done(&["keys", "init"]);
    here.done(&["migrate"]);

    let said = here.done(&["import", "csca", &here.certificate()]);

    assert!(said.contains("1 issuing-state certificates"), "{said}");
    assert_eq!(here.trusted(), 1);
    let verified = here.done(&["audit", "verify"]);
    assert!(verified.starts_with("the journal verifies: 1 rows"), "{verified}");
    let store = Sqlite::open(&here.folder.path().join("genvej.sqlite")).unwrap();
    let rows = store.journal_read(0, 10).await.unwrap();
    let keys = KeyFile::read(&here.folder.path().join("genvej.keys")).unwrap().keys;
    let entry = service::journal::open_of_service(&keys, &rows[0].row).unwrap();
    assert_eq!(entry.code, "trust-imported");
    let field = |name: &str| entry.fields.iter().find(|(key, _)| key == name).unwrap().1.clone();
    assert_eq!(field("how"), "certificate");
    assert_eq!((field("certificates"), field("added")), ("1".to_owned(), "1".to_owned()));
    assert_eq!(field("file"), field("signer"), "the file is the certificate itself");
}

#[test]
fn an_import_that_cannot_be_written_down_does_not_happen() {
    let here = Installation::new();
    here.done(&["keys", "init"]);

    let output = here.genvej(&["import", "csca", &here.certificate()]);

    assert!(!output.status.success(), "there is no database yet");
    assert_eq!(here.trusted(), 0);
}

#[test]
fn a_changed_row_of_an_import_is_found_out() {
    let here = Installation::new();
    here.done(&["keys", "init"]);
    here.done(&["migrate"]);
    here.done(&["import", "csca", &here.certificate()]);
    here.done(&["audit", "verify"]);
    let path = here.folder.path().join("genvej.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER journal_keeps_its_entries; UPDATE journal SET committed_at = committed_at, ciphertext = zeroblob(80)",
        )
        .unwrap();
    drop(database);

    let output = here.genvej(&["audit", "verify"]);

    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("does not verify"));
}
