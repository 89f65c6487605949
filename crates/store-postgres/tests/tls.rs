//! TLS to the server: its certificate is valid for its name under the roots of the configuration, or nothing is said to it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod servers;

use rcgen::{CertificateParams, KeyPair};
use servers::{Release, Server};
use std::path::Path;
use store::{Id, Kind, Store};
use store_postgres::{Place, Postgres};

/// A server with a certificate for this name that is its own root. The newer version of the tests was built without TLS.
fn server_named(name: &str, folder: &Path) -> Server {
    let mut server = Server::new(Release::System);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key);
    let certificate = certificate.unwrap().pem();
    server.put("server.crt", &certificate);
    server.put("server.key", &key.serialize_pem());
    std::fs::write(folder.join(format!("{name}.pem")), certificate).unwrap();
    server.run(&["ssl=on"]);
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_is_believed_by_its_certificate_alone() {
    let folder = tempfile::TempDir::new().unwrap();
    let server = server_named("localhost", folder.path());
    let other = server_named("db.example", folder.path());
    let roots = |name: &str| folder.path().join(format!("{name}.pem"));
    let open = |server: &Server, roots: &Path| {
        let url = server.url("public").replace("127.0.0.1", "localhost");
        let place = Place::new(&url, Some(roots)).unwrap();
        Postgres::migrate(&place).and_then(|_| Postgres::open(&place))
    };

    let store = open(&server, &roots("localhost")).unwrap();
    let stranger = open(&server, &roots("db.example")).unwrap_err();
    let misnamed = open(&other, &roots("db.example")).unwrap_err();

    assert!(store.load(Kind::new(900, "test case"), Id(1)).await.unwrap().is_none());
    let clear = "SELECT count(*)::text FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
        WHERE application_name = 'genvej' AND NOT ssl";
    assert_eq!(server.sql("public", clear).unwrap(), ["0"]);
    let coded = clear.replace("AND NOT ssl", "AND ssl");
    assert_ne!(server.sql("public", &coded).unwrap(), ["0"]);
    for error in [stranger, misnamed] {
        let said = std::error::Error::source(&error).and_then(std::error::Error::source);
        let said = said.map(ToString::to_string).unwrap_or_default();
        assert_eq!(error.code(), "server-untrusted", "{error:?}");
        assert!(said.contains("certificate"), "{said}");
    }
}

#[test]
fn a_server_without_tls_is_not_spoken_to_where_it_is_asked_for() {
    let server = Server::start(Release::System, &[]);
    let url = format!("{}&sslmode=require", server.url("public"));

    let error = Postgres::open(&Place::new(&url, None).unwrap()).unwrap_err();

    assert!(matches!(error.code(), "server-away" | "server-refused"), "{error:?}");
}
