//! The connection to the message centre: TLS, or an unencrypted connection on this machine.

use std::{fmt, io, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, InvalidDnsNameError, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::endpoint::{self, EndpointError, Unencrypted};

/// The protection of the connection to the message centre.
#[derive(Clone, Debug)]
pub enum Protection {
    /// TLS from the first byte.
    Tls {
        /// The certificate authorities (PEM) that are trusted in place of the public ones.
        trust: Option<Vec<u8>>,
    },
    /// No protection: on this machine, or where the operator accepted the risk.
    None(Unencrypted),
}

/// Why the settings for the message centre are not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SmppSettingsError {
    /// The address of the message centre is not accepted.
    #[error("the message centre's address, host:port")]
    Address(#[source] EndpointError),
    /// The host in the address is not a name that a certificate can contain.
    #[error("the message centre's name cannot stand in a certificate")]
    Name(#[source] InvalidDnsNameError),
    /// The file of certificate authorities contains no certificate.
    #[error("the certificate authorities of the message centre cannot be read (PEM)")]
    Trust,
    /// TLS could not be set up.
    #[error("setting up TLS for the message centre")]
    Tls(#[source] rustls::Error),
}

/// A connection to the centre, protected or not.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// The checked address of the centre, with the set-up of TLS.
pub(super) struct Endpoint {
    address: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = self.tls.is_some();
        f.debug_struct("Endpoint").field("address", &self.address).field("tls", &tls).finish()
    }
}

impl Endpoint {
    /// Checks the address and parses the certificates.
    pub(super) fn new(address: &str, protection: &Protection) -> Result<Self, SmppSettingsError> {
        let (host, _) = endpoint::host_and_port(address).map_err(SmppSettingsError::Address)?;
        let tls = match protection {
            Protection::None(unencrypted) => {
                endpoint::clear_text(host, *unencrypted).map_err(SmppSettingsError::Address)?;
                None
            }
            Protection::Tls { trust } => {
                let name =
                    ServerName::try_from(host.to_owned()).map_err(SmppSettingsError::Name)?;
                Some((connector(trust.as_deref())?, name))
            }
        };
        Ok(Self { address: address.to_owned(), tls })
    }

    /// Connects, and verifies the certificate of the centre.
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Connection>> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            Some((connector, name)) => Ok(Box::new(connector.connect(name.clone(), stream).await?)),
            None => Ok(Box::new(stream)),
        }
    }
}

fn connector(trust: Option<&[u8]>) -> Result<TlsConnector, SmppSettingsError> {
    let mut roots = RootCertStore::empty();
    match trust {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|_| SmppSettingsError::Trust)?;
                roots.add(certificate).map_err(SmppSettingsError::Tls)?;
            }
            if roots.is_empty() {
                return Err(SmppSettingsError::Trust);
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(SmppSettingsError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
