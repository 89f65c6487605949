//! What the operator's commands do stands in the journal, and the journal verifies.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod installation;

use chip_sim::{Seeded, profile};
use installation::Installation;
use server::Store;
use server::key_file::KeyFile;
use store_sqlite::Sqlite as Database;

impl Installation {
    fn certificate(&self) -> String {
        let (issuer, _) = profile("bac").unwrap().issue(&mut Seeded::new([5; 32])).unwrap();
        let path = self.path("csca.cer");
        std::fs::write(&path, issuer.csca_der()).unwrap();
        path.display().to_string()
    }

    fn trusted(&self) -> usize {
        std::fs::read_dir(self.path("trust/csca")).map_or(0, Iterator::count)
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
    assert!(verified.starts_with("the journal verifies: 2 rows"), "{verified}");
    let store = Database::open(&here.path("genvej.sqlite")).unwrap();
    let rows = store.journal_read(0, 10).await.unwrap();
    let keys = KeyFile::read(&here.path("genvej.keys")).unwrap().keys;
    let entry = service::journal::open_of_service(&keys, &rows[1].row).unwrap();
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
    let path = here.path("genvej.sqlite");
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
