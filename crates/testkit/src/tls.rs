//! A certificate authority of a test's own, and the server side of a TLS line that shows its certificate.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::net::TcpStream;
use std::sync::Arc;

/// An authority that nobody knows, and a server for `localhost` whose certificate it has signed.
#[derive(Clone, Debug)]
pub struct TlsServer {
    /// The certificate of the authority, in PEM.
    pub authority: String,
    config: Arc<ServerConfig>,
}

impl TlsServer {
    /// With keys of its own.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a test stops at the first surprise")]
    pub fn of_localhost() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).expect("no names are no bad ones");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "authority of a test");
        let key = KeyPair::generate().expect("a key pair");
        let root = authority.self_signed(&key).expect("the authority signs itself");
        let issuer = Issuer::new(authority, key);
        let own = KeyPair::generate().expect("a key pair");
        let leaf = CertificateParams::new(vec!["localhost".to_owned()])
            .and_then(|params| params.signed_by(&own, &issuer))
            .expect("the authority signs the server");
        let key = PrivateKeyDer::try_from(own.serialize_der()).expect("a key in PKCS #8");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows the usual versions")
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .expect("the key is that of the certificate");
        Self { authority: root.pem(), config: Arc::new(config) }
    }

    /// The server's side of a line that was accepted; the first read or write shakes hands.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a test stops at the first surprise")]
    pub fn over(&self, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
        let connection = ServerConnection::new(Arc::clone(&self.config));
        StreamOwned::new(connection.expect("the configuration is whole"), stream)
    }
}
