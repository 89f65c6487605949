//! The certificate authorities that are trusted: the public ones, or the operator's own in their place.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The largest number of certificates in a file.
const CERTIFICATES_MAX: usize = 64;
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// The trusted certificate authorities for connections to one system: the public ones, or only those of a file.
#[derive(Clone, Default)]
pub struct Trust(Option<Arc<Vec<Certificate<'static>>>>);

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map(|certificates| certificates.len());
        f.debug_tuple("Trust").field(&count).finish()
    }
}

/// Why a file of certificate authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read.
    #[error("{path} cannot be read")]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The file contains no certificates in PEM.
    #[error("{path} holds no certificates in PEM")]
    Content {
        /// The path of the file.
        path: PathBuf,
    },
}

impl Trust {
    /// Reads certificate authorities from a file in PEM. Without a path, the public ones are trusted.
    ///
    /// # Errors
    ///
    /// [`TrustError`] where the file cannot be used.
    pub fn read(path: Option<&Path>) -> Result<Self, TrustError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let file = |source| TrustError::File { path: path.to_owned(), source };
        let text = std::fs::read(path).map_err(file)?;
        Self::parse(&text).ok_or_else(|| TrustError::Content { path: path.to_owned() })
    }

    /// Parses certificate authorities in PEM; `None` where there are none or too many, or the text is not PEM.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let mut certificates = Vec::new();
        for item in parse_pem(text) {
            if let PemItem::Certificate(certificate) = item.ok()? {
                certificates.push(certificate);
            }
        }
        let usable = !certificates.is_empty() && certificates.len() <= CERTIFICATES_MAX;
        usable.then(|| Self(Some(Arc::new(certificates))))
    }

    /// The TLS configuration for an agent of `ureq`.
    #[must_use]
    pub fn tls(&self) -> TlsConfig {
        let roots = match &self.0 {
            Some(certificates) => RootCerts::Specific(Arc::clone(certificates)),
            None => RootCerts::WebPki,
        };
        TlsConfig::builder().root_certs(roots).build()
    }
}
